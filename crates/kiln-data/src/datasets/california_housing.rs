//! California Housing: 20,640 blocks of the census of 1990 with 8 numbers each, and what a house cost there.

use super::remote::Remote;
use super::source::Places;
use super::{Splits, housing};
use kiln_core::{Error, Result};
use std::path::Path;

const SOURCE: Remote = Remote {
    name: "california_housing",
    file: "california_housing.npz",
    url: "https://storage.googleapis.com/tensorflow/tf-keras-datasets/california_housing.npz",
    sum: "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f",
};

/// 16,512 blocks to train on and 4,128 to test on: `float32` of shapes (n, 8) and (n,), split as in Keras.
///
/// # Errors
/// The file is in no folder and can't be fetched, or is damaged.
///
/// ```no_run
/// let ((x_train, y_train), _) = kiln_data::datasets::california_housing::load_data()?;
/// assert_eq!((x_train.shape(), y_train.shape()), (vec![16_512, 8], vec![16_512]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub fn load_data() -> Result<Splits> {
    load_data_from(SOURCE.locate(&Places::of_this_machine())?, "large", 0.2, 113)
}

/// As [`load_data`], from a file, with Keras' options: the version `"large"` or `"small"` (the first 600), `test_split`, `seed`.
///
/// # Errors
/// A missing or damaged file, another version, or a share outside 0..1.
///
/// ```
/// assert!(kiln_data::datasets::california_housing::load_data_from("no/such.npz", "small", 0.2, 113).is_err());
/// ```
pub fn load_data_from(path: impl AsRef<Path>, version: &str, test_split: f64, seed: u32) -> Result<Splits> {
    let most = match version {
        "large" => None,
        "small" => Some(600),
        other => return Err(Error::option(SOURCE.name, "version", "`large` or `small`", format!("`{other}`"))),
    };
    housing::load(SOURCE.name, path.as_ref(), test_split, seed, most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_core::Tensor;

    #[test]
    fn the_small_version_is_the_beginning() {
        let path = std::env::temp_dir().join(format!("kiln-california-{}.npz", std::process::id()));
        let (x, y) = (Tensor::zeros([700, 8]), Tensor::range(0..700));
        crate::save_npz(&path, &[("x", &x), ("y", &y)]).unwrap();
        let size = |version| load_data_from(&path, version, 0.2, 113).map(|(train, test)| (train.1.len(), test.1.len()));
        assert_eq!((size("large").unwrap(), size("small").unwrap()), ((560, 140), (480, 120)));
        assert!(load_data_from(&path, "small", 0.2, 113).unwrap().0.1.max().item() < 600.0);
        assert!(size("tiny").unwrap_err().to_string().contains("`version` must be `large` or `small`, received `tiny`"));
        crate::save_npz(&path, &[("x", &x), ("y", &y.rows(0..3).unwrap())]).unwrap();
        assert!(size("large").unwrap_err().to_string().contains("`x` has 700 rows, but `y` has 3"));
        std::fs::remove_file(path).unwrap();
    }
}
