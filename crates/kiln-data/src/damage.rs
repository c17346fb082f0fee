//! Damaged files of every kind: an error or data, never a panic, and no more memory than the file is worth.

use crate::npy::{self, pickle};
use crate::{Csv, file, idx, load_csv, save_csv, save_npy, save_npz};
use kiln_core::{DType, Tensor};
use std::path::{Path, PathBuf};

#[path = "../../kiln-io/testdata/dice.rs"]
mod dice;
use dice::{Dice, rounds};

/// What `write` puts into a file.
fn bytes(name: &str, write: impl Fn(&Path) -> kiln_core::Result<()>) -> Vec<u8> {
    let path: PathBuf = std::env::temp_dir().join(format!("kiln-damage-{}-{name}", std::process::id()));
    write(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    bytes
}

fn numbers() -> Tensor {
    Tensor::from_vec((0..24).map(|i| i as f32 * 0.5 - 3.0).collect::<Vec<_>>(), [6, 4]).unwrap()
}

#[test]
fn damaged_tables() {
    let mut dice = Dice(1);
    let table = [b"\xEF\xBB\xBFa,\"b\",c,d\r\n".to_vec(), bytes("table.csv", |path| save_csv(path, &numbers()))].concat();
    let path = std::env::temp_dir().join(format!("kiln-damaged-{}.csv", std::process::id()));
    for i in 0..rounds(1000) {
        std::fs::write(&path, dice.damage(&table)).unwrap();
        let read = match i % 3 {
            0 => load_csv(&path),
            1 => Csv::new(&path).delimiter(b';').has_header(false).load(),
            _ => Csv::new(&path).skip_lines(1).load(),
        };
        if let Err(error) = read {
            assert!(error.to_string().starts_with(&path.display().to_string()), "{error}");
        }
    }
    std::fs::remove_file(path).unwrap();
}

#[test]
fn damaged_arrays() {
    let mut dice = Dice(2);
    let (name, integers) = (Path::new("a"), numbers().cast(DType::I64));
    let npy = [bytes("a.npy", |path| save_npy(path, &numbers())), bytes("b.npy", |path| save_npy(path, &integers))];
    let npz = bytes("a.npz", |path| save_npz(path, &[("x", &numbers()), ("y", &integers)]));
    let idx = [&[0, 0, 0x0D, 2, 0, 0, 0, 2, 0, 0, 0, 3][..], &[7; 24]].concat();
    let gzip = include_bytes!("../../../datasets/fashion-mnist-sample/t10k-labels-idx1-ubyte.gz");
    for i in 0..rounds(2000) {
        let _ = npy::array(name, &dice.damage(&npy[i % 2]));
        let _ = idx::parse(name, &dice.damage(&idx));
        if i % 4 == 0 {
            let entries = npy::unpacked(name, dice.damage(&npz)).unwrap_or_default();
            entries.iter().for_each(|(_, bytes)| drop(npy::array(name, bytes)));
            let _ = file::unpack(name, dice.damage(gzip)).map(|bytes| idx::parse(name, &bytes));
        }
    }
}

#[test]
fn damaged_pickles() {
    let mut dice = Dice(3);
    let entries = npy::entries(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/datasets/imdb.npz")).unwrap();
    let pickles: Vec<Vec<u8>> = entries.iter().filter_map(|(_, bytes)| Some(npy::open(Path::new("a"), bytes).ok()?.1.to_vec())).collect();
    let cifar = include_bytes!("../testdata/datasets/cifar10_batch");
    for i in 0..rounds(2000) {
        let whole = if i % 2 == 0 { &cifar[..] } else { &pickles[i / 2 % pickles.len()] };
        if let Ok(read) = pickle::read(&dice.damage(whole)) {
            let _ = read.get("data").and_then(pickle::Pickle::array);
        }
    }
}
