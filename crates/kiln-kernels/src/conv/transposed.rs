//! The transpose of a convolution: what gives a convolution's input's gradient, forward.

use super::backward::{Given, backward};
use super::forward::Forward;
use super::sizes::{Sizes, Window};
use crate::buffer;
use crate::curve::{Curve, bend, bend_rows, unbend};
use crate::host::{Array, HostOp, Past, View, run_biased};
use crate::rows::add_rows;
use crate::threads::each_part;
use burn::backend::DispatchTensor;

/// Cells of the output that a thread bends at a time.
const ROWS: usize = 1 << 10;

/// Each cell of `x` (batch, space, inputs) adds `kernel` (window, outputs, inputs), times its value, to the output (batch, `space`,
/// outputs), for 1 to 3 axes of space; then `bias` (outputs) is added and `curve` applied. `window` and `space` are those of the
/// convolution that leads back: its window over `space` has as many places as `x` has cells.
///
/// ```
/// use burn::Tensor;
/// use kiln_kernels::{Curve, conv::{Window, convolve_transposed}};
/// let device = burn::tensor::Device::flex();
/// let x = Tensor::<3>::from_floats([[[1.0], [2.0]]], &device);
/// let kernel = Tensor::<3>::from_floats([[[1.0]], [[10.0]]], &device);
/// let window = Window { strides: [2], ..Window::of([2]) };
/// let y = convolve_transposed(x.into_dispatch(), kernel.into_dispatch(), None, window, [4], Curve::Linear);
/// assert_eq!(Tensor::<3>::from_dispatch(y).to_data().try_to_vec::<f32>().unwrap(), [1.0, 10.0, 2.0, 20.0]);
/// ```
///
/// # Panics
/// On tensors that [`serves`](crate::serves) refuses, and on shapes that don't fit.
pub fn convolve_transposed<const N: usize>(
    x: DispatchTensor,
    kernel: DispatchTensor,
    bias: Option<DispatchTensor>,
    window: Window<N>,
    space: [usize; N],
    curve: Curve,
) -> DispatchTensor {
    let op = Transposed { window: window.volume(), space: space.to_vec(), curve };
    run_biased(op, x, kernel, bias)
}

#[derive(Debug)]
struct Transposed {
    window: Window<3>,
    /// The output's.
    space: Vec<usize>,
    curve: Curve,
}

impl Transposed {
    /// The output's shape, and the sizes of the convolution that leads back.
    fn sizes(&self, inputs: &[View<'_>]) -> (Vec<usize>, Sizes) {
        let kernel = inputs[1].shape;
        let outputs = kernel[kernel.len() - 2];
        let shape = [&[inputs[0].shape[0]], &self.space[..], &[outputs]].concat();
        let sizes = Sizes::new(&self.window, &shape, outputs, inputs[1].last());
        assert_eq!(sizes.batch * sizes.out_sample(), inputs[0].values.len(), "the places of a transposed convolution");
        (shape, sizes)
    }
}

impl HostOp for Transposed {
    type Saved = ();

    fn forward(&self, inputs: &[View<'_>], _: bool) -> (Array, ()) {
        let (shape, sizes) = self.sizes(inputs);
        let (kernel, gradient) = (inputs[1].values, inputs[0].values);
        let given = Given { x: &[], kernel, gradient, bent: None, pooled: None, wanted: [true, false, false] };
        let mut y = backward(&sizes, &given).0.unwrap_or_default();
        let work = y.len();
        each_part(&mut y, sizes.channels * ROWS, work, |_, y| match inputs.get(2) {
            Some(bias) => bend_rows(y, bias.values, self.curve),
            None => bend(y, self.curve),
        });
        (Array { values: y, shape }, ())
    }

    fn backward(&self, past: &Past<'_, ()>) -> Vec<Option<Array>> {
        let (_, sizes) = self.sizes(past.inputs);
        let [x, kernel] = [past.inputs[0], past.inputs[1]];
        let mut straight = Vec::new();
        let mut gradient = past.gradient.values;
        if self.curve != Curve::Linear {
            straight = buffer::take(gradient.len());
            unbend(&mut straight, gradient, past.output.values, self.curve);
            gradient = &straight;
        }
        let dx = past.wanted[0].then(|| {
            let mut dx = Array::unwritten(x.shape);
            Forward::new(&sizes, gradient, kernel.values, None, Curve::Linear).all(&mut dx.values);
            dx
        });
        let wanted = [false, past.wanted[1], false];
        let given = Given { x: gradient, kernel: kernel.values, gradient: x.values, bent: None, pooled: None, wanted };
        let dkernel = backward(&sizes, &given).1.map(|values| Array::new(values, kernel.shape));
        let dbias = past.inputs.get(2).filter(|_| past.wanted[2]).map(|bias| {
            let mut sum = vec![0.0; bias.values.len()];
            add_rows(&mut sum, gradient);
            Array::new(sum, bias.shape)
        });
        buffer::give(straight);
        let mut all = vec![dx, dkernel];
        all.extend((past.inputs.len() > 2).then_some(dbias));
        all
    }
}
