//! Boston Housing: 506 districts of the 1970s with 13 numbers each, and what a house cost there.
//!
//! One of the numbers, `B`, assumes that people of another colour lower prices. Take [`california_housing`](super::california_housing)
//! unless that is what you study.

use super::remote::Remote;
use super::source::Places;
use super::{Splits, housing};
use kiln_core::Result;
use std::path::Path;

const SOURCE: Remote = Remote {
    name: "boston_housing",
    file: "boston_housing.npz",
    url: "https://storage.googleapis.com/tensorflow/tf-keras-datasets/boston_housing.npz",
    sum: "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5",
};

/// 404 districts to train on and 102 to test on: `float64` of shapes (n, 13) and (n,), split as in Keras.
///
/// # Errors
/// The file is in no folder and can't be fetched, or is damaged.
///
/// ```no_run
/// let ((x_train, y_train), _) = kiln_data::datasets::boston_housing::load_data()?;
/// assert_eq!((x_train.shape(), y_train.shape()), (vec![404, 13], vec![404]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub fn load_data() -> Result<Splits> {
    load_data_from(SOURCE.locate(&Places::of_this_machine())?, 0.2, 113)
}

/// As [`load_data`], from a file, with Keras' options `test_split` and `seed`.
///
/// # Errors
/// A missing or damaged file, or a share outside 0..1.
///
/// ```
/// assert!(kiln_data::datasets::boston_housing::load_data_from("no/such.npz", 0.2, 113).is_err());
/// ```
pub fn load_data_from(path: impl AsRef<Path>, test_split: f64, seed: u32) -> Result<Splits> {
    housing::load(SOURCE.name, path.as_ref(), test_split, seed, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/datasets/boston_housing.npz");

    #[test]
    fn the_split_is_that_of_keras() {
        let ((x_train, y_train), (x_test, y_test)) = load_data_from(FILE, 0.2, 113).unwrap();
        assert_eq!((x_train.shape(), x_test.shape()), (vec![16, 3], vec![4, 3]));
        assert_eq!(y_train.to_vec::<f64>()[..3], [21.0, 16.5, 28.5]);
        assert_eq!(y_test.to_vec::<f64>(), [18.0, 15.0, 3.0, 7.5]);
        assert_eq!(x_train.row(0).unwrap().to_vec::<f64>(), [10.5, 10.75, 11.0]);
        assert_eq!(load_data_from(FILE, 0.5, 1).unwrap().1.1.len(), 10);
        assert!(load_data_from(FILE, 1.0, 1).unwrap_err().to_string().contains("`test_split` must be in 0..1, received 1"));
    }
}
