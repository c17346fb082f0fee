//! Dropout that keeps mean and variance.

use super::random::{check_noise_shape, check_share, noise_shape, stream};
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, MaskRule, Options};
use kiln_core::{Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// In training, sets a share `rate` of the values to what SELU gives far below 0, then scales and shifts all of them so that mean and
/// variance stay; else passes its input.
///
/// Keras: `keras/src/layers/regularization/alpha_dropout.py`; Klambauer and others, 2017.
///
/// ```
/// use kiln_layers::AlphaDropout;
/// let layer = AlphaDropout::new(0.1);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlphaDropout {
    #[serde(flatten)]
    options: Options,
    rate: f64,
    noise_shape: Option<Vec<Option<usize>>>,
    seed: Option<u64>,
}

impl AlphaDropout {
    /// The share of values to replace, from 0 and below 1.
    pub fn new(rate: f64) -> Self {
        Self { options: Options::default(), rate, noise_shape: None, seed: None }
    }

    /// The shape of the draws, which is broadcast to the input: 1 where an axis shares one, `None` for the input's own size.
    pub fn noise_shape(mut self, shape: impl AsRef<[Option<usize>]>) -> Self {
        self.noise_shape = Some(shape.as_ref().to_vec());
        self
    }

    /// A seed of the layer's own. Default: the global one.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }
}

impl Layer for AlphaDropout {
    const CLASS: &'static str = "AlphaDropout";
    type Module = AlphaDropoutModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        check_share(Self::CLASS, "rate", self.rate)?;
        if self.rate == 1.0 {
            // Keras accepts it and divides by 0 in training.
            return Err(Error::option(Self::CLASS, "rate", "below 1", self.rate));
        }
        check_noise_shape(Self::CLASS, self.noise_shape.as_deref(), input)?;
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, _: &Build) -> Result<AlphaDropoutModule> {
        self.output_shape(input)?;
        Ok(AlphaDropoutModule { layer: self.clone() })
    }
}

/// A built [`AlphaDropout`].
#[derive(Module, Debug)]
pub struct AlphaDropoutModule {
    #[module(skip)]
    layer: AlphaDropout,
}

/// Minus SELU's scale times its alpha.
const FLOOR: f64 = -1.050_700_987_355_480_5 * 1.673_263_242_354_377_2;

impl Call for AlphaDropoutModule {
    const MASK: MaskRule = MaskRule::Pass;

    fn call(&self, x: Tensor, cx: &Context) -> Result<Tensor> {
        let rate = self.layer.rate;
        if !cx.is_training() || rate == 0.0 {
            return Ok(x);
        }
        let shape = noise_shape(AlphaDropout::CLASS, self.layer.noise_shape.as_deref(), &x.shape())?;
        let draws = stream(self.layer.seed, cx).uniform(shape.iter().product());
        let kept: Vec<f32> = draws.map(|u| f32::from(u8::from(u >= rate))).collect();
        let kept = Tensor::from_vec(kept, shape)?.to_device(&x.device());
        let scale = ((1.0 - rate) * (1.0 + rate * FLOOR * FLOOR)).powf(-0.5);
        let shift = -scale * FLOOR * rate;
        let dropped = (1.0 - &kept) * FLOOR;
        Ok(x.to_float().try_mul(kept)?.try_add(dropped)? * scale + shift)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regularization::random::moments;
    use kiln_core::random::Stream;

    #[test]
    fn replaced_values_are_shifted_too() {
        // One of x = 0.5: the kept are a·0.5 + b, the others a·FLOOR + b.
        let [mean, stddev] = moments(|seed| AlphaDropout { seed, ..AlphaDropout::new(0.25) }, 0.5);
        let (a, p) = ((0.75f64 * (1.0 + 0.25 * FLOOR * FLOOR)).powf(-0.5), FLOOR);
        let b = -a * p * 0.25;
        let expected = a * (0.75 * 0.5 + 0.25 * p) + b;
        let spread = a * (0.75f64 * 0.25).sqrt() * (0.5 - p);
        assert!((mean - expected).abs() < 0.02 && (stddev - spread).abs() < 0.02, "{mean} {expected} {stddev} {spread}");
    }

    #[test]
    fn noise_shape_shares_a_draw() {
        let layer = AlphaDropout::new(0.5).noise_shape([None, Some(1)]);
        let device = kiln_core::Device::current().unwrap();
        let module = layer.build(&Shape::batch_of([10]), &Build::new(&device, Stream::new(1))).unwrap();
        let y = module.call(Tensor::ones([20, 10]).to_device(&device), &Context::training(Stream::new(1))).unwrap().to_vec::<f32>();
        assert!(y.chunks(10).all(|row| row.iter().all(|v| v == &row[0])) && y.iter().any(|v| *v != y[0]));
        let of = |layer: AlphaDropout| layer.output_shape(&Shape::batch_of([4])).unwrap_err().to_string();
        assert_eq!(of(AlphaDropout::new(1.0)), "AlphaDropout: `rate` must be below 1, received 1");
        assert_eq!(
            of(AlphaDropout::new(0.1).noise_shape([Some(3)])),
            "AlphaDropout: `noise_shape` must be a shape that broadcasts to (None, 4), received (3,)"
        );
    }
}
