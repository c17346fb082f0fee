//! Stops when a number no longer gets better.

use super::{Callback, Controls, Flow, direction};
use crate::fit::{Logs, Weights};
use crate::metrics::Direction;
use kiln_core::{Error, Result};

/// Stops a training when `monitor` has not improved for `patience` epochs. Keras: `keras/src/callbacks/early_stopping.py`.
///
/// ```
/// use kiln_train::callbacks::EarlyStopping;
/// let callback = EarlyStopping::new("val_loss").patience(3).restore_best_weights(true);
/// ```
#[derive(Clone, Debug)]
pub struct EarlyStopping {
    monitor: String,
    min_delta: f64,
    patience: usize,
    mode: Option<String>,
    baseline: Option<f64>,
    restore_best_weights: bool,
    start_from_epoch: usize,
    wait: usize,
    best: Option<f64>,
    best_epoch: usize,
    best_weights: Option<Weights>,
}

impl EarlyStopping {
    /// The number to watch: `val_loss`, `accuracy` …
    pub fn new(monitor: &str) -> Self {
        Self {
            monitor: monitor.to_owned(),
            min_delta: 0.0,
            patience: 0,
            mode: None,
            baseline: None,
            restore_best_weights: false,
            start_from_epoch: 0,
            wait: 0,
            best: None,
            best_epoch: 0,
            best_weights: None,
        }
    }

    /// How much better counts as better. Default 0.
    pub fn min_delta(mut self, delta: f64) -> Self {
        self.min_delta = delta.abs();
        self
    }

    /// Epochs without improvement before it stops. Default 0.
    pub fn patience(mut self, epochs: usize) -> Self {
        self.patience = epochs;
        self
    }

    /// `min`, `max` or `auto`, which knows accuracies and their kin from losses. Default `auto`.
    pub fn mode(mut self, mode: &str) -> Self {
        self.mode = Some(mode.to_owned());
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

    fn better(&self, value: f64, than: f64) -> Result<bool> {
        let way = match self.mode.as_deref() {
            Some("min") => Direction::Min,
            Some("max") => Direction::Max,
            None | Some("auto") => direction(&self.monitor),
            Some(other) => return Err(Error::option("EarlyStopping", "mode", "`min`, `max` or `auto`", other)),
        };
        Ok(if way == Direction::Max { value > than + self.min_delta } else { value < than - self.min_delta })
    }
}

impl Callback for EarlyStopping {
    fn on_train_begin(&mut self, _: &mut dyn Controls) -> Result<Flow> {
        (self.wait, self.best, self.best_epoch, self.best_weights) = (0, None, 0, None);
        self.better(0.0, 0.0)?; // a wrong mode is reported before the first epoch
        Ok(Flow::Continue)
    }

    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, model: &mut dyn Controls) -> Result<Flow> {
        if epoch < self.start_from_epoch {
            return Ok(Flow::Continue);
        }
        let Some(current) = logs.get(&self.monitor) else {
            return Err(Error::option("EarlyStopping", "monitor", format!("one of {:?}", logs.names()), &self.monitor)
                .hint("`val_…` needs validation data in every epoch"));
        };
        if self.restore_best_weights && self.best_weights.is_none() {
            (self.best_weights, self.best_epoch) = (model.weights(), epoch);
        }
        self.wait += 1;
        let improved = match self.best {
            None => true,
            Some(best) => self.better(current, best)?,
        };
        if improved {
            (self.best, self.best_epoch) = (Some(current), epoch);
            if self.restore_best_weights {
                self.best_weights = model.weights();
            }
            let above = self.baseline.map_or(Ok(true), |baseline| self.better(current, baseline))?;
            self.wait = if above { 0 } else { self.wait };
            return Ok(Flow::Continue);
        }
        if self.wait >= self.patience && epoch > 0 {
            return Ok(Flow::Stop(format!("`{}` has not improved since epoch {}", self.monitor, self.best_epoch + 1)));
        }
        Ok(Flow::Continue)
    }

    fn on_train_end(&mut self, _: &Logs, model: &mut dyn Controls) -> Result<()> {
        if let Some(weights) = self.best_weights.take() {
            model.set_weights(&weights);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Model(Vec<usize>);
    impl Controls for Model {
        fn weights(&self) -> Option<Weights> {
            Some(Weights::default())
        }
        fn set_weights(&mut self, _: &Weights) {
            self.0.push(0);
        }
        fn learning_rate(&self) -> Option<f64> {
            None
        }
        fn set_learning_rate(&mut self, _: f64) -> Result<()> {
            Ok(())
        }
    }

    /// The epoch, counted from 1, after which it stops.
    fn stops(mut callback: EarlyStopping, name: &str, values: &[f64]) -> Option<usize> {
        let mut model = Model::default();
        callback.on_train_begin(&mut model).unwrap();
        values.iter().enumerate().find_map(|(epoch, value)| {
            let mut logs = Logs::new();
            logs.set(name, *value);
            let flow = callback.on_epoch_end(epoch, &mut logs, &mut model).unwrap();
            (flow != Flow::Continue).then_some(epoch + 1)
        })
    }

    #[test]
    fn stops_as_keras_does() {
        let losses = [1.0, 0.8, 0.9, 0.85, 0.81, 0.7];
        let on = |f: fn(EarlyStopping) -> EarlyStopping| stops(f(EarlyStopping::new("val_loss")), "val_loss", &losses);
        assert_eq!(on(|c| c), Some(3));
        assert_eq!(on(|c| c.patience(2)), Some(4));
        assert_eq!(on(|c| c.patience(4)), None);
        assert_eq!(on(|c| c.min_delta(0.3)), Some(2));
        assert_eq!(on(|c| c.start_from_epoch(4)), None);
        assert_eq!(on(|c| c.baseline(0.5).patience(3)), Some(3));
        assert_eq!(on(|c| c.mode("max")), Some(2));
        assert_eq!(stops(EarlyStopping::new("accuracy"), "accuracy", &[0.1, 0.2, 0.15]), Some(3));
    }

    #[test]
    fn mistakes_are_errors() {
        let mut callback = EarlyStopping::new("val_los");
        let error = callback.on_epoch_end(0, &mut crate::logs! { "loss" => 1.0 }, &mut Model::default()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "EarlyStopping: `monitor` must be one of [\"loss\"], received val_los; `val_…` needs validation data in every epoch"
        );
        assert!(EarlyStopping::new("loss").mode("up").on_train_begin(&mut Model::default()).is_err());
    }
}
