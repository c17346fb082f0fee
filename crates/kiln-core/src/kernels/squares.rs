//! The sum of squares.

use crate::tensor::Tensor;

/// The sum of the squares of all elements. `None` where there is no kernel for it, and for a recorded tensor.
///
/// ```
/// use kiln_core::{Tensor, kernels::squares};
/// assert_eq!(squares(&Tensor::constant([3.0, 4.0])), Some(25.0));
/// ```
pub fn squares(x: &Tensor) -> Option<f64> {
    kiln_kernels::squares(&x.clone().into_dispatch())
}
