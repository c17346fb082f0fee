//! The rows of a table.

use crate::tensor::Tensor;
use kiln_kernels::serves;
use std::sync::Arc;

/// The rows of `table` (rows, width) that `indices` name: (indices, width). `None` where there is no kernel for it, and for an index that
/// names no row.
///
/// ```
/// use kiln_core::{Tensor, kernels::embedding};
/// let table = Tensor::constant([[1.0], [2.0]]);
/// assert_eq!(embedding(&table, [1, 0, 1].into()).unwrap().to_vec::<f32>(), [2.0, 1.0, 2.0]);
/// assert!(embedding(&table, [2].into()).is_none());
/// ```
pub fn embedding(table: &Tensor, indices: Arc<[u32]>) -> Option<Tensor> {
    let &[rows, width] = table.shape().as_slice() else { return None };
    let named = width > 0 && !indices.is_empty() && indices.iter().all(|i| (*i as usize) < rows);
    let table = table.clone().into_dispatch();
    (named && serves(&[&table])).then(|| Tensor::from_dispatch(kiln_kernels::embedding::embedding(table, indices)))
}
