//! A model as a layer of another.

use crate::any_layer::{AnyLayer, Erased};
use crate::blueprint::Blueprint;
use crate::build::Build;
use crate::constraint::Constraint;
use crate::erased::AnyModule;
use crate::error::{Error, Result};
use crate::layer::Options;
use crate::regularizer::Regularizer;
use crate::shape::Shape;
use std::sync::Arc;

/// What is inside a nested model.
#[derive(Clone, Debug)]
pub enum Inner {
    /// Layers that follow one another.
    Chain(Vec<AnyLayer>),
    /// Any graph.
    Wired(Blueprint),
}

/// A model that is used as a layer. Its layers are those of the model itself: they have one set of weights.
#[derive(Clone, Debug)]
pub(crate) struct Nested {
    options: Options,
    inner: Inner,
}

impl AnyLayer {
    /// A model, called `name`, as a layer.
    pub fn nested(name: &str, inner: Inner) -> Self {
        let options = Options { name: Some(name.to_owned()), ..Options::default() };
        Self::from_erased(Arc::new(Nested { options, inner }))
    }
}

impl Nested {
    /// The plan of the inside for inputs of these shapes.
    fn plan(&self, inputs: &[Shape]) -> Result<Blueprint> {
        match (&self.inner, inputs) {
            (Inner::Chain(layers), [shape]) => Blueprint::chain(layers, shape.clone()),
            (Inner::Chain(_), _) => Err(Error::shape("Sequential", "one input", format!("{} inputs", inputs.len()))),
            (Inner::Wired(blueprint), _) => blueprint.for_shapes(inputs),
        }
    }

    /// What `of` says of each layer, under its path.
    fn each<T>(&self, of: impl Fn(&AnyLayer) -> Vec<(String, T)>) -> Vec<(String, T)> {
        let names = match &self.inner {
            Inner::Wired(blueprint) => blueprint.layers.iter().map(|l| (l.name.clone(), l.layer.clone())).collect(),
            // The names are the same for every shape.
            Inner::Chain(layers) => Blueprint::names(layers).unwrap_or_default(),
        };
        names.iter().flat_map(|(name, layer)| of(layer).into_iter().map(move |(path, t)| (format!("{name}.{path}"), t))).collect()
    }
}

impl Erased for Nested {
    fn class(&self) -> &'static str {
        match self.inner {
            Inner::Chain(_) => "Sequential",
            Inner::Wired(_) => "Functional",
        }
    }
    fn options(&self) -> &Options {
        &self.options
    }
    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let plan = self.plan(inputs)?;
        Ok(plan.outputs.iter().map(|&slot| plan.shapes[slot].clone()).collect())
    }
    fn build(&self, inputs: &[Shape], cx: &Build) -> Result<AnyModule> {
        Ok(AnyModule::new(self.plan(inputs)?.build_at(cx)?))
    }
    fn regularizers(&self) -> Vec<(String, Regularizer)> {
        self.each(AnyLayer::regularizers)
    }
    fn constraints(&self) -> Vec<(String, Constraint)> {
        self.each(AnyLayer::constraints)
    }
    fn activity_regularizer(&self) -> Option<Regularizer> {
        None // each layer inside has its own
    }
    fn config(&self) -> Result<serde_json::Value> {
        Err(Error::option(self.class(), "config", "that of a layer", "a model's").hint("save the model that it is part of"))
    }
    fn frozen(&self, frozen: bool) -> Arc<dyn Erased> {
        Arc::new(Self { options: Options { trainable: !frozen, ..self.options.clone() }, inner: self.inner.clone() })
    }
    fn model(&self) -> Option<&Inner> {
        Some(&self.inner)
    }
    fn inner(&self) -> Vec<AnyLayer> {
        let layers: Vec<AnyLayer> = match &self.inner {
            Inner::Chain(layers) => layers.clone(),
            Inner::Wired(blueprint) => blueprint.layers.iter().map(|l| l.layer.clone()).collect(),
        };
        let first = |i: &usize| !layers[..*i].iter().any(|l| l.is(&layers[*i]));
        (0..layers.len()).filter(first).map(|i| layers[i].clone()).collect()
    }
    fn renewed(&self) -> Option<Arc<dyn Erased>> {
        let inner = match &self.inner {
            Inner::Chain(layers) => Inner::Chain(AnyLayer::renew_all(layers)),
            Inner::Wired(blueprint) => Inner::Wired(blueprint.renewed()),
        };
        Some(Arc::new(Self { options: self.options.clone(), inner }))
    }
}
