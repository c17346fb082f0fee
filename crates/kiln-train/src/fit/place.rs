//! Where a training stands, and going on from there.

use super::{History, State};
use crate::callbacks::{Callback, Controls};
use kiln_core::{Error, Result};

/// Where the loop stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Place {
    pub(crate) epoch: usize,
    /// Whether the epoch has begun.
    pub(crate) within: bool,
    /// The pass over the data, which decides their order, and the batches taken of it.
    pub(crate) pass: u64,
    pub(crate) taken: usize,
    /// The steps of this `fit`, and those of the trainee before it.
    pub(crate) step: u64,
    pub(crate) before: u64,
    pub(crate) stop: Option<String>,
}

impl Place {
    pub(crate) fn new(epoch: usize, before: u64) -> Self {
        Self { epoch, within: false, pass: epoch as u64, taken: 0, step: 0, before, stop: None }
    }

    pub(crate) fn state(&self) -> State {
        let mut state = State::new();
        state.set("epoch", &self.epoch);
        state.set("within", &self.within);
        state.set("pass", &self.pass);
        state.set("taken", &self.taken);
        state.set("step", &self.step);
        state.set("before", &self.before);
        state.set("stop", &self.stop);
        state
    }

    pub(crate) fn restore(state: &State) -> Result<Self> {
        Ok(Self {
            epoch: state.get("epoch")?,
            within: state.get("within")?,
            pass: state.get("pass")?,
            taken: state.get("taken")?,
            step: state.get("step")?,
            before: state.get("before")?,
            stop: state.get("stop")?,
        })
    }
}

/// How the data are cut into batches: within an epoch a training can go on only with the same cut.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cut {
    pub(crate) batch_size: Option<usize>,
    pub(crate) steps: Option<usize>,
    pub(crate) limit: Option<usize>,
    pub(crate) shuffle: bool,
}

impl Cut {
    pub(crate) fn state(&self) -> State {
        let mut state = State::new();
        state.set("batch_size", &self.batch_size);
        state.set("steps", &self.steps);
        state.set("steps_per_epoch", &self.limit);
        state.set("shuffle", &self.shuffle);
        state
    }

    pub(crate) fn compare(&self, state: &State) -> Result<()> {
        let (batch_size, steps) = (state.get("batch_size")?, state.get("steps")?);
        let kept = Self { batch_size, steps, limit: state.get("steps_per_epoch")?, shuffle: state.get("shuffle")? };
        if kept == *self {
            return Ok(());
        }
        let what = "the training that was kept stands within an epoch, but the data are batched or shuffled in another way now";
        Err(Error::data("fit", what).hint("use the same data and options, or remove the kept state to begin anew"))
    }
}

pub(crate) fn callbacks_state(callbacks: &[Box<dyn Callback>]) -> Result<State> {
    let mut all = State::new();
    all.set("names", &names(callbacks));
    for (i, callback) in callbacks.iter().enumerate() {
        all.put(&i.to_string(), callback.state()?);
    }
    Ok(all)
}

/// Gives each callback its state back.
pub(crate) fn restore_callbacks(callbacks: &mut [Box<dyn Callback>], state: &State, model: &mut dyn Controls) -> Result<()> {
    let (kept, now) = (state.get::<Vec<String>>("names")?, names(callbacks));
    if kept != now {
        let what = format!("the training that was kept had the callbacks {kept:?}, this one has {now:?}");
        return Err(Error::order("fit", what).hint("use the same callbacks in the same order, or remove the kept state to begin anew"));
    }
    for (i, callback) in callbacks.iter_mut().enumerate() {
        callback.restore(&state.part(&i.to_string()), model)?;
    }
    Ok(())
}

fn names(callbacks: &[Box<dyn Callback>]) -> Vec<String> {
    callbacks.iter().map(|c| c.name().to_owned()).collect()
}

impl History {
    pub(crate) fn state(&self) -> State {
        let mut state = State::new();
        state.set("names", &self.names);
        state.set("values", &self.values);
        state.set("epochs", &self.epochs);
        state
    }

    pub(crate) fn restore(state: &State) -> Result<Self> {
        let (names, values) = (state.get::<Vec<String>>("names")?, state.get::<Vec<Vec<f64>>>("values")?);
        if names.len() != values.len() {
            return Err(Error::data("state", "the history that was kept is damaged"));
        }
        Ok(Self { names, values, epochs: state.get("epochs")?, stopped: None })
    }
}
