//! What files need of a model: its parts to be written, and a model made of parts that were read.

use crate::model::{Model, Plan};
use burn::module::ParamId;
use kiln_core::blueprint::Blueprint;
use kiln_core::build::Build;
use kiln_core::symbol::Symbol;
use kiln_core::{AnyLayer, Device, Result, Shape, Tensor};
use kiln_train::outputs::PerOutput;
use kiln_train::{AnyLoss, MetricSpec, Optimizer};

/// What [`Model::compile_with`] was given.
#[derive(Clone, Copy, Debug)]
pub struct Compilation<'a> {
    /// The optimizer with its state.
    pub optimizer: &'a Optimizer,
    /// The losses.
    pub losses: &'a PerOutput<AnyLoss>,
    /// The metrics.
    pub metrics: &'a PerOutput<Vec<MetricSpec>>,
    /// The metrics that count sample weights.
    pub weighted_metrics: &'a PerOutput<Vec<MetricSpec>>,
    /// The factors of the losses.
    pub loss_weights: &'a PerOutput<f64>,
}

impl Model {
    /// The layers of a chain and the shape it declares; `None` for other models.
    pub fn chain(&self) -> Option<(&[AnyLayer], Option<&Shape>)> {
        match &self.plan {
            Plan::Chain { layers, input } => Some((layers, input.as_ref())),
            _ => None,
        }
    }

    /// What the model was compiled with.
    pub fn compilation(&self) -> Option<Compilation<'_>> {
        self.compiled.as_ref().map(|c| Compilation {
            optimizer: &c.optimizer,
            losses: &c.losses,
            metrics: &c.metrics,
            weighted_metrics: &c.weighted,
            loss_weights: &c.weights,
        })
    }

    /// The optimizer of a compiled model, to load its state.
    pub fn optimizer_mut(&mut self) -> Option<&mut Optimizer> {
        self.compiled.as_mut().map(|c| &mut c.optimizer)
    }

    /// Sets weights by their ids. A value of another shape than its weight's is passed over.
    pub fn assign(&mut self, values: Vec<(ParamId, Tensor)>) {
        let graph = self.take_graph();
        self.put_graph(kiln_core::weights::replace(graph, values));
        self.publish();
    }

    /// A chain that a file describes. With a shape it is built: weights are zeros, and no more than `values` numbers.
    ///
    /// # Errors
    /// Shapes or options that a layer can't take, more weights.
    pub fn restore_chain(name: &str, layers: Vec<AnyLayer>, input: Option<Shape>, values: usize) -> Result<Self> {
        let plan = input.clone().filter(|_| !layers.is_empty()).map(|shape| Blueprint::chain(&layers, shape)).transpose()?;
        let mut model = Self::from_plan(Plan::Chain { layers, input }, name);
        if let Some(plan) = plan {
            model.build_with(plan, &Build::for_file(&Device::current()?, values))?;
        }
        Ok(model)
    }

    /// A graph that a file describes, as [`Model::restore_chain`] does for a chain.
    ///
    /// # Errors
    /// Those of [`Model::new`], more weights.
    pub fn restore(name: &str, inputs: &[Symbol], outputs: &[Symbol], values: usize) -> Result<Self> {
        let plan = Blueprint::trace(inputs, outputs)?;
        let mut model = Self::from_plan(Plan::Wired(plan.clone()), name);
        model.build_with(plan, &Build::for_file(&Device::current()?, values))?;
        Ok(model)
    }
}
