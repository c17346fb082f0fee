//! The softmax of a row.

use crate::numbers::exp;
use crate::rows::{largest, total};
use crate::simd::vectorised;
use pulp::Simd;

vectorised! {
    /// Writes the softmax of a row, and gives the logarithm of what its exponentials sum up to, and the maximum taken off before.
    pub(crate) fn softmax<'a>(row: &'a [f32], out: &'a mut [f32]) -> (f32, f32) {
        out.copy_from_slice(row);
        let (sum, most) = powers::<S>(out);
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
            let share = 1.0 / powers::<S>(row).0;
            for v in row.iter_mut() {
                *v *= share;
            }
        }
    }
}

/// Makes numbers their exponentials, the maximum taken off before; the sum, and that maximum.
#[inline(always)]
fn powers<S: Simd>(row: &mut [f32]) -> (f32, f32) {
    // NaN is passed on by the exponentials, whatever the maximum is.
    let most = largest(row);
    let most = if most.is_finite() { most } else { 0.0 };
    for v in row.iter_mut() {
        *v = power::<S>(*v - most);
    }
    (total([row], |[v]| v), most)
}

/// `exp(x)`: what is far below is nothing; infinity must stay what it is.
#[inline(always)]
fn power<S: Simd>(x: f32) -> f32 {
    let small = if x < -87.0 { 0.0 } else { exp::<S>(x) };
    if x > 88.0 { f32::INFINITY } else { small }
}
