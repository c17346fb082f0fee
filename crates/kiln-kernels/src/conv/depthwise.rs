//! Convolution of each channel by itself.

use super::sizes::{Sizes, Window};
use crate::buffer;
use crate::curve::{Curve, bend, unbend};
use crate::host::{Array, HostOp, Past, View, run_biased};
use crate::rows::{add, add_rows, each};
use crate::simd::vectorised;
use crate::threads::{each_part, map_parts};
use burn::backend::DispatchTensor;
use std::ops::Range;

/// Slides `kernel` (window, channels, 1) over `x` (batch, space, channels), each channel's part over that channel, for 1 to 3 axes of
/// space, adds `bias` (channels) and applies `curve`. The window's groups aren't looked at.
///
/// ```
/// use burn::Tensor;
/// use kiln_kernels::{Curve, conv::{Window, convolve_depthwise}};
/// let device = burn::tensor::Device::flex();
/// let x = Tensor::<3>::from_floats([[[1.0, 5.0], [2.0, 6.0]]], &device);
/// let kernel = Tensor::<3>::from_floats([[[1.0], [10.0]], [[1.0], [100.0]]], &device);
/// let y = convolve_depthwise(x.into_dispatch(), kernel.into_dispatch(), None, Window::of([2]), Curve::Linear);
/// assert_eq!(Tensor::<3>::from_dispatch(y).to_data().try_to_vec::<f32>().unwrap(), [3.0, 650.0]);
/// ```
///
/// # Panics
/// On tensors that [`serves`](crate::serves) refuses, and on shapes that don't fit.
pub fn convolve_depthwise<const N: usize>(
    x: DispatchTensor,
    kernel: DispatchTensor,
    bias: Option<DispatchTensor>,
    window: Window<N>,
    curve: Curve,
) -> DispatchTensor {
    let op = Depthwise { window: Window { groups: 1, ..window.volume() }, space: N, curve };
    run_biased(op, x, kernel, bias)
}

#[derive(Debug)]
struct Depthwise {
    window: Window<3>,
    space: usize,
    curve: Curve,
}

/// Calls `cell` for each cell of a window that lies in the input, of the pixel `x` of the row `row` of the output: its number in the window,
/// and where it begins in the sample.
#[inline(always)]
fn reached(sizes: &Sizes, row: usize, x: usize, mut cell: impl FnMut(usize, usize)) {
    let Sizes { window, planes, height, width, channels, .. } = *sizes;
    let ([deep, tall, wide], [back, down, across]) = (window.size, window.dilation);
    let (_, z, y) = sizes.place(row);
    let corner = [z * window.strides[0], y * window.strides[1], x * window.strides[2]];
    let [before, above, left] = window.pads.map(|pads| pads.0);
    for (w, v) in (0..deep).flat_map(|w| (0..tall).map(move |v| (w, v))) {
        let plane = (corner[0] + w * back).wrapping_sub(before);
        let line = (corner[1] + v * down).wrapping_sub(above);
        if plane >= planes || line >= height {
            continue;
        }
        for u in 0..wide {
            let place = (corner[2] + u * across).wrapping_sub(left);
            if place < width {
                cell((w * tall + v) * wide + u, plane * sizes.plane() + line * sizes.line() + place * channels);
            }
        }
    }
}

vectorised! {
    /// Some rows of the output.
    fn forward<'a>(sizes: &'a Sizes, x: &'a [f32], kernel: &'a [f32], bias: Option<&'a [f32]>, rows: Range<usize>, y: &'a mut [f32]) {
        let channels = sizes.channels;
        for (row, y) in rows.zip(y.chunks_exact_mut(sizes.out_row())) {
            let sample = &x[sizes.place(row).0 * sizes.sample()..][..sizes.sample()];
            for (place, y) in y.chunks_exact_mut(channels).enumerate() {
                match bias {
                    Some(bias) => y.copy_from_slice(bias),
                    None => y.fill(0.0),
                }
                reached(sizes, row, place, |cell, from| {
                    each(y, [&sample[from..][..channels], &kernel[cell * channels..][..channels]], |sum, [x, weight]| sum + x * weight);
                });
            }
        }
    }
}

vectorised! {
    /// Adds what a sample's gradient says to those by the input and by the kernel, where they are asked for.
    fn back<'a>(sizes: &'a Sizes, x: &'a [f32], kernel: &'a [f32], gradient: &'a [f32], dx: &'a mut [f32], dkernel: &'a mut [f32]) {
        let channels = sizes.channels;
        for (place, gradient) in gradient.chunks_exact(channels).enumerate() {
            reached(sizes, place / sizes.out_width, place % sizes.out_width, |cell, from| {
                let of_cell = cell * channels..(cell + 1) * channels;
                if let Some(dx) = dx.get_mut(from..from + channels) {
                    each(dx, [gradient, &kernel[of_cell.clone()]], |sum, [g, weight]| sum + g * weight);
                }
                if let Some(dkernel) = dkernel.get_mut(of_cell) {
                    each(dkernel, [gradient, &x[from..][..channels]], |sum, [g, x]| sum + g * x);
                }
            });
        }
    }
}

impl Depthwise {
    fn sizes(&self, x: &View<'_>) -> Sizes {
        Sizes::new(&self.window, x.shape, 1, x.last())
    }
}

impl HostOp for Depthwise {
    type Saved = ();

    fn forward(&self, inputs: &[View<'_>], _: bool) -> (Array, ()) {
        let sizes = self.sizes(&inputs[0]);
        let mut y = Array::unwritten(&sizes.out_shape(self.space));
        let (tile, out_row) = (sizes.tile(), sizes.out_row());
        each_part(&mut y.values, tile * out_row, sizes.work(), |part, y| {
            let rows = part * tile..part * tile + y.len() / out_row.max(1);
            forward(&sizes, inputs[0].values, inputs[1].values, inputs.get(2).map(|b| b.values), rows, y);
            bend(y, self.curve);
        });
        (y, ())
    }

    fn backward(&self, past: &Past<'_, ()>) -> Vec<Option<Array>> {
        let ([x, kernel], sizes) = ([past.inputs[0], past.inputs[1]], self.sizes(&past.inputs[0]));
        let biased = past.inputs.len() > 2;
        let (sample, out) = (sizes.sample(), sizes.out_sample());
        let mut dx = if past.wanted[0] { buffer::zeros(x.values.len()) } else { Vec::new() };
        let share = sizes.share();
        let mut pieces: Vec<&mut [f32]> = dx.chunks_mut((share * sample).max(1)).collect();
        pieces.resize_with(sizes.batch.div_ceil(share), Default::default);
        let sums = map_parts(pieces, sizes.work(), |part, dx| {
            let mut dkernel = if past.wanted[1] { vec![0.0; kernel.values.len()] } else { Vec::new() };
            let mut dbias = if biased && past.wanted[2] { vec![0.0; sizes.filters] } else { Vec::new() };
            let mut straight = buffer::take(out);
            for (i, number) in (part * share..sizes.batch.min((part + 1) * share)).enumerate() {
                let (gradient, output) = (&past.gradient.values[number * out..][..out], &past.output.values[number * out..][..out]);
                unbend(&mut straight, gradient, output, self.curve);
                if !dbias.is_empty() {
                    add_rows(&mut dbias, &straight);
                }
                let dx = dx.get_mut(i * sample..(i + 1) * sample).unwrap_or_default();
                back(&sizes, &x.values[number * sample..][..sample], kernel.values, &straight, dx, &mut dkernel);
            }
            buffer::give(straight);
            [dkernel, dbias]
        });
        let total = sums.into_iter().reduce(|mut total, more| {
            total.iter_mut().zip(&more).for_each(|(total, more)| add(total, more));
            total
        });
        let [dkernel, dbias] = total.unwrap_or_else(|| [vec![0.0; kernel.values.len()], vec![0.0; sizes.filters]]);
        let array = |input: usize, values: Vec<f32>| past.wanted[input].then(|| Array::new(values, past.inputs[input].shape));
        let mut all = vec![array(0, dx), array(1, dkernel)];
        if biased {
            all.push(array(2, dbias));
        }
        all
    }
}
