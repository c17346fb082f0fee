//! Steps to pass over.

use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::value::{Value, Values, one, only};
use kiln_core::{Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// Masks the steps whose features are all `mask_value`, and sets them to 0: the layers that follow pass over them.
/// Keras: `keras/src/layers/core/masking.py`.
///
/// ```
/// use kiln_core::{Layer, Shape};
/// use kiln_layers::Masking;
/// let layer = Masking::new().mask_value(-1.0);
/// assert_eq!(layer.output_shape(&Shape::batch_of([10, 3]))?, Shape::batch_of([10, 3]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Masking {
    #[serde(flatten)]
    options: Options,
    mask_value: f64,
}

impl Masking {
    /// Steps of zeros are masked.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value that all features of a masked step have. Default 0.
    pub fn mask_value(mut self, value: f64) -> Self {
        self.mask_value = value;
        self
    }
}

impl Layer for Masking {
    const CLASS: &'static str = "Masking";
    type Module = MaskingModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        if input.rank() < 2 {
            return Err(Error::shape(Self::CLASS, "an input of at least 2 axes", input));
        }
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, _: &Build) -> Result<MaskingModule> {
        self.output_shape(input)?;
        Ok(MaskingModule { mask_value: self.mask_value })
    }
}

/// A built [`Masking`].
#[derive(Module, Debug)]
pub struct MaskingModule {
    mask_value: f64,
}

impl MaskingModule {
    /// The masked values and the mask.
    fn split(&self, x: Tensor) -> Result<(Tensor, Tensor)> {
        if x.rank() < 2 {
            return Err(Error::shape(Masking::CLASS, "an input of at least 2 axes", x.describe()));
        }
        let x = x.to_float();
        let mask = x.clone().inner().not_equal(self.mask_value)?.to_float().max_axis(-1)?.greater(0.5)?;
        Ok((mask.expand_dims(-1)?.select_where(x, 0.0)?, mask))
    }
}

impl Call for MaskingModule {
    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        Ok(self.split(x)?.0)
    }

    fn call_many(&self, inputs: Values, _: &Context) -> Result<Values> {
        let (tensor, mask) = self.split(only(Masking::CLASS, inputs)?.tensor)?;
        Ok(one(Value { tensor, mask: Some(mask) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_masked_when_all_its_features_are_the_value() {
        let module = MaskingModule { mask_value: -1.0 };
        let x = Tensor::constant([[[-1.0, -1.0], [-1.0, 2.0], [0.0, 0.0]]]);
        let out = module.call_many(one(x), &Context::inference()).unwrap().remove(0);
        assert_eq!(out.tensor.to_vec::<f32>(), [0.0, 0.0, -1.0, 2.0, 0.0, 0.0]);
        assert_eq!(out.mask.unwrap().to_float().to_vec::<f32>(), [0.0, 1.0, 1.0]);
        let error = Masking::new().output_shape(&Shape::batch_of([])).unwrap_err();
        assert_eq!(error.to_string(), "Masking: expected an input of at least 2 axes, received (None,)");
    }
}
