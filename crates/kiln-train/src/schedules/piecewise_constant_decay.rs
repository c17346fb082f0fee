//! Constants between boundaries.

use super::{Schedule, scheduled};
use crate::config::Config;
use kiln_core::{Error, Result};

/// `values[0]` up to and with step `boundaries[0]`, then `values[1]` up to and with `boundaries[1]`, and so on.
///
/// Keras: `src/optimizers/schedules/learning_rate_schedule.py`, class `PiecewiseConstantDecay`.
///
/// ```
/// use kiln_train::schedules::{PiecewiseConstantDecay, Schedule};
/// let schedule = PiecewiseConstantDecay::new([100], [0.1, 0.01]);
/// assert_eq!((schedule.at(100), schedule.at(101)), (0.1, 0.01));
/// ```
#[derive(Clone, Debug)]
pub struct PiecewiseConstantDecay {
    boundaries: Vec<u64>,
    values: Vec<f64>,
}

impl PiecewiseConstantDecay {
    /// From rising boundaries and one value more than boundaries.
    pub fn new(boundaries: impl Into<Vec<u64>>, values: impl Into<Vec<f64>>) -> Self {
        Self { boundaries: boundaries.into(), values: values.into() }
    }
}

scheduled! { PiecewiseConstantDecay, "boundaries" boundaries, "values" values }

impl PiecewiseConstantDecay {
    /// To be filled from a file, which must give what has no default.
    fn blank() -> Self {
        Self::new([], [])
    }
}

impl Schedule for PiecewiseConstantDecay {
    fn at(&self, step: u64) -> f64 {
        let part = self.boundaries.iter().take_while(|boundary| step > **boundary).count();
        self.values.get(part).copied().unwrap_or(f64::NAN)
    }

    fn config(&self) -> Option<Config> {
        Some(self.described())
    }

    fn check(&self) -> Result<()> {
        let who = "PiecewiseConstantDecay";
        if self.values.len() != self.boundaries.len() + 1 {
            return Err(Error::option(who, "values", format!("{} values", self.boundaries.len() + 1), self.values.len()));
        }
        if self.boundaries.is_sorted() {
            return Ok(());
        }
        Err(Error::option(who, "boundaries", "in rising order", format!("{:?}", self.boundaries)))
    }
}
