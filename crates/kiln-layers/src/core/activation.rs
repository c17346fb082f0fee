//! An activation as a layer.

use burn::module::Module;
use kiln_core::activation::Activation as Function;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, MaskRule, Options};
use kiln_core::{Context, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// Applies an activation function. Keras: `keras/src/layers/activations/activation.py`.
///
/// ```
/// use kiln_layers::Activation;
/// let layer = Activation::new("softmax");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Activation {
    #[serde(flatten)]
    options: Options,
    activation: Function,
}

impl Activation {
    /// The function, by name or value.
    pub fn new(activation: impl Into<Function>) -> Self {
        Self { options: Options::default(), activation: activation.into() }
    }
}

impl Layer for Activation {
    const CLASS: &'static str = "Activation";
    type Module = ActivationModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.activation.check()?;
        match (&self.activation, input.last()) {
            (Function::Glu { axis: -1 }, Some(n)) => Ok(input.with_last(n / 2)),
            _ => Ok(input.clone()),
        }
    }

    fn build(&self, input: &Shape, _: &Build) -> Result<ActivationModule> {
        self.output_shape(input)?;
        Ok(ActivationModule { activation: self.activation.clone() })
    }
}

/// A built [`Activation`].
#[derive(Module, Debug)]
pub struct ActivationModule {
    #[module(skip)]
    activation: Function,
}

impl Call for ActivationModule {
    const MASK: MaskRule = MaskRule::Pass;

    fn call(&self, x: Tensor, cx: &Context) -> Result<Tensor> {
        self.activation.call(x.to_float(), cx)
    }
}
