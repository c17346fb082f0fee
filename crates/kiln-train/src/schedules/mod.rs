//! Learning rates as functions of the step.
//!
//! A schedule is asked with the number of updates done so far, 0 before the first. It remembers nothing, so that resuming
//! needs no state of it.

mod cosine_decay;
mod cosine_decay_restarts;
mod exponential_decay;
mod inverse_time_decay;
mod learning_rate;
mod piecewise_constant_decay;
mod polynomial_decay;

pub use cosine_decay::CosineDecay;
pub use cosine_decay_restarts::CosineDecayRestarts;
pub use exponential_decay::ExponentialDecay;
pub use inverse_time_decay::InverseTimeDecay;
pub use learning_rate::{IntoLearningRate, LearningRate};
pub use piecewise_constant_decay::PiecewiseConstantDecay;
pub use polynomial_decay::PolynomialDecay;

use crate::config::Config;
use kiln_core::{Error, Result};

/// A learning rate for every step. Closures `Fn(u64) -> f64` are schedules too.
///
/// Keras: `src/optimizers/schedules/learning_rate_schedule.py`, class `LearningRateSchedule`.
///
/// ```
/// use kiln_train::schedules::{CosineDecay, Schedule};
/// assert_eq!(CosineDecay::new(0.1, 10).at(5), 0.05);
/// let halved = |step: u64| 0.1 * 0.5f64.powi(step as i32 / 100);
/// assert_eq!(halved.at(100), 0.05);
/// ```
pub trait Schedule: Send + Sync + 'static {
    /// The learning rate after `step` updates.
    fn at(&self, step: u64) -> f64;

    /// The schedule as data, to be saved; `None`, the default, for a closure.
    fn config(&self) -> Option<Config> {
        None
    }

    /// Whether the options make sense; optimizers ask.
    ///
    /// # Errors
    /// The first option that is out of range.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

impl<F: Fn(u64) -> f64 + Send + Sync + 'static> Schedule for F {
    fn at(&self, step: u64) -> f64 {
        self(step)
    }
}

/// Writes a schedule's options under Keras' names, and reads them: `option "key" field` for those `new` takes, then the others.
macro_rules! scheduled {
    ($name:ident, $($key:literal $field:ident),*) => {
        impl $name {
            pub(crate) fn configured(config: &$crate::config::Config) -> kiln_core::Result<Self> {
                let mut schedule = Self::blank();
                $(config.read($key, &mut schedule.$field)?;)*
                $crate::schedules::Schedule::check(&schedule)?;
                Ok(schedule)
            }

            fn described(&self) -> $crate::config::Config {
                let values = [$(($key.to_owned(), $crate::config::Setting::write(&self.$field))),*];
                $crate::config::Config::new(stringify!($name), serde_json::Map::from_iter(values))
            }
        }
    };
}
pub(crate) use scheduled;

/// The schedule that [`Schedule::config`] described.
///
/// # Errors
/// A class that is not known, an option it can't take.
pub fn from_config(config: &Config) -> Result<LearningRate> {
    configured! { "schedule", config, |schedule| Ok(schedule.into_learning_rate()),
        ExponentialDecay PiecewiseConstantDecay PolynomialDecay InverseTimeDecay CosineDecay CosineDecayRestarts
    }
}

/// A number of steps that is divided by must not be 0.
fn positive(who: &str, option: &str, steps: u64) -> Result<()> {
    if steps > 0 { Ok(()) } else { Err(Error::option(who, option, "at least 1", steps)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::goldens::{close, golden, numbers};

    #[test]
    fn values_are_keras() {
        let rows: [(&str, Box<dyn Schedule>); 9] = [
            ("ExponentialDecay(0.1,10,0.9)", Box::new(ExponentialDecay::new(0.1, 10, 0.9))),
            ("ExponentialDecay staircase", Box::new(ExponentialDecay::new(0.1, 10, 0.9).staircase(true))),
            ("PiecewiseConstantDecay([5,10],[1,.5,.1])", Box::new(PiecewiseConstantDecay::new([5, 10], [1.0, 0.5, 0.1]))),
            ("PolynomialDecay(0.1,10)", Box::new(PolynomialDecay::new(0.1, 10))),
            ("PolynomialDecay cycle p2", Box::new(PolynomialDecay::new(0.1, 10).power(2.0).cycle(true))),
            ("InverseTimeDecay(0.1,10,0.5)", Box::new(InverseTimeDecay::new(0.1, 10, 0.5))),
            ("CosineDecay(0.1,10,a=.1)", Box::new(CosineDecay::new(0.1, 10).alpha(0.1))),
            ("CosineDecay warmup", Box::new(CosineDecay::new(0.0, 10).warmup_target(0.1).warmup_steps(5))),
            ("CosineDecayRestarts(0.1,5)", Box::new(CosineDecayRestarts::new(0.1, 5))),
        ];
        let steps = numbers(golden(&["schedules", "steps"]));
        assert_eq!(golden(&["schedules"]).as_object().unwrap().len(), rows.len() + 1);
        let mut worst: f64 = 0.0;
        for (name, schedule) in rows {
            schedule.check().unwrap();
            let again = from_config(&schedule.config().unwrap()).unwrap();
            assert_eq!(again.at(3), schedule.at(3), "{name}");
            for (step, keras) in steps.iter().zip(numbers(golden(&["schedules", name]))) {
                worst = worst.max(close(&format!("{name} at {step}"), schedule.at(*step as u64), keras));
            }
        }
        println!("schedules: largest difference {worst:e}");
    }

    #[test]
    fn no_steps_are_refused() {
        let error = PolynomialDecay::new(0.1, 0).check().unwrap_err();
        assert_eq!(error.to_string(), "PolynomialDecay: `decay_steps` must be at least 1, received 0");
        assert!(CosineDecayRestarts::new(0.1, 0).check().is_err() && PiecewiseConstantDecay::new([5], [1.0]).check().is_err());
    }
}
