//! Files that Keras and h5py wrote (`testdata/files.py`), and files of our own.

use super::*;

fn floats(group: &Group<'_>, path: &str) -> (Vec<usize>, Vec<f32>) {
    let data = group.find(path).unwrap().unwrap().dataset().unwrap().unwrap();
    (data.shape.clone(), data.floats(1000).unwrap())
}

#[test]
fn a_file_of_keras_is_read() {
    let file = File::parse(include_bytes!("../../testdata/seq.weights.h5").to_vec()).unwrap();
    let root = file.root();
    assert_eq!(root.links().unwrap().into_keys().collect::<Vec<_>>(), ["layers", "optimizer", "vars"]);
    assert_eq!(floats(&root, "layers/dense/vars/0").0, [4, 3]);
    let steps = root.find("optimizer/vars/0").unwrap().unwrap().dataset().unwrap().unwrap();
    assert_eq!((steps.shape.len(), steps.integers(1).unwrap().len()), (0, 1));
    assert_eq!(root.find("optimizer/vars").unwrap().unwrap().texts("name").unwrap().unwrap(), ["adam"]);
    assert!(root.find("layers/dense_9").unwrap().is_none());
    assert!(root.find("layers").unwrap().unwrap().dataset().unwrap().is_none());
}

#[test]
fn all_that_h5py_writes_is_read() {
    for bytes in [&include_bytes!("../../testdata/kinds.h5")[..], include_bytes!("../../testdata/kinds_latest.h5")] {
        let file = File::parse(bytes.to_vec()).unwrap();
        let root = file.root();
        let expected: Vec<f32> = (0..35).map(|i| i as f32 / 4.0).collect();
        let latest = bytes[8] > 0;
        for name in ["plain", "half", "double", "big"] {
            assert_eq!(floats(&root, &format!("kinds/{name}")), (vec![5, 7], expected.clone()), "{name}");
        }
        for name in ["chunked", "gzip", "shuffled"] {
            let data = root.find(name).unwrap().unwrap();
            if latest {
                // Chunks of the newest format are not read, and say so.
                let fault = data.dataset().unwrap_err().0;
                assert!(fault.contains("a layout of version "), "{fault}");
            } else {
                assert_eq!(floats(&root, name), (vec![5, 7], expected.clone()), "{name}");
            }
        }
        assert_eq!(floats(&root, "scalar"), (vec![], vec![2.5]));
        assert_eq!(floats(&root, "empty"), (vec![0, 3], vec![]));
        let integers = root.find("small").unwrap().unwrap().dataset().unwrap().unwrap();
        assert_eq!(integers.integers(3).unwrap(), [-3, 0, 5]);
        assert_eq!(root.texts("one").unwrap().unwrap(), ["ein Wörtchen"]);
        assert_eq!(root.texts("fixed").unwrap().unwrap(), ["kernel:0", "bias:0"]);
        assert_eq!(root.texts("any").unwrap().unwrap(), ["a", "", "cc"]);
        assert_eq!(root.texts("absent").unwrap(), None);
        assert!(integers.floats(2).unwrap_err().0.contains("3 elements, where at most 2"));
    }
}

#[test]
fn what_is_written_is_read() {
    let mut tree = Tree::default();
    for i in 0..700 {
        tree.group("optimizer/vars").nodes.insert(i.to_string(), Node::Floats(vec![2], vec![i as f32, 0.5]));
        tree.group(&format!("layers/dense_{i}/vars")).name = Some(format!("a layer of number {i}"));
    }
    tree.group("optimizer/vars").nodes.insert("0".to_owned(), Node::Integer(-7));
    tree.group("empty").nodes.insert("none".to_owned(), Node::Floats(vec![0, 2], vec![]));
    let written = File::parse(file(&tree)).unwrap();
    let root = written.root();
    for i in 1..700 {
        assert_eq!(floats(&root, &format!("optimizer/vars/{i}")).1, [i as f32, 0.5]);
        let name = root.find(&format!("layers/dense_{i}/vars")).unwrap().unwrap().texts("name").unwrap().unwrap();
        assert_eq!(name, [format!("a layer of number {i}")]);
    }
    let steps = root.find("optimizer/vars/0").unwrap().unwrap().dataset().unwrap().unwrap();
    assert_eq!(steps.integers(1).unwrap(), [-7]);
    assert_eq!(floats(&root, "empty/none").0, [0, 2]);
}
