//! Any layer's description behind one type, shared by all places that use it.

use crate::build::Build;
use crate::constraint::Constraint;
use crate::erased::AnyModule;
use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::layer::{Layer, Options};
use crate::layer_state::LayerState;
use crate::nested::Inner;
use crate::regularizer::Regularizer;
use crate::shape::Shape;
use crate::weights;
use std::fmt::Debug;
use std::sync::Arc;

/// The object-safe twin of [`Layer`].
pub(crate) trait Erased: Debug + Send + Sync {
    fn class(&self) -> &'static str;
    fn options(&self) -> &Options;
    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>>;
    fn build(&self, inputs: &[Shape], cx: &Build) -> Result<AnyModule>;
    fn regularizers(&self) -> Vec<(String, Regularizer)>;
    fn constraints(&self) -> Vec<(String, Constraint)>;
    fn activity_regularizer(&self) -> Option<Regularizer>;
    fn config(&self) -> Result<serde_json::Value>;
    fn frozen(&self, frozen: bool) -> Arc<dyn Erased>;
    /// The layers of a nested model, each once, in the order of its graph.
    fn inner(&self) -> Vec<AnyLayer> {
        Vec::new()
    }
    /// What is inside a nested model.
    fn model(&self) -> Option<&Inner> {
        None
    }
    /// A nested model with new layers inside.
    fn renewed(&self) -> Option<Arc<dyn Erased>> {
        None
    }
}

impl<L: Layer> Erased for L {
    fn class(&self) -> &'static str {
        L::CLASS
    }
    fn options(&self) -> &Options {
        Layer::options(self)
    }
    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        Layer::output_shapes(self, inputs)
    }
    fn build(&self, inputs: &[Shape], cx: &Build) -> Result<AnyModule> {
        Ok(AnyModule::new(self.build_many(inputs, cx)?))
    }
    fn regularizers(&self) -> Vec<(String, Regularizer)> {
        with_parts(Layer::regularizers(self), &self.parts(), AnyLayer::regularizers)
    }
    fn constraints(&self) -> Vec<(String, Constraint)> {
        with_parts(Layer::constraints(self), &self.parts(), AnyLayer::constraints)
    }
    fn activity_regularizer(&self) -> Option<Regularizer> {
        Layer::activity_regularizer(self)
    }
    fn config(&self) -> Result<serde_json::Value> {
        serde_json::to_value(self).map_err(|e| Error::option(L::CLASS, "config", "serializable", e))
    }
    fn frozen(&self, frozen: bool) -> Arc<dyn Erased> {
        Arc::new(self.clone().trainable(!frozen))
    }
}

/// What concerns a layer's own weights, and what concerns those of the layers inside it, under their names.
fn with_parts<T>(
    own: Vec<(&'static str, T)>,
    parts: &[(String, AnyLayer)],
    of: impl Fn(&AnyLayer) -> Vec<(String, T)>,
) -> Vec<(String, T)> {
    let own = own.into_iter().map(|(weight, t)| (weight.to_owned(), t));
    let inner = parts.iter().flat_map(|(name, layer)| of(layer).into_iter().map(move |(weight, t)| (format!("{name}.{weight}"), t)));
    own.chain(inner).collect()
}

/// Any layer: its description, and what all models that have it share. Clones are the same layer: used twice in a graph, it has
/// one set of weights; used in two models, each starts from the weights that the other has trained.
#[derive(Clone, Debug)]
pub struct AnyLayer {
    description: Arc<dyn Erased>,
    state: Arc<LayerState>,
}

/// The same class with the same configuration; closures are equal only to themselves.
impl PartialEq for AnyLayer {
    fn eq(&self, other: &Self) -> bool {
        let same = |a: serde_json::Value| other.config().is_ok_and(|b| a == b);
        self.is(other) || (self.class() == other.class() && self.config().is_ok_and(same))
    }
}

impl<L: Layer> From<L> for AnyLayer {
    fn from(layer: L) -> Self {
        Self::from_erased(Arc::new(layer))
    }
}

/// A stage of a sequential model: a layer, or the declared shape of its input.
#[derive(Clone, Debug)]
pub enum Stage {
    /// A layer.
    Layer(AnyLayer),
    /// The shape of the input, with the batch axis.
    Input(Shape),
}

/// What can be added to a sequential model.
#[diagnostic::on_unimplemented(message = "`{Self}` can't be added to a model", label = "a layer, or an `Input`")]
pub trait IntoStage {
    /// The stage.
    fn into_stage(self) -> Stage;
}

impl<L: Layer> IntoStage for L {
    fn into_stage(self) -> Stage {
        Stage::Layer(self.into())
    }
}

impl IntoStage for AnyLayer {
    fn into_stage(self) -> Stage {
        Stage::Layer(self)
    }
}

impl AnyLayer {
    /// Keras' name of the class.
    pub fn class(&self) -> &'static str {
        self.description.class()
    }

    /// The common options.
    pub fn options(&self) -> &Options {
        self.description.options()
    }

    /// The shapes of the outputs.
    ///
    /// # Errors
    /// Shapes or options that the layer can't take, an axis of 2⁴⁰ cells or more.
    pub fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let shapes = self.description.output_shapes(inputs)?;
        // So that no later layer's sums and products of sizes leave their numbers.
        match shapes.iter().find(|shape| shape.axes().iter().flatten().any(|n| *n as u64 >= 1 << 40)) {
            Some(shape) => Err(Error::shape(self.class(), "an output that some memory can hold", shape)),
            None => Ok(shapes),
        }
    }

    /// Makes the weights.
    ///
    /// # Errors
    /// Shapes or options that the layer can't take.
    pub fn build(&self, inputs: &[Shape], cx: &Build) -> Result<AnyModule> {
        let module = self.description.build(inputs, cx)?;
        Ok(if self.trainable() { module } else { module.frozen() })
    }

    /// The regularizers of the weights, by path.
    pub fn regularizers(&self) -> Vec<(String, Regularizer)> {
        self.description.regularizers()
    }

    /// The constraints of the weights, by path.
    pub fn constraints(&self) -> Vec<(String, Constraint)> {
        self.description.constraints()
    }

    /// The regularizer of the output.
    pub fn activity_regularizer(&self) -> Option<Regularizer> {
        self.description.activity_regularizer()
    }

    /// The configuration with Keras' keys.
    ///
    /// # Errors
    /// A layer that holds a closure.
    pub fn config(&self) -> Result<serde_json::Value> {
        self.description.config()
    }

    /// What is inside, if the layer is a model.
    pub fn model(&self) -> Option<&Inner> {
        self.description.model()
    }

    /// The same description, frozen or not; a layer of its own.
    pub fn frozen(&self, frozen: bool) -> Self {
        Self::from_erased(self.description.frozen(frozen))
    }

    /// Whether both are the same layer, not merely equal ones.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.state, &other.state)
    }

    /// The name: the user's, or the one that the first model gave it.
    pub fn name(&self) -> Option<&str> {
        self.options().name.as_deref().or_else(|| self.state.name())
    }

    pub(crate) fn call_it(&self, name: &str) {
        self.state.call_it(name);
    }

    /// Whether the weights are trained.
    pub fn trainable(&self) -> bool {
        self.state.trainable().unwrap_or(self.options().trainable)
    }

    /// Whether the weights are trained, in every model that has the layer, from its next `compile`, `fit` or `evaluate` on; for a
    /// nested model, those of all its layers.
    pub fn set_trainable(&self, trainable: bool) {
        self.state.set_trainable(trainable);
        self.description.inner().iter().for_each(|layer| layer.set_trainable(trainable));
    }

    pub(crate) fn from_erased(description: Arc<dyn Erased>) -> Self {
        Self { description, state: Arc::default() }
    }

    /// The same description as a layer of its own, with no weights yet.
    pub fn renewed(&self) -> Self {
        let state = LayerState::default();
        if let Some(name) = self.state.name() {
            state.call_it(name);
        }
        if let Some(trainable) = self.state.trainable() {
            state.set_trainable(trainable);
        }
        let description = self.description.renewed().unwrap_or_else(|| self.description.clone());
        Self { description, state: Arc::new(state) }
    }

    /// New layers for `layers`; what was one layer is one again.
    pub fn renew_all(layers: &[Self]) -> Vec<Self> {
        let mut renewed: Vec<Self> = Vec::with_capacity(layers.len());
        for (i, layer) in layers.iter().enumerate() {
            let before = layers[..i].iter().position(|l| l.is(layer));
            renewed.push(before.map_or_else(|| layer.renewed(), |place| renewed[place].clone()));
        }
        renewed
    }

    /// Keeps the weights of `module` for the other models that have the layer.
    pub(crate) fn remember(&self, module: &AnyModule) {
        match (self.description.inner(), module.downcast_ref::<Graph>()) {
            (inner, Some(graph)) if !inner.is_empty() => graph.remember(inner.iter()),
            _ => self.state.remember(module),
        }
    }

    /// A number that grows whenever a model has changed the weights; 0 before there are any.
    pub fn version(&self) -> u64 {
        self.description.inner().iter().map(Self::version).max().unwrap_or_else(|| self.state.version())
    }

    /// `module` with the weights that the layer had last.
    pub(crate) fn recall(&self, module: AnyModule) -> Result<AnyModule> {
        match (self.description.inner(), module.downcast_ref::<Graph>()) {
            (inner, Some(graph)) if !inner.is_empty() => Ok(AnyModule::new(graph.clone().recall(inner.iter())?)),
            _ => self.state.recall(module),
        }
    }

    /// `module` with gradients for what is trained and none for what isn't.
    pub(crate) fn freeze(&self, module: AnyModule) -> AnyModule {
        match (self.state.trainable(), self.description.inner(), module.downcast_ref::<Graph>()) {
            (Some(false), ..) => module.frozen(),
            (_, inner, Some(graph)) if !inner.is_empty() => AnyModule::new(graph.clone().freeze(inner.iter())).marked(self.trainable()),
            (Some(true), ..) => weights::unfreeze(module).marked(true),
            // As it was built: a layer may be frozen inside.
            (None, ..) if self.options().trainable => module,
            (None, ..) => module.frozen(),
        }
    }

    /// Whether `freeze` would change nothing.
    pub(crate) fn is_frozen_as(&self, module: &AnyModule) -> bool {
        let inner = self.description.inner();
        let inside = || module.downcast_ref::<Graph>().is_none_or(|graph| graph.is_frozen_as(inner.iter()));
        self.trainable() == module.is_trained() && (inner.is_empty() || !module.is_trained() || inside())
    }
}

/// Keras' automatic name: `Conv2D` becomes `conv2d`, `MaxPooling2D` `max_pooling2d`, `PReLU` `p_re_lu`.
///
/// ```
/// use kiln_core::any_layer::snake_case;
/// assert_eq!(snake_case("MaxPooling2D"), "max_pooling2d");
/// assert_eq!(snake_case("BatchNormalization"), "batch_normalization");
/// assert_eq!(snake_case("PReLU"), "p_re_lu");
/// assert_eq!(snake_case("LSTM"), "lstm");
/// ```
pub fn snake_case(class: &str) -> String {
    let letters: Vec<char> = class.chars().collect();
    let mut name = String::new();
    for (i, c) in letters.iter().enumerate() {
        // An underscore goes before a capital that starts a word: one followed by a small letter, or following one.
        let starts = c.is_uppercase() && i > 0 && (letters[i - 1].is_lowercase() || letters.get(i + 1).is_some_and(|n| n.is_lowercase()));
        if starts {
            name.push('_');
        }
        name.extend(c.to_lowercase());
    }
    name
}
