//! What runs between the steps of a training.

mod early_stopping;
mod lambda_callback;
mod terminate_on_nan;

pub use early_stopping::EarlyStopping;
pub use lambda_callback::LambdaCallback;
pub use terminate_on_nan::TerminateOnNan;

use crate::fit::{Logs, Weights};
use crate::metrics::Direction;
use kiln_core::Result;

/// Whether a training goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flow {
    /// It does.
    Continue,
    /// It stops, for this reason.
    Stop(String),
}

/// What a callback may read and change of the model in training.
pub trait Controls {
    /// The weights now; `None` if the trainee has none to give.
    fn weights(&self) -> Option<Weights>;
    /// Puts weights back.
    fn set_weights(&mut self, weights: &Weights);
    /// The learning rate now.
    fn learning_rate(&self) -> Option<f64>;
    /// Sets the learning rate.
    ///
    /// # Errors
    /// There is none to set, or a schedule sets it.
    fn set_learning_rate(&mut self, rate: f64) -> Result<()>;
}

/// Called at the stations of a training; each method may stop it. Epochs and batches count from 0.
///
/// Additions to the logs of an epoch are seen by later callbacks and by the history.
///
/// ```
/// use kiln_core::Result;
/// use kiln_train::{Logs, callbacks::{Callback, Controls, Flow}};
/// struct UntilGood;
/// impl Callback for UntilGood {
///     fn on_epoch_end(&mut self, _epoch: usize, logs: &mut Logs, _model: &mut dyn Controls) -> Result<Flow> {
///         Ok(if logs.loss < 0.1 { Flow::Stop("good enough".into()) } else { Flow::Continue })
///     }
/// }
/// ```
pub trait Callback: Send {
    /// Before the first epoch.
    ///
    /// # Errors
    /// Those of the callback.
    fn on_train_begin(&mut self, model: &mut dyn Controls) -> Result<Flow> {
        let _ = model;
        Ok(Flow::Continue)
    }
    /// After the last epoch.
    ///
    /// # Errors
    /// Those of the callback.
    fn on_train_end(&mut self, logs: &Logs, model: &mut dyn Controls) -> Result<()> {
        let _ = (logs, model);
        Ok(())
    }
    /// Before an epoch.
    ///
    /// # Errors
    /// Those of the callback.
    fn on_epoch_begin(&mut self, epoch: usize, model: &mut dyn Controls) -> Result<Flow> {
        let _ = (epoch, model);
        Ok(Flow::Continue)
    }
    /// After an epoch and its validation.
    ///
    /// # Errors
    /// Those of the callback.
    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, model: &mut dyn Controls) -> Result<Flow> {
        let _ = (epoch, logs, model);
        Ok(Flow::Continue)
    }
    /// Before a training step.
    ///
    /// # Errors
    /// Those of the callback.
    fn on_train_batch_begin(&mut self, batch: usize, model: &mut dyn Controls) -> Result<Flow> {
        let _ = (batch, model);
        Ok(Flow::Continue)
    }
    /// After a training step.
    ///
    /// # Errors
    /// Those of the callback.
    fn on_train_batch_end(&mut self, batch: usize, logs: &Logs, model: &mut dyn Controls) -> Result<Flow> {
        let _ = (batch, logs, model);
        Ok(Flow::Continue)
    }
    /// Whether a loss that is no number stops the training quietly, instead of being an error.
    fn accepts_nan(&self) -> bool {
        false
    }
}

/// Which way is better for `monitor`, when the user doesn't say.
pub(crate) fn direction(monitor: &str) -> Direction {
    let name = monitor.strip_prefix("val_").unwrap_or(monitor);
    let larger = ["acc", "auc", "precision", "recall", "f1", "iou", "score", "cosine_similarity"];
    if larger.iter().any(|word| name.contains(word)) { Direction::Max } else { Direction::Min }
}
