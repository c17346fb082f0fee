//! One step of the long short-term memory, for some samples.

use crate::numbers::{sigmoid, tanh};
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

#[inline(always)]
fn bend(gate: &mut [f32], bias: &[f32], curve: impl Fn(f32) -> f32) {
    for (z, b) in gate.iter_mut().zip(bias) {
        *z = curve(*z + *b);
    }
}

vectorised! {
    /// From the products `gates` (samples, 4 · units) and the memory before: the gates behind their curves, the memory and the state.
    pub(super) fn step<'a>(gates: &'a mut [f32], bias: &'a [f32], before: &'a [f32], memory: &'a mut [f32], h: &'a mut [f32], units: usize) {
        let biases = four(bias, units);
        let samples = gates.chunks_exact_mut(4 * units).zip(before.chunks_exact(units));
        for ((row, before), (memory, h)) in samples.zip(memory.chunks_exact_mut(units).zip(h.chunks_exact_mut(units))) {
            let [i, f, g, o] = four_mut(row, units);
            bend(i, biases[0], sigmoid);
            bend(f, biases[1], sigmoid);
            bend(g, biases[2], tanh);
            bend(o, biases[3], sigmoid);
            for k in 0..units {
                memory[k] = f[k] * before[k] + i[k] * g[k];
                h[k] = o[k] * tanh(memory[k]);
            }
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
            for k in 0..units {
                let bent = tanh(memory[k]);
                d_o[k] = dh[k] * bent * (o[k] * (1.0 - o[k]));
                let d = dc[k] + dh[k] * o[k] * (1.0 - bent * bent);
                di[k] = d * g[k] * (i[k] * (1.0 - i[k]));
                df[k] = d * before[k] * (f[k] * (1.0 - f[k]));
                dg[k] = d * i[k] * (1.0 - g[k] * g[k]);
                dc[k] = d * f[k];
            }
        }
    }
}
