//! Values brought to another range.

use super::Numbers;
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, MaskRule, Options};
use kiln_core::shape::tuple;
use kiln_core::{Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// `x * scale + offset`. Keras: `keras/src/layers/preprocessing/rescaling.py`.
///
/// ```
/// use kiln_layers::Rescaling;
/// let to_unit = Rescaling::new(1.0 / 255.0);
/// let to_plus_minus_one = Rescaling::new(1.0 / 127.5).offset(-1.0);
/// let by_channel = Rescaling::new([0.5, 1.0, 2.0]);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rescaling {
    #[serde(flatten)]
    options: Options,
    scale: Numbers,
    offset: Numbers,
}

impl Rescaling {
    /// The factor: a number, or one for each place of the last axes.
    pub fn new(scale: impl Into<Numbers>) -> Self {
        Self { options: Options::default(), scale: scale.into(), offset: Numbers::One(0.0) }
    }

    /// Added after scaling: a number, or one for each place of the last axes. Default 0.
    pub fn offset(mut self, offset: impl Into<Numbers>) -> Self {
        self.offset = offset.into();
        self
    }
}

/// What `numbers` are as a tensor that broadcasts against the input; `None` for one number.
fn wide(option: &str, numbers: &Numbers, input: &Shape) -> Result<Option<Tensor>> {
    let refused = |received: String| Error::option("Rescaling", option, format!("a number or one for each place of {input}"), received);
    let Numbers::Several(_) = numbers else { return Ok(None) };
    let shape = numbers.shape().ok_or_else(|| refused("lists of different lengths".to_owned()))?;
    let sample = input.axes().get(1..).unwrap_or_default();
    let fits = shape.len() <= sample.len()
        && shape.iter().rev().zip(sample.iter().rev()).all(|(have, want)| *have == 1 || want.is_none_or(|want| want == *have));
    if fits { numbers.tensor(&shape).map(Some) } else { Err(refused(format!("numbers of shape {}", tuple(&shape)))) }
}

impl Layer for Rescaling {
    const CLASS: &'static str = "Rescaling";
    type Module = RescalingModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        wide("scale", &self.scale, input)?;
        wide("offset", &self.offset, input)?;
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, _: &Build) -> Result<RescalingModule> {
        let term = |option: &str, numbers: &Numbers| -> Result<Term> {
            let number = if let Numbers::One(number) = numbers { *number } else { 0.0 };
            Ok(wide(option, numbers, input)?.map_or(Term::One(number), |several| Term::Several(Box::new(several))))
        };
        Ok(RescalingModule { scale: term("scale", &self.scale)?, offset: term("offset", &self.offset)? })
    }
}

#[derive(Clone, Debug)]
enum Term {
    One(f64),
    Several(Box<Tensor>),
}

/// A built [`Rescaling`].
#[derive(Module, Debug)]
pub struct RescalingModule {
    #[module(skip)]
    scale: Term,
    #[module(skip)]
    offset: Term,
}

impl Call for RescalingModule {
    const MASK: MaskRule = MaskRule::Pass;

    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        let x = x.to_float();
        let scaled = match &self.scale {
            Term::One(scale) => x * *scale,
            Term::Several(scale) => {
                let scale = scale.as_ref().clone().to_device(&x.device());
                x.try_mul(scale)?
            }
        };
        match &self.offset {
            Term::One(0.0) => Ok(scaled),
            Term::One(offset) => Ok(scaled + *offset),
            Term::Several(offset) => {
                let offset = offset.as_ref().clone().to_device(&scaled.device());
                scaled.try_add(offset)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_core::Device;

    fn call(layer: &Rescaling, x: Tensor) -> Result<Vec<f32>> {
        let shape = Shape::batch_of(&x.shape()[1..]);
        layer.output_shape(&shape)?;
        let module = layer.build(&shape, &Build::sketch(&Device::flex()))?;
        Ok(module.call(x, &Context::inference())?.to_vec())
    }

    #[test]
    fn each_channel_has_its_own() {
        let x = || Tensor::constant([[[1.0, 2.0], [3.0, 4.0]]]);
        assert_eq!(call(&Rescaling::new(2.0).offset(1.0), x()).unwrap(), [3.0, 5.0, 7.0, 9.0]);
        assert_eq!(call(&Rescaling::new([2.0, 0.5]), x()).unwrap(), [2.0, 1.0, 6.0, 2.0]);
        assert_eq!(call(&Rescaling::new([[2.0], [0.0]]).offset([1.0, -1.0]), x()).unwrap(), [3.0, 3.0, 1.0, -1.0]);
        let read: Rescaling = serde_json::from_str(r#"{"scale": [2.0, 0.5], "offset": 0.0}"#).unwrap();
        assert_eq!(call(&read, x()).unwrap(), [2.0, 1.0, 6.0, 2.0]);
    }

    #[test]
    fn mistakes_are_named() {
        let error = call(&Rescaling::new([1.0, 2.0, 3.0]), Tensor::zeros([1, 2])).unwrap_err().to_string();
        assert_eq!(error, "Rescaling: `scale` must be a number or one for each place of (None, 2), received numbers of shape (3,)");
        let ragged = Rescaling::new(1.0).offset(vec![vec![1.0], vec![1.0, 2.0]]);
        assert!(call(&ragged, Tensor::zeros([1, 2])).unwrap_err().to_string().contains("`offset` must be"));
    }
}
