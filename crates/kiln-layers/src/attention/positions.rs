//! Masks that follow from positions alone.

use kiln_core::{Device, Result, Tensor};

/// The positions of queries, a column, and of keys, a row.
fn positions(queries: usize, keys: usize, device: &Device) -> Result<(Tensor, Tensor)> {
    let line = |n: usize| Tensor::range(0..n as i32).to_device(device);
    Ok((line(queries).expand_dims(1)?, line(keys).expand_dims(0)?))
}

/// (queries, keys): true where the key is not after the query.
pub(super) fn causal(queries: usize, keys: usize, device: &Device) -> Result<Tensor> {
    let (query, key) = positions(queries, keys, device)?;
    query.greater_equal(key)
}

/// (queries, keys): true where the key is less than `window` steps from the query.
pub(super) fn near(queries: usize, keys: usize, window: usize, device: &Device) -> Result<Tensor> {
    let (query, key) = positions(queries, keys, device)?;
    query.try_sub(key)?.abs().less(window as i64)
}
