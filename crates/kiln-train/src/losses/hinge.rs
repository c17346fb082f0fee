//! The hinge loss.

use super::Loss;
use super::align::aligned;
use kiln_core::{Result, Tensor};

loss! {
    /// `mean(max(1 - t p, 0))` over the last axis, for targets of -1 and 1; targets that are all 0 or 1 are taken as -1 and 1.
    ///
    /// Keras: `src/losses/losses.py`, class `Hinge`.
    Hinge as "hinge" {}
}

impl Loss for Hinge {
    common!();

    fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let (t, p) = aligned(&self.common.name, y_true, y_pred)?;
        (1.0 - signs(t).try_mul(p)?).maximum(0.0)?.mean_axis(-1)
    }
}

/// Targets of 0 and 1 as -1 and 1; others as they are.
///
/// Keras: `convert_binary_labels_to_hinge`.
pub(crate) fn signs(t: Tensor) -> Tensor {
    let binary = t.to_vec::<f32>().into_iter().all(|v| v == 0.0 || v == 1.0);
    if binary { t * 2.0 - 1.0 } else { t }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binary_targets_become_signs() {
        assert_eq!(signs(Tensor::constant([0.0, 1.0])).to_vec::<f32>(), [-1.0, 1.0]);
        assert_eq!(signs(Tensor::constant([-1.0, 0.0, 1.0])).to_vec::<f32>(), [-1.0, 0.0, 1.0]);
    }
}
