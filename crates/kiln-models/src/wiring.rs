//! A model among others: its layers, its symbols, the model as a layer, and weights that several models share.

use crate::model::{Model, Plan};
use crate::sequential::Sequential;
use kiln_core::any_layer::{IntoStage, Stage};
use kiln_core::blueprint::Blueprint;
use kiln_core::symbol::{On, Symbol};
use kiln_core::{AnyLayer, Error, Graph, Inner, Result};

/// The symbols at both ends of a model.
#[derive(Clone, Debug)]
pub(crate) struct Wiring {
    pub(crate) inputs: Vec<Symbol>,
    pub(crate) outputs: Vec<Symbol>,
}

/// A layer of a model: its name, or its place from 0.
#[derive(Clone, Debug)]
pub enum LayerKey {
    /// The name.
    Name(String),
    /// The place.
    Place(usize),
}

impl From<&str> for LayerKey {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}
impl From<usize> for LayerKey {
    fn from(place: usize) -> Self {
        Self::Place(place)
    }
}

impl Model {
    pub(crate) fn planned(&self) -> Result<&Blueprint> {
        self.blueprint.as_ref().ok_or_else(|| {
            Error::order("Model", "the layers are not known yet")
                .hint("give the first layer an `input_shape`, call `build`, or fit it first")
        })
    }

    fn wired(&self) -> Result<&Wiring> {
        if let Some(wiring) = self.wiring.get() {
            return Ok(wiring);
        }
        let blueprint = self.planned()?;
        let mut last = Symbol::input(None, blueprint.shapes[0].clone());
        let inputs = vec![last.clone()];
        for step in &blueprint.steps {
            last = blueprint.layers[step.layer].layer.on(&last)?;
        }
        Ok(self.wiring.get_or_init(|| Wiring { inputs, outputs: vec![last] }))
    }

    /// The inputs as symbols, to build other models on.
    ///
    /// # Errors
    /// A model that isn't built.
    pub fn inputs(&self) -> Result<Vec<Symbol>> {
        Ok(self.wired()?.inputs.clone())
    }

    /// The outputs as symbols, to put further layers on. A model made of them starts from this one's weights, and what one of the two
    /// learns in a `fit`, the other has at its next use.
    ///
    /// ```
    /// use kiln_core::symbol::On;
    /// use kiln_core::{Layer, Tensor};
    /// use kiln_layers::Dense;
    /// use kiln_models::{Model, sequential};
    /// let mut base = sequential![Dense::new(8).activation("relu"), Dense::new(3)];
    /// base.build([4])?;
    /// let features = base.layer_output("dense")?;
    /// let mut extractor = Model::new(&base.inputs()?, &features)?;
    /// assert_eq!(extractor.predict(&Tensor::ones([2, 4]))?.shape(), [2, 8]);
    /// base.get_layer("dense")?.set_trainable(false);
    /// let out = Dense::new(5).name("new_head").on(&features)?;
    /// let transfer = Model::new(&base.inputs()?, &out)?;
    /// assert_eq!(transfer.get_weights()?[0].to_vec::<f32>(), base.get_weights()?[0].to_vec::<f32>());
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// A model that isn't built.
    pub fn outputs(&self) -> Result<Vec<Symbol>> {
        Ok(self.wired()?.outputs.clone())
    }

    /// The output of a layer, by its name or place, as a symbol.
    ///
    /// # Errors
    /// A model that isn't built; a layer it doesn't have.
    pub fn layer_output(&self, layer: impl Into<LayerKey>) -> Result<Symbol> {
        let layer = self.get_layer(layer)?;
        let found = Symbol::of_layer(&layer, &self.wired()?.outputs);
        found.ok_or_else(|| Error::order("Model", "the layer is not on the way to an output"))
    }

    /// The layers, each once.
    ///
    /// # Errors
    /// A model that isn't built.
    pub fn layers(&self) -> Result<Vec<AnyLayer>> {
        Ok(self.planned()?.layers().cloned().collect())
    }

    /// A layer, by its name or place (the inputs don't count).
    ///
    /// # Errors
    /// A model that isn't built; a layer it doesn't have, with the nearest name.
    pub fn get_layer(&self, layer: impl Into<LayerKey>) -> Result<AnyLayer> {
        let blueprint = self.planned()?;
        match layer.into() {
            LayerKey::Name(name) => {
                let found = blueprint.layers.iter().find(|l| l.name == name);
                found
                    .map(|l| l.layer.clone())
                    .ok_or_else(|| Error::unknown("layer", &name, blueprint.layers.iter().map(|l| l.name.as_str())))
            }
            LayerKey::Place(place) => {
                let found = blueprint.layers.get(place).map(|l| l.layer.clone());
                found.ok_or_else(|| Error::option("get_layer", "place", format!("below {}", blueprint.layers.len()), place))
            }
        }
    }

    /// Freezes all layers, or makes all of them trained. [`Model::get_layer`] gives one to `set_trainable` on.
    ///
    /// # Errors
    /// A model that isn't built.
    pub fn set_trainable(&mut self, trainable: bool) -> Result<()> {
        self.planned()?.layers().for_each(|layer| layer.set_trainable(trainable));
        self.sync()
    }

    /// The same architecture with new weights. Keras: `clone_model`.
    ///
    /// # Errors
    /// A device that isn't there.
    pub fn clone_model(&self) -> Result<Self> {
        let mut model = self.clone_plan();
        if let Some(blueprint) = model.blueprint.clone() {
            model.build_from(blueprint)?;
        }
        Ok(model)
    }

    /// The plan with new layers, without weights.
    pub(crate) fn clone_plan(&self) -> Self {
        // The layers of a chain and those of its blueprint are the same.
        let (mut old, mut new) = (Vec::new(), Vec::new());
        let mut renew = |layer: &AnyLayer| -> AnyLayer {
            if let Some(place) = old.iter().position(|l: &AnyLayer| l.is(layer)) {
                let known: &AnyLayer = &new[place];
                return known.clone();
            }
            old.push(layer.clone());
            new.push(layer.renewed());
            new[new.len() - 1].clone()
        };
        let mut renew_plan = |blueprint: &Blueprint| {
            let mut blueprint = blueprint.clone();
            blueprint.layers.iter_mut().for_each(|l| l.layer = renew(&l.layer));
            blueprint
        };
        let blueprint = self.blueprint.as_ref().map(&mut renew_plan);
        let plan = match &self.plan {
            Plan::Chain { layers, input } => Plan::Chain { layers: layers.iter().map(renew).collect(), input: input.clone() },
            Plan::Wired(plan) => Plan::Wired(blueprint.clone().unwrap_or_else(|| plan.renewed())),
            Plan::Module => Plan::Module,
        };
        let mut model = Self::from_plan(plan, self.name());
        model.blueprint = blueprint;
        model
    }

    /// Lets the other models that have these layers know the weights.
    pub(crate) fn publish(&mut self) {
        if let (true, Some(blueprint)) = (self.is_built(), &self.blueprint) {
            self.graph().remember(blueprint.layers());
            self.seen = version(blueprint);
        }
    }

    /// Whether another model has changed the weights since this one looked.
    pub(crate) fn is_stale(&self) -> bool {
        self.is_built() && self.blueprint.as_ref().is_some_and(|blueprint| version(blueprint) > self.seen)
    }

    /// The graph with the weights that other models have made of the layers.
    pub(crate) fn latest_graph(&self) -> Option<Graph> {
        let graph = self.is_built().then(|| self.graph().clone())?;
        match &self.blueprint {
            Some(blueprint) if self.is_stale() => Some(graph.clone().recall(blueprint.layers()).unwrap_or(graph)),
            _ => Some(graph),
        }
    }

    /// Takes over what other models have made of the layers: weights, and what is frozen.
    pub(crate) fn sync(&mut self) -> Result<()> {
        let Some(blueprint) = self.blueprint.as_ref().filter(|_| self.is_built()) else { return Ok(()) };
        let version = version(blueprint);
        let (stale, refrozen) = (version > self.seen, !self.graph().is_frozen_as(blueprint.layers()));
        if !stale && !refrozen {
            return Ok(());
        }
        let blueprint = blueprint.clone();
        if stale {
            // Recalling fails for weights of another shape only, which a graph that was built can't have.
            let graph = self.graph().clone().recall(blueprint.layers())?;
            self.take_graph();
            self.put_graph(graph);
            self.seen = version;
        }
        if refrozen {
            let graph = self.take_graph();
            self.put_graph(graph.freeze(blueprint.layers()));
        }
        Ok(())
    }
}

fn version(blueprint: &Blueprint) -> u64 {
    blueprint.layers().map(AnyLayer::version).max().unwrap_or(0)
}

/// The model as a layer: `encoder.on(&x)?`. Its layers stay the model's own, with one set of weights.
impl From<&Model> for AnyLayer {
    fn from(model: &Model) -> Self {
        let inner = match (&model.plan, &model.blueprint) {
            (Plan::Chain { layers, .. }, _) => Inner::Chain(layers.clone()),
            (Plan::Wired(blueprint), _) => Inner::Wired(blueprint.clone()),
            (Plan::Module, _) => Inner::Chain(Vec::new()),
        };
        AnyLayer::nested(model.name(), inner)
    }
}
impl From<&Sequential> for AnyLayer {
    fn from(model: &Sequential) -> Self {
        let model: &Model = model;
        model.into()
    }
}
impl On for &Model {}
impl On for &Sequential {}
impl IntoStage for &Model {
    fn into_stage(self) -> Stage {
        Stage::Layer(self.into())
    }
}
impl IntoStage for &Sequential {
    fn into_stage(self) -> Stage {
        Stage::Layer(self.into())
    }
}
