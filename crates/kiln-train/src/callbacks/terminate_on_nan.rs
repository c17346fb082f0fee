//! Ends a training whose loss is no number.

use super::{Callback, Controls, Flow};
use crate::fit::Logs;
use kiln_core::Result;

/// Stops the training quietly when the loss is NaN or infinite; without it, `fit` returns an error that names the first layer
/// and the batch. Keras: `keras/src/callbacks/terminate_on_nan.py`.
#[derive(Clone, Copy, Debug, Default)]
pub struct TerminateOnNan;

impl TerminateOnNan {
    /// The callback.
    pub fn new() -> Self {
        Self
    }
}

impl Callback for TerminateOnNan {
    fn on_train_batch_end(&mut self, batch: usize, logs: &Logs, _: &mut dyn Controls) -> Result<Flow> {
        let invalid = logs.get("loss").is_some_and(|loss| !loss.is_finite());
        Ok(if invalid { Flow::Stop(format!("batch {batch}: invalid loss")) } else { Flow::Continue })
    }

    fn accepts_nan(&self) -> bool {
        true
    }
}
