//! Half cosines, again and again.

use super::{Schedule, positive, scheduled};
use crate::config::Config;
use kiln_core::Result;
use std::f64::consts::PI;

/// Half a cosine down over `first_decay_steps`, then from the top again: each period `t_mul` times as long as the one before,
/// and `m_mul` times as high.
///
/// Keras: `src/optimizers/schedules/learning_rate_schedule.py`, class `CosineDecayRestarts`; Loshchilov and Hutter 2016, SGDR.
#[derive(Clone, Debug)]
pub struct CosineDecayRestarts {
    initial: f64,
    first_decay_steps: u64,
    t_mul: f64,
    m_mul: f64,
    alpha: f64,
}

impl CosineDecayRestarts {
    /// From `initial_learning_rate` down to 0, first over `first_decay_steps`, then over twice as many, and so on.
    pub fn new(initial_learning_rate: f64, first_decay_steps: u64) -> Self {
        Self { initial: initial_learning_rate, first_decay_steps, t_mul: 2.0, m_mul: 1.0, alpha: 0.0 }
    }

    /// How much longer each period is than the one before, 2 at first.
    pub fn t_mul(mut self, factor: f64) -> Self {
        self.t_mul = factor;
        self
    }

    /// How much higher each period starts than the one before, 1 at first.
    pub fn m_mul(mut self, factor: f64) -> Self {
        self.m_mul = factor;
        self
    }

    /// The last learning rate of a period as a part of its first, 0 at first.
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }
}

scheduled! { CosineDecayRestarts, "initial_learning_rate" initial, "first_decay_steps" first_decay_steps, "t_mul" t_mul, "m_mul" m_mul, "alpha" alpha }

impl CosineDecayRestarts {
    /// To be filled from a file, which must give what has no default.
    fn blank() -> Self {
        Self::new(f64::NAN, 0)
    }
}

impl Schedule for CosineDecayRestarts {
    fn at(&self, step: u64) -> f64 {
        let time = step as f64 / self.first_decay_steps as f64;
        let (restarts, part) = if self.t_mul == 1.0 {
            (time.floor(), time.fract())
        } else {
            // The periods so far are a geometric series.
            let begun = |restarts: f64| (1.0 - self.t_mul.powf(restarts)) / (1.0 - self.t_mul);
            let guess = ((1.0 - time * (1.0 - self.t_mul)).ln() / self.t_mul.ln()).floor();
            // Rounding may put a restart one period too early or late.
            let restarts = if begun(guess + 1.0) <= time { guess + 1.0 } else { guess };
            (restarts, (time - begun(restarts)) / self.t_mul.powf(restarts))
        };
        let height = self.m_mul.powf(restarts);
        self.initial * ((1.0 - self.alpha) * 0.5 * height * (1.0 + (PI * part).cos()) + self.alpha)
    }

    fn config(&self) -> Option<Config> {
        Some(self.described())
    }

    fn check(&self) -> Result<()> {
        positive("CosineDecayRestarts", "first_decay_steps", self.first_decay_steps)
    }
}
