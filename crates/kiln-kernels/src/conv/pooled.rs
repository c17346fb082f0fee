//! A convolution and the maxima of windows over it, sample by sample: what lies between them stays in a core's cache and is not kept.

use super::forward::Forward;
use super::sizes::Window;
use super::{Convolution, Sizes, gradients};
use crate::buffer;
use crate::curve::Curve;
use crate::host::{Array, HostOp, Past, View, run_biased};
use crate::pool::{CELLS, largest, maxima};
use crate::threads::map_parts;
use burn::backend::DispatchTensor;

/// The numbers of a sample's convolution up to which it stays in a core's cache.
pub const POOLED: usize = 1 << 17;

/// The maxima of `pool` over [`convolve`](super::convolve); the window of the pool has at most [`CELLS`] cells.
///
/// ```
/// use burn::Tensor;
/// use kiln_kernels::{Curve, conv::{Window, convolve_pooled}};
/// let device = burn::tensor::Device::flex();
/// let x = Tensor::<3>::from_floats([[[1.0], [2.0], [4.0]]], &device);
/// let kernel = Tensor::<3>::from_floats([[[-1.0]], [[1.0]]], &device);
/// let y = convolve_pooled(x.into_dispatch(), kernel.into_dispatch(), None, Window::of([2]), Curve::Linear, Window::of([2]));
/// assert_eq!(Tensor::<3>::from_dispatch(y).to_data().try_to_vec::<f32>().unwrap(), [2.0]);
/// ```
///
/// # Panics
/// On tensors that [`serves`](crate::serves) refuses, and on shapes and windows that don't fit.
pub fn convolve_pooled<const N: usize>(
    x: DispatchTensor,
    kernel: DispatchTensor,
    bias: Option<DispatchTensor>,
    window: Window<N>,
    curve: Curve,
    pool: Window<N>,
) -> DispatchTensor {
    assert!(pool.size.iter().product::<usize>() <= CELLS, "a window's cells are numbered by a byte");
    let pool = Window { dilation: [1; N], groups: 1, ..pool }.volume();
    let op = Pooled { convolution: Convolution { window: window.volume(), space: N, curve }, pool };
    run_biased(op, x, kernel, bias)
}

#[derive(Debug)]
struct Pooled {
    convolution: Convolution,
    pool: Window<3>,
}

impl Pooled {
    /// The convolution's sizes, and the pool's.
    fn sizes(&self, inputs: &[View<'_>]) -> (Sizes, Sizes) {
        let sizes = self.convolution.sizes(inputs);
        let pool = Sizes::new(&self.pool, &sizes.out_shape(3), sizes.filters, sizes.filters);
        (sizes, pool)
    }
}

impl HostOp for Pooled {
    /// Which cell each maximum was.
    type Saved = Vec<u8>;

    fn forward(&self, inputs: &[View<'_>], recorded: bool) -> (Array, Vec<u8>) {
        let (sizes, pool) = self.sizes(inputs);
        let bias = inputs.get(2).map(|b| b.values);
        let convolution = Forward::new(&sizes, inputs[0].values, inputs[1].values, bias, self.convolution.curve);
        let mut y = Array::unwritten(&pool.out_shape(self.convolution.space));
        let mut which = if recorded { vec![0; y.values.len()] } else { Vec::new() };
        let out = pool.out_sample();
        let mut places: Vec<&mut [u8]> = which.chunks_mut(out).collect();
        places.resize_with(sizes.batch, Default::default);
        let parts = y.values.chunks_mut(out).zip(places).collect();
        map_parts(parts, sizes.work(), |sample, (y, which)| {
            let mut between = buffer::take(sizes.out_sample());
            let (tile, first) = (sizes.tile(), sample * sizes.out_rows());
            for (i, rows) in between.chunks_mut(tile * sizes.out_row()).enumerate() {
                let start = first + i * tile;
                convolution.some(start..start + rows.len() / sizes.out_row(), rows);
            }
            if recorded {
                maxima(&pool, &between, y, which);
            } else {
                largest(&pool, &between, y);
            }
            buffer::give(between);
        });
        (y, which)
    }

    fn backward(&self, past: &Past<'_, Vec<u8>>) -> Vec<Option<Array>> {
        let (sizes, pool) = self.sizes(past.inputs);
        gradients(&sizes, past, self.convolution.curve, Some((&pool, past.saved)))
    }
}
