//! Sums of slices and over rows.

use crate::simd::vectorised;

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
