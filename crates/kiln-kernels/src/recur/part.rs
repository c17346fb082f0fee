//! A part of the batch on its way over the sequence.

use super::{Cell, Inputs, gru, lstm, simple};
use crate::buffer;
use crate::product::{Matrix, add_product, product};
use crate::rows::{add, add_rows};
use std::ops::Range;

/// The gates' numbers that a core's cache has room for.
const AT_ONCE: usize = 1 << 16;

/// What a part keeps: all in the order of the walk, (time, samples, numbers).
#[derive(Debug)]
pub(super) struct Part {
    samples: Range<usize>,
    /// The inputs.
    x: Vec<f32>,
    /// The gates behind their curves.
    gates: Vec<f32>,
    /// The states behind each step.
    h: Vec<f32>,
    /// An LSTM's memory behind each step; a GRU's product of its state for the candidate.
    second: Vec<f32>,
}

/// The gradients a part finds.
pub(super) struct Gradients {
    pub(super) kernel: Vec<f32>,
    pub(super) recurrent: Vec<f32>,
    /// As the bias is; empty where there is none.
    pub(super) bias: Vec<f32>,
    pub(super) h: Vec<f32>,
    pub(super) c: Vec<f32>,
}

impl Part {
    /// Walks over the sequence. What is not `recorded` for a gradient is overwritten from step to step.
    pub(super) fn forward(inputs: &Inputs<'_>, samples: Range<usize>, y: &mut [f32], recorded: bool) -> Self {
        let Inputs { cell, time, features, units, .. } = *inputs;
        let (n, width) = (samples.len(), inputs.width());
        let (state, step) = (n * units, n * width);
        let kept = |needed: usize| if recorded { time } else { needed.min(time) };
        // The steps whose inputs are projected at once.
        let together = kept((AT_ONCE / step.max(1)).max(1));
        let mut part = Self {
            x: buffer::take(together * n * features),
            gates: buffer::take(together * step),
            h: buffer::take(if inputs.walk.sequences { time } else { kept(2) } * state),
            second: if matches!(cell, Cell::Simple(_)) { Vec::new() } else { buffer::take(kept(2) * state) },
            samples,
        };
        let kernel = Matrix::new(inputs.kernel, features, width);
        let none = vec![0.0; width];
        let (bias, inner_bias) = inputs.bias.map_or((&none[..], &none[..]), |bias| (&bias[..width], &bias[bias.len() - width..]));
        let recurrent = Matrix::new(inputs.recurrent, units, width);
        let mut inner = if cell == Cell::Gru { buffer::take(step) } else { Vec::new() };
        let first = part.state(inputs.h, units);
        let resting = first.iter().all(|v| *v == 0.0);
        let first_memory = part.state(inputs.c, units);
        for s in 0..time {
            if s % together == 0 {
                let rows = together.min(time - s) * n;
                part.order(inputs, s, rows);
                product(&mut part.gates[..rows * width], Matrix::new(&part.x, rows, features), kernel);
            }
            let gates = &mut part.gates[s % together * step..][..step];
            let (before, here) = around(&mut part.h, s, state, first);
            let product_of_state = |out: &mut [f32]| {
                if s > 0 || !resting {
                    add_product(out, Matrix::new(before, n, units), recurrent);
                }
            };
            match cell {
                Cell::Lstm => {
                    product_of_state(gates);
                    let (earlier, memory) = around(&mut part.second, s, state, first_memory);
                    lstm::step(gates, bias, earlier, memory, here, units);
                }
                Cell::Gru => {
                    inner.fill(0.0);
                    product_of_state(&mut inner);
                    let (_, kept) = around(&mut part.second, s, state, &[]);
                    gru::step(gates, bias, &inner, inner_bias, before, kept, here, units);
                }
                Cell::Simple(curve) => {
                    product_of_state(gates);
                    simple::step(gates, bias, here, curve);
                }
            }
            for row in omitted(inputs, &part.samples, s).map(|row| row * units..(row + 1) * units) {
                here[row.clone()].copy_from_slice(&before[row.clone()]);
                if cell == Cell::Lstm {
                    let (earlier, memory) = around(&mut part.second, s, state, first_memory);
                    memory[row.clone()].copy_from_slice(&earlier[row]);
                }
            }
        }
        buffer::give(inner);
        part.give_outputs(inputs, y);
        part
    }

    /// The part's rows of (batch, units), if there are any.
    fn state<'a>(&self, states: &'a [f32], units: usize) -> &'a [f32] {
        states.get(self.samples.start * units..self.samples.end * units).unwrap_or(&[])
    }

    /// Copies some rows of the inputs in the order of the walk, from the step `first` on.
    fn order(&mut self, inputs: &Inputs<'_>, first: usize, rows: usize) {
        let Inputs { time, features, .. } = *inputs;
        let n = self.samples.len();
        for (place, row) in self.x.chunks_exact_mut(features.max(1)).take(rows).enumerate() {
            let (s, sample) = (first + place / n, self.samples.start + place % n);
            row.copy_from_slice(&inputs.x[(sample * time + inputs.moment(s)) * features..][..features]);
        }
    }

    fn give_outputs(&self, inputs: &Inputs<'_>, y: &mut [f32]) {
        let Inputs { time, units, .. } = *inputs;
        let (n, given, slots) = (self.samples.len(), inputs.given(), inputs.slots());
        let skipped = time - given;
        for (sample, y) in y.chunks_exact_mut(slots * units).enumerate() {
            let silent = silent(inputs, self.samples.start + sample);
            for (slot, y) in y.chunks_exact_mut(units).enumerate() {
                if slot < given && silent(skipped + slot) {
                    y.fill(0.0);
                    continue;
                }
                let (from, s) =
                    if slot < given { (&self.h, skipped + slot) } else { (if slot == given { &self.h } else { &self.second }, time - 1) };
                y.copy_from_slice(&from[place(from, s, n * units) + sample * units..][..units]);
            }
        }
    }

    /// The gradients, by the first states only if `to_states`.
    pub(super) fn backward(&self, inputs: &Inputs<'_>, dy: &[f32], dx: Option<&mut [f32]>, to_states: bool) -> Gradients {
        let Inputs { cell, time, features, units, .. } = *inputs;
        let (n, width, given, slots) = (self.samples.len(), inputs.width(), inputs.given(), inputs.slots());
        let (state, step) = (n * units, n * width);
        let dy = &dy[self.samples.start * slots * units..self.samples.end * slots * units];
        // Row by row: the gradient of the slot `slot` of each sample.
        let silent: Vec<_> = self.samples.clone().map(|sample| silent(inputs, sample)).collect();
        let arrive = |to: &mut [f32], slot: usize| {
            for (sample, to) in to.chunks_exact_mut(units).enumerate() {
                if slot >= given || !silent[sample](time - given + slot) {
                    add(to, &dy[(sample * slots + slot) * units..][..units]);
                }
            }
        };
        let mut dgates = buffer::take(time * step);
        let mut dinner = if cell == Cell::Gru { buffer::take(time * step) } else { Vec::new() };
        let (mut dh, mut dc) = (vec![0.0; state], if cell == Cell::Lstm { vec![0.0; state] } else { Vec::new() });
        for (slot, state) in (given..slots).zip([&mut dh, &mut dc]) {
            arrive(state, slot);
        }
        let (first, first_memory) = (self.state(inputs.h, units), self.state(inputs.c, units));
        // The recurrent kernel is read transposed at each step: done once.
        let transposed = transpose(inputs.recurrent, units, width);
        let back = Matrix::new(&transposed, width, units);
        for s in (0..time).rev() {
            if s + given >= time {
                arrive(&mut dh, s + given - time);
            }
            let place = s * step..(s + 1) * step;
            let (gates, here, out) = (&self.gates[place.clone()], s * state..(s + 1) * state, &mut dgates[place.clone()]);
            let before = if s == 0 { first } else { &self.h[(s - 1) * state..s * state] };
            // What a step leaves out passes it by.
            let passing: Vec<(usize, Vec<f32>, Vec<f32>)> = omitted(inputs, &self.samples, s)
                .map(|row| {
                    let part = |all: &[f32]| all.get(row * units..(row + 1) * units).map(<[f32]>::to_vec).unwrap_or_default();
                    (row, part(&dh), part(&dc))
                })
                .collect();
            let clear = |all: &mut [f32]| passing.iter().for_each(|(row, ..)| all[row * width..(row + 1) * width].fill(0.0));
            let goes_on = s > 0 || to_states;
            match cell {
                Cell::Lstm => {
                    let earlier = if s == 0 { first_memory } else { &self.second[(s - 1) * state..s * state] };
                    lstm::step_back(out, gates, earlier, &self.second[here], &dh, &mut dc, units);
                    clear(out);
                    if goes_on {
                        product(&mut dh, Matrix::new(out, n, width), back);
                    }
                }
                Cell::Gru => {
                    let inner = &mut dinner[place];
                    gru::step_back(out, inner, gates, &self.second[here], before, &mut dh, units);
                    clear(out);
                    clear(inner);
                    if goes_on {
                        add_product(&mut dh, Matrix::new(inner, n, width), back);
                    }
                }
                Cell::Simple(curve) => {
                    simple::step_back(out, &self.h[here], &dh, curve);
                    clear(out);
                    if goes_on {
                        product(&mut dh, Matrix::new(out, n, width), back);
                    }
                }
            }
            for (row, h, c) in passing {
                dh[row * units..(row + 1) * units].copy_from_slice(&h);
                if !c.is_empty() {
                    dc[row * units..(row + 1) * units].copy_from_slice(&c);
                }
            }
        }
        let dstate = if cell == Cell::Gru { &dinner } else { &dgates };
        let mut recurrent = buffer::take(units * width);
        let later = (time - 1) * n;
        product(&mut recurrent, Matrix::new(&self.h[..later * units], later, units).t(), Matrix::new(&dstate[step..], later, width));
        if first.iter().any(|v| *v != 0.0) {
            add_product(&mut recurrent, Matrix::new(first, n, units).t(), Matrix::new(&dstate[..step], n, width));
        }
        let gradients = Matrix::new(&dgates, time * n, width);
        let mut kernel = buffer::take(features * width);
        product(&mut kernel, Matrix::new(&self.x, time * n, features).t(), gradients);
        let mut bias = vec![0.0; inputs.bias.map_or(0, <[f32]>::len)];
        if let Some((outer, inner)) = bias.split_at_mut_checked(width) {
            add_rows(outer, &dgates);
            if !inner.is_empty() {
                add_rows(inner, &dinner);
            }
        }
        if let Some(dx) = dx {
            let mut ordered = buffer::take(time * n * features);
            product(&mut ordered, gradients, Matrix::new(inputs.kernel, features, width).t());
            for (place, row) in ordered.chunks_exact(features.max(1)).enumerate() {
                let (s, sample) = (place / n, place % n);
                dx[(sample * time + inputs.moment(s)) * features..][..features].copy_from_slice(row);
            }
            buffer::give(ordered);
        }
        [dgates, dinner, transposed].into_iter().for_each(buffer::give);
        Gradients { kernel, recurrent, bias, h: dh, c: dc }
    }
}

/// Where the state of the step `s` begins, among states for all steps or for two that take turns.
fn place(states: &[f32], s: usize, state: usize) -> usize {
    s % (states.len() / state.max(1)).max(1) * state
}

/// What is known of the step before `s`, and the place for what it finds, as [`place`] has them; `first` is what was before the first
/// step.
fn around<'a>(states: &'a mut [f32], s: usize, state: usize, first: &'a [f32]) -> (&'a [f32], &'a mut [f32]) {
    if s == 0 {
        return (first, &mut states[..state]);
    }
    let (before, here) = (place(states, s - 1, state), place(states, s, state));
    let (left, right) = states.split_at_mut(before.max(here));
    if before < here { (&left[before..][..state], &mut right[..state]) } else { (&right[..state], &mut left[here..][..state]) }
}

/// Keeps the memory for later.
impl Drop for Part {
    fn drop(&mut self) {
        for memory in [&mut self.x, &mut self.gates, &mut self.h, &mut self.second] {
            buffer::give(std::mem::take(memory));
        }
    }
}

impl Inputs<'_> {
    /// The moment of the step `s` of the walk.
    fn moment(&self, s: usize) -> usize {
        if self.walk.backwards { self.time - 1 - s } else { s }
    }
}

/// The part's samples, counted from its first, that the mask leaves out at the step `s` of the walk.
fn omitted<'a>(inputs: &Inputs<'a>, samples: &Range<usize>, s: usize) -> impl Iterator<Item = usize> + use<'a> {
    let (first, time, moment) = (samples.start, inputs.time, inputs.moment(s));
    let out =
        inputs.mask.map(move |mask| (0..).zip(samples_of(mask, time, first)).filter(move |(_, row)| !row[moment]).map(|(row, _)| row));
    let last = samples.len();
    out.into_iter().flatten().take_while(move |row| *row < last)
}

fn samples_of(mask: &[bool], time: usize, first: usize) -> impl Iterator<Item = &[bool]> {
    mask.chunks_exact(time).skip(first)
}

/// Whether the output of a sample is 0 at a step of the walk: it is left out, and nothing came before that could be repeated.
fn silent<'a>(inputs: &Inputs<'a>, sample: usize) -> impl Fn(usize) -> bool + use<'a> {
    let inputs = *inputs;
    let counts = move |s: usize| inputs.mask.is_none_or(|mask| mask[sample * inputs.time + inputs.moment(s)]);
    let first = (0..inputs.time).find(|s| counts(*s)).unwrap_or(inputs.time);
    move |s| !counts(s) && (inputs.walk.zero_output_for_mask || s < first)
}

/// The transpose, block by block, so that the lines of a block's rows and columns stay in the cache.
fn transpose(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    const BLOCK: usize = 16;
    let mut out = buffer::take(rows * columns);
    for left in (0..columns).step_by(BLOCK) {
        for top in (0..rows).step_by(BLOCK) {
            let height = BLOCK.min(rows - top);
            for column in left..columns.min(left + BLOCK) {
                for (i, to) in out[column * rows + top..][..height].iter_mut().enumerate() {
                    *to = values[(top + i) * columns + column];
                }
            }
        }
    }
    out
}
