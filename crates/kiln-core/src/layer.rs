//! The two sockets of a layer: [`Layer`] describes it, [`Call`] is what it becomes.

use crate::any_layer::AnyLayer;
use crate::build::Build;
use crate::constraint::Constraint;
use crate::context::Context;
use crate::erased::AnyModule;
use crate::error::{Error, Result};
use crate::regularizer::Regularizer;
use crate::shape::Shape;
use crate::tensor::Tensor;
use crate::value::{Values, one, only};
use burn::module::Module;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::fmt::Debug;

/// The options every layer has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Options {
    /// The name; numbered from the class when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether the weights are trained. Default true.
    #[serde(default = "yes")]
    pub trainable: bool,
    /// The shape of one sample, when this is the first layer.
    #[serde(default, skip)]
    pub input_shape: Option<Vec<usize>>,
}

fn yes() -> bool {
    true
}

impl Default for Options {
    fn default() -> Self {
        Self { name: None, trainable: true, input_shape: None }
    }
}

/// The description of a layer: plain data, serialized with Keras' keys, which builds a [`Call`] for an input shape.
///
/// Setters store and never fail; [`Layer::output_shape`] and [`Layer::build`] report what is wrong with them.
pub trait Layer: Clone + Debug + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Keras' name of the class: `Dense`.
    const CLASS: &'static str;

    /// What the description becomes.
    type Module: Call;

    /// The common options. Written by [`layer_options!`](crate::layer_options).
    fn options(&self) -> &Options;

    /// The common options. Written by [`layer_options!`](crate::layer_options).
    fn options_mut(&mut self) -> &mut Options;

    /// The shape of the output for the shape of the only input.
    ///
    /// # Errors
    /// A shape or an option that the layer can't take.
    fn output_shape(&self, input: &Shape) -> Result<Shape>;

    /// Makes the weights for the shape of the only input.
    ///
    /// # Errors
    /// A shape or an option that the layer can't take.
    fn build(&self, input: &Shape, cx: &Build) -> Result<Self::Module>;

    /// The shapes of all outputs for those of all inputs. A layer of several inputs writes this one.
    ///
    /// # Errors
    /// As [`Layer::output_shape`].
    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        Ok(vec![self.output_shape(only_shape::<Self>(inputs)?)?])
    }

    /// Makes the weights for the shapes of all inputs. A layer of several inputs writes this one.
    ///
    /// # Errors
    /// As [`Layer::build`].
    fn build_many(&self, inputs: &[Shape], cx: &Build) -> Result<Self::Module> {
        self.build(only_shape::<Self>(inputs)?, cx)
    }

    /// The regularizers of the weights, by the weight's name.
    fn regularizers(&self) -> Vec<(&'static str, Regularizer)> {
        Vec::new()
    }

    /// The constraints of the weights, by the weight's name.
    fn constraints(&self) -> Vec<(&'static str, Constraint)> {
        Vec::new()
    }

    /// The layers inside this one, by the name their weights stand under: their regularizers and constraints count too.
    fn parts(&self) -> Vec<(String, AnyLayer)> {
        Vec::new()
    }

    /// The regularizer of the output.
    fn activity_regularizer(&self) -> Option<Regularizer> {
        None
    }

    /// Names the layer.
    fn name(mut self, name: &str) -> Self {
        self.options_mut().name = Some(name.to_owned());
        self
    }

    /// Whether the weights are trained. Default true.
    fn trainable(mut self, trainable: bool) -> Self {
        self.options_mut().trainable = trainable;
        self
    }

    /// The shape of one sample, for the first layer; the batch axis is left out.
    fn input_shape(mut self, shape: impl AsRef<[usize]>) -> Self {
        self.options_mut().input_shape = Some(shape.as_ref().to_vec());
        self
    }

    /// The number of features of one sample, for the first layer.
    fn input_dim(self, features: usize) -> Self {
        self.input_shape([features])
    }
}

fn only_shape<L: Layer>(inputs: &[Shape]) -> Result<&Shape> {
    match inputs {
        [one] => Ok(one),
        _ => Err(Error::shape(L::CLASS, "one input", format!("{} inputs", inputs.len()))),
    }
}

/// Writes [`Layer::options`] and [`Layer::options_mut`] for a layer with a field `options: Options`.
#[macro_export]
macro_rules! layer_options {
    () => {
        fn options(&self) -> &$crate::layer::Options {
            &self.options
        }
        fn options_mut(&mut self) -> &mut $crate::layer::Options {
            &mut self.options
        }
    };
}

/// What becomes of the mask of a layer's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaskRule {
    /// The output has the same mask.
    Pass,
    /// The output has none.
    Drop,
}

/// A built layer: a Burn module that can be called.
pub trait Call: Module + Sync + 'static {
    /// What becomes of a mask. Default: it goes away, as in Keras.
    const MASK: MaskRule = MaskRule::Drop;

    /// The output for the only input.
    ///
    /// # Errors
    /// An input of the wrong shape or dtype.
    fn call(&self, x: Tensor, cx: &Context) -> Result<Tensor>;

    /// The outputs for all inputs. A layer of several inputs or outputs, or that reads masks, writes this one.
    ///
    /// # Errors
    /// As [`Call::call`].
    fn call_many(&self, inputs: Values, cx: &Context) -> Result<Values> {
        let input = only("", inputs)?;
        let mut output = one(self.call(input.tensor, cx)?);
        if Self::MASK == MaskRule::Pass {
            output[0].mask = input.mask;
        }
        Ok(output)
    }

    /// What the layer `next` gives for this layer's output, where this layer can do the work of both at once; `None` at first. A graph asks
    /// where nothing else reads what lies between.
    ///
    /// # Errors
    /// As [`Call::call`].
    fn call_joined(&self, x: &Tensor, next: &AnyModule, cx: &Context) -> Result<Option<Tensor>> {
        let _ = (x, next, cx);
        Ok(None)
    }
}
