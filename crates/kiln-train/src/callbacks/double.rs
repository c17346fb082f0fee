//! A model that only remembers what callbacks did to it.

use super::{Callback, Controls, Flow, Params};
use crate::fit::{Logs, Weights};
use crate::metrics::Direction;
use kiln_core::{Error, Result, Tensor};

pub(crate) struct Double {
    pub(crate) rates: Vec<(String, f64)>,
    pub(crate) said: Vec<String>,
    pub(crate) restored: usize,
    pub(crate) swaps: usize,
    pub(crate) directions: Vec<(&'static str, Direction)>,
    pub(crate) named: Vec<(String, Tensor)>,
    pub(crate) norms: Vec<(String, f64)>,
    pub(crate) watched: bool,
    pub(crate) params: Params,
}

impl Default for Double {
    fn default() -> Self {
        Self {
            rates: vec![("learning_rate".to_owned(), 0.1)],
            said: Vec::new(),
            restored: 0,
            swaps: 0,
            directions: Vec::new(),
            named: Vec::new(),
            norms: Vec::new(),
            watched: false,
            params: Params { epochs: 3, steps: None, verbose: None },
        }
    }
}

impl Controls for Double {
    fn weights(&self) -> Option<Weights> {
        let weights = self.named.iter().enumerate().map(|(i, (_, value))| (burn::module::ParamId::from(i as u64), value.clone()));
        Some(Weights(weights.collect()))
    }
    fn set_weights(&mut self, _: &Weights) {
        self.restored += 1;
    }
    fn learning_rate(&self) -> Option<f64> {
        self.rates.first().map(|(_, rate)| *rate)
    }
    fn set_learning_rate(&mut self, rate: f64) -> Result<()> {
        if rate < 0.0 {
            return Err(Error::option("adam", "learning_rate", "a number of at least 0", rate));
        }
        self.rates.iter_mut().for_each(|(_, r)| *r = rate);
        Ok(())
    }
    fn learning_rates(&self) -> Vec<(String, f64)> {
        self.rates.clone()
    }
    fn set_learning_rates(&mut self, rates: &[f64]) -> Result<()> {
        self.rates.iter_mut().zip(rates).for_each(|((_, old), new)| *old = *new);
        Ok(())
    }
    fn params(&self) -> Params {
        self.params
    }
    fn direction(&self, monitor: &str) -> Direction {
        self.directions.iter().find(|(name, _)| *name == monitor).map_or(Direction::Unknown, |(_, way)| *way)
    }
    fn named_weights(&self) -> Vec<(String, Tensor)> {
        self.named.clone()
    }
    fn watch_gradients(&mut self, watch: bool) -> Result<()> {
        self.watched = watch;
        Ok(())
    }
    fn gradient_norms(&self) -> &[(String, f64)] {
        &self.norms
    }
    fn swap_averages(&mut self) -> Result<()> {
        self.swaps += 1;
        Ok(())
    }
    fn say(&mut self, words: &str) {
        self.said.push(words.to_owned());
    }
}

/// Runs epochs in which `name` has these values; gives the epoch, from 1, after which it was stopped.
pub(crate) fn epochs(callback: &mut dyn Callback, model: &mut Double, name: &str, values: &[f64]) -> Option<usize> {
    callback.on_train_begin(model).unwrap();
    let stopped = values.iter().enumerate().find_map(|(epoch, value)| {
        callback.on_epoch_begin(epoch, model).unwrap();
        let mut logs = Logs::new();
        logs.set(name, *value);
        (callback.on_epoch_end(epoch, &mut logs, model).unwrap() != Flow::Continue).then_some(epoch + 1)
    });
    callback.on_train_end(&Logs::new(), model).unwrap();
    stopped
}
