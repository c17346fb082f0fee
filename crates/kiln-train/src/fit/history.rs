//! What a training leaves behind.

use super::Logs;
use std::ops::Index;

/// The numbers of each epoch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    pub(super) names: Vec<String>,
    pub(super) values: Vec<Vec<f64>>,
    pub(super) epochs: Vec<usize>,
    pub(super) stopped: Option<String>,
}

impl History {
    /// Adds an epoch; `epoch` counts from 0.
    pub fn push(&mut self, epoch: usize, logs: &Logs) {
        self.epochs.push(epoch);
        for (name, value) in logs.iter() {
            match self.names.iter().position(|n| n == name) {
                Some(i) => self.values[i].push(value),
                None => {
                    self.names.push(name.to_owned());
                    self.values.push(vec![value]);
                }
            }
        }
    }

    /// The names: `loss`, `accuracy`, `val_loss` …
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The numbers of a name, one an epoch (fewer where validation was not run in each).
    pub fn get(&self, name: &str) -> Option<&[f64]> {
        self.names.iter().position(|n| n == name).map(|i| self.values[i].as_slice())
    }

    /// The epochs that were run, counted from 0.
    pub fn epochs(&self) -> &[usize] {
        &self.epochs
    }

    /// Why the training stopped early, if it did.
    pub fn stopped(&self) -> Option<&str> {
        self.stopped.as_deref()
    }

    pub(crate) fn stop(&mut self, reason: String) {
        self.stopped = Some(reason);
    }
}

/// A name that isn't there panics; [`History::get`] doesn't.
impl Index<&str> for History {
    type Output = [f64];
    #[allow(clippy::panic)]
    fn index(&self, name: &str) -> &[f64] {
        match self.get(name) {
            Some(values) => values,
            None => panic!("there is no `{name}` in the history; known are {:?}", self.names),
        }
    }
}
