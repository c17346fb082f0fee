//! A tensor as a matrix, each row of which is normalized alone.

use crate::axes::reshape;
use kiln_core::{Result, Tensor};

/// What takes the matrix of [`rows`] back to the tensor's shape.
pub(super) struct Back {
    order: Vec<usize>,
    shape: Vec<usize>,
}

/// Moves `axes` to the end and flattens them: one row for each place of the other axes.
pub(super) fn rows(x: Tensor, axes: &[usize]) -> Result<(burn::Tensor<2>, Back)> {
    let others = (0..x.rank()).filter(|i| !axes.contains(i));
    let order: Vec<usize> = others.chain(axes.iter().copied()).collect();
    let moved = if order.is_sorted() { x.to_float() } else { x.to_float().transpose(&order)? };
    let shape = moved.shape();
    let features: usize = shape[shape.len() - axes.len()..].iter().product();
    let count = shape[..shape.len() - axes.len()].iter().product();
    Ok((reshape(&moved, &[count, features])?.float()?, Back { order, shape }))
}

impl Back {
    pub(super) fn restore(self, y: burn::Tensor<2>) -> Result<Tensor> {
        let y = reshape(&y.into(), &self.shape)?;
        if self.order.is_sorted() {
            return Ok(y);
        }
        let mut back = vec![0; self.order.len()];
        self.order.iter().enumerate().for_each(|(to, &from)| back[from] = to);
        y.transpose(back)
    }
}
