//! MNIST: 70,000 handwritten digits of 28 × 28 grey pixels (LeCun, Cortes and Burges).

use super::Splits;
use super::source::{Places, Source};
use kiln_core::Result;
use std::path::Path;

const SOURCE: Source = Source {
    name: "mnist",
    folders: &["mnist"],
    origin: "https://storage.googleapis.com/cvdf-datasets/mnist/",
    md5: [
        "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "d53e105ee54ea40749a09fcbcd1e9432",
        "9fb629c4189551a2d022fa330f9573f3",
        "ec29112dd5afa0611ce80d1b7f02629c",
    ],
};

/// The 60,000 images to train on and the 10,000 to test on: `uint8` tensors of shape (n, 28, 28), labels `uint8` of shape (n,).
/// [`datasets`](super) says where they come from.
///
/// # Errors
/// The files are in no folder and can't be fetched, or a file is damaged.
///
/// ```no_run
/// let ((x_train, y_train), _) = kiln_data::datasets::mnist::load_data()?;
/// assert_eq!((x_train.shape(), y_train.shape()), (vec![60_000, 28, 28], vec![60_000]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub fn load_data() -> Result<Splits> {
    SOURCE.load(&Places::of_this_machine())
}

/// As [`load_data`], from the four files in a folder, packed with gzip or not.
///
/// # Errors
/// A missing or damaged file.
///
/// ```
/// let error = kiln_data::datasets::mnist::load_data_from("no/such/folder").unwrap_err();
/// assert!(error.to_string().starts_with("mnist: no `train-images-idx3-ubyte.gz` in no/such/folder"));
/// ```
pub fn load_data_from(folder: impl AsRef<Path>) -> Result<Splits> {
    SOURCE.load_from(folder.as_ref())
}
