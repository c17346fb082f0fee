//! Bad inputs by the loader that meets them: each is an error that names the file and the place, or is left out and counted where asked.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use kiln_core::{Result, Tensor};
use kiln_data::datasets::fashion_mnist;
use kiln_data::*;
use std::fs;
use std::path::{Path, PathBuf};

/// What is wrong, the file's bytes, and words of the error.
type Case = (&'static str, Vec<u8>, &'static str);

fn scratch(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("kiln-bad-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// At least ten inputs, each an error that names the file `name` and says the words.
fn refuse<T>(name: &str, cases: Vec<Case>, read: impl Fn(&Path) -> Result<T>) {
    assert!(cases.len() >= 9, "with the missing file ten");
    let folder = scratch(name);
    let path = folder.join(name);
    let error = |what: &str| read(&path).err().unwrap_or_else(|| panic!("{name}: {what} is read")).to_string();
    let missing = error("a missing file");
    assert!(missing.starts_with(&path.display().to_string()), "{missing}");
    for (what, bytes, words) in cases {
        fs::write(&path, bytes).unwrap();
        let error = error(what);
        assert!(error.starts_with(&path.display().to_string()) && error.contains(words), "{what}: {error}");
    }
    fs::remove_dir_all(folder).unwrap();
}

fn text(what: &'static str, text: &str, words: &'static str) -> Case {
    (what, text.as_bytes().to_vec(), words)
}

fn of_numbers() -> Vec<Case> {
    vec![
        text("an empty file", "", "is empty"),
        text("no line after the header", "a,b\n", "header"),
        text("a short line", "1,2\n3\n", "line 2: expected 2 cells as in line 1, received 1"),
        text("a long line", "a,b\n1,2\n3,4,5\n", "line 3: expected 2 cells as in line 1, received 3"),
        text("an empty line", "1,2\n\n3,4\n", "line 2: expected 2 cells as in line 1, received an empty line"),
        text("a word", "a,b\n1,2\n3,x\n", "line 3, column 2"),
        text("an empty cell", "1,2\n,4\n", "line 2, column 1"),
        text("NaN", "1,2\n3,NaN\n", "line 2, column 2"),
        text("infinity", "1,2\n3,inf\n", "line 2, column 2"),
        text("another delimiter", "1,2\n3;4\n", "line 2"),
        (("bytes that are no text"), b"1,2\n3,\xFF\n".to_vec(), "line 2, column 2"),
        (("gzip that is cut off"), vec![0x1F, 0x8B, 8, 0], "can't be"),
    ]
}

#[test]
fn tables_of_numbers() {
    refuse("numbers.csv", of_numbers(), |path| load_csv(path));
    refuse("lazy.csv", of_numbers(), |path| Csv::new(path).number_batches(2)?.iter().collect::<Result<Vec<_>>>());
}

#[test]
fn tables_with_types() {
    let table = |path: &Path| {
        let csv = Csv::new(path).column("a", ColumnType::Integer).vocabulary("c", &["x", "y"]).column("t", ColumnType::Text);
        csv.load_table()
    };
    let cases = || {
        vec![
            text("an empty file", "", "is empty"),
            text("no line after the header", "a,b,c,t\n", "has no line after its header"),
            text("a short line", "a,b,c,t\n1,2,x\n", "line 2: expected 4 cells as in line 1, received 3"),
            text("an empty line", "a,b,c,t\n1,2,x,t\n\n1,2,x,t\n", "line 3: expected 4 cells as in line 1, received an empty line"),
            text("a fraction", "a,b,c,t\n1.5,2,x,t\n", "line 2, column 1 (`a`): expected a whole number, received `1.5`"),
            text("a word", "a,b,c,t\nq,2,x,t\n", "line 2, column 1 (`a`): expected a whole number, received `q`"),
            text("a missing value", "a,b,c,t\n1,,x,t\n", "line 2, column 2 (`b`): expected a value, received an empty cell"),
            text("NaN", "a,b,c,t\n1,NaN,x,t\n", "line 2, column 2 (`b`): expected a value, received `NaN`"),
            text("infinity", "a,b,c,t\n1,-inf,x,t\n", "line 2, column 2 (`b`): expected a finite number, received `-inf`"),
            text("an unknown word", "a,b,c,t\n1,2,z,t\n", "line 2, column 3 (`c`): expected a word of the vocabulary, received `z`"),
            text("a name twice", "a,b,a,t\n1,2,x,t\n", "line 1, column 3: a second column `a`"),
            text("an open quote", "a,b,c,t\n1,2,x,\"t\n1,2,x,t\n", "line 2: a quote is not closed"),
            ("bytes that are no text", b"a,b,c,t\n1,2,x,\xFFt\n".to_vec(), "line 2, column 4: is not UTF-8"),
        ]
    };
    refuse("typed.csv", cases(), table);
    refuse("typed-lazy.csv", cases(), |path| {
        let csv = Csv::new(path).column("a", ColumnType::Integer).vocabulary("c", &["x", "y"]).column("t", ColumnType::Text);
        csv.batches(2)
    });
}

#[test]
fn json_lines() {
    let cases = || {
        vec![
            text("an empty file", "", "has no line that can be read"),
            text("empty lines", "\n \n", "has no line that can be read"),
            text("no JSON", "{\"x\": 1}\n{x: 1}\n", "line 2, column 2: is no JSON"),
            text("a cut object", "{\"x\": 1", "line 1, column 7: is no JSON"),
            text("an array", "[1]\n", "line 1: expected an object, received an array"),
            text("a missing key", "{\"x\": 1}\n\n{\"y\": 1}\n", "line 3 has no `x`"),
            text("a string", "{\"x\": \"1\"}\n", "line 1, `x`: expected a number or an array of numbers, received a string"),
            text("null", "{\"x\": [1, null]}\n", "line 1, `x`: expected a number or an array of numbers, received null"),
            text("a ragged array", "{\"x\": [[1, 2], [3]]}\n", "line 1, `x`: expected arrays of one length 2, received one of 1"),
            text("bools and numbers", "{\"x\": true}\n{\"x\": 1}\n", "line 2, `x`: expected a bool as in the lines before"),
            ("bytes that are no text", b"{\"x\": \"\xFF\"}\n".to_vec(), "line 1, column 8: is no JSON"),
        ]
    };
    refuse("eager.jsonl", cases(), |path| JsonLines::new(path).load("x"));
    refuse("lazy.jsonl", cases(), |path| JsonLines::new(path).elements(&["x"]));
}

/// A PNG of grey pixels.
fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let pixels: Vec<u8> = (0..width * height).map(|i| (i * 37 % 251) as u8).collect();
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    out
}

const JPEG: &[u8] = include_bytes!("../testdata/colour.jpg");

fn bad_pictures() -> Vec<Case> {
    let png = picture(20, 20);
    let changed = |at: usize| {
        let mut bytes = png.clone();
        bytes[at] ^= 0xFF;
        bytes
    };
    let mut no_size = JPEG.to_vec();
    let frame = JPEG.windows(2).position(|w| w == [0xFF, 0xC0]).unwrap();
    no_size[frame + 5..frame + 9].fill(0);
    vec![
        ("an empty file", Vec::new(), "is empty"),
        ("a text", b"no picture".to_vec(), "is neither PNG nor JPEG"),
        ("a GIF", b"GIF89a".to_vec(), "is neither PNG nor JPEG"),
        ("a PNG cut in its header", png[..20].to_vec(), "is a damaged PNG"),
        ("a PNG cut in its pixels", png[..png.len() / 2].to_vec(), "is a damaged PNG"),
        ("a PNG with a wrong sum", changed(30), "is a damaged PNG"),
        ("a PNG with wrong pixels", changed(50), "is a damaged PNG"),
        ("a JPEG cut at once", JPEG[..2].to_vec(), "is a damaged JPEG"),
        ("a JPEG cut in its tables", JPEG[..60].to_vec(), "is a damaged JPEG"),
        ("a JPEG cut in its pixels", JPEG[..JPEG.len() * 2 / 3].to_vec(), "is a damaged JPEG"),
        ("a JPEG of no size", no_size, "is a damaged JPEG"),
    ]
}

#[test]
fn pictures() {
    refuse("one.png", bad_pictures(), |path| load_img(path, "rgb"));
}

#[test]
fn folders_of_pictures() {
    let root = scratch("pictures");
    fs::create_dir_all(root.join("a")).unwrap();
    fs::create_dir_all(root.join("b")).unwrap();
    let data = |root: &Path| image_dataset_from_directory(root).image_size((8, 8)).shuffle(false).load();
    let error = |root: &Path| data(root).unwrap_err().to_string();
    assert!(error(&root.join("none")).contains("none: can't be looked through"));
    assert!(error(&root.join("a")).contains("has no subfolder for a class"));
    assert!(error(&root).contains("a: holds no file that ends in .png, .jpg, .jpeg"));
    for (name, size) in [("a/1.png", 5), ("a/2.png", 9), ("b/1.png", 8)] {
        fs::write(root.join(name), picture(size, size)).unwrap();
    }
    // Pictures of several sizes are brought to one; without that a batch of them is an error.
    assert_eq!(data(&root).unwrap().dataset.iter().next().unwrap().unwrap().0.shape(), [3, 8, 8, 3]);
    let files: Vec<PathBuf> = data(&root).unwrap().file_paths;
    let unsized_ones = Dataset::range(0..3).map(move |i| load_img(&files[i.item() as usize], "rgb")).batch(3);
    let mixed = unsized_ones.iter().next().unwrap().unwrap_err().to_string();
    assert!(mixed.starts_with("batch: expected elements of one shape (5, 5, 3) of float32, received shape (9, 9, 3)"), "{mixed}");
    let mut skipped_all = 0;
    for (what, bytes, words) in bad_pictures() {
        fs::write(root.join("b/2.png"), bytes).unwrap();
        let error = data(&root).unwrap().dataset.iter().find_map(Result::err).unwrap_or_else(|| panic!("{what} is read")).to_string();
        assert!(error.contains("b/2.png: ") && error.contains(words), "{what}: {error}");
        // Asked to, the loader leaves it out and counts it.
        let skipped = Skipped::new();
        let rest = image_dataset_from_directory(&root).image_size((8, 8)).shuffle(false).skip_errors(&skipped).load().unwrap();
        assert_eq!(rest.dataset.iter().next().unwrap().unwrap().1.to_vec::<i32>(), [0, 0, 1]);
        assert!(skipped.count() == 1 && skipped.errors()[0].to_string() == error);
        skipped_all += skipped.count();
    }
    assert!(skipped_all >= 10);
    fs::remove_dir_all(root).unwrap();
}

#[test]
fn folders_of_texts() {
    let root = scratch("texts");
    let read = || text_dataset_from_directory(&root).shuffle(false).read();
    let error = || read().unwrap_err().to_string();
    assert!(error().contains("has no subfolder for a class"));
    fs::create_dir_all(root.join("neg")).unwrap();
    fs::create_dir_all(root.join("pos")).unwrap();
    fs::write(root.join("neg/0.txt"), "bad").unwrap();
    assert!(error().contains("pos: holds no file that ends in .txt"));
    let bad: [(&[u8], &str); 7] = [
        (b"\xFF", "byte 0"),
        (b"ok\xFF", "byte 2"),
        (b"\xC3", "byte 0"),
        (b"caf\xE9 noir", "byte 3"),
        (b"\xED\xA0\x80", "byte 0"),
        (b"\xF5\x80\x80\x80", "byte 0"),
        (b"\xC0\xAF", "byte 0"),
    ];
    for (bytes, at) in bad {
        fs::write(root.join("pos/0.txt"), bytes).unwrap();
        let error = error();
        assert!(error.contains("pos/0.txt: is not UTF-8: ") && error.contains(at), "{error}");
    }
    fs::write(root.join("pos/0.txt"), [0x1F, 0x8B, 8]).unwrap();
    assert!(error().contains("pos/0.txt: can't be unpacked as gzip"));
    fs::remove_dir_all(root).unwrap();
}

#[test]
fn idx_files() {
    let file = |kind: u8, sizes: &[u32], values: usize| {
        let mut bytes = vec![0, 0, kind, sizes.len() as u8];
        sizes.iter().for_each(|size| bytes.extend(size.to_be_bytes()));
        bytes.resize(bytes.len() + values, 7);
        bytes
    };
    let cases = vec![
        ("an empty file", Vec::new(), ""),
        ("three bytes", vec![0, 0, 8], ""),
        ("a wrong magic", vec![1, 0, 8, 1, 0, 0, 0, 1, 7], ""),
        ("a text", b"label,pixel\n".to_vec(), ""),
        ("an unknown dtype", file(0x0A, &[2], 2), ""),
        ("a cut header", file(8, &[2, 2], 0)[..7].to_vec(), "cut off"),
        ("a cut file", file(8, &[3, 2, 2], 11), "cut off"),
        ("a long file", file(8, &[3, 2, 2], 13), "holds 1 bytes more than its header's shape (3, 2, 2) asks for"),
        ("a size beyond any file", file(8, &[u32::MAX; 3], 4), "cut off"),
        ("wide values that are cut", file(0x0D, &[2], 7), "cut off"),
        ("gzip that is cut off", vec![0x1F, 0x8B, 8, 0, 0], "gzip"),
    ];
    refuse("labels.idx", cases, |path| load_idx(path));
    // Labels of another number than there are pictures.
    let root = scratch("fashion");
    for (part, labels) in [("train", 2), ("t10k", 3)] {
        fs::write(root.join(format!("{part}-images-idx3-ubyte")), file(8, &[3, 2, 2], 12)).unwrap();
        fs::write(root.join(format!("{part}-labels-idx1-ubyte")), file(8, &[labels], labels as usize)).unwrap();
    }
    let error = fashion_mnist::load_data_from(&root).unwrap_err().to_string();
    assert!(error.contains("`train` files with images (n, 28, 28) and labels (n,)") && error.contains("(2,)"), "{error}");
    fs::remove_dir_all(root).unwrap();
}

#[test]
fn numpys_files() {
    let folder = scratch("numpy");
    let path = folder.join("good.npy");
    save_npy(&path, &Tensor::constant([[1.0, 2.0], [3.0, 4.0]])).unwrap();
    let good = fs::read(&path).unwrap();
    let replaced = |from: &str, to: &str| {
        let text: Vec<char> = good.iter().map(|b| char::from(*b)).collect();
        text.into_iter().collect::<String>().replace(from, to).chars().map(|c| c as u8).collect::<Vec<u8>>()
    };
    let cases = vec![
        ("an empty file", Vec::new(), "is not a NumPy array file"),
        ("a text", b"1,2\n".to_vec(), "is not a NumPy array file"),
        ("a cut magic", good[..5].to_vec(), "is not a NumPy array file"),
        ("a cut version", good[..7].to_vec(), "is cut off within its header"),
        ("a cut header", good[..40].to_vec(), "is cut off within its header"),
        ("cut values", good[..good.len() - 1].to_vec(), "is cut off or too long"),
        ("more values", [good.as_slice(), &[0]].concat(), "is cut off or too long"),
        ("no shape", replaced("shape", "shade"), "has a header that can't be read"),
        ("an unknown dtype", replaced("<f4", "<c8"), ""),
        ("Python objects", replaced("<f4", "|O4"), ""),
        ("a shape beyond any file", replaced("(2, 2)", "(99999999999, 99999999999)"), ""),
    ];
    refuse("array.npy", cases, |path| load_npy(path));
    let archive = folder.join("good.npz");
    save_npz(&archive, &[("x", &Tensor::zeros([8, 8]))]).unwrap();
    let zip = fs::read(&archive).unwrap();
    for cut in [0, 1, 4, 10, 30, 60, zip.len() / 2, zip.len() - 30, zip.len() - 4, zip.len() - 1] {
        fs::write(&archive, &zip[..cut]).unwrap();
        let error = load_npz(&archive).unwrap_err().to_string();
        assert!(error.contains("good.npz"), "{cut}: {error}");
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn caches() {
    let folder = scratch("cache");
    let path = folder.join("good");
    assert_eq!(Dataset::range(0..3).cache_file(&path).iter().count(), 3);
    let good = fs::read(&path).unwrap();
    let changed = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    };
    let end = good.len();
    let mut cases: Vec<Case> = vec![
        ("an empty file", Vec::new(), "is not a cache"),
        ("a text", b"epoch,loss\n1,0.5\n and more".to_vec(), "is not a cache"),
        ("another magic", changed(0), "is not a cache"),
        ("another version", changed(8), "is not a cache"),
        ("the head alone", good[..16].to_vec(), "is a damaged cache"),
        ("a cut tail", good[..end - 1].to_vec(), "is a damaged cache: it is cut off"),
        ("no tail", good[..end - 20].to_vec(), "is a damaged cache: it is cut off"),
        ("a wrong length", changed(16), "is a damaged cache: element 0 of 3"),
        ("a wrong sum", changed(24), "is a damaged cache: element 0 of 3: its checksum is another"),
        ("a wrong value", changed(end - 21), "is a damaged cache: element 2 of 3: its checksum is another"),
        ("a wrong count", changed(end - 10), "is a damaged cache: it is cut off"),
    ];
    let joined = [&good[..end - 20], &good[16..]].concat();
    cases.push(("two caches joined", joined, "is a damaged cache"));
    fs::remove_dir_all(&folder).unwrap();
    let folder = scratch("cache");
    let path = folder.join("bad");
    for (what, bytes, words) in cases {
        fs::write(&path, bytes).unwrap();
        let error = Dataset::range(0..3).cache_file(&path).iter().find_map(Result::err).unwrap_or_else(|| panic!("{what} is read"));
        let error = error.to_string();
        assert!(error.starts_with(&path.display().to_string()) && error.contains(words), "{what}: {error}");
    }
    fs::remove_dir_all(folder).unwrap();
}
