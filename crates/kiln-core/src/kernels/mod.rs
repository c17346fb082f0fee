//! Operations that are hand-written for 32-bit floats on the CPU, in `kiln-kernels`; for all others they are made of Burn's.
//!
//! What is given and what comes back is the same either way, to rounding.

mod convolve;
mod crossentropy;
mod curve;
mod dense;
mod normalize;
mod pool;
mod recur;
mod update;

pub use convolve::convolve;
pub use crossentropy::crossentropy;
pub(crate) use curve::curve;
pub use dense::dense;
pub use kiln_kernels::conv::Window;
pub use kiln_kernels::crossentropy::Targets;
pub use kiln_kernels::normalize::Moments;
pub use kiln_kernels::recur::{Cell, Walk};
pub use kiln_kernels::{Curve, Formula, Number, set_enabled};
pub use normalize::normalize;
pub use pool::pool;
pub use recur::recur;
pub use update::update;

use crate::tensor::Tensor;

/// A curve made of Burn's operations.
fn bend(x: Tensor, curve: Curve) -> Tensor {
    match curve {
        Curve::Linear => x,
        Curve::Relu => x.relu(),
        Curve::Tanh => x.tanh(),
        Curve::Sigmoid => x.sigmoid(),
    }
}
