//! What the loop can train: anything that can take a step.

use super::{Logs, State};
use crate::metrics::Direction;
use kiln_core::data::{Batch, FromBatch};
use kiln_core::random::Stream;
use kiln_core::{Context, Error, Result, Tensor};
use std::any::Any;

/// Weights taken out of a trainee, to be put back.
#[derive(Clone, Debug, Default)]
pub struct Weights(pub Vec<(burn::module::ParamId, Tensor)>);

/// Where a step stands in the training.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The epoch, from 0.
    pub epoch: usize,
    /// The batch within the epoch, from 0.
    pub batch: usize,
    /// The random numbers of this step.
    pub stream: Stream,
}

impl Step {
    /// The context to call a graph with in this training step.
    pub fn context(&self) -> Context {
        Context::training(self.stream)
    }
}

/// Something that `fit` can drive: a model, or a set of models with a training step of its own.
pub trait Trainee {
    /// What a step receives: `Tensor`, `(Tensor, Tensor)` or [`Batch`].
    type Batch: FromBatch;

    /// Whether the logs of a step are running values of the epoch. If not, the loop averages them. Default false.
    const RUNNING: bool = false;

    /// Trains on one batch.
    ///
    /// # Errors
    /// Data that don't fit.
    fn train_step(&mut self, batch: Self::Batch, step: &Step) -> Result<Logs>;

    /// Evaluates one batch.
    ///
    /// # Errors
    /// Data that don't fit; by default, that there is no such step.
    fn test_step(&mut self, batch: Self::Batch) -> Result<Logs> {
        let _ = batch;
        Err(Error::order("fit", "validation needs a `test_step`").hint("write one, or leave `validation_data` out"))
    }

    /// The outputs for one batch.
    ///
    /// # Errors
    /// Data that don't fit; by default, that there is no such step.
    fn predict_step(&mut self, batch: Self::Batch) -> Result<Vec<Tensor>> {
        let _ = batch;
        Err(Error::order("predict", "the trainee has no `predict_step`"))
    }

    /// Evaluates several batches, as [`Trainee::test_step`] does one after the other; on threads, say, if none depends on another.
    ///
    /// # Errors
    /// As [`Trainee::test_step`].
    fn test_steps(&mut self, batches: Vec<Self::Batch>) -> Result<Vec<Logs>> {
        batches.into_iter().map(|batch| self.test_step(batch)).collect()
    }

    /// The outputs for several batches, as [`Trainee::predict_step`] gives them one after the other.
    ///
    /// # Errors
    /// As [`Trainee::predict_step`].
    fn predict_steps(&mut self, batches: Vec<Self::Batch>) -> Result<Vec<Vec<Tensor>>> {
        batches.into_iter().map(|batch| self.predict_step(batch)).collect()
    }

    /// Ends a training: puts averages of weights in their place, say. The last epoch is over; callbacks are told afterwards.
    ///
    /// # Errors
    /// Those of the trainee.
    fn finish(&mut self) -> Result<()> {
        Ok(())
    }

    /// Forgets the running values, before each epoch and each evaluation.
    fn reset(&mut self) {}

    /// What the trainee says about itself before a verbose fit: the device, the threads.
    fn describe(&self) -> Option<String> {
        None
    }

    /// Looks at the first batch before training: wrong shapes and labels are reported here.
    ///
    /// # Errors
    /// What is wrong.
    fn prepare(&mut self, first: &Batch) -> Result<()> {
        let _ = first;
        Ok(())
    }

    /// Where the first value that is no number comes from, for the error that ends a training.
    fn find_invalid(&mut self, batch: &Batch) -> Option<String> {
        let _ = batch;
        None
    }

    /// The number of training steps taken before, which seeds the shuffling and the next steps.
    fn iterations(&self) -> u64 {
        0
    }

    /// The weights, for callbacks that put the best ones back.
    fn weights(&self) -> Option<Weights> {
        None
    }

    /// Puts weights back.
    fn set_weights(&mut self, weights: &Weights) {
        let _ = weights;
    }

    /// The learning rate, if there is one.
    fn learning_rate(&self) -> Option<f64> {
        None
    }

    /// Sets the learning rate.
    ///
    /// # Errors
    /// There is none to set.
    fn set_learning_rate(&mut self, rate: f64) -> Result<()> {
        Err(Error::order("fit", format!("there is no learning rate to set to {rate}")))
    }

    /// The learning rates by the names that logs have for them, where there are several.
    fn learning_rates(&self) -> Vec<(String, f64)> {
        self.learning_rate().map(|rate| ("learning_rate".to_owned(), rate)).into_iter().collect()
    }

    /// Sets the learning rates in the same order.
    ///
    /// # Errors
    /// There are none to set.
    fn set_learning_rates(&mut self, rates: &[f64]) -> Result<()> {
        rates.iter().try_for_each(|rate| self.set_learning_rate(*rate))
    }

    /// Whether less or more is better for the log `name`.
    fn direction(&self, name: &str) -> Direction {
        let _ = name;
        Direction::Unknown
    }

    /// The weights with their paths: `dense_1.kernel`.
    fn named_weights(&self) -> Vec<(String, Tensor)> {
        Vec::new()
    }

    /// Whether the lengths of gradients are to be measured, for [`Trainee::gradient_norms`].
    ///
    /// # Errors
    /// The trainee can't.
    fn watch_gradients(&mut self, watch: bool) -> Result<()> {
        if watch { Err(Error::order("fit", "this trainee doesn't measure its gradients")) } else { Ok(()) }
    }

    /// The lengths of the last step's gradients, by the weights' paths.
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

    /// The trainee itself, or the model in it that callbacks are to save.
    fn model(&mut self) -> Option<&mut dyn Any> {
        None
    }

    /// All that later steps depend on: weights, what optimizers remember, running values. A trainee of several models puts the state of
    /// each into one.
    ///
    /// # Errors
    /// Something that can't be kept; by default, that there is no such method.
    fn state(&self) -> Result<State> {
        Err(Error::order("fit", "this trainee can't be backed up").hint("give it the methods `state` and `restore`"))
    }

    /// Takes back what [`Trainee::state`] gave. All or nothing.
    ///
    /// # Errors
    /// The state of another trainee.
    fn restore(&mut self, state: &State) -> Result<()> {
        let _ = state;
        Err(Error::order("fit", "this trainee can't be resumed").hint("give it the methods `state` and `restore`"))
    }
}
