//! Any layer's description behind one type, shared by all places that use it.

use crate::build::Build;
use crate::constraint::Constraint;
use crate::erased::AnyModule;
use crate::error::{Error, Result};
use crate::layer::{Layer, Options};
use crate::regularizer::Regularizer;
use crate::shape::Shape;
use std::fmt::Debug;
use std::sync::Arc;

/// The object-safe twin of [`Layer`].
trait Erased: Debug + Send + Sync {
    fn class(&self) -> &'static str;
    fn options(&self) -> &Options;
    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>>;
    fn build(&self, inputs: &[Shape], cx: &Build) -> Result<AnyModule>;
    fn regularizers(&self) -> Vec<(String, Regularizer)>;
    fn constraints(&self) -> Vec<(String, Constraint)>;
    fn activity_regularizer(&self) -> Option<Regularizer>;
    fn config(&self) -> Result<serde_json::Value>;
    fn frozen(&self, frozen: bool) -> Arc<dyn Erased>;
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

/// Any layer's description. Clones are the same layer: used twice in a graph, it has one set of weights.
#[derive(Clone, Debug)]
pub struct AnyLayer(Arc<dyn Erased>);

/// The same class with the same configuration; closures are equal only to themselves.
impl PartialEq for AnyLayer {
    fn eq(&self, other: &Self) -> bool {
        let same = |a: serde_json::Value| other.config().is_ok_and(|b| a == b);
        self.is(other) || (self.class() == other.class() && self.config().is_ok_and(same))
    }
}

impl<L: Layer> From<L> for AnyLayer {
    fn from(layer: L) -> Self {
        Self(Arc::new(layer))
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
        self.0.class()
    }

    /// The common options.
    pub fn options(&self) -> &Options {
        self.0.options()
    }

    /// The shapes of the outputs.
    ///
    /// # Errors
    /// Shapes or options that the layer can't take.
    pub fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        self.0.output_shapes(inputs)
    }

    /// Makes the weights.
    ///
    /// # Errors
    /// Shapes or options that the layer can't take.
    pub fn build(&self, inputs: &[Shape], cx: &Build) -> Result<AnyModule> {
        self.0.build(inputs, cx)
    }

    /// The regularizers of the weights, by path.
    pub fn regularizers(&self) -> Vec<(String, Regularizer)> {
        self.0.regularizers()
    }

    /// The constraints of the weights, by path.
    pub fn constraints(&self) -> Vec<(String, Constraint)> {
        self.0.constraints()
    }

    /// The regularizer of the output.
    pub fn activity_regularizer(&self) -> Option<Regularizer> {
        self.0.activity_regularizer()
    }

    /// The configuration with Keras' keys.
    ///
    /// # Errors
    /// A layer that holds a closure.
    pub fn config(&self) -> Result<serde_json::Value> {
        self.0.config()
    }

    /// The same description, frozen or not; a layer of its own.
    pub fn frozen(&self, frozen: bool) -> Self {
        Self(self.0.frozen(frozen))
    }

    /// Whether both are the same layer, not merely equal ones.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
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
