//! One step of the gated recurrent unit that resets after the product, for some samples.

use crate::numbers::{sigmoid, tanh};
use crate::simd::vectorised;

/// The three gates of a sample.
#[inline(always)]
fn three(row: &[f32], units: usize) -> [&[f32]; 3] {
    let (z, rest) = row.split_at(units);
    let (r, c) = rest.split_at(units);
    [z, r, &c[..units]]
}

#[inline(always)]
fn three_mut(row: &mut [f32], units: usize) -> [&mut [f32]; 3] {
    let (z, rest) = row.split_at_mut(units);
    let (r, c) = rest.split_at_mut(units);
    [z, r, &mut c[..units]]
}

vectorised! {
    /// From the products of the input `gates` and of the state `inner` (samples, 3 · units): the gates behind their curves, what the
    /// candidate's product of the state was, and the new state.
    pub(super) fn step<'a>(
        gates: &'a mut [f32],
        bias: &'a [f32],
        inner: &'a [f32],
        inner_bias: &'a [f32],
        before: &'a [f32],
        kept: &'a mut [f32],
        h: &'a mut [f32],
        units: usize,
    ) {
        let ([bz, br, bc], [iz, ir, ic]) = (three(bias, units), three(inner_bias, units));
        let samples = gates.chunks_exact_mut(3 * units).zip(inner.chunks_exact(3 * units));
        let states = before.chunks_exact(units).zip(kept.chunks_exact_mut(units)).zip(h.chunks_exact_mut(units));
        for ((row, inner), ((before, kept), h)) in samples.zip(states) {
            let ([z, r, c], [inner_z, inner_r, inner_c]) = (three_mut(row, units), three(inner, units));
            for k in 0..units {
                z[k] = sigmoid(z[k] + bz[k] + (inner_z[k] + iz[k]));
                r[k] = sigmoid(r[k] + br[k] + (inner_r[k] + ir[k]));
                kept[k] = inner_c[k] + ic[k];
                c[k] = tanh(c[k] + bc[k] + r[k] * kept[k]);
                h[k] = z[k] * (before[k] - c[k]) + c[k];
            }
        }
    }
}

vectorised! {
    /// From the gradient `dh` by the state: those by the products of the input and of the state, and in `dh` what goes to the state
    /// before without a product.
    pub(super) fn step_back<'a>(
        out: &'a mut [f32],
        inner: &'a mut [f32],
        gates: &'a [f32],
        kept: &'a [f32],
        before: &'a [f32],
        dh: &'a mut [f32],
        units: usize,
    ) {
        let samples = out.chunks_exact_mut(3 * units).zip(inner.chunks_exact_mut(3 * units)).zip(gates.chunks_exact(3 * units));
        let states = kept.chunks_exact(units).zip(before.chunks_exact(units)).zip(dh.chunks_exact_mut(units));
        for (((out, inner), row), ((kept, before), dh)) in samples.zip(states) {
            let ([dz, dr, dc], [iz, ir, ic]) = (three_mut(out, units), three_mut(inner, units));
            let [z, r, c] = three(row, units);
            for k in 0..units {
                dz[k] = dh[k] * (before[k] - c[k]) * (z[k] * (1.0 - z[k]));
                dc[k] = dh[k] * (1.0 - z[k]) * (1.0 - c[k] * c[k]);
                dr[k] = dc[k] * kept[k] * (r[k] * (1.0 - r[k]));
                iz[k] = dz[k];
                ir[k] = dr[k];
                ic[k] = dc[k] * r[k];
                dh[k] *= z[k];
            }
        }
    }
}
