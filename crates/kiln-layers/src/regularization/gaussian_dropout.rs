//! Noise that is multiplied.

use super::random::{check_share, normal, stream};
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, MaskRule, Options};
use kiln_core::{Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// In training, multiplies by normal noise of mean 1 and standard deviation `sqrt(rate / (1 - rate))`; else passes its input.
///
/// Keras: `keras/src/layers/regularization/gaussian_dropout.py`; Srivastava and others, 2014.
///
/// ```
/// use kiln_layers::GaussianDropout;
/// let layer = GaussianDropout::new(0.2);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GaussianDropout {
    #[serde(flatten)]
    options: Options,
    rate: f64,
    seed: Option<u64>,
}

impl GaussianDropout {
    /// The share that dropout would drop, from 0 and below 1.
    pub fn new(rate: f64) -> Self {
        Self { options: Options::default(), rate, seed: None }
    }

    /// A seed of the layer's own. Default: the global one.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }
}

impl Layer for GaussianDropout {
    const CLASS: &'static str = "GaussianDropout";
    type Module = GaussianDropoutModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        check_share(Self::CLASS, "rate", self.rate)?;
        if self.rate == 1.0 {
            // Keras accepts it, and fails at the first training step: the noise would be infinite.
            return Err(Error::option(Self::CLASS, "rate", "below 1", self.rate));
        }
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, _: &Build) -> Result<GaussianDropoutModule> {
        self.output_shape(input)?;
        Ok(GaussianDropoutModule { rate: self.rate, seed: self.seed })
    }
}

/// A built [`GaussianDropout`].
#[derive(Module, Debug)]
pub struct GaussianDropoutModule {
    #[module(skip)]
    rate: f64,
    #[module(skip)]
    seed: Option<u64>,
}

impl Call for GaussianDropoutModule {
    const MASK: MaskRule = MaskRule::Pass;

    fn call(&self, x: Tensor, cx: &Context) -> Result<Tensor> {
        if !cx.is_training() || self.rate == 0.0 {
            return Ok(x);
        }
        let device = x.device();
        let stddev = (self.rate / (1.0 - self.rate)).sqrt();
        let noise = normal(stream(self.seed, cx), &x.shape(), 1.0, stddev)?;
        x.to_float().try_mul(noise.to_device(&device))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regularization::random::moments;

    #[test]
    fn noise_has_its_moments_and_is_off_in_inference() {
        let [mean, stddev] = moments(|seed| GaussianDropout { seed, ..GaussianDropout::new(0.2) }, 2.0);
        assert!((mean - 2.0).abs() < 0.02 && (stddev - 1.0).abs() < 0.02, "{mean} {stddev}");
        let of = |rate| GaussianDropout::new(rate).output_shape(&Shape::batch_of([1])).unwrap_err().to_string();
        assert_eq!(of(-0.5), "GaussianDropout: `rate` must be from 0 to 1, received -0.5");
        assert_eq!(of(1.0), "GaussianDropout: `rate` must be below 1, received 1");
    }
}
