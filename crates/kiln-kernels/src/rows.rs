//! Sums of slices and over rows.

use crate::simd::vectorised;

/// Sets each number of `out` to what `formula` makes of it and of the numbers of `from` beside it.
///
/// For bodies of [`vectorised!`]: a loop that writes one slice only is vectorised, as the compiler can check that few slices don't overlap.
#[inline(always)]
pub(crate) fn each<const N: usize>(out: &mut [f32], from: [&[f32]; N], formula: impl Fn(f32, [f32; N]) -> f32) {
    let n = out.len();
    let from = from.map(|values| &values[..n]);
    for k in 0..n {
        out[k] = formula(out[k], from.each_ref().map(|values| values[k]));
    }
}

vectorised! {
    /// Adds each row of `values` to `sum`, in their order.
    pub(crate) fn add_rows<'a>(sum: &'a mut [f32], values: &'a [f32]) {
        for row in values.chunks_exact(sum.len().max(1)) {
            for (sum, value) in sum.iter_mut().zip(row) {
                *sum += *value;
            }
        }
    }
}

vectorised! {
    /// Adds `values` to `sum`.
    pub(crate) fn add<'a>(sum: &'a mut [f32], values: &'a [f32]) {
        for (sum, value) in sum.iter_mut().zip(values) {
            *sum += *value;
        }
    }
}
