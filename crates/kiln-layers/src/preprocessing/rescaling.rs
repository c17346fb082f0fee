//! Values brought to another range.

use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, MaskRule, Options};
use kiln_core::{Context, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// `x * scale + offset`. Keras: `keras/src/layers/preprocessing/rescaling.py`.
///
/// ```
/// use kiln_layers::Rescaling;
/// let to_unit = Rescaling::new(1.0 / 255.0);
/// let to_plus_minus_one = Rescaling::new(1.0 / 127.5).offset(-1.0);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rescaling {
    #[serde(flatten)]
    options: Options,
    scale: f64,
    offset: f64,
}

impl Rescaling {
    /// The factor.
    pub fn new(scale: f64) -> Self {
        Self { options: Options::default(), scale, offset: 0.0 }
    }

    /// Added after scaling. Default 0.
    pub fn offset(mut self, offset: f64) -> Self {
        self.offset = offset;
        self
    }
}

impl Layer for Rescaling {
    const CLASS: &'static str = "Rescaling";
    type Module = RescalingModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, _: &Build) -> Result<RescalingModule> {
        Ok(RescalingModule { scale: self.scale, offset: self.offset })
    }
}

/// A built [`Rescaling`].
#[derive(Module, Debug)]
pub struct RescalingModule {
    #[module(skip)]
    scale: f64,
    #[module(skip)]
    offset: f64,
}

impl Call for RescalingModule {
    const MASK: MaskRule = MaskRule::Pass;

    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        let scaled = x.to_float() * self.scale;
        Ok(if self.offset == 0.0 { scaled } else { scaled + self.offset })
    }
}
