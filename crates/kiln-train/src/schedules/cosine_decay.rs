//! Half a cosine, after an optional warm-up.

use super::{Schedule, positive, scheduled};
use crate::config::Config;
use kiln_core::{Error, Result};
use std::f64::consts::PI;

/// Half a cosine from the learning rate down to `alpha` times it; before that, with a `warmup_target`, a line from
/// `initial_learning_rate` up to the target over `warmup_steps`.
///
/// Keras: `src/optimizers/schedules/learning_rate_schedule.py`, class `CosineDecay`.
#[derive(Clone, Debug)]
pub struct CosineDecay {
    initial: f64,
    decay_steps: u64,
    alpha: f64,
    warmup_target: Option<f64>,
    warmup_steps: u64,
}

impl CosineDecay {
    /// From `initial_learning_rate` down to 0 over `decay_steps`.
    pub fn new(initial_learning_rate: f64, decay_steps: u64) -> Self {
        Self { initial: initial_learning_rate, decay_steps, alpha: 0.0, warmup_target: None, warmup_steps: 0 }
    }

    /// The last learning rate as a part of the first, 0 at first.
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }

    /// The learning rate that the warm-up leads to and the decay starts from; none at first.
    pub fn warmup_target(mut self, target: f64) -> Self {
        self.warmup_target = Some(target);
        self
    }

    /// The length of the warm-up, 0 at first; the decay comes after it.
    pub fn warmup_steps(mut self, steps: u64) -> Self {
        self.warmup_steps = steps;
        self
    }
}

scheduled! { CosineDecay, "initial_learning_rate" initial, "decay_steps" decay_steps, "alpha" alpha, "warmup_target" warmup_target, "warmup_steps" warmup_steps }

impl CosineDecay {
    /// To be filled from a file, which must give what has no default.
    fn blank() -> Self {
        Self::new(f64::NAN, 0)
    }
}

impl Schedule for CosineDecay {
    fn at(&self, step: u64) -> f64 {
        let (top, since) = match self.warmup_target {
            None => (self.initial, step),
            Some(target) if step < self.warmup_steps => {
                return self.initial + (target - self.initial) * step as f64 / self.warmup_steps as f64;
            }
            Some(target) => (target, step - self.warmup_steps),
        };
        let part = since.min(self.decay_steps) as f64 / self.decay_steps as f64;
        top * ((1.0 - self.alpha) * 0.5 * (1.0 + (PI * part).cos()) + self.alpha)
    }

    fn config(&self) -> Option<Config> {
        Some(self.described())
    }

    fn check(&self) -> Result<()> {
        if self.warmup_steps > 0 && self.warmup_target.is_none() {
            return Err(Error::option("CosineDecay", "warmup_steps", "0 without a `warmup_target`", self.warmup_steps));
        }
        positive("CosineDecay", "decay_steps", self.decay_steps)
    }
}
