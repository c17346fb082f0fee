//! Layer normalization.

use super::affine::{Affine, affine_setters, check_epsilon};
use super::rows::rows;
use crate::axes::{Axes, fit, reshape, spec};
use crate::setters::setters;
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::constraint::Constraint;
use kiln_core::initializer::Initializer;
use kiln_core::kernels::layer_norm;
use kiln_core::layer::{Call, Layer, MaskRule, Options};
use kiln_core::regularizer::Regularizer;
use kiln_core::{AnyParam, Context, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// `(x - mean) / sqrt(variance + epsilon) * gamma + beta`, with mean and variance of each sample over `axis`.
///
/// Weights: `gamma` and `beta`, of the shape of `axis`. Keras: `keras/src/layers/normalization/layer_normalization.py`; Ba and
/// others, 2016.
///
/// ```
/// use kiln_layers::LayerNormalization;
/// let layer = LayerNormalization::new().epsilon(1e-6);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerNormalization {
    #[serde(flatten)]
    options: Options,
    axis: Axes,
    epsilon: f64,
    #[serde(flatten)]
    affine: Affine,
    #[serde(default)]
    rms_scaling: bool,
}

impl Default for LayerNormalization {
    fn default() -> Self {
        Self::new()
    }
}

impl LayerNormalization {
    /// Over the last axis, with an epsilon of 0.001, scale and offset.
    pub fn new() -> Self {
        Self { options: Options::default(), axis: Axes::One(-1), epsilon: 1e-3, affine: Affine::default(), rms_scaling: false }
    }

    setters! { =>
        /// The axis, or the axes, that are normalized together. Default -1.
        axis: into Axes;
        /// Added to the variance. Default 0.001.
        epsilon: f64;
        /// Keras' deprecated option: divides by the standard deviation without taking the mean off, and adds no offset; what is meant
        /// is mostly [`RmsNormalization`](super::RmsNormalization). Default false.
        rms_scaling: bool;
    }
    affine_setters!();
}

impl Layer for LayerNormalization {
    const CLASS: &'static str = "LayerNormalization";
    type Module = LayerNormalizationModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        check_epsilon(Self::CLASS, self.epsilon)?;
        self.axis.positions(Self::CLASS, "axis", input)?;
        self.axis.sizes(Self::CLASS, "axis", input)?;
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, cx: &Build) -> Result<LayerNormalizationModule> {
        self.output_shape(input)?;
        let axes = self.axis.positions(Self::CLASS, "axis", input)?;
        let shape = self.axis.sizes(Self::CLASS, "axis", input)?;
        let affine = if self.rms_scaling { Affine { center: false, ..self.affine.clone() } } else { self.affine.clone() };
        let (gamma, beta) = affine.build(&shape, cx)?;
        let centred = !self.rms_scaling;
        Ok(LayerNormalizationModule { gamma, beta, input: spec(input, &axes), axes, epsilon: self.epsilon, centred })
    }

    fn regularizers(&self) -> Vec<(&'static str, Regularizer)> {
        self.affine.regularizers()
    }

    fn constraints(&self) -> Vec<(&'static str, Constraint)> {
        self.affine.constraints()
    }
}

/// A built [`LayerNormalization`].
#[derive(Module, Debug)]
pub struct LayerNormalizationModule {
    gamma: Option<AnyParam>,
    beta: Option<AnyParam>,
    #[module(skip)]
    input: Shape,
    #[module(skip)]
    axes: Vec<usize>,
    #[module(skip)]
    epsilon: f64,
    #[module(skip)]
    centred: bool,
}

impl Call for LayerNormalizationModule {
    const MASK: MaskRule = MaskRule::Pass;

    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        fit(LayerNormalization::CLASS, &self.input, &x)?;
        if self.centred && self.axes == [x.rank() - 1] {
            let [gamma, beta] = [&self.gamma, &self.beta].map(|weights| weights.as_ref().map(AnyParam::value));
            if let Some(y) = layer_norm(&x.clone().to_float(), gamma.as_ref(), beta.as_ref(), self.epsilon) {
                return Ok(y);
            }
        }
        let (x, back) = rows(x, &self.axes)?;
        let features = x.dims()[1];
        let centred = x.clone() - x.clone().mean_dim(1);
        let deviation = (centred.clone().square().mean_dim(1) + self.epsilon).sqrt();
        let mut y = if self.centred { centred } else { x } / deviation;
        if let Some(gamma) = &self.gamma {
            y = y * reshape(&gamma.value(), &[1, features])?.float::<2>()?;
        }
        if let Some(beta) = &self.beta {
            y = y + reshape(&beta.value(), &[1, features])?.float::<2>()?;
        }
        back.restore(y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_errors() {
        let of = |layer: LayerNormalization, shape: Shape| layer.output_shape(&shape).unwrap_err().to_string();
        let sample = || Shape::batch_of([4]);
        assert_eq!(
            of(LayerNormalization::new().axis(2), sample()),
            "LayerNormalization: `axis` must be in -2..2 for an input of shape (None, 4), received 2"
        );
        assert_eq!(
            of(LayerNormalization::new().epsilon(-1.0), sample()),
            "LayerNormalization: `epsilon` must be a number from 0, received -1"
        );
        assert_eq!(
            of(LayerNormalization::new(), Shape::new([None, None])),
            "LayerNormalization: expected a known size of axis 1, received (None, None)"
        );
        let cx = Build::new(&kiln_core::Device::current().unwrap(), kiln_core::random::Stream::new(1));
        let module = LayerNormalization::new().build(&sample(), &cx).unwrap();
        let error = module.call(Tensor::zeros([2, 5]), &Context::inference()).unwrap_err();
        assert_eq!(error.to_string(), "LayerNormalization: expected input of shape (None, 4), received (2, 5)");
    }
}
