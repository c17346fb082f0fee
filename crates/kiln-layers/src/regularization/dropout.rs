//! Dropout.

use super::random::{check_noise_shape, check_share, keep, noise_shape, stream};
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::kernels;
use kiln_core::layer::{Call, Layer, MaskRule, Options};
use kiln_core::{Context, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// In training, sets a share `rate` of the values to 0 and multiplies the others by `1 / (1 - rate)`; else passes its input.
///
/// Which values fall is a function of the seed, the step, the layer and the place of the value, whatever the device and the
/// number of threads. Keras: `keras/src/layers/regularization/dropout.py`; Srivastava and others, 2014.
///
/// ```
/// use kiln_layers::Dropout;
/// let layer = Dropout::new(0.5);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dropout {
    #[serde(flatten)]
    options: Options,
    rate: f64,
    noise_shape: Option<Vec<Option<usize>>>,
    seed: Option<u64>,
}

impl Dropout {
    /// The share of values to drop, from 0 to 1.
    pub fn new(rate: f64) -> Self {
        Self { options: Options::default(), rate, noise_shape: None, seed: None }
    }

    /// The shape of the mask, which is broadcast to the input: 1 where an axis shares one draw, `None` for the input's own size.
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

impl Layer for Dropout {
    const CLASS: &'static str = "Dropout";
    type Module = DropoutModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        check_share("Dropout", "rate", self.rate)?;
        check_noise_shape("Dropout", self.noise_shape.as_deref(), input)?;
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, _: &Build) -> Result<DropoutModule> {
        self.output_shape(input)?;
        Ok(DropoutModule { rate: self.rate, noise_shape: self.noise_shape.clone(), seed: self.seed })
    }
}

/// A built [`Dropout`].
#[derive(Module, Debug)]
pub struct DropoutModule {
    #[module(skip)]
    rate: f64,
    #[module(skip)]
    noise_shape: Option<Vec<Option<usize>>>,
    #[module(skip)]
    seed: Option<u64>,
}

impl Call for DropoutModule {
    const MASK: MaskRule = MaskRule::Pass;

    fn call(&self, x: Tensor, cx: &Context) -> Result<Tensor> {
        if !cx.is_training() || self.rate == 0.0 {
            return Ok(x);
        }
        let shape = x.shape();
        let mask = noise_shape("Dropout", self.noise_shape.as_deref(), &shape)?;
        let (device, stream) = (x.device(), stream(self.seed, cx));
        let x = x.to_float();
        if mask == shape
            && let Some(y) = kernels::dropout(&x, stream, self.rate)
        {
            return Ok(y);
        }
        x.try_mul(keep(stream, &mask, self.rate)?.to_device(&device))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_core::Device;
    use kiln_core::random::Stream;

    fn call(layer: Dropout, cx: &Context) -> Vec<f32> {
        let device = Device::current().unwrap();
        let module = layer.build(&Shape::batch_of([100]), &Build::new(&device, Stream::new(0))).unwrap();
        module.call(Tensor::ones([100, 100]).to_device(&device), cx).unwrap().to_vec()
    }

    #[test]
    fn drops_a_share_and_scales_the_rest() {
        let y = call(Dropout::new(0.3), &Context::training(Stream::new(5)));
        let dropped = y.iter().filter(|v| **v == 0.0).count();
        assert!((2850..3150).contains(&dropped), "{dropped}");
        assert!(y.iter().all(|v| *v == 0.0 || (*v - 1.0 / 0.7).abs() < 1e-6));
        assert_eq!(call(Dropout::new(0.3), &Context::inference()), vec![1.0; 10_000]);
        assert_eq!(call(Dropout::new(1.0), &Context::training(Stream::new(5))), vec![0.0; 10_000]);
    }

    #[test]
    fn masks_depend_on_step_and_seed_alone() {
        let at = |layer: Dropout, step| call(layer, &Context::training(Stream::new(5).child(step)));
        assert_eq!(at(Dropout::new(0.5), 1), at(Dropout::new(0.5), 1));
        assert_ne!(at(Dropout::new(0.5), 1), at(Dropout::new(0.5), 2));
        assert_ne!(at(Dropout::new(0.5).seed(1), 1), at(Dropout::new(0.5), 1));
        assert_ne!(at(Dropout::new(0.5).seed(1), 1), at(Dropout::new(0.5).seed(1), 2));
    }

    #[test]
    fn noise_shape_shares_a_draw() {
        let y = call(Dropout::new(0.5).noise_shape([None, Some(1)]), &Context::training(Stream::new(1)));
        assert!(y.chunks(100).all(|row| row.iter().all(|v| v == &row[0])));
        let error = Dropout::new(0.5).noise_shape([Some(3)]).output_shape(&Shape::batch_of([4])).unwrap_err();
        assert_eq!(error.to_string(), "Dropout: `noise_shape` must be a shape that broadcasts to (None, 4), received (3,)");
        let error = Dropout::new(1.5).output_shape(&Shape::batch_of([4])).unwrap_err();
        assert_eq!(error.to_string(), "Dropout: `rate` must be from 0 to 1, received 1.5");
    }
}
