//! When work is worth more than one thread, and how it is cut.
//!
//! Waking a thread costs tens of microseconds. The parts depend on the work alone, never on how many threads there are: each is
//! summed up by one thread, in order, and so the results don't depend on the threads either.

use rayon::prelude::*;

/// Multiplications from which a product is shared out.
pub(crate) const PRODUCT: usize = 12 << 20;

/// Multiplications from which the rows of a product are shared out, which takes less than to share out the product.
pub(crate) const ROWS_PRODUCT: usize = 8 << 20;

/// Elements of a weight from which its update is shared out.
pub(crate) const UPDATE: usize = 1 << 18;

/// Operations from which other work is shared out.
const SHARE: usize = 1 << 20;

/// Runs `part` for each part of `values`, of `size` numbers but for the last; on all threads if all of it is worth it. A single part stays on
/// this one.
pub(crate) fn each_part(values: &mut [f32], size: usize, work: usize, part: impl Fn(usize, &mut [f32]) + Sync) {
    let size = size.max(1);
    if work < SHARE || values.len() <= size {
        values.chunks_mut(size).enumerate().for_each(|(i, values)| part(i, values));
    } else {
        values.par_chunks_mut(size).enumerate().for_each(|(i, values)| part(i, values));
    }
}

/// What `part` gives for each of the parts, in order; on all threads if all of it is worth it. A single part stays on this one.
pub(crate) fn map_parts<P: Send, R: Send>(parts: Vec<P>, work: usize, part: impl Fn(usize, P) -> R + Sync) -> Vec<R> {
    if work < SHARE || parts.len() < 2 {
        parts.into_iter().enumerate().map(|(i, p)| part(i, p)).collect()
    } else {
        parts.into_par_iter().enumerate().map(|(i, p)| part(i, p)).collect()
    }
}
