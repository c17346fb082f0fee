//! Normalization by the root mean square.

use super::affine::check_epsilon;
use super::rows::rows;
use crate::axes::{Axes, fit, reshape, spec};
use crate::setters::setters;
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::{AnyParam, Context, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// `x / sqrt(mean(x²) + epsilon) * scale`, the mean over `axis`.
///
/// Weight: `scale`, of the shape of `axis`. Keras: `keras/src/layers/normalization/rms_normalization.py`; Zhang and Sennrich, 2019.
///
/// ```
/// use kiln_layers::RmsNormalization;
/// let layer = RmsNormalization::new();
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RmsNormalization {
    #[serde(flatten)]
    options: Options,
    axis: Axes,
    epsilon: f64,
}

impl Default for RmsNormalization {
    fn default() -> Self {
        Self::new()
    }
}

impl RmsNormalization {
    /// Over the last axis, with an epsilon of 1e-6.
    pub fn new() -> Self {
        Self { options: Options::default(), axis: Axes::One(-1), epsilon: 1e-6 }
    }

    setters! { =>
        /// The axis, or the axes, that are normalized together. Default -1.
        axis: into Axes;
        /// Added to the mean square. Default 1e-6.
        epsilon: f64;
    }
}

impl Layer for RmsNormalization {
    const CLASS: &'static str = "RMSNormalization";
    type Module = RmsNormalizationModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        check_epsilon(Self::CLASS, self.epsilon)?;
        self.axis.positions(Self::CLASS, "axis", input)?;
        self.axis.sizes(Self::CLASS, "axis", input)?;
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, cx: &Build) -> Result<RmsNormalizationModule> {
        self.output_shape(input)?;
        let axes = self.axis.positions(Self::CLASS, "axis", input)?;
        let shape = self.axis.sizes(Self::CLASS, "axis", input)?;
        let scale = cx.any_weight("scale", &shape, &"ones".into())?;
        Ok(RmsNormalizationModule { scale, input: spec(input, &axes), axes, epsilon: self.epsilon })
    }
}

/// A built [`RmsNormalization`].
#[derive(Module, Debug)]
pub struct RmsNormalizationModule {
    scale: AnyParam,
    #[module(skip)]
    input: Shape,
    #[module(skip)]
    axes: Vec<usize>,
    #[module(skip)]
    epsilon: f64,
}

impl Call for RmsNormalizationModule {
    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        fit(RmsNormalization::CLASS, &self.input, &x)?;
        let (x, back) = rows(x, &self.axes)?;
        let scale = reshape(&self.scale.value(), &[1, x.dims()[1]])?.float::<2>()?;
        let size = (x.clone().square().mean_dim(1) + self.epsilon).sqrt();
        back.restore(x / size * scale)
    }
}
