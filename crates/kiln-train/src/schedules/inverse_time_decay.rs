//! One over the time.

use super::{Schedule, positive, scheduled};
use crate::config::Config;
use kiln_core::Result;

/// `initial / (1 + rate · step / decay_steps)`; with `staircase`, the quotient is rounded down.
///
/// Keras: `src/optimizers/schedules/learning_rate_schedule.py`, class `InverseTimeDecay`.
#[derive(Clone, Debug)]
pub struct InverseTimeDecay {
    initial: f64,
    decay_steps: u64,
    decay_rate: f64,
    staircase: bool,
}

impl InverseTimeDecay {
    /// From `initial_learning_rate`, with `decay_rate` per `decay_steps`.
    pub fn new(initial_learning_rate: f64, decay_steps: u64, decay_rate: f64) -> Self {
        Self { initial: initial_learning_rate, decay_steps, decay_rate, staircase: false }
    }

    /// Whether the rate falls in steps instead of smoothly, `false` at first.
    pub fn staircase(mut self, staircase: bool) -> Self {
        self.staircase = staircase;
        self
    }
}

scheduled! { InverseTimeDecay, "initial_learning_rate" initial, "decay_steps" decay_steps, "decay_rate" decay_rate, "staircase" staircase }

impl InverseTimeDecay {
    /// To be filled from a file, which must give what has no default.
    fn blank() -> Self {
        Self::new(f64::NAN, 0, f64::NAN)
    }
}

impl Schedule for InverseTimeDecay {
    fn at(&self, step: u64) -> f64 {
        let time = step as f64 / self.decay_steps as f64;
        self.initial / (1.0 + self.decay_rate * if self.staircase { time.floor() } else { time })
    }

    fn config(&self) -> Option<Config> {
        Some(self.described())
    }

    fn check(&self) -> Result<()> {
        positive("InverseTimeDecay", "decay_steps", self.decay_steps)
    }
}
