//! Operations that are hand-written for 32-bit floats on the CPU, in `kiln-kernels`; for all others they are made of Burn's.
//!
//! What is given and what comes back is the same either way, to rounding.

mod attention;
mod binary_crossentropy;
mod convolve;
mod crossentropy;
mod curve;
mod dense;
mod dropout;
mod embedding;
mod layer_norm;
mod normalize;
mod pool;
mod recur;
mod squares;
mod update;

pub use attention::attention;
pub use binary_crossentropy::binary_crossentropy;
pub use convolve::{convolve, convolve_depthwise, convolve_pooled, convolve_transposed};
pub use crossentropy::crossentropy;
pub(crate) use curve::curve;
pub use dense::dense;
pub use dropout::dropout;
pub use embedding::embedding;
pub use kiln_kernels::conv::Window;
pub use kiln_kernels::crossentropy::Targets;
pub use kiln_kernels::normalize::Moments;
pub use kiln_kernels::recur::{Cell, Walk};
pub use kiln_kernels::{Curve, Formula, Number, set_enabled};
pub use layer_norm::layer_norm;
pub use normalize::normalize;
pub use pool::pool;
pub use recur::recur;
pub use squares::squares;
pub use update::update;

use crate::tensor::Tensor;
use kiln_kernels::{DispatchTensor, serves};

/// A curve made of Burn's operations.
fn bend(x: Tensor, curve: Curve) -> Tensor {
    match curve {
        Curve::Linear => x,
        Curve::Relu => x.relu(),
        Curve::Tanh => x.tanh(),
        Curve::Sigmoid => x.sigmoid(),
    }
}

/// The tensors for an operation on all of them: recorded, if one is. `None` where there is no kernel for them.
fn alike<const N: usize>(tensors: [&Tensor; N]) -> Option<[DispatchTensor; N]> {
    let recorded = tensors.iter().any(|t| t.is_autodiff());
    let tensors = tensors.map(|t| if recorded { t.clone().autodiff() } else { t.clone() }.into_dispatch());
    let served = serves(&tensors.each_ref());
    served.then_some(tensors)
}
