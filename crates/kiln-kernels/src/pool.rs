//! Pools with the channels last: the maximum or the mean of windows.

use crate::buffer;
use crate::conv::{Sizes, Window};
use crate::host::{Array, HostOp, Past, View, run};
use crate::simd::vectorised;
use crate::threads::each_part;
use burn::backend::DispatchTensor;
use std::ops::Range;

/// The cells of a window of a maximum at most: their number is kept in a byte.
pub const CELLS: usize = 256;

/// The maximum, or the mean, of each window over `x` (batch, space, channels), for 1 or 2 axes of space. Cells that the window's pads add
/// don't count. A maximum's window has at most [`CELLS`]; its gradient goes to the first of the largest. Dilation and groups aren't looked at.
///
/// ```
/// use burn::Tensor;
/// use kiln_kernels::{conv::Window, pool::pool};
/// let x = Tensor::<3>::from_floats([[[1.0], [3.0], [2.0], [0.0]]], &burn::tensor::Device::flex());
/// let window = Window { strides: [2], ..Window::of([2]) };
/// let y = pool(x.into_dispatch(), window, true);
/// assert_eq!(Tensor::<3>::from_dispatch(y).to_data().try_to_vec::<f32>().unwrap(), [3.0, 2.0]);
/// ```
///
/// # Panics
/// On tensors that [`serves`](crate::serves) refuses, and on a window that doesn't fit or has too many cells.
pub fn pool<const N: usize>(x: DispatchTensor, window: Window<N>, max: bool) -> DispatchTensor {
    let window = Window { dilation: [1; N], groups: 1, ..window }.plane();
    assert!(!max || window.size[0] * window.size[1] <= CELLS, "a window's cells are numbered by a byte");
    run(Pool { window, space: N, max }, [x])
}

#[derive(Debug)]
struct Pool {
    window: Window<2>,
    space: usize,
    max: bool,
}

/// The part of a window that lies in the input.
#[derive(Clone)]
struct Place {
    lines: Range<usize>,
    cells: Range<usize>,
    /// Where the window begins, padding included.
    corner: (usize, usize),
}

impl Place {
    fn of(sizes: &Sizes, y: usize, x: usize) -> Self {
        let window = &sizes.window;
        let along = |axis: usize, place: usize, n: usize| {
            let (start, before) = (place * window.strides[axis], window.pads[axis].0);
            (start.saturating_sub(before)..(start + window.size[axis]).saturating_sub(before).min(n), start)
        };
        let ((lines, top), (cells, left)) = (along(0, y, sizes.height), along(1, x, sizes.width));
        Self { lines, cells, corner: (top, left) }
    }

    /// The number of a cell in its window.
    fn number(&self, sizes: &Sizes, line: usize, cell: usize) -> u32 {
        let (above, left) = (sizes.window.pads[0].0, sizes.window.pads[1].0);
        ((line + above - self.corner.0) * sizes.window.size[1] + cell + left - self.corner.1) as u32
    }
}

/// Channels looked at together.
const BLOCK: usize = 32;

vectorised! {
    /// The maxima of a sample, where no gradient asks where they were.
    fn largest<'a>(sizes: &'a Sizes, x: &'a [f32], y: &'a mut [f32]) {
        let channels = sizes.channels;
        for (i, y) in y.chunks_exact_mut(channels).enumerate() {
            let place = Place::of(sizes, i / sizes.out_width, i % sizes.out_width);
            y.fill(f32::NEG_INFINITY);
            for line in place.lines.clone() {
                for cell in place.cells.clone() {
                    let values = &x[(line * sizes.width + cell) * channels..][..channels];
                    // As below.
                    y.iter_mut().zip(values).for_each(|(y, v)| *y = if (*v > *y) | v.is_nan() { *v } else { *y });
                }
            }
        }
    }
}

vectorised! {
    /// The maxima of a sample, and where they were.
    fn maxima<'a>(sizes: &'a Sizes, x: &'a [f32], y: &'a mut [f32], which: &'a mut [u8]) {
        let channels = sizes.channels;
        let (mut best, mut at) = ([0.0f32; BLOCK], [0u32; BLOCK]);
        for (i, (y, which)) in y.chunks_exact_mut(channels).zip(which.chunks_exact_mut(channels)).enumerate() {
            let place = Place::of(sizes, i / sizes.out_width, i % sizes.out_width);
            for from in (0..channels).step_by(BLOCK) {
                let n = BLOCK.min(channels - from);
                best.fill(f32::NEG_INFINITY);
                at.fill(place.number(sizes, place.lines.start, place.cells.start));
                for line in place.lines.clone() {
                    for cell in place.cells.clone() {
                        let number = place.number(sizes, line, cell);
                        let values = &x[(line * sizes.width + cell) * channels + from..][..n];
                        for ((best, at), v) in best.iter_mut().zip(&mut at).zip(values) {
                            // NaN wins over everything, and stays.
                            let better = (*v > *best) | v.is_nan();
                            *at = if better { number } else { *at };
                            *best = if better { *v } else { *best };
                        }
                    }
                }
                y[from..from + n].copy_from_slice(&best[..n]);
                which[from..from + n].iter_mut().zip(&at).for_each(|(which, at)| *which = *at as u8);
            }
        }
    }
}

vectorised! {
    /// The gradient by a sample, from that by its maxima.
    fn spread<'a>(sizes: &'a Sizes, dx: &'a mut [f32], gradient: &'a [f32], which: &'a [u8]) {
        let channels = sizes.channels;
        dx.fill(0.0);
        for (i, (gradient, which)) in gradient.chunks_exact(channels).zip(which.chunks_exact(channels)).enumerate() {
            let place = Place::of(sizes, i / sizes.out_width, i % sizes.out_width);
            for line in place.lines.clone() {
                for cell in place.cells.clone() {
                    let number = place.number(sizes, line, cell);
                    let dx = &mut dx[(line * sizes.width + cell) * channels..][..channels];
                    for ((dx, g), which) in dx.iter_mut().zip(gradient).zip(which) {
                        *dx += if u32::from(*which) == number { *g } else { 0.0 };
                    }
                }
            }
        }
    }
}

vectorised! {
    /// The means of a sample.
    fn means<'a>(sizes: &'a Sizes, x: &'a [f32], y: &'a mut [f32]) {
        let channels = sizes.channels;
        for (i, y) in y.chunks_exact_mut(channels).enumerate() {
            let place = Place::of(sizes, i / sizes.out_width, i % sizes.out_width);
            y.fill(0.0);
            for line in place.lines.clone() {
                for cell in place.cells.clone() {
                    let values = &x[(line * sizes.width + cell) * channels..][..channels];
                    y.iter_mut().zip(values).for_each(|(y, v)| *y += *v);
                }
            }
            let count = (place.lines.len() * place.cells.len()) as f32;
            y.iter_mut().for_each(|y| *y /= count);
        }
    }
}

vectorised! {
    /// The gradient by a sample, from that by its means.
    fn share_out<'a>(sizes: &'a Sizes, dx: &'a mut [f32], gradient: &'a [f32]) {
        let channels = sizes.channels;
        dx.fill(0.0);
        for (i, gradient) in gradient.chunks_exact(channels).enumerate() {
            let place = Place::of(sizes, i / sizes.out_width, i % sizes.out_width);
            let count = (place.lines.len() * place.cells.len()) as f32;
            for line in place.lines.clone() {
                for cell in place.cells.clone() {
                    let dx = &mut dx[(line * sizes.width + cell) * channels..][..channels];
                    dx.iter_mut().zip(gradient).for_each(|(dx, g)| *dx += *g / count);
                }
            }
        }
    }
}

impl Pool {
    fn sizes(&self, shape: &[usize]) -> Sizes {
        let channels = shape[shape.len() - 1];
        Sizes::new(&self.window, shape, channels, channels)
    }

    /// Operations of one pass.
    fn work(&self, sizes: &Sizes) -> usize {
        sizes.rows() * sizes.out_row() * self.window.size[0] * self.window.size[1]
    }
}

impl HostOp for Pool {
    /// Which cell each maximum was.
    type Saved = Vec<u8>;

    fn forward(&self, inputs: &[View<'_>], recorded: bool) -> (Array, Vec<u8>) {
        let (x, sizes) = (inputs[0].values, self.sizes(inputs[0].shape));
        let mut y = Array::unwritten(&sizes.out_shape(self.space));
        let (sample, out, work) = (sizes.sample(), sizes.out_height * sizes.out_row(), self.work(&sizes));
        if !self.max {
            each_part(&mut y.values, out, work, |i, y| means(&sizes, &x[i * sample..][..sample], y));
            return (y, Vec::new());
        }
        if !recorded {
            each_part(&mut y.values, out, work, |i, y| largest(&sizes, &x[i * sample..][..sample], y));
            return (y, Vec::new());
        }
        let mut which = vec![0; y.values.len()];
        let parts = y.values.chunks_mut(out.max(1)).zip(which.chunks_mut(out.max(1))).collect();
        crate::threads::map_parts(parts, work, |i, (y, which)| maxima(&sizes, &x[i * sample..][..sample], y, which));
        (y, which)
    }

    fn backward(&self, past: &Past<'_, Vec<u8>>) -> Vec<Option<Array>> {
        let sizes = self.sizes(past.inputs[0].shape);
        let mut dx = Array { values: buffer::take(past.inputs[0].values.len()), shape: past.inputs[0].shape.to_vec() };
        let (sample, out) = (sizes.sample(), sizes.out_height * sizes.out_row());
        each_part(&mut dx.values, sample, self.work(&sizes), |i, dx| {
            let gradient = &past.gradient.values[i * out..][..out];
            match self.max {
                true => spread(&sizes, dx, gradient, &past.saved[i * out..][..out]),
                false => share_out(&sizes, dx, gradient),
            }
        });
        vec![Some(dx)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{agree, flat};
    use burn::Tensor;
    use burn::tensor::module::{avg_pool2d, max_pool2d};
    use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};

    #[test]
    fn agrees_with_burn() {
        let two = Window { strides: [2, 2], ..Window::of([2, 2]) };
        let windows = [
            two,
            Window { pads: [(0, 1); 2], ..two },
            Window { strides: [1, 2], pads: [(1, 1), (0, 2)], ..Window::of([3, 3]) },
            Window { strides: [3, 1], ..Window::of([2, 5]) },
        ];
        for window in windows {
            for [b, h, w, c] in [[2, 6, 8, 3], [1, 7, 9, 1], [20, 7, 6, 40]] {
                for max in [true, false] {
                    agree(
                        &[b * h * w * c],
                        |t| flat(pool(t[0].clone().reshape([b, h, w, c]).into_dispatch(), window, max)),
                        |t| {
                            let x = t[0].clone().reshape([b, h, w, c]).permute([0, 3, 1, 2]);
                            let y = if max {
                                max_pool2d(x, MaxPoolOptions::new(window.size).with_stride(window.strides).with_padding_pairs(window.pads))
                            } else {
                                let options = AvgPoolOptions::new(window.size).with_stride(window.strides).with_padding_pairs(window.pads);
                                avg_pool2d(x, options.with_count_include_pad(false))
                            };
                            let n = y.shape().num_elements();
                            y.permute([0, 2, 3, 1]).reshape([n])
                        },
                    );
                }
            }
        }
    }

    #[test]
    fn ties_go_to_the_first_and_not_a_number_is_kept() {
        let device = burn::tensor::Device::flex().autodiff();
        let x = Tensor::<3>::from_floats([[[1.0], [1.0], [f32::NAN], [9.0]]], &device).require_grad();
        let y = Tensor::<3>::from_dispatch(pool(x.clone().into_dispatch(), Window { strides: [2], ..Window::of([2]) }, true));
        let values = y.to_data().try_to_vec::<f32>().unwrap();
        assert!(values[0] == 1.0 && values[1].is_nan());
        let gradient = x.grad(&y.sum().backward()).unwrap();
        assert_eq!(gradient.to_data().try_to_vec::<f32>().unwrap(), [1.0, 0.0, 1.0, 0.0]);
    }
}
