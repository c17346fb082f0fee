//! Layer normalization over the last axis.

use super::alike;
use crate::tensor::Tensor;

/// `(x - mean) / sqrt(variance + epsilon) · gamma + beta` with the moments of each row of `x` (..., features); 1 for a `gamma` and 0 for a
/// `beta` that isn't there. `None` where there is no kernel for it, and for sizes that don't fit.
///
/// ```
/// use kiln_core::{Tensor, kernels::layer_norm};
/// let y = layer_norm(&Tensor::constant([[1.0, 3.0]]), None, Some(&Tensor::constant([0.0, 5.0])), 1e-12).unwrap();
/// assert_eq!(y.to_vec::<f32>(), [-1.0, 6.0]);
/// ```
pub fn layer_norm(x: &Tensor, gamma: Option<&Tensor>, beta: Option<&Tensor>, epsilon: f64) -> Option<Tensor> {
    let shape = x.shape();
    let features = *shape.last()?;
    let given = |weights: Option<&Tensor>, otherwise: fn([usize; 1]) -> Tensor| {
        weights.cloned().unwrap_or_else(|| otherwise([features]).to_device(&x.device()))
    };
    let (gamma, beta) = (given(gamma, Tensor::ones), given(beta, Tensor::zeros));
    if shape.contains(&0) || gamma.shape() != [features] || beta.shape() != [features] {
        return None;
    }
    let [x, gamma, beta] = alike([x, &gamma, &beta])?;
    Some(Tensor::from_dispatch(kiln_kernels::layer_norm::layer_norm(x, gamma, beta, epsilon as f32)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_do_not_fit_are_left_to_others() {
        let of = |x: &[usize], features| layer_norm(&Tensor::zeros(x), Some(&Tensor::ones([features])), None, 1e-3);
        assert_eq!(of(&[2, 4, 3], 3).unwrap().shape(), [2, 4, 3]);
        assert!(of(&[2, 3], 2).is_none() && of(&[0, 3], 3).is_none() && of(&[2, 0], 0).is_none());
    }
}
