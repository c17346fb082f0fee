//! Lowers the learning rate when a number no longer gets better.

use super::learning_rate_scheduler::{of, rates};
use super::{Callback, Controls, Flow, Monitor};
use crate::fit::{Logs, State};
use kiln_core::{Error, Result};

/// Multiplies the learning rate by `factor` when `monitor` has not improved for `patience` epochs. The logs get the rate of the epoch as
/// `learning_rate`. Keras: `keras/src/callbacks/reduce_lr_on_plateau.py`.
///
/// ```
/// use kiln_train::callbacks::ReduceLrOnPlateau;
/// let callback = ReduceLrOnPlateau::new("val_loss").factor(0.2).patience(5).min_lr(0.001);
/// ```
#[derive(Clone, Debug)]
pub struct ReduceLrOnPlateau {
    monitor: Monitor,
    factor: f64,
    patience: usize,
    verbose: u8,
    cooldown: usize,
    min_lr: f64,
    wait: usize,
    cooldown_counter: usize,
    best: Option<f64>,
}

/// Watches `val_loss`.
impl Default for ReduceLrOnPlateau {
    fn default() -> Self {
        Self::new("val_loss")
    }
}

impl ReduceLrOnPlateau {
    /// The number to watch: `val_loss`, `accuracy` …
    pub fn new(monitor: &str) -> Self {
        let mut monitor = Monitor::new("ReduceLrOnPlateau", monitor);
        monitor.set_min_delta(0.0001);
        Self { monitor, factor: 0.1, patience: 10, verbose: 0, cooldown: 0, min_lr: 0.0, wait: 0, cooldown_counter: 0, best: None }
    }

    /// What the rate is multiplied by; below 1. Default 0.1.
    pub fn factor(mut self, factor: f64) -> Self {
        self.factor = factor;
        self
    }

    /// Epochs without improvement before the rate is lowered. Default 10.
    pub fn patience(mut self, epochs: usize) -> Self {
        self.patience = epochs;
        self
    }

    /// 1 says what it sets. Default 0.
    pub fn verbose(mut self, verbose: u8) -> Self {
        self.verbose = verbose;
        self
    }

    /// `min`, `max` or `auto`, which asks the model's metrics and knows losses. Default `auto`.
    pub fn mode(mut self, mode: &str) -> Self {
        self.monitor.set_mode(mode);
        self
    }

    /// How much better counts as better. Default 0.0001.
    pub fn min_delta(mut self, delta: f64) -> Self {
        self.monitor.set_min_delta(delta);
        self
    }

    /// Epochs to wait after the rate was lowered before the count begins anew. Default 0.
    pub fn cooldown(mut self, epochs: usize) -> Self {
        self.cooldown = epochs;
        self
    }

    /// The lowest rate. Default 0.
    pub fn min_lr(mut self, rate: f64) -> Self {
        self.min_lr = rate;
        self
    }

    fn reduce(&mut self, epoch: usize, old: &[(String, f64)], model: &mut dyn Controls) -> Result<()> {
        // In f32, as Keras has both: a rate at the bound stays.
        let min_lr = self.min_lr;
        let reducible = |rate: f64| rate as f32 > min_lr as f32;
        if !old.iter().any(|(_, rate)| reducible(*rate)) {
            return Ok(());
        }
        let lowered = |rate: f64| if reducible(rate) { (rate * self.factor).max(self.min_lr) } else { rate };
        let new: Vec<f64> = old.iter().map(|(_, rate)| lowered(*rate)).collect();
        model.set_learning_rates(&new)?;
        for ((name, rate), new) in old.iter().zip(&new).filter(|_| self.verbose > 0) {
            if reducible(*rate) {
                model.say(&format!("\nEpoch {}: ReduceLROnPlateau reducing{} learning rate to {new}.", epoch + 1, of(name)));
            }
        }
        (self.cooldown_counter, self.wait) = (self.cooldown, 0);
        Ok(())
    }
}

impl Callback for ReduceLrOnPlateau {
    fn on_train_begin(&mut self, _: &mut dyn Controls) -> Result<Flow> {
        if self.factor.is_nan() || self.factor >= 1.0 || self.factor < 0.0 {
            return Err(Error::option("ReduceLrOnPlateau", "factor", "from 0 to below 1", self.factor));
        }
        (self.wait, self.cooldown_counter, self.best) = (0, 0, None);
        self.monitor.check().map(|()| Flow::Continue)
    }

    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, model: &mut dyn Controls) -> Result<Flow> {
        let rates = rates("ReduceLrOnPlateau", model)?;
        rates.iter().for_each(|(name, rate)| logs.set(name, *rate));
        let current = self.monitor.read(logs, model)?;
        if self.cooldown_counter > 0 {
            self.cooldown_counter -= 1;
            self.wait = 0;
        }
        if self.best.is_none_or(|best| self.monitor.better(current, best)) {
            (self.best, self.wait) = (Some(current), 0);
        } else if self.cooldown_counter == 0 {
            self.wait += 1;
            if self.wait >= self.patience {
                self.reduce(epoch, &rates, model)?;
            }
        }
        Ok(Flow::Continue)
    }

    fn state(&self) -> Result<State> {
        let mut state = State::new();
        state.set("wait", &self.wait);
        state.set("cooldown_counter", &self.cooldown_counter);
        state.set("best", &self.best);
        Ok(state)
    }

    fn restore(&mut self, state: &State, _: &mut dyn Controls) -> Result<()> {
        state.read("wait", &mut self.wait)?;
        state.read("cooldown_counter", &mut self.cooldown_counter)?;
        state.read("best", &mut self.best)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::callbacks::double::{Double, epochs};

    /// The rates after each number of epochs of a loss that stands still after the second.
    fn rates(change: fn(ReduceLrOnPlateau) -> ReduceLrOnPlateau) -> Vec<f64> {
        let losses = [1.0, 0.5, 0.49995, 0.5, 0.5, 0.5, 0.5];
        let after = |count: usize| {
            let mut model = Double::default();
            epochs(&mut change(ReduceLrOnPlateau::default().factor(0.5).patience(1)), &mut model, "val_loss", &losses[..count]);
            model.rates[0].1
        };
        (2..=7).map(after).collect()
    }

    #[test]
    fn lowers_as_keras_does() {
        assert_eq!(rates(|c| c), [0.1, 0.05, 0.025, 0.0125, 0.00625, 0.003125]);
        assert_eq!(rates(|c| c.patience(2)), [0.1, 0.1, 0.05, 0.05, 0.025, 0.025]);
        assert_eq!(rates(|c| c.min_delta(0.0)), [0.1, 0.1, 0.05, 0.025, 0.0125, 0.00625]);
        assert_eq!(rates(|c| c.min_lr(0.03)), [0.1, 0.05, 0.03, 0.03, 0.03, 0.03]);
        assert_eq!(rates(|c| c.cooldown(2)), [0.1, 0.05, 0.05, 0.025, 0.025, 0.0125]);
        assert_eq!(rates(|c| c.mode("max")), [0.05, 0.025, 0.0125, 0.00625, 0.003125, 0.0015625]);
        assert_eq!(rates(|c| c.factor(0.1).patience(10)), [0.1; 6]);
    }

    #[test]
    fn says_and_logs_what_it_does() {
        let mut model = Double::default();
        let mut callback = ReduceLrOnPlateau::default().patience(1).verbose(1);
        epochs(&mut callback, &mut model, "val_loss", &[1.0, 1.0]);
        assert_eq!(model.said, ["\nEpoch 2: ReduceLROnPlateau reducing learning rate to 0.010000000000000002."]);
        let mut logs = crate::logs! { "val_loss" => 1.0 };
        callback.on_epoch_end(2, &mut logs, &mut model).unwrap();
        assert_eq!(logs["learning_rate"], 0.1 * 0.1);
        let error = ReduceLrOnPlateau::new("loss").factor(1.0).on_train_begin(&mut model).unwrap_err();
        assert_eq!(error.to_string(), "ReduceLrOnPlateau: `factor` must be from 0 to below 1, received 1");
    }

    #[test]
    fn its_state_goes_on() {
        let mut model = Double::default();
        let mut first = ReduceLrOnPlateau::default().patience(2);
        epochs(&mut first, &mut model, "val_loss", &[1.0, 1.0]);
        let mut second = ReduceLrOnPlateau::default().patience(2);
        second.on_train_begin(&mut model).unwrap();
        second.restore(&first.state().unwrap(), &mut model).unwrap();
        second.on_epoch_end(2, &mut crate::logs! { "val_loss" => 1.0 }, &mut model).unwrap();
        assert_eq!(model.rates[0].1, 0.1 * 0.1);
    }
}
