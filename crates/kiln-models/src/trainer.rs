//! What a model does with data, as Keras' trainer: `compile`, `fit`, `evaluate`, `predict`, and the same for one batch.

use crate::compile::Compile;
use crate::compiled::Compiled;
use crate::model::{Model, Updates};
use crate::step::not_compiled;
use kiln_core::data::{Batch, IntoData, Tensors};
use kiln_core::random::{Stream, random_seed};
use kiln_core::{Error, Result, Tensor};
use kiln_train::fit::Batches;
use kiln_train::{Fit, History, IntoLosses, IntoOptimizer, IntoOutputMetrics, Logs, Step, Trainee};

impl Model {
    /// Chooses optimizer, loss and metrics, by name or value. A model of several outputs takes losses and metrics by output:
    /// `[("label", "mse")]`; or losses in order. More options: [`Model::compile_with`].
    ///
    /// # Errors
    /// An unknown name, which offers the nearest; an option out of range.
    pub fn compile(&mut self, optimizer: impl IntoOptimizer, loss: impl IntoLosses, metrics: impl IntoOutputMetrics) -> Result<()> {
        self.compile_with(Compile::new(optimizer, loss).metrics(metrics))
    }

    /// As [`Model::compile`], with weights of the losses and weighted metrics.
    ///
    /// # Errors
    /// As [`Model::compile`].
    pub fn compile_with(&mut self, choices: Compile) -> Result<()> {
        let mut compiled = Compiled::new(choices)?;
        if self.is_built() {
            compiled.resolve(&self.output_names())?;
        }
        self.compiled = Some(compiled);
        self.sync()
    }

    /// Gives each output its loss and metrics, once the outputs are known.
    pub(crate) fn resolve(&mut self) -> Result<()> {
        let names = self.output_names();
        self.compiled_mut()?.resolve(&names)
    }

    /// Trains. Returns the numbers of each epoch.
    ///
    /// # Errors
    /// A model that isn't compiled; data, labels or options that don't fit; a loss that is no number.
    pub fn fit(&mut self, data: impl IntoData, options: Fit) -> Result<History> {
        self.compiled.as_ref().ok_or_else(not_compiled)?;
        let history = kiln_train::fit::fit(self, data, options);
        self.publish();
        history
    }

    /// The loss and the metrics on data, in batches of 32.
    ///
    /// # Errors
    /// A model that isn't compiled; data that don't fit.
    pub fn evaluate(&mut self, data: impl IntoData) -> Result<Logs> {
        self.evaluate_with(data, Fit::new().verbose(0))
    }

    /// As [`Model::evaluate`], with the options `batch_size`, `steps_per_epoch` and `verbose`, and callbacks.
    ///
    /// # Errors
    /// As [`Model::evaluate`].
    pub fn evaluate_with(&mut self, data: impl IntoData, options: Fit) -> Result<Logs> {
        self.compiled.as_ref().ok_or_else(not_compiled)?;
        kiln_train::fit::evaluate(self, data, options)
    }

    /// The output for all samples, in batches of 32. [`Model::predict_all`] is for several outputs.
    ///
    /// # Errors
    /// Data that don't fit; a model of several outputs.
    pub fn predict(&mut self, data: impl IntoData) -> Result<Tensor> {
        self.predict_with(data, Fit::new().verbose(0))
    }

    /// As [`Model::predict`], with the options `batch_size`, `steps_per_epoch` and `verbose`, and callbacks.
    ///
    /// # Errors
    /// As [`Model::predict`].
    pub fn predict_with(&mut self, data: impl IntoData, options: Fit) -> Result<Tensor> {
        only("predict", self.predict_all_with(data, options)?)
    }

    /// All outputs for all samples, in batches of 32.
    ///
    /// # Errors
    /// Data that don't fit.
    pub fn predict_all(&mut self, data: impl IntoData) -> Result<Vec<Tensor>> {
        self.predict_all_with(data, Fit::new().verbose(0))
    }

    /// As [`Model::predict_all`], with the options `batch_size`, `steps_per_epoch` and `verbose`, and callbacks.
    ///
    /// # Errors
    /// As [`Model::predict_all`].
    pub fn predict_all_with(&mut self, data: impl IntoData, options: Fit) -> Result<Vec<Tensor>> {
        kiln_train::fit::predict(self, data, options)
    }

    /// The output for one batch.
    ///
    /// # Errors
    /// Data that don't fit; a model of several outputs.
    pub fn predict_on_batch(&mut self, x: impl Tensors) -> Result<Tensor> {
        only("predict", self.run(Batch::of_inputs(x))?)
    }

    /// All outputs for one batch, in inference, on the host.
    pub(crate) fn run(&mut self, batch: Batch) -> Result<Vec<Tensor>> {
        let (outputs, updates) = self.look(batch)?;
        self.fold(updates);
        Ok(outputs)
    }

    /// As [`Model::run`], but leaves the states of layers as they are: what they would become comes back beside the outputs.
    pub(crate) fn look(&mut self, batch: Batch) -> Result<(Vec<Tensor>, Updates)> {
        let batch = self.ordered(batch)?;
        self.ensure_built(&batch.x)?;
        self.sync()?;
        self.looked(batch)
    }

    /// One step of training; the numbers of this batch alone.
    ///
    /// # Errors
    /// As [`Model::fit`].
    pub fn train_on_batch(&mut self, data: impl IntoData) -> Result<Logs> {
        let batch = self.one_batch(data)?;
        let step = Step { epoch: 0, batch: 0, stream: Stream::new(random_seed()).named("step").child(self.iterations()) };
        self.reset();
        let logs = self.train_step(batch, &step);
        self.publish();
        logs
    }

    /// The loss and the metrics of one batch.
    ///
    /// # Errors
    /// As [`Model::evaluate`].
    pub fn test_on_batch(&mut self, data: impl IntoData) -> Result<Logs> {
        let batch = self.one_batch(data)?;
        self.reset();
        self.test_step(batch)
    }

    fn one_batch(&mut self, data: impl IntoData) -> Result<Batch> {
        self.compiled.as_ref().ok_or_else(not_compiled)?;
        let batch = Batches::new(data.into_data()?, None, false).sample()?;
        self.prepare(&batch)?;
        Ok(batch)
    }

    /// The learning rate of the compiled optimizer.
    pub fn learning_rate(&self) -> Option<f64> {
        Trainee::learning_rate(self)
    }

    /// Sets the learning rate of the compiled optimizer.
    ///
    /// # Errors
    /// A model that isn't compiled, or whose rate a schedule sets.
    pub fn set_learning_rate(&mut self, rate: f64) -> Result<()> {
        Trainee::set_learning_rate(self, rate)
    }
}

/// The only one of the outputs; `who` has a twin `.._all` for several.
pub(crate) fn only(who: &str, mut outputs: Vec<Tensor>) -> Result<Tensor> {
    match (outputs.pop(), outputs.len()) {
        (Some(output), 0) => Ok(output),
        (_, more) => {
            let received = format!("one of {} outputs", more + 1);
            Err(Error::shape(who, "a model of one output", received).hint(format!("use `{who}_all`")))
        }
    }
}
