//! What training steps of your own ask of a model.

use crate::model::Model;
use crate::trainer::only;
use kiln_core::data::{Batch, Tensors};
use kiln_core::{Context, Graph, Result, Tensor};
use kiln_train::optimizers::Trained;

impl Model {
    /// The output for one batch as part of a larger computation: recorded for gradients when `cx` is that of a training step, or when
    /// an input is recorded itself (what a `GradientTape` watches, in inference too); else as in `predict`. Running statistics are taken
    /// over at once. Unlike `predict`, it leaves the output on the model's device.
    ///
    /// ```
    /// use kiln_core::{Context, Tensor, random::Stream};
    /// use kiln_layers::Dense;
    /// use kiln_models::sequential;
    /// use kiln_train::{IntoOptimizer, optimizers::Sgd};
    /// let mut model = sequential![Dense::new(1)];
    /// let mut optimizer = Sgd::new().learning_rate(0.1).into_optimizer()?;
    /// let (x, y) = (Tensor::ones([4, 3]), Tensor::zeros([4, 1]));
    /// let mut losses = Vec::new();
    /// for step in 0..5 {
    ///     let cx = Context::training(Stream::new(step));
    ///     let loss = (model.call(&x, &cx)? - &y).square().mean();
    ///     losses.push(loss.clone().inner().item());
    ///     optimizer.minimize(loss, &mut *model)?;
    /// }
    /// assert!(losses[4] < losses[0]);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// Data that don't fit; a model of several outputs.
    pub fn call(&mut self, x: impl Tensors, cx: &Context) -> Result<Tensor> {
        only("call", self.call_all(x, cx)?)
    }

    /// As [`Model::call`], all outputs.
    ///
    /// # Errors
    /// Data that don't fit.
    pub fn call_all(&mut self, x: impl Tensors, cx: &Context) -> Result<Vec<Tensor>> {
        let x = self.ordered(Batch::of_inputs(x))?.x;
        self.ensure_built(&x)?;
        self.sync()?;
        // What is recorded already stays so: gradients flow through the model to what came before.
        let recorded = cx.is_training() || x.iter().any(Tensor::is_autodiff);
        let outputs = self.side(recorded).run(self.values(x, recorded), cx)?;
        self.fold(cx.take_updates());
        Ok(outputs.into_iter().map(|v| v.tensor).collect())
    }

    /// The terms that the model adds to a loss: regularizers of its weights, and what its layers left in `cx` in the last call.
    /// Keras' `sum(model.losses)`.
    ///
    /// # Errors
    /// A regularizer that can't take its weight.
    pub fn losses(&self, cx: &Context) -> Result<Tensor> {
        let penalty = self.side(cx.is_training()).penalty()?;
        let mut total = Tensor::zeros([1]).to_device(self.device());
        if cx.is_training() {
            total = total.autodiff();
        }
        for term in penalty.into_iter().chain(cx.take_losses()) {
            total = total + term.reshape([1])?;
        }
        Ok(total)
    }
}

/// An optimizer can step a model by a loss that was computed from [`Model::call`].
impl Trained for Model {
    type Module = Graph;

    fn module(&self) -> &Graph {
        self.graph()
    }

    fn change(&mut self, change: impl FnOnce(Graph) -> Result<Graph>) -> Result<()> {
        self.change_graph(|graph| change(graph)?.constrain())?;
        self.publish();
        Ok(())
    }
}
