//! Noise that is added.

use super::random::{check_share, normal, stream};
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, MaskRule, Options};
use kiln_core::{Context, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// In training, adds normal noise of mean 0 and standard deviation `stddev`; else passes its input.
///
/// Keras: `keras/src/layers/regularization/gaussian_noise.py`.
///
/// ```
/// use kiln_layers::GaussianNoise;
/// let layer = GaussianNoise::new(0.2);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GaussianNoise {
    #[serde(flatten)]
    options: Options,
    stddev: f64,
    seed: Option<u64>,
}

impl GaussianNoise {
    /// Of this standard deviation, from 0 to 1.
    pub fn new(stddev: f64) -> Self {
        Self { options: Options::default(), stddev, seed: None }
    }

    /// A seed of the layer's own. Default: the global one.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }
}

impl Layer for GaussianNoise {
    const CLASS: &'static str = "GaussianNoise";
    type Module = GaussianNoiseModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        check_share(Self::CLASS, "stddev", self.stddev)?;
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, _: &Build) -> Result<GaussianNoiseModule> {
        self.output_shape(input)?;
        Ok(GaussianNoiseModule { stddev: self.stddev, seed: self.seed })
    }
}

/// A built [`GaussianNoise`].
#[derive(Module, Debug)]
pub struct GaussianNoiseModule {
    #[module(skip)]
    stddev: f64,
    #[module(skip)]
    seed: Option<u64>,
}

impl Call for GaussianNoiseModule {
    const MASK: MaskRule = MaskRule::Pass;

    fn call(&self, x: Tensor, cx: &Context) -> Result<Tensor> {
        if !cx.is_training() || self.stddev == 0.0 {
            return Ok(x);
        }
        let device = x.device();
        let noise = normal(stream(self.seed, cx), &x.shape(), 0.0, self.stddev)?;
        x.to_float().try_add(noise.to_device(&device))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regularization::random::moments;

    #[test]
    fn noise_has_its_moments_and_is_off_in_inference() {
        let [mean, stddev] = moments(|seed| GaussianNoise { seed, ..GaussianNoise::new(0.3) }, 2.0);
        assert!((mean - 2.0).abs() < 0.01 && (stddev - 0.3).abs() < 0.01, "{mean} {stddev}");
        let error = GaussianNoise::new(1.5).output_shape(&Shape::batch_of([1])).unwrap_err();
        assert_eq!(error.to_string(), "GaussianNoise: `stddev` must be from 0 to 1, received 1.5");
    }
}
