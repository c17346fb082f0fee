//! The exponential linear unit.

use crate::setters::setters;
use burn::module::Module;
use kiln_core::activation::Activation;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, MaskRule, Options};
use kiln_core::{Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// `x` from 0, `alpha * (exp(x) - 1)` below. Keras: `keras/src/layers/activations/elu.py`; Clevert and others, 2016.
///
/// ```
/// use kiln_layers::Elu;
/// let layer = Elu::new().alpha(0.5);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Elu {
    #[serde(flatten)]
    options: Options,
    // Keras' own `get_config` forgets it.
    #[serde(default = "one")]
    alpha: f64,
}

fn one() -> f64 {
    1.0
}

impl Default for Elu {
    fn default() -> Self {
        Self::new()
    }
}

impl Elu {
    /// With an alpha of 1.
    pub fn new() -> Self {
        Self { options: Options::default(), alpha: one() }
    }

    setters! { =>
        /// The output far below 0 is `-alpha`. Default 1.
        alpha: f64;
    }
}

impl Layer for Elu {
    const CLASS: &'static str = "ELU";
    type Module = EluModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        if !self.alpha.is_finite() {
            return Err(Error::option(Self::CLASS, "alpha", "a number", self.alpha));
        }
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, _: &Build) -> Result<EluModule> {
        self.output_shape(input)?;
        Ok(EluModule { alpha: self.alpha })
    }
}

/// A built [`Elu`].
#[derive(Module, Debug)]
pub struct EluModule {
    #[module(skip)]
    alpha: f64,
}

impl Call for EluModule {
    const MASK: MaskRule = MaskRule::Pass;

    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        Activation::Elu { alpha: self.alpha }.apply(x.to_float())
    }
}
