use super::*;
use crate::Cardinality;
use kiln_core::DType;

fn file(name: &str, text: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("kiln-jsonl-{name}-{}.jsonl", std::process::id()));
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn values_come_by_key() {
    let text = "\u{feff}{\"x\": [[1, 2], [3, 4]], \"y\": 1, \"b\": true}\r\n\n{\"b\": false, \"y\": 2.5, \"x\": [[5, 6], [7, 8]]}\n \n";
    let lines = JsonLines::new(file("keys", text));
    let named = lines.load_named(&["y", "x", "b"]).unwrap();
    assert_eq!(named.names().collect::<Vec<_>>(), ["y", "x", "b"]);
    assert_eq!((named.get("x").unwrap().shape(), named.get("x").unwrap().dtype()), (vec![2, 2, 2], DType::I64));
    assert_eq!(named.get("y").unwrap().to_vec::<f32>(), [1.0, 2.5]);
    assert_eq!(named.get("b").unwrap().to_vec::<bool>(), [true, false]);
    let data = lines.elements(&["y", "x"]).unwrap();
    assert_eq!(data.cardinality(), Cardinality::Known(2));
    let (first, again) = (data.iter().next().unwrap().unwrap(), data.batch(2).iter().next().unwrap().unwrap());
    assert_eq!((first.get("y").unwrap().dtype(), again.get("x").unwrap().shape()), (DType::F32, vec![2, 2, 2]));
    std::fs::remove_file(&lines.path).unwrap();
}

#[test]
fn mistakes_are_named_by_line() {
    let error = |text: &str| {
        let path = file("bad", text);
        let lines = JsonLines::new(&path);
        let error = lines.load("x").unwrap_err().to_string();
        let eager = error.rsplit_once("jsonl: ").unwrap().1.to_owned();
        if !eager.contains("expected shape") {
            assert_eq!(lines.elements(&["x"]).unwrap_err().to_string(), error);
        }
        eager
    };
    assert_eq!(error("{\"x\": 1}\n{\"x\": }\n"), "line 2, column 7: is no JSON: expected value");
    assert_eq!(error("{\"x\": 1}\n[1]\n"), "line 2: expected an object, received an array");
    assert_eq!(error("{\"x\": 1}\n\n{\"y\": 1}\n"), "line 3 has no `x`; it has `y`");
    assert_eq!(error("{\"x\": 1}\n{\"x\": \"a\"}\n"), "line 2, `x`: expected a number or an array of numbers, received a string");
    assert_eq!(error("{\"x\": [1]}\n{\"x\": [1, null]}\n"), "line 2, `x`: expected a number or an array of numbers, received null");
    let shapes = error("{\"x\": [1]}\n{\"x\": [1, 2]}\n");
    assert!(shapes.starts_with("line 2, `x`: expected shape (1,) as in the lines before, received (2,); `elements` and"), "{shapes}");
    assert_eq!(error("{\"x\": 1}\n{\"x\": true}\n"), "line 2, `x`: expected a number as in the lines before, received a bool");
    assert_eq!(error("{\"x\": true}\n{\"x\": 1.5}\n"), "line 2, `x`: expected a bool as in the lines before, received a number");
    assert_eq!(error("\n\n"), "has no line that can be read; expected a JSON object in each line");
    let path = file("utf8", "");
    std::fs::write(&path, b"{\"x\": \"\xFF\"}\n").unwrap();
    let utf8 = JsonLines::new(&path).texts("x").unwrap_err().to_string();
    assert!(utf8.contains("line 1, column 8: is no JSON: invalid unicode"), "{utf8}");
}

#[test]
fn bad_lines_are_left_out_when_asked() {
    let path = file("skip", "{\"x\": [1, 2]}\nnonsense\n{\"x\": [3]}\n{\"x\": [5, 6.5]}\n");
    let skipped = Skipped::new();
    let lines = JsonLines::new(&path).skip_errors(&skipped);
    assert_eq!(lines.load("x").unwrap().to_vec::<f32>(), [1.0, 2.0, 5.0, 6.5]);
    assert_eq!(skipped.count(), 2);
    let data = lines.elements(&["x"]).unwrap();
    assert_eq!((skipped.count(), data.iter().count(), skipped.count()), (2, 3, 3));
    std::fs::remove_file(path).unwrap();
}
