//! Stops when a number no longer gets better.

use super::{Callback, Controls, Flow, Monitor};
use crate::fit::{Logs, State, Weights};
use kiln_core::{Error, Result};

/// Stops a training when `monitor` has not improved for `patience` epochs. Keras: `keras/src/callbacks/early_stopping.py`.
///
/// ```
/// use kiln_train::callbacks::EarlyStopping;
/// let callback = EarlyStopping::new("val_loss").patience(3).restore_best_weights(true);
/// ```
#[derive(Clone, Debug)]
pub struct EarlyStopping {
    monitor: Monitor,
    patience: usize,
    verbose: u8,
    baseline: Option<f64>,
    restore_best_weights: bool,
    start_from_epoch: usize,
    wait: usize,
    best: Option<f64>,
    best_epoch: usize,
    best_weights: Option<Weights>,
    stopped: Option<usize>,
}

/// Watches `val_loss`.
impl Default for EarlyStopping {
    fn default() -> Self {
        Self::new("val_loss")
    }
}

impl EarlyStopping {
    /// The number to watch: `val_loss`, `accuracy` …
    pub fn new(monitor: &str) -> Self {
        Self {
            monitor: Monitor::new("EarlyStopping", monitor),
            patience: 0,
            verbose: 0,
            baseline: None,
            restore_best_weights: false,
            start_from_epoch: 0,
            wait: 0,
            best: None,
            best_epoch: 0,
            best_weights: None,
            stopped: None,
        }
    }

    /// How much better counts as better. Default 0.
    pub fn min_delta(mut self, delta: f64) -> Self {
        self.monitor.set_min_delta(delta);
        self
    }

    /// Epochs without improvement before it stops. Default 0.
    pub fn patience(mut self, epochs: usize) -> Self {
        self.patience = epochs;
        self
    }

    /// 1 says when it stops and when weights are put back. Default 0.
    pub fn verbose(mut self, verbose: u8) -> Self {
        self.verbose = verbose;
        self
    }

    /// `min`, `max` or `auto`, which asks the model's metrics and knows losses. Default `auto`.
    pub fn mode(mut self, mode: &str) -> Self {
        self.monitor.set_mode(mode);
        self
    }

    /// A value to be better than: reaching less does not reset the wait. Default none.
    pub fn baseline(mut self, value: f64) -> Self {
        self.baseline = Some(value);
        self
    }

    /// Whether the weights of the best epoch are put back at the end, stopped or not. Default false.
    pub fn restore_best_weights(mut self, restore: bool) -> Self {
        self.restore_best_weights = restore;
        self
    }

    /// Epochs at the start that don't count. Default 0.
    pub fn start_from_epoch(mut self, epoch: usize) -> Self {
        self.start_from_epoch = epoch;
        self
    }
}

impl Callback for EarlyStopping {
    fn on_train_begin(&mut self, _: &mut dyn Controls) -> Result<Flow> {
        (self.wait, self.best, self.best_epoch, self.best_weights, self.stopped) = (0, None, 0, None, None);
        self.monitor.check().map(|()| Flow::Continue)
    }

    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, model: &mut dyn Controls) -> Result<Flow> {
        if epoch < self.start_from_epoch {
            return Ok(Flow::Continue);
        }
        let current = self.monitor.read(logs, model)?;
        if self.restore_best_weights && self.best_weights.is_none() {
            (self.best_weights, self.best_epoch) = (model.weights(), epoch);
        }
        self.wait += 1;
        if self.best.is_none_or(|best| self.monitor.better(current, best)) {
            (self.best, self.best_epoch) = (Some(current), epoch);
            if self.restore_best_weights {
                self.best_weights = model.weights();
            }
            if self.baseline.is_none_or(|baseline| self.monitor.better(current, baseline)) {
                self.wait = 0;
            }
            return Ok(Flow::Continue);
        }
        if self.wait >= self.patience && epoch > 0 {
            self.stopped = Some(epoch);
            return Ok(Flow::Stop(format!("`{}` has not improved since epoch {}", self.monitor.name(), self.best_epoch + 1)));
        }
        Ok(Flow::Continue)
    }

    fn on_train_end(&mut self, _: &Logs, model: &mut dyn Controls) -> Result<()> {
        if let Some(epoch) = self.stopped.filter(|_| self.verbose > 0) {
            model.say(&format!("Epoch {}: early stopping", epoch + 1));
        }
        if let Some(weights) = self.best_weights.take() {
            if self.verbose > 0 {
                model.say(&format!("Restoring model weights from the end of the best epoch: {}.", self.best_epoch + 1));
            }
            model.set_weights(&weights);
        }
        Ok(())
    }

    fn state(&self) -> Result<State> {
        let mut state = State::new();
        state.set("wait", &self.wait);
        state.set("best", &self.best);
        state.set("best_epoch", &self.best_epoch);
        state.set("stopped", &self.stopped);
        state.set("weights", &self.best_weights.as_ref().map(|w| w.0.len()));
        for (i, (_, weight)) in self.best_weights.iter().flat_map(|w| &w.0).enumerate() {
            state.set_tensor(&i.to_string(), weight);
        }
        Ok(state)
    }

    fn restore(&mut self, state: &State, model: &mut dyn Controls) -> Result<()> {
        state.read("wait", &mut self.wait)?;
        state.read("best", &mut self.best)?;
        state.read("best_epoch", &mut self.best_epoch)?;
        state.read("stopped", &mut self.stopped)?;
        self.best_weights = None;
        if let Some(count) = state.get::<Option<usize>>("weights")? {
            // The weights' ids are those of the model that runs now.
            let now = model.weights().unwrap_or_default().0;
            if now.len() != count {
                return Err(Error::data("EarlyStopping", format!("{count} weights were kept, the model has {}", now.len())));
            }
            let kept = now.into_iter().enumerate().map(|(i, (id, _))| Ok((id, state.tensor(&i.to_string())?)));
            self.best_weights = Some(Weights(kept.collect::<Result<_>>()?));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::callbacks::double::{Double, epochs};
    use kiln_core::Tensor;

    #[test]
    fn stops_as_keras_does() {
        let losses = [1.0, 0.8, 0.9, 0.85, 0.81, 0.7];
        let run = |mut callback: EarlyStopping, name: &str, values: &[f64]| epochs(&mut callback, &mut Double::default(), name, values);
        let on = |f: fn(EarlyStopping) -> EarlyStopping| run(f(EarlyStopping::default()), "val_loss", &losses);
        assert_eq!(on(|c| c), Some(3));
        assert_eq!(on(|c| c.patience(2)), Some(4));
        assert_eq!(on(|c| c.patience(4)), None);
        assert_eq!(on(|c| c.min_delta(0.3)), Some(2));
        assert_eq!(on(|c| c.start_from_epoch(4)), None);
        assert_eq!(on(|c| c.baseline(0.5).patience(3)), Some(3));
        assert_eq!(on(|c| c.mode("max")), Some(2));
        assert_eq!(run(EarlyStopping::new("accuracy"), "accuracy", &[0.1, 0.2, 0.15]), Some(3));
    }

    #[test]
    fn says_what_it_does_and_puts_weights_back() {
        let mut model = Double::default();
        epochs(&mut EarlyStopping::default(), &mut model, "val_loss", &[1.0, 2.0]);
        assert_eq!((model.restored, model.said.len()), (0, 0));
        epochs(&mut EarlyStopping::default().restore_best_weights(true).verbose(1), &mut model, "val_loss", &[1.0, 2.0]);
        assert_eq!(model.restored, 1);
        assert_eq!(model.said, ["Epoch 2: early stopping", "Restoring model weights from the end of the best epoch: 1."]);
    }

    #[test]
    fn its_state_goes_on() {
        let mut model = Double { named: vec![("a".into(), Tensor::ones([2]))], ..Double::default() };
        let mut first = EarlyStopping::default().patience(2).restore_best_weights(true);
        epochs(&mut first, &mut model, "val_loss", &[0.5]);
        first.best_weights = model.weights();
        let mut logs = crate::logs! { "val_loss" => 0.6 };
        assert_eq!(first.on_epoch_end(1, &mut logs, &mut model).unwrap(), Flow::Continue);
        let mut second = EarlyStopping::default().patience(2).restore_best_weights(true);
        second.on_train_begin(&mut model).unwrap();
        second.restore(&first.state().unwrap(), &mut model).unwrap();
        assert_eq!(second.best_weights.as_ref().unwrap().0[0].1.to_vec::<f32>(), [1.0, 1.0]);
        assert!(matches!(second.on_epoch_end(2, &mut logs, &mut model).unwrap(), Flow::Stop(_)));
    }

    #[test]
    fn mistakes_are_errors() {
        let mut callback = EarlyStopping::new("val_los");
        let error = callback.on_epoch_end(0, &mut crate::logs! { "loss" => 1.0 }, &mut Double::default()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "EarlyStopping: `monitor` must be one of [\"loss\"], received val_los; `val_…` needs validation data in every epoch"
        );
        assert!(EarlyStopping::new("loss").mode("up").on_train_begin(&mut Double::default()).is_err());
    }
}
