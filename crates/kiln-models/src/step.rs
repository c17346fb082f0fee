//! One training step, one evaluation step, and the search for where a NaN comes from.

use crate::compiled::{Compiled, Output};
use crate::model::Model;
use burn::module::Module;
use burn::optim::GradientsParams;
use kiln_core::data::{Batch, Names};
use kiln_core::value::{Value, Values};
use kiln_core::{Context, Error, Graph, Result, Tensor};
use kiln_train::fit::ToNumber;
use kiln_train::metrics::Direction;
use kiln_train::optimizers::gradient_norms;
use kiln_train::{Logs, Optimizer, State, Step, Trainee, Weights};
use std::any::Any;

impl Model {
    /// The inputs on the model's device, as floats; what is recorded already stays so.
    pub(crate) fn values(&self, x: Vec<Tensor>, recorded: bool) -> Values {
        let place = |t: Tensor| {
            let t = t.to_device(self.device());
            // Keras casts inputs to the layers' dtype: integers of an image become floats.
            let t = t.to_float();
            Value::from(if recorded { t.autodiff() } else { t })
        };
        x.into_iter().map(place).collect()
    }

    pub(crate) fn forward(&self, x: Vec<Tensor>, cx: &Context, recorded: bool) -> Result<Vec<Output>> {
        let values = self.values(x, recorded);
        let outputs = self.side(recorded).run(values, cx)?;
        let mut logits = cx.take_logits();
        logits.resize_with(outputs.len(), || None);
        let output = |(Value { tensor, mask }, logits)| Output { tensor, mask, logits };
        Ok(outputs.into_iter().zip(logits).map(output).collect())
    }

    pub(crate) fn compiled_mut(&mut self) -> Result<&mut Compiled> {
        self.compiled.as_mut().ok_or_else(not_compiled)
    }

    /// Lets the optimizer change the graph.
    fn with_optimizer(&mut self, change: impl FnOnce(&mut Optimizer, Graph) -> Result<Graph>) -> Result<()> {
        let mut compiled = self.compiled.take().ok_or_else(not_compiled)?;
        let done = self.change_graph(|graph| change(&mut compiled.optimizer, graph));
        self.compiled = Some(compiled);
        done
    }

    /// The batch in the order of the model's inputs and outputs, if its parts have names.
    pub(crate) fn ordered(&self, batch: Batch) -> Result<Batch> {
        if batch.names == Names::default() {
            return Ok(batch);
        }
        let inputs = self.blueprint().map_or(&[][..], |plan| &plan.inputs);
        batch.ordered(inputs, &self.output_names())
    }

    /// The batch's targets and weights on the model's device.
    pub(crate) fn targets(&self, batch: &Batch) -> Result<(Vec<Tensor>, Vec<Tensor>)> {
        let outputs = self.compiled.as_ref().ok_or_else(not_compiled)?.outputs();
        match batch.y.len() {
            0 => return Err(Error::data("fit", "there is no target").hint("pass `(&x, &y)`")),
            n if n != outputs => {
                let error =
                    Error::data("fit", format!("the model has {}, but the data has {}", count(outputs, "output"), count(n, "target")));
                return Err(if outputs > 1 { error.hint("pass `(&x, [&y1, &y2])`") } else { error });
            }
            _ => {}
        }
        match batch.sample_weight.len() {
            n if n > 1 && n != outputs => {
                let error = Error::data("fit", format!("the model has {}, but there are weights for {n}", count(outputs, "output")));
                return Err(error.hint("give one tensor for all outputs, or one for each"));
            }
            _ => {}
        }
        let here = |t: &Tensor| t.clone().to_device(self.device());
        Ok((batch.y.iter().map(here).collect(), batch.sample_weight.iter().map(here).collect()))
    }

    /// The losses with all terms that layers and regularizers add.
    pub(crate) fn total(
        &self,
        outputs: &[Output],
        y: &[Tensor],
        weights: &[Tensor],
        cx: &Context,
        recorded: bool,
    ) -> Result<(Tensor, Vec<f64>)> {
        let losses = self.compiled.as_ref().ok_or_else(not_compiled)?.loss(y, outputs, weights)?;
        let penalty = self.side(recorded).penalty()?;
        let mut total = losses.total;
        for term in penalty.into_iter().chain(cx.take_losses()) {
            let term = term.reshape([1])?;
            total = Some(match total {
                Some(sum) => sum + term,
                None => term,
            });
        }
        let total = total.ok_or_else(|| Error::order("fit", "no output has a loss").hint("give `compile` one"))?;
        Ok((total, losses.parts))
    }
}

/// `1 output`, `2 outputs`.
fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("one {what}") } else { format!("{n} {what}s") }
}

pub(crate) fn not_compiled() -> Error {
    Error::order("fit", "the model is not compiled").hint("call `compile(optimizer, loss, metrics)` first")
}

impl Trainee for Model {
    type Batch = Batch;
    const RUNNING: bool = true;

    fn prepare(&mut self, first: &Batch) -> Result<()> {
        let first = &self.ordered(first.clone())?;
        self.ensure_built(&first.x)?;
        self.sync()?;
        self.resolve()?;
        self.check(first.clone())?.iter().for_each(|warning| eprintln!("warning: {warning}"));
        Ok(())
    }

    fn train_step(&mut self, batch: Batch, step: &Step) -> Result<Logs> {
        let samples = batch.len();
        let batch = self.ordered(batch)?;
        let (y, weights) = self.targets(&batch)?;
        let cx = step.context().with_logits(true);
        let outputs = self.forward(batch.x, &cx, true)?;
        let (loss, parts) = self.total(&outputs, &y, &weights, &cx, true)?;
        // The metrics want values only. What was recorded shall end with the gradients: kept longer, it costs every operation.
        let outputs: Vec<Output> = outputs.into_iter().map(Output::inner).collect();
        let value = loss.number();
        if value.is_finite() {
            // A loss that is no number would only spoil the weights; the loop reports it.
            let optimizer = &mut self.compiled_mut()?.optimizer;
            let loss = optimizer.scale_loss(loss).float::<1>()?;
            if loss.is_tracked() {
                let gradients = GradientsParams::from_grads(loss.backward(), self.graph());
                if self.watched.is_some() {
                    let scale = self.compiled_mut()?.optimizer.loss_scale().map_or(1.0, |(factor, _)| factor);
                    let norms = gradient_norms(&gradients, self.graph());
                    self.watched = Some(norms.into_iter().map(|(path, norm)| (path, norm / scale)).collect());
                }
                // What layers assigned during the call is there before the optimizer, as in Keras: a wrapper may assign a weight.
                let updates = cx.take_updates();
                self.with_optimizer(|optimizer, graph| optimizer.apply(gradients, graph.fold(updates))?.constrain())?;
            }
            self.fold(cx.take_updates());
        }
        self.compiled_mut()?.update((value, parts), samples, &y, outputs, &weights)
    }

    fn test_step(&mut self, batch: Batch) -> Result<Logs> {
        let (tested, updates) = self.tested(batch)?;
        self.fold(updates);
        self.count(tested)
    }

    fn test_steps(&mut self, batches: Vec<Batch>) -> Result<Vec<Logs>> {
        match self.apart(&batches, Self::tested)? {
            Some(tested) => tested.into_iter().map(|tested| self.count(tested)).collect(),
            None => batches.into_iter().map(|batch| self.test_step(batch)).collect(),
        }
    }

    fn predict_step(&mut self, batch: Batch) -> Result<Vec<Tensor>> {
        self.run(batch)
    }

    fn predict_steps(&mut self, batches: Vec<Batch>) -> Result<Vec<Vec<Tensor>>> {
        match self.apart(&batches, Self::looked)? {
            Some(outputs) => Ok(outputs),
            None => batches.into_iter().map(|batch| self.run(batch)).collect(),
        }
    }

    fn finish(&mut self) -> Result<()> {
        self.with_optimizer(|optimizer, graph| Ok(optimizer.finalize(graph)))
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
        let batch = &self.ordered(batch.clone()).ok()?;
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
        let name = self.graph().first_invalid(self.values(batch.x.clone(), false), finite)?;
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

    fn learning_rates(&self) -> Vec<(String, f64)> {
        self.compiled.as_ref().map_or(Vec::new(), |c| c.optimizer.learning_rates())
    }

    fn set_learning_rates(&mut self, rates: &[f64]) -> Result<()> {
        self.compiled_mut()?.optimizer.set_learning_rates(rates)
    }

    fn direction(&self, name: &str) -> Direction {
        self.compiled.as_ref().map_or(Direction::Unknown, |c| c.direction(name))
    }

    fn named_weights(&self) -> Vec<(String, Tensor)> {
        let paths = self.graph().weights().into_iter().map(|w| w.path);
        paths.zip(kiln_core::weights::values(self.graph()).into_iter().map(|(_, value)| value.inner())).collect()
    }

    fn watch_gradients(&mut self, watch: bool) -> Result<()> {
        self.watched = watch.then(Vec::new);
        Ok(())
    }

    fn gradient_norms(&self) -> &[(String, f64)] {
        self.watched.as_deref().unwrap_or_default()
    }

    fn swap_averages(&mut self) -> Result<()> {
        self.compiled_mut()?.optimizer.check_averages()?;
        self.with_optimizer(|optimizer, graph| optimizer.swap_averages(graph))
    }

    fn model(&mut self) -> Option<&mut dyn Any> {
        Some(self)
    }

    fn state(&self) -> Result<State> {
        if !self.is_built() {
            return Err(Error::order("Model", "a model that isn't built has no state").hint("give the first layer an `input_shape`"));
        }
        let mut state = State::new();
        for (path, value) in self.named_weights() {
            state.set_tensor(&format!("weights/{path}"), &value);
        }
        for (i, (_, value)) in kiln_core::weights::states(self.graph()).iter().enumerate() {
            state.set_tensor(&format!("states/{i}"), value);
        }
        // A model in a trainee of several may have no optimizer of its own.
        if let Some(compiled) = &self.compiled {
            state.put("optimizer", compiled.optimizer.state(self.graph())?);
            state.put("running", compiled.state()?);
        }
        Ok(state)
    }

    fn restore(&mut self, state: &State) -> Result<()> {
        if !self.is_built() {
            *self = self.built()?.into_owned();
        }
        let (weights, kept) = (self.graph().weights(), state.part("weights"));
        let mut values = Vec::new();
        for weight in &weights {
            let value = kept.tensor(&weight.path)?;
            if value.shape() != weight.shape {
                let expected = format!("a weight `{}` of shape {}", weight.path, kiln_core::shape::tuple(&weight.shape));
                return Err(Error::shape("fit", expected, value.describe()).hint("the state that was kept is of another model"));
            }
            values.push((weight.id, value));
        }
        if kept.tensors().count() != weights.len() {
            return Err(Error::data("fit", "the state that was kept is of a model with more weights"));
        }
        let kept = state.part("states");
        for (i, (id, value)) in kiln_core::weights::states(self.graph()).into_iter().enumerate() {
            let carried = kept.tensor(&i.to_string())?;
            if carried.shape() != value.shape() {
                return Err(Error::data("fit", "the state that was kept is of stateful layers of other shapes"));
            }
            values.push((id, carried));
        }
        if let Some(mut compiled) = self.compiled.clone() {
            compiled.optimizer.restore(&state.part("optimizer"), self.graph())?;
            compiled.restore(&state.part("running"))?;
            self.compiled = Some(compiled);
        }
        let graph = self.take_graph();
        self.put_graph(kiln_core::weights::replace(graph, values));
        self.publish();
        Ok(())
    }
}
