//! The leaky rectified linear unit.

use super::check_number;
use crate::setters::setters;
use burn::module::Module;
use kiln_core::activation::Activation;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, MaskRule, Options};
use kiln_core::{Context, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// `x` from 0, `negative_slope * x` below. Keras: `keras/src/layers/activations/leaky_relu.py`.
///
/// The slope is 0.3; the activation named `leaky_relu` has 0.2, in Keras too.
///
/// ```
/// use kiln_layers::LeakyRelu;
/// let layer = LeakyRelu::new().negative_slope(0.1);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeakyRelu {
    #[serde(flatten)]
    options: Options,
    negative_slope: f64,
}

impl Default for LeakyRelu {
    fn default() -> Self {
        Self::new()
    }
}

impl LeakyRelu {
    /// With a slope of 0.3.
    pub fn new() -> Self {
        Self { options: Options::default(), negative_slope: 0.3 }
    }

    setters! { =>
        /// The slope below 0. Default 0.3.
        negative_slope: f64;
    }
}

impl Layer for LeakyRelu {
    const CLASS: &'static str = "LeakyReLU";
    type Module = LeakyReluModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        check_number(Self::CLASS, "negative_slope", self.negative_slope)?;
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, _: &Build) -> Result<LeakyReluModule> {
        self.output_shape(input)?;
        Ok(LeakyReluModule { negative_slope: self.negative_slope })
    }
}

/// A built [`LeakyRelu`].
#[derive(Module, Debug)]
pub struct LeakyReluModule {
    #[module(skip)]
    negative_slope: f64,
}

impl Call for LeakyReluModule {
    const MASK: MaskRule = MaskRule::Pass;

    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        Activation::LeakyRelu { negative_slope: self.negative_slope }.apply(x.to_float())
    }
}
