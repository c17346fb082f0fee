//! Recurrent cells over whole sequences, with their own back-propagation through time.
//!
//! The inputs of all steps are projected at once. The batch is cut into parts, each of which walks over the sequence by itself.

mod gru;
mod lstm;
mod part;
mod simple;
#[cfg(test)]
mod tests;

use crate::buffer;
use crate::curve::Curve;
use crate::host::{Array, HostOp, Past, View, run};
use crate::rows::add;
use crate::threads::map_parts;
use burn::backend::DispatchTensor;
use part::{Gradients, Part};
use std::sync::Arc;

/// What is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// The long short-term memory: gates i, f, c, o; the curves are the sigmoid and the hyperbolic tangent.
    Lstm,
    /// The gated recurrent unit that resets after the product: gates z, r, h; the curves are the sigmoid and the hyperbolic tangent.
    Gru,
    /// `h' = curve(x · kernel + h · recurrent + bias)`.
    Simple(Curve),
}

impl Cell {
    /// How many times the units the kernels are wide.
    pub fn gates(self) -> usize {
        match self {
            Self::Lstm => 4,
            Self::Gru => 3,
            Self::Simple(_) => 1,
        }
    }

    /// How many states there are: `h`, and `c` of an LSTM.
    pub fn states(self) -> usize {
        if self == Self::Lstm { 2 } else { 1 }
    }
}

/// How a sequence is walked, and what is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Walk {
    /// From the end.
    pub backwards: bool,
    /// The outputs of all steps, not only of the last.
    pub sequences: bool,
    /// The last states, behind the outputs.
    pub states: bool,
    /// At steps that a mask leaves out the output is 0, not that of the step before.
    pub zero_output_for_mask: bool,
}

/// The weights of a cell.
#[derive(Clone, Debug)]
pub struct Weights {
    /// (features, gates · units)
    pub kernel: DispatchTensor,
    /// (units, gates · units)
    pub recurrent: DispatchTensor,
    /// (gates · units), or of a GRU (2, gates · units): for the inputs and for the states.
    pub bias: Option<DispatchTensor>,
}

/// Repeats `cell` over `x` (batch, time, features), from `states` (batch, units): the outputs (batch, steps, units), and behind them what
/// [`Walk::states`] asks for.
///
/// At a step that `mask` (batch, time) leaves out, a sample's states stay as they are; its output is the one before, or 0.
///
/// # Panics
/// On tensors that [`serves`](crate::serves) refuses, and on shapes and numbers of states that don't fit.
pub fn recur(
    cell: Cell,
    walk: Walk,
    x: DispatchTensor,
    weights: Weights,
    states: Vec<DispatchTensor>,
    mask: Option<Arc<[bool]>>,
) -> DispatchTensor {
    let op = Recurrence { cell, walk, biased: weights.bias.is_some(), mask };
    let Weights { kernel, recurrent, bias } = weights;
    let mut states = states.into_iter();
    match (bias, states.next(), states.next()) {
        (Some(bias), Some(h), Some(c)) => run(op, [x, kernel, recurrent, bias, h, c]),
        (Some(bias), Some(h), None) => run(op, [x, kernel, recurrent, bias, h]),
        (None, Some(h), Some(c)) => run(op, [x, kernel, recurrent, h, c]),
        (None, Some(h), None) => run(op, [x, kernel, recurrent, h]),
        (_, None, _) => unreachable!("a cell has a state"),
    }
}

#[derive(Debug)]
struct Recurrence {
    cell: Cell,
    walk: Walk,
    biased: bool,
    mask: Option<Arc<[bool]>>,
}

/// The inputs of a call by their meaning, and the sizes.
#[derive(Clone, Copy)]
struct Inputs<'a> {
    cell: Cell,
    walk: Walk,
    x: &'a [f32],
    kernel: &'a [f32],
    recurrent: &'a [f32],
    bias: Option<&'a [f32]>,
    h: &'a [f32],
    c: &'a [f32],
    mask: Option<&'a [bool]>,
    batch: usize,
    time: usize,
    features: usize,
    units: usize,
}

impl Inputs<'_> {
    fn width(&self) -> usize {
        self.cell.gates() * self.units
    }

    /// The steps whose outputs are given, and what comes behind them.
    fn given(&self) -> usize {
        if self.walk.sequences { self.time } else { 1 }
    }

    fn slots(&self) -> usize {
        self.given() + if self.walk.states { self.cell.states() } else { 0 }
    }

    /// The samples that walk together: enough for efficient products, few enough for two threads to share a usual batch.
    fn part(&self) -> usize {
        self.batch.div_ceil(2).clamp(1, 32)
    }

    fn work(&self) -> usize {
        self.batch * self.time * self.width() * (self.units + self.features)
    }
}

impl Recurrence {
    fn inputs<'a>(&'a self, views: &[View<'a>]) -> Inputs<'a> {
        let (x, states) = (views[0].shape, 3 + usize::from(self.biased));
        Inputs {
            cell: self.cell,
            walk: self.walk,
            x: views[0].values,
            kernel: views[1].values,
            recurrent: views[2].values,
            bias: self.biased.then(|| views[3].values),
            h: views[states].values,
            c: views.get(states + 1).map_or(&[], |c| c.values),
            mask: self.mask.as_deref(),
            batch: x[0],
            time: x[1],
            features: x[2],
            units: views[2].shape[0],
        }
    }
}

impl HostOp for Recurrence {
    type Saved = Vec<Part>;

    fn forward(&self, views: &[View<'_>], recorded: bool) -> (Array, Vec<Part>) {
        let inputs = self.inputs(views);
        let mut y = Array::unwritten(&[inputs.batch, inputs.slots(), inputs.units]);
        let size = inputs.part();
        let pieces = y.values.chunks_mut((size * inputs.slots() * inputs.units).max(1)).collect();
        let mut parts =
            map_parts(pieces, inputs.work(), |i, y| Part::forward(&inputs, i * size..inputs.batch.min((i + 1) * size), y, recorded));
        if !recorded {
            parts.clear();
        }
        (y, parts)
    }

    fn backward(&self, past: &Past<'_, Vec<Part>>) -> Vec<Option<Array>> {
        let inputs = self.inputs(past.inputs);
        let size = inputs.part();
        let zeros = |input: usize| buffer::zeros(past.inputs[input].values.len());
        let mut dx = if past.wanted[0] { buffer::take(inputs.x.len()) } else { Vec::new() };
        let mut pieces: Vec<Option<&mut [f32]>> = dx.chunks_mut((size * inputs.time * inputs.features).max(1)).map(Some).collect();
        pieces.resize_with(past.saved.len(), || None);
        let to_states = past.wanted[3 + usize::from(self.biased)..].contains(&true);
        let found = map_parts(pieces, inputs.work(), |i, dx| past.saved[i].backward(&inputs, past.gradient.values, dx, to_states));
        let (mut h, mut c) = (Vec::new(), Vec::new());
        let mut sums: Option<[Vec<f32>; 3]> = None;
        for Gradients { kernel, recurrent, bias, h: dh, c: dc } in found {
            h.extend_from_slice(&dh);
            c.extend_from_slice(&dc);
            let more = [kernel, recurrent, bias];
            sums = Some(match sums.take() {
                None => more,
                Some(mut sums) => {
                    for (sum, more) in sums.iter_mut().zip(more) {
                        add(sum, &more);
                        buffer::give(more);
                    }
                    sums
                }
            });
        }
        let [kernel, recurrent, bias] = sums.unwrap_or_else(|| [zeros(1), zeros(2), Vec::new()]);
        let array = |input: usize, values: Vec<f32>| Some(Array::new(values, past.inputs[input].shape));
        let mut all = vec![past.wanted[0].then(|| Array::new(dx, past.inputs[0].shape)), array(1, kernel), array(2, recurrent)];
        if self.biased {
            all.push(array(3, bias));
        }
        let state = all.len();
        all.push(array(state, h));
        if self.cell == Cell::Lstm {
            all.push(array(state + 1, c));
        }
        all
    }
}
