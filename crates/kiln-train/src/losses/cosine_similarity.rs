//! The cosine similarity, negative so that less is better.

use super::align::{aligned, beside};
use super::{EPSILON, Loss};
use kiln_core::{Result, Tensor};

loss! {
    /// `-Σ t̂ p̂` over `axis`, of the vectors scaled to length 1: -1 for the same direction, 0 for a right angle, 1 for
    /// opposite directions. A vector of zeros gives 0.
    ///
    /// Keras: `src/losses/losses.py`, class `CosineSimilarity`.
    CosineSimilarity as "cosine_similarity" {
        /// The axis of the vectors, the last at first.
        axis: isize = -1,
    }
}

impl Loss for CosineSimilarity {
    common!();

    fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let (t, p) = aligned(&self.common.name, y_true, y_pred)?;
        let (t, p) = (unit(beside(t, &p), self.axis)?, unit(p, self.axis)?);
        Ok(-t.try_mul(p)?.sum_axis(self.axis)?)
    }
}

/// `x` over its length, which counts as at least 1e-7.
fn unit(x: Tensor, axis: isize) -> Result<Tensor> {
    let axis = if axis < 0 { axis + x.rank() as isize } else { axis };
    let length = x.clone().square().sum_axis(axis)?.maximum(EPSILON * EPSILON)?.sqrt().expand_dims(axis)?;
    x.try_div(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_count_and_lengths_do_not() {
        let t = Tensor::constant([[3.0, 4.0], [1.0, 0.0], [0.0, 0.0]]);
        let p = Tensor::constant([[6.0, 8.0], [0.0, 2.0], [1.0, 1.0]]);
        let values = CosineSimilarity::new().call(&t, &p).unwrap().to_vec::<f32>();
        assert!((values[0] + 1.0).abs() < 1e-6 && values[1] == 0.0 && values[2] == 0.0);
        assert_eq!(CosineSimilarity::new().axis(0).call(&t, &p).unwrap().shape(), [2]);
    }
}
