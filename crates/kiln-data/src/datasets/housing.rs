//! What the two data sets of house prices share.

use super::Splits;
use super::shuffle::RandomState;
use crate::npy::load_npz;
use kiln_core::{Error, Result, Tensor};
use std::path::Path;

/// The file's samples, of the first `most`, shuffled as in Keras and cut.
pub(super) fn load(name: &str, path: &Path, test_split: f64, seed: u32, most: Option<usize>) -> Result<Splits> {
    if !(0.0..1.0).contains(&test_split) {
        return Err(Error::option(name, "test_split", "in 0..1", test_split));
    }
    let arrays = load_npz(path)?;
    let part = |part: &str| -> Result<Tensor> {
        let found = arrays.iter().find(|(name, _)| name == part);
        found.map(|(_, tensor)| tensor.clone()).ok_or_else(|| Error::file(path, format!("has no array `{part}`")))
    };
    let (x, y) = (part("x")?, part("y")?);
    let rows = |tensor: &Tensor| tensor.shape().first().copied().unwrap_or(0);
    if rows(&x) != rows(&y) {
        return Err(Error::file(path, format!("`x` has {} rows, but `y` has {}", rows(&x), rows(&y))));
    }
    let order = RandomState::new(seed).order(most.unwrap_or(usize::MAX).min(rows(&x)));
    let train = (order.len() as f64 * (1.0 - test_split)) as usize;
    let cut = |rows: &[usize]| -> Result<_> { Ok((x.gather(rows)?, y.gather(rows)?)) };
    Ok((cut(&order[..train])?, cut(&order[train..])?))
}
