//! The rows of a table that indices name. Only the rows that were named have a gradient to add up.

use crate::buffer;
use crate::host::{Array, HostOp, Past, View, run};
use crate::rows::add;
use crate::threads::each_part;
use burn::backend::DispatchTensor;
use std::sync::Arc;

/// The rows of `table` (rows, width) that `indices` name, in their order: (indices, width).
///
/// ```
/// use burn::Tensor;
/// use kiln_kernels::embedding::embedding;
/// let table = Tensor::<2>::from_floats([[1.0, 2.0], [3.0, 4.0]], &burn::tensor::Device::flex());
/// let y = Tensor::<2>::from_dispatch(embedding(table.into_dispatch(), [1, 1, 0].into()));
/// assert_eq!(y.to_data().try_to_vec::<f32>().unwrap(), [3.0, 4.0, 3.0, 4.0, 1.0, 2.0]);
/// ```
///
/// # Panics
/// On a tensor that [`serves`](crate::serves) refuses, and on indices that name no row.
pub fn embedding(table: DispatchTensor, indices: Arc<[u32]>) -> DispatchTensor {
    run(Embedding { indices }, [table])
}

#[derive(Debug)]
struct Embedding {
    indices: Arc<[u32]>,
}

/// The parts that a table is cut into for its gradient.
const PARTS: usize = 8;
/// Rows that are copied at a time.
const ROWS: usize = 64;

impl HostOp for Embedding {
    type Saved = ();

    fn forward(&self, inputs: &[View<'_>], _: bool) -> (Array, ()) {
        let (table, width) = (inputs[0].values, inputs[0].last());
        let mut y = Array::unwritten(&[self.indices.len(), width]);
        each_part(&mut y.values, ROWS * width, self.indices.len() * width, |part, y| {
            for (row, index) in y.chunks_exact_mut(width.max(1)).zip(&self.indices[part * ROWS..]) {
                row.copy_from_slice(&table[*index as usize * width..][..width]);
            }
        });
        (y, ())
    }

    fn backward(&self, past: &Past<'_, ()>) -> Vec<Option<Array>> {
        let (table, width) = (past.inputs[0], past.inputs[0].last());
        let rows = (table.values.len() / width.max(1)).div_ceil(PARTS).max(1);
        let mut sum = Array { values: buffer::zeros(table.values.len()), shape: table.shape.to_vec() };
        // Each part looks for its own rows, so that a row is added up by one thread, in the order of the indices.
        each_part(&mut sum.values, rows * width, self.indices.len() * width, |part, sum| {
            let first = part * rows;
            for (index, gradient) in self.indices.iter().zip(past.gradient.values.chunks_exact(width.max(1))) {
                let place = (*index as usize).wrapping_sub(first).saturating_mul(width);
                if let Some(row) = sum.get_mut(place..place.saturating_add(width)) {
                    add(row, gradient);
                }
            }
        });
        vec![Some(sum)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{agree, flat};
    use burn::tensor::{Int, Tensor, TensorData};

    #[test]
    fn agrees_with_burn() {
        for (rows, width, n) in [(1, 1, 3), (7, 5, 20), (3, 40, 1), (1000, 64, 40_000), (5, 3, 0)] {
            let indices: Arc<[u32]> = (0..n as u32).map(|i| i.wrapping_mul(i).wrapping_mul(7) % rows as u32).collect();
            agree(
                &[rows * width],
                |t| flat(embedding(t[0].clone().reshape([rows, width]).into_dispatch(), indices.clone())),
                |t| {
                    let picked = TensorData::new(indices.iter().map(|i| *i as i32).collect(), [n]);
                    let picked = Tensor::<1, Int>::from_data(picked, &t[0].device());
                    t[0].clone().reshape([rows, width]).select(0, picked).reshape([n * width])
                },
            );
        }
    }
}
