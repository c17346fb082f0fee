//! CIFAR-10: 60,000 pictures of 32 × 32 pixels in 10 classes (Krizhevsky 2009).

use super::remote::Remote;
use super::{Splits, cifar};
use kiln_core::Result;
use std::path::Path;

const SOURCE: Remote = Remote {
    name: "cifar10",
    file: "cifar-10-python.tar.gz",
    url: "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
    sum: "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
};

/// What the labels 0 to 9 mean.
///
/// ```
/// assert_eq!(kiln_data::datasets::cifar10::CLASS_NAMES[6], "frog");
/// ```
pub const CLASS_NAMES: [&str; 10] = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

const TRAIN: [&str; 5] = ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"];
const FOLDER: &str = "cifar-10-batches-py";

/// The 50,000 images to train on and the 10,000 to test on: `uint8` of shape (n, 32, 32, 3), labels `uint8` of shape (n, 1).
///
/// # Errors
/// The archive is in no folder and can't be fetched, or is damaged.
///
/// ```no_run
/// let ((x_train, y_train), _) = kiln_data::datasets::cifar10::load_data()?;
/// assert_eq!((x_train.shape(), y_train.shape()), (vec![50_000, 32, 32, 3], vec![50_000, 1]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub fn load_data() -> Result<Splits> {
    cifar::load(&SOURCE, FOLDER, &TRAIN, "test_batch", "labels")
}

/// As [`load_data`], from the archive or from the folder of batches in it.
///
/// # Errors
/// A missing or damaged file.
///
/// ```
/// assert!(kiln_data::datasets::cifar10::load_data_from("no/such.tar.gz").is_err());
/// ```
pub fn load_data_from(path: impl AsRef<Path>) -> Result<Splits> {
    cifar::load_from(path.as_ref(), FOLDER, &TRAIN, "test_batch", "labels")
}
