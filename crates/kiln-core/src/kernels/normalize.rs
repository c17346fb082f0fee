//! Batch normalization with the channels last.

use super::Moments;
use crate::tensor::Tensor;
use kiln_kernels::serves;

/// `(x - mean) / sqrt(variance + epsilon) · gamma + beta` for `x` (..., channels), `gamma` and `beta` (channels), with the given moments,
/// which are constants, or those of `x`; and the moments. `None` where there is no kernel for it, and for sizes that don't fit.
///
/// ```
/// use kiln_core::{Tensor, kernels::normalize};
/// let (x, one) = (Tensor::constant([[1.0], [3.0]]), Tensor::ones([1]));
/// let (y, moments) = normalize(&x, &one, &one, None, 1e-12).unwrap();
/// assert_eq!((y.to_vec::<f32>(), moments.mean, moments.variance), (vec![0.0, 2.0], vec![2.0], vec![1.0]));
/// ```
pub fn normalize(x: &Tensor, gamma: &Tensor, beta: &Tensor, moments: Option<Moments>, epsilon: f64) -> Option<(Tensor, Moments)> {
    let shape = x.shape();
    let channels = *shape.last()?;
    let fits = !shape.contains(&0)
        && gamma.shape() == [channels]
        && beta.shape() == [channels]
        && moments.as_ref().is_none_or(|m| m.mean.len() == channels && m.variance.len() == channels);
    let [x, gamma, beta] = [x, gamma, beta].map(|t| t.clone().into_dispatch());
    if !fits || !serves(&[&x, &gamma, &beta]) {
        return None;
    }
    let (y, moments) = kiln_kernels::normalize::normalize(x, gamma, beta, moments, epsilon as f32);
    Some((Tensor::from_dispatch(y), moments))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_do_not_fit_are_left_to_others() {
        let of = |x: &[usize], channels| normalize(&Tensor::zeros(x), &Tensor::ones([channels]), &Tensor::zeros([channels]), None, 1e-3);
        assert!(of(&[2, 3], 3).is_some());
        assert!(of(&[2, 3], 2).is_none());
        assert!(of(&[0, 3], 3).is_none());
        let few = Moments { mean: vec![0.0], variance: vec![1.0] };
        assert!(normalize(&Tensor::zeros([2, 3]), &Tensor::ones([3]), &Tensor::zeros([3]), Some(few), 1e-3).is_none());
    }
}
