//! Embeddings of one class together, of others apart.

use super::Loss;
use super::align::beside;
use kiln_core::{Error, Result, Tensor};

loss! {
    /// For integer labels and embeddings of length 1: `softplus(log Σ exp(-gamma a (margin - d)) + log Σ exp(gamma b (1 - margin - d)))`,
    /// with the distances `d = max(1 - cos, 0)` to the samples of the same label in the first sum and of others in the second,
    /// and their weights `a = margin + d`, `b = max(1 + margin - d, 0)`. Samples without one of the two don't count.
    ///
    /// Keras: `src/losses/losses.py`, class `Circle`; Sun et al. 2020.
    Circle as "circle" {
        /// The scale of the similarities, 80 at first.
        gamma: f64 = 80.0,
        /// Nearer than this is near enough, 0.4 at first.
        margin: f64 = 0.4,
        /// Whether a sample's likeness to itself is left out, `true` at first.
        remove_diagonal: bool = true,
    }
}

impl Loss for Circle {
    common!();

    fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let (y_true, p) = (beside(y_true.clone(), y_pred), y_pred.clone().to_float());
        let (labels, embeddings) = (y_true.shape(), p.shape());
        let [n, _] = embeddings.as_slice() else {
            return Err(Error::shape(&self.common.name, "embeddings of shape (n, d)", p.describe()));
        };
        if labels != [*n] && labels != [*n, 1] {
            return Err(Error::shape(&self.common.name, format!("labels of shape ({n},) or ({n}, 1)"), y_true.describe()));
        }
        let labels = y_true.to_float().inner().reshape([-1, 1])?;
        let same = labels.equal(labels.transpose([])?)?;
        let other = same.logical_not()?;
        let same = if self.remove_diagonal { (same.to_float() - beside(Tensor::eye(*n), &labels)).greater(0.0)? } else { same };

        let distance = (1.0 - p.matmul(&p.transpose([])?)?).maximum(0.0)?;
        let near = ((&distance + self.margin) * -self.gamma).try_mul(self.margin - &distance)?;
        let far = ((1.0 + self.margin) - &distance).maximum(0.0)?.try_mul((1.0 - self.margin) - &distance)? * self.gamma;
        let (near, some_near) = log_sum_exp(&near, &same)?;
        let (far, some_far) = log_sum_exp(&far, &other)?;
        let both = some_near.try_mul(some_far)?.greater(0.0)?;
        both.select_where(near.try_add(far)?.softplus(), 0.0)
    }

    /// Samples whose value is 0 don't count.
    fn mask(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Option<Tensor>> {
        let values = self.call(y_true, &y_pred.clone().inner())?;
        // NaN counts, so that it shows.
        values.less_equal(0.0)?.logical_not().map(Some)
    }
}

/// `log Σ exp(x)` over the places of `mask` in each row, and 1 where there are any, else 0; the logarithm is then 0.
fn log_sum_exp(x: &Tensor, mask: &Tensor) -> Result<(Tensor, Tensor)> {
    // Any number does for the others, if it is small: they are multiplied by 0.
    let lowest = x.clone().inner().min();
    let largest = mask.select_where(x.clone().inner(), &lowest)?.max_axis(-1)?.expand_dims(-1)?;
    let counts = beside(mask.clone().to_float(), x);
    let any = counts.max_axis(-1)?;
    let terms = mask.select_where(&x.try_sub(&largest)?, 0.0)?.exp().try_mul(counts)?;
    let total = terms.sum_axis(-1)?.try_add(1.0 - &any)?;
    Ok((total.log().try_add(largest.squeeze(-1)?)?, any))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::compute;

    #[test]
    fn samples_without_pairs_do_not_count() {
        let p = Tensor::constant([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]);
        let y = Tensor::constant([1, 1, 2]);
        let values = Circle::new().gamma(2.0).call(&y, &p).unwrap();
        assert_eq!(values.to_vec::<f32>()[2], 0.0);
        let mean = compute(&Circle::new().gamma(2.0), &y, &p, None, None, None).unwrap().item();
        let sum: f32 = values.to_vec::<f32>().iter().sum();
        assert!((mean - f64::from(sum) / 2.0).abs() < 1e-6);
        let with_itself = Circle::new().gamma(2.0).remove_diagonal(false).call(&y, &p).unwrap();
        assert!(with_itself.to_vec::<f32>()[2] > 0.0);
        assert!(Circle::new().call(&Tensor::zeros([2]), &p).is_err());
        assert!(Circle::new().call(&y, &Tensor::zeros([3])).is_err());
    }

    #[test]
    fn gradients_are_finite_where_nothing_counts() {
        let p = Tensor::constant([[1.0, 0.0], [0.0, 1.0]]).float::<2>().unwrap().autodiff().require_grad();
        let value = Circle::new().call(&Tensor::constant([1, 2]), &Tensor::from(p.clone())).unwrap();
        let gradients = value.float::<1>().unwrap().backward();
        assert!(p.grad(&gradients).is_none_or(|g| Tensor::from(g).to_vec::<f32>().iter().all(|v| *v == 0.0)));
    }
}
