//! Matrices with orthogonal rows or columns.

use crate::error::{Error, Result};
use crate::random::Stream;
use crate::shape::tuple;
use crate::tensor::Tensor;

/// Gram and Schmidt's process on normal numbers, twice for accuracy; its diagonal of R is positive, so that the result is
/// drawn uniformly from all orthogonal matrices.
pub(super) fn orthogonal(shape: &[usize], gain: f64, stream: Stream) -> Result<Tensor> {
    if shape.len() < 2 {
        return Err(Error::shape("orthogonal", "a weight of at least 2 axes", tuple(shape)));
    }
    let columns = shape[shape.len() - 1];
    let rows: usize = shape[..shape.len() - 1].iter().product();
    let (short, long) = (rows.min(columns), rows.max(columns));
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(short);
    for i in 0..short as u64 {
        let mut vector: Vec<f64> = stream.child(i).normal(long).collect();
        for _ in 0..2 {
            for other in &basis {
                let along: f64 = other.iter().zip(&vector).map(|(a, b)| a * b).sum();
                vector.iter_mut().zip(other).for_each(|(v, o)| *v -= along * o);
            }
        }
        let norm = vector.iter().map(|v| v * v).sum::<f64>().sqrt();
        vector.iter_mut().for_each(|v| *v /= norm);
        basis.push(vector);
    }
    let at = |row: usize, column: usize| if rows >= columns { basis[column][row] } else { basis[row][column] };
    let values = (0..rows * columns).map(|i| (gain * at(i / columns, i % columns)) as f32).collect();
    Tensor::from_vec(values, shape)
}
