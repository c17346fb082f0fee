//! One training step, one evaluation step, and the search for where a NaN comes from.

use crate::compiled::Compiled;
use crate::model::Model;
use burn::module::Module;
use burn::optim::GradientsParams;
use kiln_core::data::Batch;
use kiln_core::value::{Value, Values};
use kiln_core::{Context, Error, Logits, Result, Tensor};
use kiln_train::fit::ToNumber;
use kiln_train::{Logs, Step, Trainee, Weights};

/// The output of a model on a batch, with what the loss may want beside it.
struct Output {
    tensor: Tensor,
    mask: Option<Tensor>,
    logits: Option<Logits>,
}

fn target(batch: &Batch) -> Result<&Tensor> {
    match batch.y.as_slice() {
        [y] => Ok(y),
        [] => Err(Error::data("fit", "there is no target").hint("pass `(&x, &y)`")),
        many => Err(Error::data("fit", format!("the model has one output, but there are {} targets", many.len()))),
    }
}

impl Model {
    fn inputs(&self, x: Vec<Tensor>, recorded: bool) -> Values {
        let place = |t: Tensor| {
            let t = t.to_device(self.device());
            // Keras casts inputs to the layers' dtype: integers of an image become floats.
            let t = t.to_float();
            Value::from(if recorded { t.autodiff() } else { t })
        };
        x.into_iter().map(place).collect()
    }

    fn forward(&self, x: Vec<Tensor>, cx: &Context, recorded: bool) -> Result<Output> {
        let values = self.inputs(x, recorded);
        let mut outputs = if recorded { self.graph().run(values, cx)? } else { self.inference()?.run(values, cx)? };
        if outputs.len() != 1 {
            return Err(Error::order("Model", "training a model of several outputs is not there yet"));
        }
        let Value { tensor, mask } = outputs.remove(0);
        Ok(Output { tensor, mask, logits: cx.take_logits() })
    }

    fn compiled_mut(&mut self) -> Result<&mut Compiled> {
        self.compiled.as_mut().ok_or_else(not_compiled)
    }

    /// The loss with all terms that layers and regularizers add.
    fn total(&self, compiled: &Compiled, output: &Output, batch: &Batch, cx: &Context) -> Result<Tensor> {
        let device = self.device();
        let y = target(batch)?.clone().to_device(device);
        let weight = batch.sample_weight.clone().map(|w| w.to_device(device));
        let mut loss = compiled.loss(&y, &output.tensor, output.logits.as_ref(), weight.as_ref(), output.mask.as_ref())?;
        let penalty = if output.tensor.is_autodiff() { self.graph().penalty()? } else { self.inference()?.penalty()? };
        for term in penalty.into_iter().chain(cx.take_losses()) {
            loss = loss + term.reshape([1])?;
        }
        Ok(loss)
    }

    fn finish(&mut self, loss: f64, output: Output, batch: &Batch) -> Result<Logs> {
        let y = target(batch)?.clone();
        let (prediction, logits) = (output.tensor.inner(), output.logits.map(|l| Logits { values: l.values.inner(), of: l.of }));
        self.compiled_mut()?.update(loss, batch.len(), &y, &prediction, logits.as_ref())
    }
}

pub(crate) fn not_compiled() -> Error {
    Error::order("fit", "the model is not compiled").hint("call `compile(optimizer, loss, metrics)` first")
}

impl Trainee for Model {
    type Batch = Batch;
    const RUNNING: bool = true;

    fn prepare(&mut self, first: &Batch) -> Result<()> {
        self.ensure_built(&first.x)?;
        self.check(first.clone())?.iter().for_each(|warning| eprintln!("warning: {warning}"));
        Ok(())
    }

    fn train_step(&mut self, batch: Batch, step: &Step) -> Result<Logs> {
        let compiled = self.compiled.as_ref().ok_or_else(not_compiled)?;
        let cx = step.context().with_logits(true);
        let output = self.forward(batch.x.clone(), &cx, true)?;
        let loss = self.total(compiled, &output, &batch, &cx)?;
        let value = loss.number();
        if value.is_finite() {
            // A loss that is no number would only spoil the weights; the loop reports it.
            let loss = loss.float::<1>()?;
            if loss.is_tracked() {
                let gradients = GradientsParams::from_grads(loss.backward(), self.graph());
                // What layers assigned during the call is there before the optimizer, as in Keras: a wrapper may assign a weight.
                let graph = self.take_graph().fold(cx.take_updates());
                let graph = self.compiled_mut()?.optimizer.apply(gradients, graph)?;
                self.put_graph(graph.constrain()?);
            }
        }
        self.finish(value, output, &batch)
    }

    fn test_step(&mut self, batch: Batch) -> Result<Logs> {
        let compiled = self.compiled.as_ref().ok_or_else(not_compiled)?;
        let cx = Context::inference().with_logits(true);
        let output = self.forward(batch.x.clone(), &cx, false)?;
        let value = self.total(compiled, &output, &batch, &cx)?.number();
        self.finish(value, output, &batch)
    }

    fn reset(&mut self) {
        if let Some(compiled) = &mut self.compiled {
            compiled.reset();
        }
    }

    fn describe(&self) -> Option<String> {
        let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
        let debug = if cfg!(debug_assertions) { "\nwarning: this is a debug build; add `--release` to train at full speed" } else { "" };
        Some(format!("device: {}, {threads} threads{debug}", self.device()))
    }

    fn find_invalid(&mut self, batch: &Batch) -> Option<String> {
        let finite = |t: &Tensor| t.clone().inner().to_vec::<f32>().iter().all(|v| v.is_finite());
        if let Some(i) = batch.x.iter().position(|x| !finite(x)) {
            return Some(format!("input {i} holds NaN or infinity"));
        }
        if batch.y.iter().any(|y| !finite(y)) {
            return Some("the targets hold NaN or infinity".to_owned());
        }
        let values = kiln_core::weights::values(self.graph());
        let broken = |id| values.iter().any(|(i, value)| *i == id && !finite(value));
        if let Some(weight) = self.graph().weights().into_iter().find(|w| broken(w.id)) {
            return Some(format!("the weight `{}` holds NaN or infinity", weight.path));
        }
        let name = self.graph().first_invalid(self.inputs(batch.x.clone(), false), finite)?;
        Some(format!("`{name}` is the first layer whose output holds NaN or infinity"))
    }

    fn iterations(&self) -> u64 {
        self.compiled.as_ref().map_or(0, |c| c.optimizer.iterations())
    }

    fn weights(&self) -> Option<Weights> {
        Some(Weights(kiln_core::weights::values(&self.graph().valid())))
    }

    fn set_weights(&mut self, weights: &Weights) {
        let graph = self.take_graph();
        self.put_graph(kiln_core::weights::replace(graph, weights.0.clone()));
    }

    fn learning_rate(&self) -> Option<f64> {
        self.compiled.as_ref().map(|c| c.optimizer.learning_rate())
    }

    fn set_learning_rate(&mut self, rate: f64) -> Result<()> {
        self.compiled_mut()?.optimizer.set_learning_rate(rate)
    }
}
