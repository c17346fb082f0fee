//! The learning rate of an optimizer: a number, or a schedule.

use super::Schedule;
use kiln_core::{Error, Result};
use std::fmt;
use std::sync::Arc;

/// A number that can be set at any time, or a schedule.
#[derive(Clone)]
pub enum LearningRate {
    /// The same until it is set.
    Constant(f64),
    /// A function of the updates done.
    Schedule(Arc<dyn Schedule>),
}

impl LearningRate {
    /// The learning rate after `step` updates.
    pub fn at(&self, step: u64) -> f64 {
        match self {
            Self::Constant(rate) => *rate,
            Self::Schedule(schedule) => schedule.at(step),
        }
    }

    /// Whether it makes sense; `who` complains.
    ///
    /// # Errors
    /// A number that is negative, infinite or NaN, or a schedule's option.
    pub fn check(&self, who: &str) -> Result<()> {
        match self {
            Self::Constant(rate) if rate.is_finite() && *rate >= 0.0 => Ok(()),
            Self::Constant(rate) => Err(Error::option(who, "learning_rate", "a number of at least 0", rate)),
            Self::Schedule(schedule) => schedule.check(),
        }
    }
}

impl fmt::Debug for LearningRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(rate) => write!(f, "Constant({rate})"),
            Self::Schedule(_) => f.write_str("Schedule(..)"),
        }
    }
}

/// What can stand where a learning rate is asked for.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a learning rate",
    label = "expected a learning rate",
    note = "a learning rate is a number (`0.01`), a schedule (`CosineDecay::new(0.1, 1000)`) or a closure `|step: u64| -> f64`"
)]
pub trait IntoLearningRate {
    /// The learning rate.
    fn into_learning_rate(self) -> LearningRate;
}

impl<S: Schedule> IntoLearningRate for S {
    fn into_learning_rate(self) -> LearningRate {
        LearningRate::Schedule(Arc::new(self))
    }
}

impl IntoLearningRate for f64 {
    fn into_learning_rate(self) -> LearningRate {
        LearningRate::Constant(self)
    }
}

impl IntoLearningRate for f32 {
    fn into_learning_rate(self) -> LearningRate {
        LearningRate::Constant(f64::from(self))
    }
}

impl IntoLearningRate for LearningRate {
    fn into_learning_rate(self) -> LearningRate {
        self
    }
}
