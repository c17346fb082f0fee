//! Normalization to length 1.

use super::rows::rows;
use crate::axes::Axes;
use crate::setters::setters;
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, MaskRule, Options};
use kiln_core::{Context, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// `x / sqrt(sum(x²))`, the sum over `axis`; zeros stay zeros. Keras: `keras/src/layers/normalization/unit_normalization.py`.
///
/// ```
/// use kiln_layers::UnitNormalization;
/// let layer = UnitNormalization::new().axis([1, 2]);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnitNormalization {
    #[serde(flatten)]
    options: Options,
    axis: Axes,
}

impl Default for UnitNormalization {
    fn default() -> Self {
        Self::new()
    }
}

impl UnitNormalization {
    /// Over the last axis.
    pub fn new() -> Self {
        Self { options: Options::default(), axis: Axes::One(-1) }
    }

    setters! { =>
        /// The axis, or the axes, over which the length is 1. Default -1.
        axis: into Axes;
    }
}

impl Layer for UnitNormalization {
    const CLASS: &'static str = "UnitNormalization";
    type Module = UnitNormalizationModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.axis.positions(Self::CLASS, "axis", input)?;
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, _: &Build) -> Result<UnitNormalizationModule> {
        self.output_shape(input)?;
        Ok(UnitNormalizationModule { axis: self.axis.clone() })
    }
}

/// A built [`UnitNormalization`].
#[derive(Module, Debug)]
pub struct UnitNormalizationModule {
    #[module(skip)]
    axis: Axes,
}

/// The square of the length below which Keras divides by 1e-12 instead; it also keeps the gradient at 0 a number.
const SMALLEST: f64 = 1e-24;

impl Call for UnitNormalizationModule {
    const MASK: MaskRule = MaskRule::Pass;

    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        let axes = self.axis.positions(UnitNormalization::CLASS, "axis", &Shape::known(x.shape()))?;
        let (x, back) = rows(x, &axes)?;
        let length = x.clone().square().sum_dim(1).clamp_min(SMALLEST).sqrt();
        back.restore(x / length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_core::GradientTape;

    #[test]
    fn zeros_stay_zeros_with_a_finite_gradient() {
        let module = UnitNormalizationModule { axis: Axes::One(-1) };
        let tape = GradientTape::new();
        let x = tape.watch(&Tensor::constant([[0.0, 0.0], [3.0, 4.0]])).unwrap();
        let y = module.call(x.clone(), &Context::inference()).unwrap();
        assert_eq!(y.to_vec::<f32>(), [0.0, 0.0, 0.6, 0.8]);
        let gradient = tape.gradient(&y.sum(), [&x]).unwrap().remove(0).unwrap();
        assert!(gradient.to_vec::<f32>().iter().all(|g| g.is_finite()));
        let error = UnitNormalization::new().axis(5).output_shape(&Shape::batch_of([2])).unwrap_err();
        assert_eq!(error.to_string(), "UnitNormalization: `axis` must be in -2..2 for an input of shape (None, 2), received 5");
    }
}
