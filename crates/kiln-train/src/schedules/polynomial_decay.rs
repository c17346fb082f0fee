//! A power of the time left.

use super::{Schedule, positive, scheduled};
use crate::config::Config;
use kiln_core::Result;

/// `(initial - end) (1 - step / decay_steps)^power + end`, then `end`; with `cycle`, `decay_steps` grows to the next multiple
/// instead, so that the rate jumps up and falls again.
///
/// Keras: `src/optimizers/schedules/learning_rate_schedule.py`, class `PolynomialDecay`.
#[derive(Clone, Debug)]
pub struct PolynomialDecay {
    initial: f64,
    decay_steps: u64,
    end: f64,
    power: f64,
    cycle: bool,
}

impl PolynomialDecay {
    /// From `initial_learning_rate` down to 0.0001 in a straight line over `decay_steps`.
    pub fn new(initial_learning_rate: f64, decay_steps: u64) -> Self {
        Self { initial: initial_learning_rate, decay_steps, end: 0.0001, power: 1.0, cycle: false }
    }

    /// The last learning rate, 0.0001 at first.
    pub fn end_learning_rate(mut self, end: f64) -> Self {
        self.end = end;
        self
    }

    /// The power, 1 at first.
    pub fn power(mut self, power: f64) -> Self {
        self.power = power;
        self
    }

    /// Whether the rate rises again after `decay_steps`, `false` at first.
    pub fn cycle(mut self, cycle: bool) -> Self {
        self.cycle = cycle;
        self
    }
}

scheduled! { PolynomialDecay, "initial_learning_rate" initial, "decay_steps" decay_steps, "end_learning_rate" end, "power" power, "cycle" cycle }

impl PolynomialDecay {
    /// To be filled from a file, which must give what has no default.
    fn blank() -> Self {
        Self::new(f64::NAN, 0)
    }
}

impl Schedule for PolynomialDecay {
    fn at(&self, step: u64) -> f64 {
        let (step, span) = (step as f64, self.decay_steps as f64);
        let (step, span) = if self.cycle { (step, span * (step / span).ceil().max(1.0)) } else { (step.min(span), span) };
        (self.initial - self.end) * (1.0 - step / span).powf(self.power) + self.end
    }

    fn config(&self) -> Option<Config> {
        Some(self.described())
    }

    fn check(&self) -> Result<()> {
        positive("PolynomialDecay", "decay_steps", self.decay_steps)
    }
}
