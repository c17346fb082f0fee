//! The readers of files as functions of bytes, for fuzzing: there in builds with `--cfg fuzzing` alone.

use crate::npy::{self, pickle};
use crate::{Csv, file, idx};
use std::path::Path;

/// A table.
pub fn csv(bytes: &[u8]) {
    let _ = file::unpack(Path::new("a.csv"), bytes.to_vec()).map(|text| Csv::new("a.csv").parse(&text));
}

/// An array of MNIST's kind, packed or not.
pub fn idx(bytes: &[u8]) {
    let _ = file::unpack(Path::new("a.idx"), bytes.to_vec()).map(|bytes| idx::parse(Path::new("a.idx"), &bytes));
}

/// An array of NumPy's, or an archive of them.
pub fn npy(bytes: &[u8]) {
    if bytes.starts_with(b"PK") {
        let entries = npy::unpacked(Path::new("a.npz"), bytes.to_vec()).unwrap_or_default();
        entries.iter().for_each(|(_, bytes)| drop(npy::array(Path::new("a"), bytes)));
    } else {
        let _ = npy::array(Path::new("a.npy"), bytes);
    }
}

/// A pickle of a data set.
pub fn pickle(bytes: &[u8]) {
    if let Ok(read) = pickle::read(bytes) {
        let _ = read.get("data").and_then(pickle::Pickle::array);
    }
}
