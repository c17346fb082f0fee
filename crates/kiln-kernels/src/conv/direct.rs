//! The products of a convolution where the windows lie.
//!
//! A few pixels and filters are summed up in registers at a time, from the bias on; each of the window's numbers is multiplied with a row
//! of the kernel.

use super::registers::{Registers, each_filter, lie_within};
use super::sizes::Sizes;
use super::strips::{Strip, Strips};
use crate::buffer;
use crate::simd::{dispatch, has_registers};
use pulp::{Simd, WithSimd};
use std::ops::Range;

/// The most rows of a kernel whose part for a few filters stays in a core's cache.
const ROWS: usize = 2048;
/// Fewer filters fill no register.
const FILTERS: usize = 8;

/// How an input is walked over, if the products are done well where the windows lie.
pub(super) fn strips(sizes: &Sizes) -> Option<Strips<'_>> {
    let suits = has_registers() && sizes.window.groups == 1 && sizes.column() <= ROWS && sizes.filters >= FILTERS;
    suits.then(|| Strips::new(sizes))
}

/// Writes some rows of the output, `relu` applied or not. `x` begins with the sample of the first of them.
pub(super) fn rows(strips: &Strips<'_>, x: &[f32], kernel: &[f32], bias: Option<&[f32]>, relu: bool, rows: Range<usize>, y: &mut [f32]) {
    let filters = strips.sizes.filters;
    let zeros = if bias.is_none() { vec![0.0; filters] } else { Vec::new() };
    let bias = bias.unwrap_or(&zeros);
    strips.each(x, rows, |&Strip { x, starts, offsets, ref pixels }| {
        let y = &mut y[pixels.start * filters..pixels.end * filters];
        dispatch(Pixels { x, starts, offsets, kernel, bias, relu, y });
    });
}

/// The kernel with its window turned around and its channels and filters exchanged.
pub(super) fn turned(sizes: &Sizes, kernel: &[f32]) -> Vec<f32> {
    let (channels, filters, cells) = (sizes.channels, sizes.filters, sizes.cells());
    let mut turned = buffer::take(kernel.len());
    for cell in 0..cells {
        let (from, to) = (&kernel[cell * channels * filters..], &mut turned[(cells - 1 - cell) * channels * filters..]);
        for filter in 0..filters {
            for channel in 0..channels {
                to[filter * channels + channel] = from[channel * filters + filter];
            }
        }
    }
    turned
}

/// Pixels of an output: `y[p] = curve(bias + sum of x[starts[p] + offsets[k]] · kernel[k])`.
struct Pixels<'a> {
    x: &'a [f32],
    starts: &'a [usize],
    offsets: &'a [usize],
    kernel: &'a [f32],
    bias: &'a [f32],
    relu: bool,
    y: &'a mut [f32],
}

impl WithSimd for Pixels<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let filters = self.bias.len();
        if self.starts.is_empty() || filters == 0 {
            return;
        }
        // What the blocks rely on.
        assert!(lie_within(self.starts, self.offsets, self.x.len()));
        assert!(self.kernel.len() >= self.offsets.len() * filters && self.y.len() == self.starts.len() * filters);
        each_filter(simd, filters, &mut self);
    }
}

impl Registers for Pixels<'_> {
    #[inline(always)]
    fn full<S: Simd, const R: usize>(&mut self, simd: S, filter: usize) {
        let (n, mut pixel) = (self.starts.len(), 0);
        while pixel + 6 <= n {
            self.block::<S, R, 6>(simd, pixel, filter);
            pixel += 6;
        }
        while pixel + 2 <= n {
            self.block::<S, R, 2>(simd, pixel, filter);
            pixel += 2;
        }
        if pixel < n {
            self.block::<S, R, 1>(simd, pixel, filter);
        }
    }

    #[inline(always)]
    fn rest<S: Simd>(&mut self, simd: S, filter: usize) {
        const TOGETHER: usize = 6;
        let Self { x, starts, offsets, kernel, bias, relu, ref mut y } = *self;
        let filters = bias.len();
        for (starts, y) in starts.chunks(TOGETHER).zip(y.chunks_mut(TOGETHER * filters)) {
            let mut sums = [simd.partial_load_f32s(&bias[filter..]); TOGETHER];
            for (offset, row) in offsets.iter().zip(kernel.chunks_exact(filters)) {
                let weights = simd.partial_load_f32s(&row[filter..]);
                for (sum, start) in sums.iter_mut().zip(starts) {
                    *sum = simd.mul_add_e_f32s(simd.splat_f32s(x[start + offset]), weights, *sum);
                }
            }
            for (sum, y) in sums.into_iter().zip(y.chunks_exact_mut(filters)) {
                simd.partial_store_f32s(&mut y[filter..], bent(simd, sum, relu));
            }
        }
    }
}

impl Pixels<'_> {
    /// `P` pixels from `pixel` on, `R` registers of filters from `filter` on.
    #[inline(always)]
    #[allow(unsafe_code)]
    fn block<S: Simd, const R: usize, const P: usize>(&mut self, simd: S, pixel: usize, filter: usize) {
        let (filters, lanes) = (self.bias.len(), S::F32_LANES);
        // SAFETY: the callers keep `pixel + P <= starts.len()` and `filter + R · lanes <= filters`. So the registers read from the bias, from
        // row k of the kernel (asserted to have offsets.len() rows of `filters`) and written to row `pixel + p` of `y` (asserted to have
        // starts.len() rows) lie within them; a start plus an offset was asserted to lie within `x`. Reads and writes are unaligned ones.
        unsafe {
            let load = |row: *const f32| -> [S::f32s; R] { std::array::from_fn(|r| row.add(r * lanes).cast::<S::f32s>().read_unaligned()) };
            let mut sums = [load(self.bias.as_ptr().add(filter)); P];
            let from: [*const f32; P] = std::array::from_fn(|p| self.x.as_ptr().add(*self.starts.get_unchecked(pixel + p)));
            let mut row = self.kernel.as_ptr().add(filter);
            for offset in self.offsets {
                let weights = load(row);
                for (sums, from) in sums.iter_mut().zip(from) {
                    let x = simd.splat_f32s(*from.add(*offset));
                    for (sum, weight) in sums.iter_mut().zip(weights) {
                        *sum = simd.mul_add_e_f32s(x, weight, *sum);
                    }
                }
                row = row.wrapping_add(filters);
            }
            for (p, sums) in sums.into_iter().enumerate() {
                let to = self.y.as_mut_ptr().add((pixel + p) * filters + filter);
                for (r, sum) in sums.into_iter().enumerate() {
                    to.add(r * lanes).cast::<S::f32s>().write_unaligned(bent(simd, sum, self.relu));
                }
            }
        }
    }
}

#[inline(always)]
fn bent<S: Simd>(simd: S, value: S::f32s, relu: bool) -> S::f32s {
    let zero = simd.splat_f32s(0.0);
    if relu { simd.select_f32s(simd.less_than_f32s(value, zero), zero, value) } else { value }
}

/// On slices alone, so that Miri can watch over the registers.
#[cfg(test)]
mod tests {
    use super::super::kernel::add_kernel;
    use super::super::sizes::Window;
    use super::*;
    use crate::testing::{cases, numbers};

    /// Calls `each` for each product of a pixel, a window's number and a filter: where they lie in the output, the input and the kernel.
    fn products(sizes: &Sizes, mut each: impl FnMut(usize, usize, usize)) {
        let Sizes { window, planes, height, width, channels, filters, .. } = *sizes;
        let spaces = [planes, height, width];
        let cells = |n: [usize; 3]| (0..n.iter().product()).map(move |i| [i / (n[1] * n[2]), i / n[2] % n[1], i % n[2]]);
        for row in 0..sizes.rows() * sizes.out_width {
            let (sample, plane, line) = sizes.place(row / sizes.out_width);
            let corner = [plane, line, row % sizes.out_width];
            for (number, cell) in cells(window.size).enumerate() {
                let at = |axis: usize| corner[axis] * window.strides[axis] + cell[axis] * window.dilation[axis];
                let place: Option<Vec<usize>> =
                    (0..3).map(|axis| at(axis).checked_sub(window.pads[axis].0).filter(|i| *i < spaces[axis])).collect();
                let Some(place) = place else { continue };
                let from = ((sample * planes + place[0]) * height + place[1]) * width + place[2];
                for (channel, filter) in (0..channels).flat_map(|c| (0..filters).map(move |f| (c, f))) {
                    each(row * filters + filter, from * channels + channel, (number * channels + channel) * filters + filter);
                }
            }
        }
    }

    #[test]
    fn registers_hold_the_sums_of_products() {
        cases(12, |draw| {
            let (batch, [planes, height, width], channels) = (draw.size(1..=2), draw.sizes(3..=4), draw.size(1..=3));
            // Registers that are filled in part are loaded by assembly, which Miri doesn't know.
            let filters = draw.one_of(if cfg!(miri) { &[8, 16, 24, 40][..] } else { &[8, 11, 16, 19, 32, 64, 67] });
            let window = Window { strides: draw.sizes(1..=2), pads: [(0, 0), (1, 0), (0, 1)], ..Window::of(draw.sizes(1..=3)) };
            let sizes = Sizes::new(&window, &[batch, planes, height, width, channels], channels, filters);
            let strips = Strips::new(&sizes);
            let (x, kernel, bias) = (numbers(batch * sizes.sample(), 1), numbers(sizes.column() * filters, 2), numbers(filters, 3));
            let gradient = numbers(batch * sizes.out_sample(), 4);
            let mut expected = bias.repeat(gradient.len() / filters);
            let mut by_kernel = vec![1.0; kernel.len()];
            products(&sizes, |y, from, weight| {
                expected[y] += x[from] * kernel[weight];
                by_kernel[weight] += x[from] * gradient[y];
            });
            let mut y = vec![f32::NAN; gradient.len()];
            rows(&strips, &x, &kernel, Some(&bias), false, 0..sizes.rows(), &mut y);
            let mut sum = vec![1.0; kernel.len()];
            add_kernel(&strips, &x, &gradient, 0..sizes.rows(), &mut sum);
            let close = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4);
            assert!(close(&y, &expected) && close(&sum, &by_kernel), "{sizes:?}");
        });
    }
}
