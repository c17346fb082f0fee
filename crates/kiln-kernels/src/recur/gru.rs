//! One step of the gated recurrent unit that resets after the product, for some samples.

use crate::numbers::{sigmoid, tanh};
use crate::rows::each;
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
            each(z, [bz, inner_z, iz], |z, [b, inner, i]| sigmoid::<S>(z + b + (inner + i)));
            each(r, [br, inner_r, ir], |r, [b, inner, i]| sigmoid::<S>(r + b + (inner + i)));
            each(kept, [inner_c, ic], |_, [inner, i]| inner + i);
            each(c, [bc, r, kept], |c, [b, r, kept]| tanh::<S>(c + b + r * kept));
            each(h, [z, before, c], |_, [z, before, c]| z * (before - c) + c);
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
            each(dz, [dh, before, c, z], |_, [dh, before, c, z]| dh * (before - c) * (z * (1.0 - z)));
            each(dc, [dh, z, c], |_, [dh, z, c]| dh * (1.0 - z) * (1.0 - c * c));
            each(dr, [dc, kept, r], |_, [dc, kept, r]| dc * kept * (r * (1.0 - r)));
            iz.copy_from_slice(dz);
            ir.copy_from_slice(dr);
            each(ic, [dc, r], |_, [dc, r]| dc * r);
            each(dh, [z], |dh, [z]| dh * z);
        }
    }
}
