//! Sets the learning rate before each epoch.

use super::{Callback, Controls, Flow};
use crate::fit::Logs;
use kiln_core::{Error, Result};
use std::fmt;

/// Sets the learning rate before each epoch to what a function makes of the epoch, from 0, and the rate so far. The logs get it as
/// `learning_rate`. Keras: `keras/src/callbacks/learning_rate_scheduler.py`.
///
/// A function that remembers something of its own begins anew in a training that is resumed; the rate goes on.
///
/// ```
/// use kiln_train::callbacks::LearningRateScheduler;
/// let callback = LearningRateScheduler::new(|epoch, rate| if epoch < 10 { rate } else { rate * 0.9 });
/// ```
pub struct LearningRateScheduler {
    schedule: Box<dyn FnMut(usize, f64) -> f64 + Send>,
    verbose: u8,
}

impl LearningRateScheduler {
    /// A function of the epoch and the learning rate.
    pub fn new(schedule: impl FnMut(usize, f64) -> f64 + Send + 'static) -> Self {
        Self { schedule: Box::new(schedule), verbose: 0 }
    }

    /// 1 says what it sets. Default 0.
    pub fn verbose(mut self, verbose: u8) -> Self {
        self.verbose = verbose;
        self
    }
}

impl fmt::Debug for LearningRateScheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LearningRateScheduler")
    }
}

/// `learning_rate_adam` is `adam`'s.
pub(super) fn of(name: &str) -> String {
    name.strip_prefix("learning_rate_").map_or(String::new(), |optimizer| format!(" {optimizer}"))
}

pub(super) fn rates(who: &str, model: &dyn Controls) -> Result<Vec<(String, f64)>> {
    let rates = model.learning_rates();
    if rates.is_empty() { Err(Error::order(who, "the trainee has no learning rate")) } else { Ok(rates) }
}

impl Callback for LearningRateScheduler {
    fn on_epoch_begin(&mut self, epoch: usize, model: &mut dyn Controls) -> Result<Flow> {
        let old = rates("LearningRateScheduler", model)?;
        let new: Vec<f64> = old.iter().map(|(_, rate)| (self.schedule)(epoch, *rate)).collect();
        model.set_learning_rates(&new)?;
        for ((name, _), rate) in old.iter().zip(&new).filter(|_| self.verbose > 0) {
            model.say(&format!("\nEpoch {}: LearningRateScheduler setting{} learning rate to {rate}.", epoch + 1, of(name)));
        }
        Ok(Flow::Continue)
    }

    fn on_epoch_end(&mut self, _: usize, logs: &mut Logs, model: &mut dyn Controls) -> Result<Flow> {
        model.learning_rates().iter().for_each(|(name, rate)| logs.set(name, *rate));
        Ok(Flow::Continue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::callbacks::double::{Double, epochs};

    #[test]
    fn sets_every_epochs_rate() {
        let mut model = Double::default();
        let mut callback = LearningRateScheduler::new(|epoch, rate| if epoch == 0 { rate } else { rate * 0.5 });
        epochs(&mut callback, &mut model, "loss", &[1.0, 1.0, 1.0]);
        assert_eq!((model.rates[0].1, model.said.len()), (0.025, 0));
        let mut logs = crate::logs! { "loss" => 1.0 };
        callback.on_epoch_end(0, &mut logs, &mut model).unwrap();
        assert_eq!(logs["learning_rate"], 0.025);
        model.rates = vec![("learning_rate_adam".into(), 0.5), ("learning_rate_sgd".into(), 1.0)];
        epochs(&mut LearningRateScheduler::new(|epoch, rate| rate / (epoch + 1) as f64).verbose(1), &mut model, "loss", &[1.0, 1.0]);
        assert_eq!(model.said[1], "\nEpoch 1: LearningRateScheduler setting sgd learning rate to 1.");
        assert_eq!(model.rates[0].1, 0.25);
        model.rates.clear();
        assert!(callback.on_epoch_begin(0, &mut model).is_err());
    }
}
