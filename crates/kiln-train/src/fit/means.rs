//! The logs of an epoch so far.

use super::{Logs, State};
use kiln_core::Result;

/// The last logs if they are running values, else their means over samples.
#[derive(Default)]
pub(crate) struct Means {
    pub(crate) logs: Logs,
    pub(crate) steps: usize,
    samples: usize,
}

impl Means {
    pub(crate) fn add(&mut self, logs: Logs, samples: usize, running: bool) {
        self.steps += 1;
        if running || self.steps == 1 {
            self.logs = logs;
            self.samples = samples;
            return;
        }
        let (before, now) = (self.samples as f64, samples as f64);
        for (name, value) in logs.iter() {
            let old = self.logs.get(name).unwrap_or(value);
            self.logs.set(name, (old * before + value * now) / (before + now));
        }
        self.samples += samples;
    }

    pub(crate) fn state(&self) -> State {
        let mut state = State::new();
        state.set("logs", &self.logs);
        state.set("steps", &self.steps);
        state.set("samples", &self.samples);
        state
    }

    pub(crate) fn restore(state: &State) -> Result<Self> {
        Ok(Self { logs: state.get("logs")?, steps: state.get("steps")?, samples: state.get("samples")? })
    }
}
