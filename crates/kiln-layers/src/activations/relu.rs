//! The rectified linear unit, with slope, ceiling and threshold.

use super::check_number;
use crate::setters::setters;
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, MaskRule, Options};
use kiln_core::{Context, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// `x` from `threshold` up to `max_value`, `max_value` above it, `negative_slope * (x - threshold)` below the threshold.
///
/// Keras: `keras/src/layers/activations/relu.py`.
///
/// ```
/// use kiln_layers::Relu;
/// let relu6 = Relu::new().max_value(6.0);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relu {
    #[serde(flatten)]
    options: Options,
    max_value: Option<f64>,
    negative_slope: f64,
    threshold: f64,
}

impl Default for Relu {
    fn default() -> Self {
        Self::new()
    }
}

impl Relu {
    /// `max(x, 0)`.
    pub fn new() -> Self {
        Self { options: Options::default(), max_value: None, negative_slope: 0.0, threshold: 0.0 }
    }

    setters! { =>
        /// The ceiling. Default none.
        max_value: maybe f64;
        /// The slope below the threshold. Default 0.
        negative_slope: f64;
        /// Below it, the slope is another. Default 0.
        threshold: f64;
    }
}

impl Layer for Relu {
    const CLASS: &'static str = "ReLU";
    type Module = ReluModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        check_number(Self::CLASS, "max_value", self.max_value.unwrap_or(0.0))?;
        check_number(Self::CLASS, "negative_slope", self.negative_slope)?;
        check_number(Self::CLASS, "threshold", self.threshold)?;
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, _: &Build) -> Result<ReluModule> {
        self.output_shape(input)?;
        Ok(ReluModule { layer: self.clone() })
    }
}

/// A built [`Relu`].
#[derive(Module, Debug)]
pub struct ReluModule {
    #[module(skip)]
    layer: Relu,
}

impl Call for ReluModule {
    const MASK: MaskRule = MaskRule::Pass;

    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        let Relu { max_value, negative_slope, threshold, .. } = self.layer;
        let x = x.to_float();
        let below = (negative_slope != 0.0).then(|| (threshold - &x).relu() * negative_slope);
        let mut y = if threshold == 0.0 { x.relu() } else { x.greater(threshold)?.select_where(&x, 0.0)? };
        if let Some(max_value) = max_value {
            y = y.minimum(max_value)?;
        }
        match below {
            Some(below) => y.try_sub(below),
            None => Ok(y),
        }
    }
}
