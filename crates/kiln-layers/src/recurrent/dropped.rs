//! Dropout inside a cell.

use crate::recurrent::settings::Settings;
use kiln_core::random::Stream;
use kiln_core::{Context, Device, Result, Tensor};

/// How much of inputs and states is dropped.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dropped {
    input: f64,
    recurrent: f64,
    seed: Option<u64>,
    /// Whether each gate always has a mask of the input of its own.
    each: bool,
}

/// The masks of one sequence, the same at all its steps.
#[derive(Debug, Default)]
pub(super) struct Masks {
    /// None, one for all gates, or one for each gate.
    pub(super) input: Vec<Tensor>,
    /// None, or one for each gate.
    pub(super) recurrent: Vec<Tensor>,
}

impl Dropped {
    pub(super) fn new(settings: &Settings) -> Self {
        Self { input: settings.dropout, recurrent: settings.recurrent_dropout, seed: settings.seed, each: false }
    }

    /// With a mask of the input for each gate.
    pub(super) fn each_gate(self) -> Self {
        Self { each: true, ..self }
    }

    /// Draws masks in training. As in Keras, the gates share the mask of the input unless the state is dropped too.
    pub(super) fn draw(&self, input: &[usize], state: &[usize], gates: usize, cx: &Context, device: &Device) -> Result<Masks> {
        if !cx.is_training() {
            return Ok(Masks::default());
        }
        let shared = if self.recurrent == 0.0 && !self.each { 1 } else { gates };
        let stream = self.seed.map_or_else(|| cx.random(), |seed| Stream::new(seed).child(cx.random().key()));
        let masks = |rate: f64, count: usize, shape: &[usize], stream: Stream| -> Result<Vec<Tensor>> {
            let count = if rate == 0.0 { 0 } else { count };
            (0..count as u64).map(|gate| keep(stream.child(gate), shape, rate, device)).collect()
        };
        Ok(Masks {
            input: masks(self.input, shared, input, stream.named("dropout"))?,
            recurrent: masks(self.recurrent, gates, state, stream.named("recurrent_dropout"))?,
        })
    }
}

/// 0 for a share `rate` of the places, `1 / (1 - rate)` for the others.
fn keep(stream: Stream, shape: &[usize], rate: f64, device: &Device) -> Result<Tensor> {
    let scale = if rate < 1.0 { (1.0 / (1.0 - rate)) as f32 } else { 0.0 };
    let draws = stream.uniform(shape.iter().product());
    Ok(Tensor::from_vec(draws.map(|u| if u >= rate { scale } else { 0.0 }).collect(), shape)?.to_device(device))
}
