//! What runs between the steps of a training.
//!
//! Callbacks that write models or whole trainings ([`Controls::model`], [`Callback::keep`]) live where files are written, in `kiln-io`.

mod csv_logger;
mod early_stopping;
mod lambda_callback;
mod layer_norms;
mod learning_rate_scheduler;
mod max_time;
mod monitor;
mod reduce_lr_on_plateau;
mod swap_ema_weights;
mod terminate_on_nan;

#[cfg(test)]
mod double;
#[cfg(test)]
mod keras;

pub use csv_logger::CsvLogger;
pub use early_stopping::EarlyStopping;
pub use lambda_callback::LambdaCallback;
pub use layer_norms::LayerNorms;
pub use learning_rate_scheduler::LearningRateScheduler;
pub use max_time::MaxTime;
pub use monitor::Monitor;
pub use reduce_lr_on_plateau::ReduceLrOnPlateau;
pub use swap_ema_weights::SwapEmaWeights;
pub use terminate_on_nan::TerminateOnNan;

use crate::fit::{Logs, State, Weights};
use crate::metrics::Direction;
use kiln_core::{Error, Result, Tensor};
use std::any::Any;

/// Whether a training goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flow {
    /// It does.
    Continue,
    /// It stops, for this reason.
    Stop(String),
}

/// What was asked of `fit`, `evaluate` or `predict`. Keras: `Callback.params`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Params {
    /// The epochs.
    pub epochs: usize,
    /// The steps of an epoch, if that is known.
    pub steps: Option<usize>,
    /// The verbosity, `None` when it was left open.
    pub verbose: Option<u8>,
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
    /// The learning rates by the names that logs have for them: `learning_rate`, or `learning_rate_adam`, … of several optimizers.
    fn learning_rates(&self) -> Vec<(String, f64)> {
        self.learning_rate().map(|rate| ("learning_rate".to_owned(), rate)).into_iter().collect()
    }
    /// Sets them in the same order.
    ///
    /// # Errors
    /// There are fewer, or a schedule sets one.
    fn set_learning_rates(&mut self, rates: &[f64]) -> Result<()> {
        rates.iter().try_for_each(|rate| self.set_learning_rate(*rate))
    }
    /// The training steps taken in the life of the trainee.
    fn iterations(&self) -> u64 {
        0
    }
    /// What was asked of `fit`.
    fn params(&self) -> Params {
        Params::default()
    }
    /// Whether less or more is better for what logs call `monitor` (without `val_`).
    fn direction(&self, monitor: &str) -> Direction {
        let _ = monitor;
        Direction::Unknown
    }
    /// The weights with their paths: `dense_1.kernel`.
    fn named_weights(&self) -> Vec<(String, Tensor)> {
        Vec::new()
    }
    /// Whether the length of each weight's gradient is to be measured in each step, which takes some time.
    ///
    /// # Errors
    /// The trainee can't.
    fn watch_gradients(&mut self, watch: bool) -> Result<()> {
        if watch { Err(Error::order("fit", "this trainee doesn't measure its gradients")) } else { Ok(()) }
    }
    /// The lengths of the last step's gradients, by the weights' paths, while they are watched.
    fn gradient_norms(&self) -> &[(String, f64)] {
        &[]
    }
    /// Exchanges the weights with their running averages.
    ///
    /// # Errors
    /// No averages are kept.
    fn swap_averages(&mut self) -> Result<()> {
        Err(Error::order("fit", "this trainee keeps no averages of its weights"))
    }
    /// The trainee as what it is, for a callback that knows its type: a `Model`, which `kiln-io` writes to files.
    fn model(&mut self) -> Option<&mut dyn Any> {
        None
    }
    /// Tells the person who watches the training.
    fn say(&mut self, words: &str) {
        eprintln!("{words}");
    }
}

/// Called at the stations of a training, an evaluation and a prediction. Epochs and batches count from 0.
///
/// Additions to the logs of an epoch are seen by later callbacks and by the history. A callback that remembers something from one
/// station to the next gives it in [`Callback::state`], so that a training that was killed goes on as if it had not been.
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
///
/// Every method fails with the callback's own errors, which end the training.
#[allow(clippy::missing_errors_doc)] // said once above
pub trait Callback: Send {
    /// The name, by which a kept state is known: the type's at first.
    fn name(&self) -> &str {
        let path = std::any::type_name::<Self>();
        let path = path.split_once('<').map_or(path, |(path, _)| path);
        path.rsplit("::").next().unwrap_or(path)
    }
    /// Before the first epoch; an answer to stop leaves all epochs out.
    fn on_train_begin(&mut self, model: &mut dyn Controls) -> Result<Flow> {
        let _ = model;
        Ok(Flow::Continue)
    }
    /// After the last epoch.
    fn on_train_end(&mut self, logs: &Logs, model: &mut dyn Controls) -> Result<()> {
        let _ = (logs, model);
        Ok(())
    }
    /// Before an epoch.
    fn on_epoch_begin(&mut self, epoch: usize, model: &mut dyn Controls) -> Result<Flow> {
        let _ = (epoch, model);
        Ok(Flow::Continue)
    }
    /// After an epoch and its validation.
    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, model: &mut dyn Controls) -> Result<Flow> {
        let _ = (epoch, logs, model);
        Ok(Flow::Continue)
    }
    /// Before a training step.
    fn on_train_batch_begin(&mut self, batch: usize, model: &mut dyn Controls) -> Result<Flow> {
        let _ = (batch, model);
        Ok(Flow::Continue)
    }
    /// After a training step.
    fn on_train_batch_end(&mut self, batch: usize, logs: &Logs, model: &mut dyn Controls) -> Result<Flow> {
        let _ = (batch, logs, model);
        Ok(Flow::Continue)
    }
    /// Before an evaluation, and before each validation of a training.
    fn on_test_begin(&mut self, model: &mut dyn Controls) -> Result<Flow> {
        let _ = model;
        Ok(Flow::Continue)
    }
    /// After an evaluation.
    fn on_test_end(&mut self, logs: &Logs, model: &mut dyn Controls) -> Result<()> {
        let _ = (logs, model);
        Ok(())
    }
    /// Before a batch is evaluated.
    fn on_test_batch_begin(&mut self, batch: usize, model: &mut dyn Controls) -> Result<Flow> {
        let _ = (batch, model);
        Ok(Flow::Continue)
    }
    /// After a batch was evaluated; an answer to stop ends the evaluation, not the training.
    fn on_test_batch_end(&mut self, batch: usize, logs: &Logs, model: &mut dyn Controls) -> Result<Flow> {
        let _ = (batch, logs, model);
        Ok(Flow::Continue)
    }
    /// Before a prediction.
    fn on_predict_begin(&mut self, model: &mut dyn Controls) -> Result<Flow> {
        let _ = model;
        Ok(Flow::Continue)
    }
    /// After a prediction.
    fn on_predict_end(&mut self, model: &mut dyn Controls) -> Result<()> {
        let _ = model;
        Ok(())
    }
    /// Before a batch is predicted.
    fn on_predict_batch_begin(&mut self, batch: usize, model: &mut dyn Controls) -> Result<Flow> {
        let _ = (batch, model);
        Ok(Flow::Continue)
    }
    /// After a batch was predicted.
    fn on_predict_batch_end(&mut self, batch: usize, outputs: &[Tensor], model: &mut dyn Controls) -> Result<Flow> {
        let _ = (batch, outputs, model);
        Ok(Flow::Continue)
    }
    /// Whether a loss that is no number stops the training quietly, instead of being an error.
    fn accepts_nan(&self) -> bool {
        false
    }
    /// What the callback remembers; nothing at first.
    fn state(&self) -> Result<State> {
        Ok(State::new())
    }
    /// Takes back what [`Callback::state`] gave, after `on_train_begin` of a training that is resumed.
    fn restore(&mut self, state: &State, model: &mut dyn Controls) -> Result<()> {
        let _ = (state, model);
        Ok(())
    }
    /// Whether the callback wants the state of the whole training now; asked after each step and each epoch.
    fn wants_state(&self) -> bool {
        false
    }
    /// Receives that state.
    fn keep(&mut self, state: &State) -> Result<()> {
        let _ = state;
        Ok(())
    }
    /// A state that an earlier run kept, to go on from; asked before `on_train_begin`.
    fn kept(&mut self) -> Result<Option<State>> {
        Ok(None)
    }
}
