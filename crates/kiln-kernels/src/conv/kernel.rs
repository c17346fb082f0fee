//! The gradient by a convolution's kernel where the windows lie: the products of each of a window's numbers with each filter's gradient,
//! summed up over the pixels in registers.

use super::registers::{Registers, each_filter, lie_within};
use super::strips::{Strip, Strips};
use crate::simd::dispatch;
use pulp::{Simd, WithSimd};
use std::ops::Range;

/// The gradient's numbers that are walked over again and again: they stay in a core's cache.
const NUMBERS: usize = 1 << 13;

/// Adds what some rows of the output say to `sum` (window, channels, filters). `x` begins with the sample of the first of them, `gradient`
/// with the first of them.
pub(super) fn add_kernel(strips: &Strips<'_>, x: &[f32], gradient: &[f32], rows: Range<usize>, sum: &mut [f32]) {
    let sizes = strips.sizes;
    let (filters, out_row) = (sizes.filters, sizes.out_row());
    let together = (NUMBERS / out_row.max(1)).max(1);
    let first_sample = sizes.place(rows.start).0;
    for start in rows.clone().step_by(together) {
        let some = start..rows.end.min(start + together);
        let gradient = &gradient[(start - rows.start) * out_row..];
        let x = &x[(sizes.place(start).0 - first_sample) * sizes.sample()..];
        strips.each(x, some, |&Strip { x, starts, offsets, ref pixels }| {
            let gradient = &gradient[pixels.start * filters..pixels.end * filters];
            dispatch(Sums { x, starts, offsets, gradient, filters, sum });
        });
    }
}

/// `sum[k] += sum over p of x[starts[p] + offsets[k]] · gradient[p]`.
struct Sums<'a> {
    x: &'a [f32],
    starts: &'a [usize],
    offsets: &'a [usize],
    gradient: &'a [f32],
    filters: usize,
    sum: &'a mut [f32],
}

impl WithSimd for Sums<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let filters = self.filters;
        if self.starts.is_empty() || self.offsets.is_empty() || filters == 0 {
            return;
        }
        // What the blocks rely on.
        assert!(lie_within(self.starts, self.offsets, self.x.len()));
        assert!(self.gradient.len() == self.starts.len() * filters && self.sum.len() >= self.offsets.len() * filters);
        each_filter(simd, filters, &mut self);
    }
}

impl Registers for Sums<'_> {
    #[inline(always)]
    fn full<S: Simd, const R: usize>(&mut self, simd: S, filter: usize) {
        let (n, mut number) = (self.offsets.len(), 0);
        while number + 6 <= n {
            self.block::<S, R, 6>(simd, number, filter);
            number += 6;
        }
        while number + 3 <= n {
            self.block::<S, R, 3>(simd, number, filter);
            number += 3;
        }
        while number < n {
            self.block::<S, R, 1>(simd, number, filter);
            number += 1;
        }
    }

    #[inline(always)]
    fn rest<S: Simd>(&mut self, simd: S, filter: usize) {
        const TOGETHER: usize = 6;
        let Self { x, starts, offsets, gradient, filters, ref mut sum } = *self;
        for (offsets, to) in offsets.chunks(TOGETHER).zip(sum.chunks_mut(TOGETHER * filters)) {
            let mut sums = [simd.splat_f32s(0.0); TOGETHER];
            for (start, row) in starts.iter().zip(gradient.chunks_exact(filters)) {
                let gradient = simd.partial_load_f32s(&row[filter..]);
                for (sum, offset) in sums.iter_mut().zip(offsets) {
                    *sum = simd.mul_add_e_f32s(simd.splat_f32s(x[start + offset]), gradient, *sum);
                }
            }
            for (sum, to) in sums.into_iter().zip(to.chunks_exact_mut(filters)) {
                let before = simd.partial_load_f32s(&to[filter..]);
                simd.partial_store_f32s(&mut to[filter..], simd.add_f32s(before, sum));
            }
        }
    }
}

impl Sums<'_> {
    /// `K` of the window's numbers from `number` on, `R` registers of filters from `filter` on.
    #[inline(always)]
    #[allow(unsafe_code)]
    fn block<S: Simd, const R: usize, const K: usize>(&mut self, simd: S, number: usize, filter: usize) {
        let (filters, lanes) = (self.filters, S::F32_LANES);
        // SAFETY: the callers keep `number + K <= offsets.len()` and `filter + R · lanes <= filters`. So the registers read from and written
        // to row `number + k` of `sum` (asserted to have offsets.len() rows of `filters`) and read from row p of `gradient` (asserted to
        // have starts.len() rows) lie within them; a start plus an offset was asserted to lie within `x`. Reads and writes are unaligned
        // ones.
        unsafe {
            let load = |row: *const f32| -> [S::f32s; R] { std::array::from_fn(|r| row.add(r * lanes).cast::<S::f32s>().read_unaligned()) };
            let sum = self.sum.as_mut_ptr();
            let to: [*mut f32; K] = std::array::from_fn(|k| sum.add((number + k) * filters + filter));
            let offsets: [usize; K] = std::array::from_fn(|k| *self.offsets.get_unchecked(number + k));
            let mut sums = to.map(|to| load(to));
            let mut row = self.gradient.as_ptr().add(filter);
            for start in self.starts {
                let gradient = load(row);
                let from = self.x.as_ptr().add(*start);
                for (sums, offset) in sums.iter_mut().zip(offsets) {
                    let x = simd.splat_f32s(*from.add(offset));
                    for (sum, gradient) in sums.iter_mut().zip(gradient) {
                        *sum = simd.mul_add_e_f32s(x, gradient, *sum);
                    }
                }
                row = row.wrapping_add(filters);
            }
            for (to, sums) in to.into_iter().zip(sums) {
                for (r, sum) in sums.into_iter().enumerate() {
                    to.add(r * lanes).cast::<S::f32s>().write_unaligned(sum);
                }
            }
        }
    }
}
