//! The windows of an input as the rows of a matrix, and back.

use super::sizes::Sizes;
use crate::simd::vectorised;
use std::ops::Range;

/// Copies a few numbers: the sizes that small windows have, without a call.
#[inline(always)]
fn copy(to: &mut [f32], from: &[f32]) {
    #[inline(always)]
    fn exactly<const N: usize>(to: &mut [f32], from: &[f32]) {
        to[..N].copy_from_slice(&from[..N]);
    }
    match to.len() {
        1 => exactly::<1>(to, from),
        2 => exactly::<2>(to, from),
        3 => exactly::<3>(to, from),
        4 => exactly::<4>(to, from),
        5 => exactly::<5>(to, from),
        7 => exactly::<7>(to, from),
        8 => exactly::<8>(to, from),
        9 => exactly::<9>(to, from),
        15 => exactly::<15>(to, from),
        16 => exactly::<16>(to, from),
        32 => exactly::<32>(to, from),
        _ => to.copy_from_slice(from),
    }
}

/// Calls `each` for the pieces of the windows of some rows of the output: the piece's place in its column, its length, and where it lies
/// in the input; nowhere, when it lies in the padding.
#[inline(always)]
fn pieces(sizes: &Sizes, rows: Range<usize>, group: usize, mut each: impl FnMut(usize, usize, Option<usize>)) {
    let Sizes { window, planes, height, width, channels, out_width, depth, .. } = *sizes;
    let ([deep, tall, wide], [back, down, across]) = (window.size, window.strides);
    let ([dilate_back, dilate_down, dilate_across], [before, above, left]) = (window.dilation, window.pads.map(|pads| pads.0));
    // Neighbouring cells of one row lie side by side.
    let joined = dilate_across == 1 && window.groups == 1;
    let mut place = 0;
    for row in rows {
        let (sample, z, y) = sizes.place(row);
        let start = sample * sizes.sample() + group * depth;
        for x in 0..out_width {
            let first = (x * across).wrapping_sub(left);
            for (w, v) in (0..deep).flat_map(|w| (0..tall).map(move |v| (w, v))) {
                let plane = (z * back + w * dilate_back).wrapping_sub(before);
                let line = (y * down + v * dilate_down).wrapping_sub(above);
                if plane >= planes || line >= height {
                    each(place, wide * depth, None);
                    place += wide * depth;
                    continue;
                }
                let line = start + plane * sizes.plane() + line * sizes.line();
                if joined && first < width && first + wide <= width {
                    each(place, wide * depth, Some(line + first * channels));
                    place += wide * depth;
                } else {
                    for u in 0..wide {
                        let cell = first.wrapping_add(u * dilate_across);
                        each(place, depth, (cell < width).then(|| line + cell * channels));
                        place += depth;
                    }
                }
            }
        }
    }
}

vectorised! {
    /// Writes the windows of some rows of the output, for one group of channels.
    pub(crate) fn gather<'a>(columns: &'a mut [f32], x: &'a [f32], sizes: &'a Sizes, rows: Range<usize>, group: usize) {
        pieces(sizes, rows, group, |place, length, from| {
            let piece = &mut columns[place..place + length];
            match from {
                Some(from) => copy(piece, &x[from..from + length]),
                None => piece.fill(0.0),
            }
        });
    }
}

vectorised! {
    /// Adds the windows of some rows of the output to where they came from. `x` begins with the sample `first`.
    pub(crate) fn scatter<'a>(
        x: &'a mut [f32],
        columns: &'a [f32],
        sizes: &'a Sizes,
        rows: Range<usize>,
        group: usize,
        first: usize,
    ) {
        let before = first * sizes.sample();
        pieces(sizes, rows, group, |place, length, to| {
            if let Some(to) = to {
                for (x, column) in x[to - before..][..length].iter_mut().zip(&columns[place..place + length]) {
                    *x += *column;
                }
            }
        });
    }
}
