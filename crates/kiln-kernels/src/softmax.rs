//! The softmax of a row.

use crate::numbers::exp;
use crate::rows::{largest, total};
use crate::simd::vectorised;

vectorised! {
    /// Writes the softmax of a row, and gives the logarithm of what its exponentials sum up to, and the maximum taken off before.
    pub(crate) fn softmax<'a>(row: &'a [f32], out: &'a mut [f32]) -> (f32, f32) {
        // NaN is passed on by the exponentials, whatever the maximum is.
        let most = largest(row);
        let most = if most.is_finite() { most } else { 0.0 };
        for (out, v) in out.iter_mut().zip(row) {
            *out = power(*v - most);
        }
        let sum = total([out], |[v]| v);
        for out in out.iter_mut() {
            *out /= sum;
        }
        (sum.ln(), most)
    }
}

vectorised! {
    /// Makes each row of `width` numbers its softmax.
    pub(crate) fn softmax_rows<'a>(values: &'a mut [f32], width: usize) {
        for row in values.chunks_exact_mut(width.max(1)) {
            let most = largest(row);
            let most = if most.is_finite() { most } else { 0.0 };
            for v in row.iter_mut() {
                *v = power(*v - most);
            }
            let share = 1.0 / total([row], |[v]| v);
            for v in row.iter_mut() {
                *v *= share;
            }
        }
    }
}

/// `exp(x)`: what is far below is nothing; infinity must stay what it is.
#[inline(always)]
fn power(x: f32) -> f32 {
    let small = if x < -87.0 { 0.0 } else { exp(x) };
    if x > 88.0 { f32::INFINITY } else { small }
}
