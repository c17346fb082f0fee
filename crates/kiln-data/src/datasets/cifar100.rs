//! CIFAR-100: 60,000 pictures of 32 × 32 pixels in 100 classes of 20 groups (Krizhevsky 2009).

use super::remote::Remote;
use super::{Splits, cifar};
use kiln_core::{Error, Result};
use std::path::Path;

const SOURCE: Remote = Remote {
    name: "cifar100",
    file: "cifar-100-python.tar.gz",
    url: "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",
    sum: "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
};

const FOLDER: &str = "cifar-100-python";

/// The 50,000 images to train on and the 10,000 to test on: `uint8` of shape (n, 32, 32, 3), labels `uint8` of shape (n, 1), those of
/// the 100 classes for `label_mode` `"fine"` (Keras' default) or of the 20 groups for `"coarse"`.
///
/// # Errors
/// Another mode; the archive is in no folder and can't be fetched, or is damaged.
///
/// ```no_run
/// let ((x_train, y_train), _) = kiln_data::datasets::cifar100::load_data("fine")?;
/// assert_eq!((x_train.shape(), y_train.shape()), (vec![50_000, 32, 32, 3], vec![50_000, 1]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub fn load_data(label_mode: &str) -> Result<Splits> {
    cifar::load(&SOURCE, FOLDER, &["train"], "test", key(label_mode)?)
}

/// As [`load_data`], from the archive or from the folder of batches in it.
///
/// # Errors
/// Another mode, or a missing or damaged file.
///
/// ```
/// let error = kiln_data::datasets::cifar100::load_data_from("no/such.tar.gz", "rough").unwrap_err();
/// assert_eq!(error.to_string(), "cifar100: `label_mode` must be `fine` or `coarse`, received `rough`");
/// ```
pub fn load_data_from(path: impl AsRef<Path>, label_mode: &str) -> Result<Splits> {
    cifar::load_from(path.as_ref(), FOLDER, &["train"], "test", key(label_mode)?)
}

fn key(label_mode: &str) -> Result<&'static str> {
    match label_mode {
        "fine" => Ok("fine_labels"),
        "coarse" => Ok("coarse_labels"),
        other => Err(Error::option("cifar100", "label_mode", "`fine` or `coarse`", format!("`{other}`"))),
    }
}
