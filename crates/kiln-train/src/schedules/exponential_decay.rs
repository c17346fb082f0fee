//! A constant factor per so many steps.

use super::{Schedule, positive, scheduled};
use crate::config::Config;
use kiln_core::Result;

/// `initial · rate^(step / decay_steps)`; with `staircase`, the exponent is rounded down.
///
/// Keras: `src/optimizers/schedules/learning_rate_schedule.py`, class `ExponentialDecay`.
#[derive(Clone, Debug)]
pub struct ExponentialDecay {
    initial: f64,
    decay_steps: u64,
    decay_rate: f64,
    staircase: bool,
}

impl ExponentialDecay {
    /// From `initial_learning_rate`, times `decay_rate` every `decay_steps`.
    pub fn new(initial_learning_rate: f64, decay_steps: u64, decay_rate: f64) -> Self {
        Self { initial: initial_learning_rate, decay_steps, decay_rate, staircase: false }
    }

    /// Whether the rate falls in steps instead of smoothly, `false` at first.
    pub fn staircase(mut self, staircase: bool) -> Self {
        self.staircase = staircase;
        self
    }
}

scheduled! { ExponentialDecay, "initial_learning_rate" initial, "decay_steps" decay_steps, "decay_rate" decay_rate, "staircase" staircase }

impl ExponentialDecay {
    /// To be filled from a file, which must give what has no default.
    fn blank() -> Self {
        Self::new(f64::NAN, 0, f64::NAN)
    }
}

impl Schedule for ExponentialDecay {
    fn at(&self, step: u64) -> f64 {
        let exponent = step as f64 / self.decay_steps as f64;
        self.initial * self.decay_rate.powf(if self.staircase { exponent.floor() } else { exponent })
    }

    fn config(&self) -> Option<Config> {
        Some(self.described())
    }

    fn check(&self) -> Result<()> {
        positive("ExponentialDecay", "decay_steps", self.decay_steps)
    }
}
