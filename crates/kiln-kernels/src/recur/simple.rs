//! One step of the simplest cell, for some samples.

use crate::curve::{Curve, bend_rows, unbend};

/// From the product: the state.
pub(super) fn step(product: &mut [f32], bias: &[f32], h: &mut [f32], curve: Curve) {
    bend_rows(product, bias, curve);
    h.copy_from_slice(product);
}

/// From the gradient by the state: that by the product.
pub(super) fn step_back(out: &mut [f32], h: &[f32], dh: &[f32], curve: Curve) {
    unbend(out, dh, h, curve);
}
