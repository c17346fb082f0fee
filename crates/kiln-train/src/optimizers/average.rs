//! The running average of the weights.

use kiln_core::{Error, Result, Tensor};

/// `average = momentum average + (1 - momentum) weight` after each step; the first copies the weight.
///
/// Keras: `src/optimizers/base_optimizer.py`, `_update_model_variables_moving_average`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Average {
    pub(crate) momentum: f64,
    /// How many updates lie between two steps in which weights become their averages.
    pub(crate) overwrite_frequency: Option<u64>,
}

impl Default for Average {
    fn default() -> Self {
        Self { momentum: 0.99, overwrite_frequency: None }
    }
}

impl Average {
    pub(crate) fn check(self, who: &str) -> Result<()> {
        if !(0.0..=1.0).contains(&self.momentum) {
            return Err(Error::option(who, "ema_momentum", "in 0..=1", self.momentum));
        }
        match self.overwrite_frequency {
            Some(0) => Err(Error::option(who, "ema_overwrite_frequency", "at least 1", 0)),
            _ => Ok(()),
        }
    }

    /// The next average, after `updates` updates before this step.
    pub(crate) fn next(self, average: Tensor, weight: &Tensor, updates: u64) -> Tensor {
        if updates == 0 {
            return weight.clone();
        }
        // What is left of 1 in `f32`, as Keras has it.
        let left = f64::from(1.0 - self.momentum as f32);
        average * self.momentum + weight * left
    }

    /// Whether the weights become their averages in the step after `updates` updates.
    pub(crate) fn overwrites(self, updates: u64) -> bool {
        self.overwrite_frequency.is_some_and(|every| (updates + 1).is_multiple_of(every))
    }
}
