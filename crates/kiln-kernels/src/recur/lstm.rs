//! One step of the long short-term memory, for some samples.

use crate::numbers::{sigmoid, tanh};
use crate::rows::each;
use crate::simd::vectorised;

/// The four gates of a sample.
#[inline(always)]
fn four(row: &[f32], units: usize) -> [&[f32]; 4] {
    let (i, rest) = row.split_at(units);
    let (f, rest) = rest.split_at(units);
    let (g, o) = rest.split_at(units);
    [i, f, g, &o[..units]]
}

#[inline(always)]
fn four_mut(row: &mut [f32], units: usize) -> [&mut [f32]; 4] {
    let (i, rest) = row.split_at_mut(units);
    let (f, rest) = rest.split_at_mut(units);
    let (g, o) = rest.split_at_mut(units);
    [i, f, g, &mut o[..units]]
}

vectorised! {
    /// From the products `gates` (samples, 4 · units) and the memory before: the gates behind their curves, the memory and the state.
    pub(super) fn step<'a>(gates: &'a mut [f32], bias: &'a [f32], before: &'a [f32], memory: &'a mut [f32], h: &'a mut [f32], units: usize) {
        let biases = four(bias, units);
        let samples = gates.chunks_exact_mut(4 * units).zip(before.chunks_exact(units));
        for ((row, before), (memory, h)) in samples.zip(memory.chunks_exact_mut(units).zip(h.chunks_exact_mut(units))) {
            let [i, f, g, o] = four_mut(row, units);
            for (gate, bias) in [(&mut *i, biases[0]), (&mut *f, biases[1]), (&mut *o, biases[3])] {
                each(gate, [bias], |z, [b]| sigmoid::<S>(z + b));
            }
            each(g, [biases[2]], |z, [b]| tanh::<S>(z + b));
            each(memory, [f, before, i, g], |_, [f, before, i, g]| f * before + i * g);
            each(h, [o, memory], |_, [o, memory]| o * tanh::<S>(memory));
        }
    }
}

vectorised! {
    /// From the gradient by the state, and `dc` by the memory: that by the products, and in `dc` that by the memory before.
    pub(super) fn step_back<'a>(
        out: &'a mut [f32],
        gates: &'a [f32],
        before: &'a [f32],
        memory: &'a [f32],
        dh: &'a [f32],
        dc: &'a mut [f32],
        units: usize,
    ) {
        let samples = out.chunks_exact_mut(4 * units).zip(gates.chunks_exact(4 * units));
        let states = before.chunks_exact(units).zip(memory.chunks_exact(units)).zip(dh.chunks_exact(units)).zip(dc.chunks_exact_mut(units));
        for ((out, row), (((before, memory), dh), dc)) in samples.zip(states) {
            let ([di, df, dg, d_o], [i, f, g, o]) = (four_mut(out, units), four(row, units));
            each(d_o, [memory], |_, [memory]| tanh::<S>(memory));
            each(dc, [dh, o, d_o], |dc, [dh, o, bent]| dc + dh * o * (1.0 - bent * bent));
            each(d_o, [dh, o], |bent, [dh, o]| dh * bent * (o * (1.0 - o)));
            each(di, [dc, g, i], |_, [d, g, i]| d * g * (i * (1.0 - i)));
            each(df, [dc, before, f], |_, [d, before, f]| d * before * (f * (1.0 - f)));
            each(dg, [dc, i, g], |_, [d, i, g]| d * i * (1.0 - g * g));
            each(dc, [f], |d, [f]| d * f);
        }
    }
}
