//! Convolution with the channels last: `curve(sum over the window and the channels of x · kernel, plus bias)`.

mod backward;
mod columns;
mod depthwise;
mod direct;
mod forward;
mod kernel;
mod pooled;
mod registers;
mod sizes;
mod strips;
#[cfg(test)]
mod tests;
mod transposed;

pub use depthwise::convolve_depthwise;
pub use pooled::{POOLED, convolve_pooled};
pub(crate) use sizes::Sizes;
pub use sizes::Window;
pub use transposed::convolve_transposed;

use crate::curve::Curve;
use crate::host::{Array, HostOp, Past, View, run_biased};
use backward::Given;
use burn::backend::DispatchTensor;
use forward::Forward;

/// Slides `kernel` (window, channels / groups, filters) over `x` (batch, space, channels), for 1 to 3 axes of space, adds `bias`
/// (filters) and applies `curve`.
///
/// ```
/// use burn::Tensor;
/// use kiln_kernels::{Curve, conv::{Window, convolve}};
/// let device = burn::tensor::Device::flex();
/// let x = Tensor::<3>::from_floats([[[1.0], [2.0], [4.0]]], &device);
/// let kernel = Tensor::<3>::from_floats([[[1.0]], [[-1.0]]], &device);
/// let y = convolve(x.into_dispatch(), kernel.into_dispatch(), None, Window::of([2]), Curve::Linear);
/// assert_eq!(Tensor::<3>::from_dispatch(y).to_data().try_to_vec::<f32>().unwrap(), [-1.0, -2.0]);
/// ```
///
/// # Panics
/// On tensors that [`serves`](crate::serves) refuses, and on shapes that don't fit.
pub fn convolve<const N: usize>(
    x: DispatchTensor,
    kernel: DispatchTensor,
    bias: Option<DispatchTensor>,
    window: Window<N>,
    curve: Curve,
) -> DispatchTensor {
    let op = Convolution { window: window.volume(), space: N, curve };
    run_biased(op, x, kernel, bias)
}

#[derive(Debug)]
struct Convolution {
    window: Window<3>,
    /// The number of spatial axes.
    space: usize,
    curve: Curve,
}

impl Convolution {
    fn sizes(&self, inputs: &[View<'_>]) -> Sizes {
        let kernel = inputs[1].shape;
        Sizes::new(&self.window, inputs[0].shape, kernel[kernel.len() - 2], inputs[1].last())
    }
}

impl HostOp for Convolution {
    type Saved = ();

    fn forward(&self, inputs: &[View<'_>], _: bool) -> (Array, ()) {
        let sizes = self.sizes(inputs);
        let mut y = Array::unwritten(&sizes.out_shape(self.space));
        Forward::new(&sizes, inputs[0].values, inputs[1].values, inputs.get(2).map(|b| b.values), self.curve).all(&mut y.values);
        (y, ())
    }

    fn backward(&self, past: &Past<'_, ()>) -> Vec<Option<Array>> {
        gradients(&self.sizes(past.inputs), past, self.curve, None)
    }
}

/// The gradients of a convolution, or of the maxima that a pool took of it.
fn gradients<S: ?Sized>(sizes: &Sizes, past: &Past<'_, S>, curve: Curve, pooled: Option<(&Sizes, &[u8])>) -> Vec<Option<Array>> {
    let wanted = |input: usize| past.wanted.get(input).copied().unwrap_or(false);
    let given = Given {
        x: past.inputs[0].values,
        kernel: past.inputs[1].values,
        gradient: past.gradient.values,
        bent: Some((past.output.values, curve)),
        pooled,
        wanted: [wanted(0), wanted(1), wanted(2)],
    };
    let (dx, dkernel, dbias) = backward::backward(sizes, &given);
    let array = |input: usize, values: Option<Vec<f32>>| Some(Array::new(values?, past.inputs[input].shape));
    let mut gradients = vec![array(0, dx), array(1, dkernel)];
    if past.inputs.len() > 2 {
        gradients.push(array(2, dbias));
    }
    gradients
}
