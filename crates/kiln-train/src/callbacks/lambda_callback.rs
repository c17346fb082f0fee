//! Closures as a callback.

use super::{Callback, Controls, Flow};
use crate::fit::Logs;
use kiln_core::Result;
use std::fmt;

type OnEpoch = Box<dyn FnMut(usize, &mut Logs, &mut dyn Controls) -> Result<Flow> + Send>;
type OnBatch = Box<dyn FnMut(usize, &Logs, &mut dyn Controls) -> Result<Flow> + Send>;
type OnBegin = Box<dyn FnMut(&mut dyn Controls) -> Result<Flow> + Send>;

/// Runs closures between steps and epochs. Keras: `keras/src/callbacks/lambda_callback.py`.
///
/// ```
/// use kiln_train::callbacks::{Flow, LambdaCallback};
/// let print = LambdaCallback::new().on_epoch_end(|epoch, logs, _model| {
///     println!("epoch {epoch}: {logs}");
///     Ok(Flow::Continue)
/// });
/// ```
#[derive(Default)]
pub struct LambdaCallback {
    train_begin: Option<OnBegin>,
    epoch_end: Option<OnEpoch>,
    batch_end: Option<OnBatch>,
}

impl LambdaCallback {
    /// Does nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Before the first epoch.
    pub fn on_train_begin(mut self, f: impl FnMut(&mut dyn Controls) -> Result<Flow> + Send + 'static) -> Self {
        self.train_begin = Some(Box::new(f));
        self
    }

    /// After each epoch.
    pub fn on_epoch_end(mut self, f: impl FnMut(usize, &mut Logs, &mut dyn Controls) -> Result<Flow> + Send + 'static) -> Self {
        self.epoch_end = Some(Box::new(f));
        self
    }

    /// After each training step.
    pub fn on_train_batch_end(mut self, f: impl FnMut(usize, &Logs, &mut dyn Controls) -> Result<Flow> + Send + 'static) -> Self {
        self.batch_end = Some(Box::new(f));
        self
    }
}

impl fmt::Debug for LambdaCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LambdaCallback")
    }
}

impl Callback for LambdaCallback {
    fn on_train_begin(&mut self, model: &mut dyn Controls) -> Result<Flow> {
        self.train_begin.as_mut().map_or(Ok(Flow::Continue), |f| f(model))
    }
    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, model: &mut dyn Controls) -> Result<Flow> {
        self.epoch_end.as_mut().map_or(Ok(Flow::Continue), |f| f(epoch, logs, model))
    }
    fn on_train_batch_end(&mut self, batch: usize, logs: &Logs, model: &mut dyn Controls) -> Result<Flow> {
        self.batch_end.as_mut().map_or(Ok(Flow::Continue), |f| f(batch, logs, model))
    }
}
