//! Activations of whole tensors.

use super::Curve;
use crate::tensor::Tensor;
use kiln_kernels::serves;

/// `curve(x)`. `None` where there is no kernel for it.
pub(crate) fn curve(x: &Tensor, curve: Curve) -> Option<Tensor> {
    let x = x.clone().into_dispatch();
    serves(&[&x]).then(|| Tensor::from_dispatch(kiln_kernels::elementwise::curve(x, curve)))
}
