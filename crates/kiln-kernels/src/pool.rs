//! Pools with the channels last: the maximum or the mean of windows.

use crate::buffer;
use crate::conv::{Sizes, Window};
use crate::host::{Array, HostOp, Past, View, run};
use crate::rows::each;
use crate::simd::vectorised;
use crate::threads::each_part;
use burn::backend::DispatchTensor;
use std::ops::Range;

/// The cells of a window of a maximum at most: their number is kept in a byte.
pub const CELLS: usize = 256;

/// The maximum, or the mean, of each window over `x` (batch, space, channels), for 1 to 3 axes of space. Cells that the window's pads add
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
    let window = Window { dilation: [1; N], groups: 1, ..window }.volume();
    assert!(!max || window.size.iter().product::<usize>() <= CELLS, "a window's cells are numbered by a byte");
    run(Pool { window, space: N, max }, [x])
}

#[derive(Debug)]
struct Pool {
    window: Window<3>,
    space: usize,
    max: bool,
}

/// The part of a window that lies in the input.
struct Place {
    planes: Range<usize>,
    lines: Range<usize>,
    cells: Range<usize>,
    /// Where the window begins, padding included: behind the zeros that come first.
    corner: [usize; 3],
}

impl Place {
    /// Of the pixel `i` of a sample's output.
    #[inline(always)]
    fn of(sizes: &Sizes, i: usize) -> Self {
        let window = &sizes.window;
        let (_, plane, line) = sizes.place(i / sizes.out_width);
        let along = |axis: usize, place: usize, n: usize| {
            let (start, before) = (place * window.strides[axis], window.pads[axis].0);
            (start.saturating_sub(before)..(start + window.size[axis]).saturating_sub(before).min(n), start)
        };
        let (planes, front) = along(0, plane, sizes.planes);
        let (lines, top) = along(1, line, sizes.height);
        let (cells, left) = along(2, i % sizes.out_width, sizes.width);
        Self { planes, lines, cells, corner: [front, top, left] }
    }

    /// The number of a cell in its window.
    #[inline(always)]
    fn number(&self, sizes: &Sizes, [plane, line, cell]: [usize; 3]) -> u32 {
        let ([_, tall, wide], [before, above, left]) = (sizes.window.size, sizes.window.pads.map(|pads| pads.0));
        let row = (plane + before - self.corner[0]) * tall + line + above - self.corner[1];
        (row * wide + cell + left - self.corner[2]) as u32
    }

    /// The number of the first cell.
    #[inline(always)]
    fn first(&self, sizes: &Sizes) -> u32 {
        self.number(sizes, [self.planes.start, self.lines.start, self.cells.start])
    }

    /// Calls `cell` for each cell: its number in the window, and where it begins in the sample.
    #[inline(always)]
    fn each(&self, sizes: &Sizes, mut cell: impl FnMut(u32, usize)) {
        for plane in self.planes.clone() {
            for line in self.lines.clone() {
                let start = plane * sizes.plane() + line * sizes.line();
                for place in self.cells.clone() {
                    cell(self.number(sizes, [plane, line, place]), start + place * sizes.channels);
                }
            }
        }
    }

    /// How many cells there are.
    fn count(&self) -> usize {
        self.planes.len() * self.lines.len() * self.cells.len()
    }
}

/// Channels looked at together.
const BLOCK: usize = 32;

vectorised! {
    /// The maxima of a sample, where no gradient asks where they were.
    pub(crate) fn largest<'a>(sizes: &'a Sizes, x: &'a [f32], y: &'a mut [f32]) {
        let channels = sizes.channels;
        for (i, y) in y.chunks_exact_mut(channels).enumerate() {
            y.fill(f32::NEG_INFINITY);
            Place::of(sizes, i).each(sizes, |_, from| {
                // As below.
                each(y, [&x[from..from + channels]], |y, [v]| if (v > y) | v.is_nan() { v } else { y });
            });
        }
    }
}

vectorised! {
    /// The maxima of a sample, and where they were.
    pub(crate) fn maxima<'a>(sizes: &'a Sizes, x: &'a [f32], y: &'a mut [f32], which: &'a mut [u8]) {
        let channels = sizes.channels;
        let (mut best, mut at) = ([0.0f32; BLOCK], [0u32; BLOCK]);
        for (i, (y, which)) in y.chunks_exact_mut(channels).zip(which.chunks_exact_mut(channels)).enumerate() {
            let place = Place::of(sizes, i);
            for from in (0..channels).step_by(BLOCK) {
                let n = BLOCK.min(channels - from);
                best.fill(f32::NEG_INFINITY);
                // Where all are infinitely small, it is the first.
                at.fill(place.first(sizes));
                place.each(sizes, |number, start| {
                    let values = &x[start + from..][..n];
                    for ((best, at), v) in best.iter_mut().zip(&mut at).zip(values) {
                        // NaN wins over everything, and stays.
                        let better = (*v > *best) | v.is_nan();
                        *at = if better { number } else { *at };
                        *best = if better { *v } else { *best };
                    }
                });
                y[from..from + n].copy_from_slice(&best[..n]);
                which[from..from + n].iter_mut().zip(&at).for_each(|(which, at)| *which = *at as u8);
            }
        }
    }
}

vectorised! {
    /// The gradient by a sample, from that by its maxima.
    pub(crate) fn spread<'a>(sizes: &'a Sizes, dx: &'a mut [f32], gradient: &'a [f32], which: &'a [u8]) {
        let channels = sizes.channels;
        dx.fill(0.0);
        for (i, (gradient, which)) in gradient.chunks_exact(channels).zip(which.chunks_exact(channels)).enumerate() {
            Place::of(sizes, i).each(sizes, |number, to| {
                let dx = &mut dx[to..to + channels];
                for ((dx, g), which) in dx.iter_mut().zip(gradient).zip(which) {
                    *dx += if u32::from(*which) == number { *g } else { 0.0 };
                }
            });
        }
    }
}

vectorised! {
    /// The means of a sample.
    fn means<'a>(sizes: &'a Sizes, x: &'a [f32], y: &'a mut [f32]) {
        let channels = sizes.channels;
        for (i, y) in y.chunks_exact_mut(channels).enumerate() {
            let place = Place::of(sizes, i);
            y.fill(0.0);
            place.each(sizes, |_, from| each(y, [&x[from..from + channels]], |y, [v]| y + v));
            let count = place.count() as f32;
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
            let place = Place::of(sizes, i);
            let count = place.count() as f32;
            place.each(sizes, |_, to| each(&mut dx[to..to + channels], [gradient], |dx, [g]| dx + g / count));
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
        sizes.rows() * sizes.out_row() * sizes.cells()
    }
}

impl HostOp for Pool {
    /// Which cell each maximum was.
    type Saved = Vec<u8>;

    fn forward(&self, inputs: &[View<'_>], recorded: bool) -> (Array, Vec<u8>) {
        let (x, sizes) = (inputs[0].values, self.sizes(inputs[0].shape));
        let mut y = Array::unwritten(&sizes.out_shape(self.space));
        let (sample, out, work) = (sizes.sample(), sizes.out_sample(), self.work(&sizes));
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
        let (sample, out) = (sizes.sample(), sizes.out_sample());
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
    use crate::testing::{agree, cases, flat};
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
            for x in [[2, 6, 8, 3], [1, 7, 9, 1], [20, 7, 6, 40]] {
                check(window, x, true);
                check(window, x, false);
            }
        }
        cases(40, |draw| {
            let [h, w] = draw.sizes(1..=9);
            let size: [usize; 2] = [draw.size(1..=h), draw.size(1..=w)];
            let pads = size.map(|n| (draw.size(0..=n - 1), draw.size(0..=n - 1)));
            let window = Window { strides: draw.sizes(1..=3), pads, ..Window::of(size) };
            check(window, [draw.size(1..=4), h, w, draw.size(1..=50)], draw.size(0..=1) == 0);
        });
    }

    fn check(window: Window<2>, [b, h, w, c]: [usize; 4], max: bool) {
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

    #[test]
    fn pools_of_volumes_are_pools_of_planes_along_the_depth() {
        let [b, p, h, w, c] = [3, 5, 6, 7, 4];
        let window = Window { strides: [2, 1, 2], pads: [(1, 0), (0, 1), (1, 1)], ..Window::of([3, 2, 3]) };
        let plane = Window { strides: [1, 2], pads: [(0, 1), (1, 1)], ..Window::of([2, 3]) };
        let along = Window { strides: [2, 1], pads: [(1, 0), (0, 0)], ..Window::of([3, 1]) };
        for max in [true, false] {
            agree(
                &[b * p * h * w * c],
                |t| flat(pool(t[0].clone().reshape([b, p, h, w, c]).into_dispatch(), window, max)),
                |t| {
                    let x = t[0].clone().reshape([b * p, h, w, c]);
                    let planes = Tensor::<4>::from_dispatch(pool(x.into_dispatch(), plane, max));
                    let [_, h, w, _] = planes.dims();
                    flat(pool(planes.reshape([b, p, h * w, c]).into_dispatch(), along, max))
                },
            );
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
