//! The crossentropy of yes-or-no answers from logits.

use super::alike;
use crate::tensor::Tensor;

/// `max(z, 0) - z t + log(1 + exp(-|z|))` for each of the `logits` z and `targets` t. `None` where there is no kernel for it, and for
/// shapes that differ.
///
/// ```
/// use kiln_core::{Tensor, kernels::binary_crossentropy};
/// let (logits, targets) = (Tensor::constant([30.0, 0.0]), Tensor::constant([0.0, 1.0]));
/// assert_eq!(binary_crossentropy(&logits, &targets).unwrap().to_vec::<f32>(), [30.0, 2f32.ln()]);
/// ```
pub fn binary_crossentropy(logits: &Tensor, targets: &Tensor) -> Option<Tensor> {
    let shape = logits.shape();
    if shape != targets.shape() {
        return None;
    }
    let [logits, targets] = alike([logits, targets])?;
    Some(Tensor::from_dispatch(kiln_kernels::binary_crossentropy::binary_crossentropy(logits, targets)).reshape_to(&shape))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_recorded_meets_what_is() {
        let (logits, targets) = (Tensor::constant([[2.0, -1.0]]), Tensor::constant([[1.0, 0.0]]));
        let plain = binary_crossentropy(&logits, &targets).unwrap();
        let recorded = binary_crossentropy(&logits.clone().autodiff(), &targets).unwrap();
        assert!(recorded.is_autodiff() && !plain.is_autodiff());
        assert_eq!(plain.to_vec::<f32>(), recorded.to_vec::<f32>());
        assert!(binary_crossentropy(&logits, &Tensor::zeros([2])).is_none());
        assert!(binary_crossentropy(&logits.cast(burn::tensor::DType::F64), &targets).is_none());
    }
}
