//! Normalization by the neighbouring channels.

use crate::setters::setters;
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, MaskRule, Options};
use kiln_core::shape::tuple;
use kiln_core::{Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// `x / (bias + alpha * sum(x²))^beta`, the sum over the channel and `depth_radius` on each side of it; channels are the last axis.
///
/// The formula of AlexNet (Krizhevsky, Sutskever and Hinton, 2012, section 3.3) with its constants as defaults, and of TensorFlow's
/// `local_response_normalization`; PyTorch and Caffe divide `alpha` by the number of channels summed. Not a layer of Keras.
///
/// ```
/// use kiln_layers::LocalResponseNormalization;
/// let layer = LocalResponseNormalization::new().depth_radius(2).bias(1.0);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LocalResponseNormalization {
    #[serde(flatten)]
    options: Options,
    depth_radius: usize,
    bias: f64,
    alpha: f64,
    beta: f64,
}

impl Default for LocalResponseNormalization {
    fn default() -> Self {
        Self::new()
    }
}

impl LocalResponseNormalization {
    /// AlexNet's.
    pub fn new() -> Self {
        Self { options: Options::default(), depth_radius: 2, bias: 2.0, alpha: 1e-4, beta: 0.75 }
    }

    setters! { =>
        /// Channels on each side that count. Default 2.
        depth_radius: usize;
        /// What is added to the sum, above 0. Default 2.
        bias: f64;
        /// The weight of the sum, at least 0. Default 0.0001.
        alpha: f64;
        /// The power. Default 0.75.
        beta: f64;
    }
}

impl Layer for LocalResponseNormalization {
    const CLASS: &'static str = "LocalResponseNormalization";
    type Module = LocalResponseNormalizationModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        if input.rank() < 2 {
            return Err(Error::shape(Self::CLASS, "an input with channels", input));
        }
        if !(self.bias.is_finite() && self.bias > 0.0) {
            return Err(Error::option(Self::CLASS, "bias", "a number above 0", self.bias));
        }
        if !(self.alpha.is_finite() && self.alpha >= 0.0) {
            return Err(Error::option(Self::CLASS, "alpha", "a number of at least 0", self.alpha));
        }
        if !self.beta.is_finite() {
            return Err(Error::option(Self::CLASS, "beta", "a number", self.beta));
        }
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, _: &Build) -> Result<LocalResponseNormalizationModule> {
        self.output_shape(input)?;
        Ok(LocalResponseNormalizationModule { layer: self.clone() })
    }
}

/// A built [`LocalResponseNormalization`].
#[derive(Module, Debug)]
pub struct LocalResponseNormalizationModule {
    #[module(skip)]
    layer: LocalResponseNormalization,
}

impl Call for LocalResponseNormalizationModule {
    const MASK: MaskRule = MaskRule::Pass;

    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        let (layer, shape) = (&self.layer, x.shape());
        let Some((&channels, rest)) = shape.split_last().filter(|(_, rest)| !rest.is_empty()) else {
            return Err(Error::shape(LocalResponseNormalization::CLASS, "an input with channels", tuple(&shape)));
        };
        let rows: usize = rest.iter().product();
        let radius = layer.depth_radius.min(channels);
        let x: burn::Tensor<2> = x.to_float().reshape([rows as isize, channels as isize])?.try_into()?;
        let squares = x.clone().square().pad([(0, 0), (radius, radius)], 0.0f32);
        let mut sum = squares.clone().narrow(1, 0, channels);
        for shift in 1..=2 * radius {
            sum = sum + squares.clone().narrow(1, shift, channels);
        }
        // A power by its logarithm: the base is positive, and backends differ in the gradient of powers.
        let factor = ((sum * layer.alpha + layer.bias).log() * -layer.beta).exp();
        let wide: Vec<isize> = shape.iter().map(|&n| n as isize).collect();
        Tensor::from(x * factor).reshape(wide)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(layer: &LocalResponseNormalization, x: &Tensor) -> Vec<f32> {
        let module = LocalResponseNormalizationModule { layer: layer.clone() };
        module.call(x.clone(), &Context::inference()).unwrap().to_vec()
    }

    #[test]
    fn follows_the_formula() {
        let x = Tensor::constant([[[1.0, -2.0, 3.0, 0.5], [0.0, 4.0, -1.0, 2.0]]]);
        let values = x.to_vec::<f32>();
        for (radius, bias, alpha, beta) in [(2, 2.0, 1e-4, 0.75), (1, 1.0, 0.3, 0.5), (0, 0.5, 1.0, 2.0), (9, 1.0, 0.1, 1.0)] {
            let layer = LocalResponseNormalization::new().depth_radius(radius).bias(bias).alpha(alpha).beta(beta);
            for (i, y) in apply(&layer, &x).into_iter().enumerate() {
                let (row, channel) = (i / 4 * 4, i % 4);
                let window = channel.saturating_sub(radius)..(channel + radius + 1).min(4);
                let sum: f64 = window.map(|c| (values[row + c] as f64).powi(2)).sum();
                let expected = values[i] as f64 / (bias + alpha * sum).powf(beta);
                assert!((y as f64 - expected).abs() < 1e-6, "{y} {expected} at {i}");
            }
        }
    }

    #[test]
    fn mistakes_are_named() {
        let error = |layer: LocalResponseNormalization| layer.output_shape(&Shape::batch_of([3])).unwrap_err().to_string();
        let new = LocalResponseNormalization::new;
        assert_eq!(error(new().bias(0.0)), "LocalResponseNormalization: `bias` must be a number above 0, received 0");
        assert_eq!(error(new().alpha(-1.0)), "LocalResponseNormalization: `alpha` must be a number of at least 0, received -1");
        assert_eq!(error(new().beta(f64::NAN)), "LocalResponseNormalization: `beta` must be a number, received NaN");
    }
}
