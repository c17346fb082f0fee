//! Inputs joined along an axis.

use crate::axes::position;
use crate::masks::any_of_last;
use crate::setters::setters;
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::value::{Value, Values, one, only};
use kiln_core::{Context, DType, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// The inputs one after another along `axis`; their other axes must agree. Keras: `keras/src/layers/merging/concatenate.py`.
///
/// ```
/// use kiln_core::symbol::On;
/// use kiln_layers::{Concatenate, Input};
/// let (a, b) = (Input::new([4]), Input::new([3]));
/// assert_eq!(Concatenate::new().on([&a, &b])?.shape().to_string(), "(None, 7)");
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Concatenate {
    #[serde(flatten)]
    options: Options,
    axis: isize,
}

impl Default for Concatenate {
    fn default() -> Self {
        Self::new()
    }
}

impl Concatenate {
    /// Along the last axis.
    pub fn new() -> Self {
        Self { options: Options::default(), axis: -1 }
    }

    setters! { =>
        /// The axis to join along. Default -1.
        axis: isize;
    }
}

impl Layer for Concatenate {
    const CLASS: &'static str = "Concatenate";
    type Module = ConcatenateModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.output_shapes(std::slice::from_ref(input)).map(|mut shapes| shapes.swap_remove(0))
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let Some(first) = inputs.first() else { return Err(Error::shape(Self::CLASS, "at least one input", "none")) };
        let place = position(Self::CLASS, "axis", self.axis, first)?;
        let mut axes = first.axes().to_vec();
        for input in &inputs[1..] {
            let fits = input.rank() == first.rank()
                && input.axes().iter().zip(&axes).enumerate().all(|(i, (a, b))| i == place || a.is_none() || b.is_none() || a == b);
            if !fits {
                let expected = format!("inputs that differ from {first} only on axis {place}");
                return Err(Error::shape(Self::CLASS, expected, input));
            }
            for (i, n) in input.axes().iter().enumerate() {
                axes[i] = match (i == place, axes[i], n) {
                    (true, a, n) => a.zip(*n).map(|(a, n)| a.saturating_add(n)),
                    (false, a, n) => a.or(*n),
                };
            }
        }
        Ok(vec![Shape::new(axes)])
    }

    fn build(&self, input: &Shape, cx: &Build) -> Result<ConcatenateModule> {
        self.build_many(std::slice::from_ref(input), cx)
    }

    fn build_many(&self, inputs: &[Shape], _: &Build) -> Result<ConcatenateModule> {
        self.output_shapes(inputs)?;
        Ok(ConcatenateModule { axis: self.axis })
    }
}

/// A built [`Concatenate`].
#[derive(Module, Debug)]
pub struct ConcatenateModule {
    #[module(skip)]
    axis: isize,
}

impl Call for ConcatenateModule {
    fn call(&self, x: Tensor, cx: &Context) -> Result<Tensor> {
        only("Concatenate", self.call_many(one(x), cx)?).map(|value| value.tensor)
    }

    fn call_many(&self, inputs: Values, _: &Context) -> Result<Values> {
        let shapes: Vec<Shape> = inputs.iter().map(|v| Shape::known(v.tensor.shape())).collect();
        Concatenate::new().axis(self.axis).output_shapes(&shapes)?;
        let mask = self.mask(&inputs)?;
        let tensors: Vec<Tensor> = inputs.into_iter().map(|v| v.tensor.to_float()).collect();
        Ok(one(Value { tensor: Tensor::concat(&tensors, self.axis)?, mask }))
    }
}

impl ConcatenateModule {
    /// The joined masks, if there is any: an input without one is all seen; a step is seen if any of its values is.
    fn mask(&self, inputs: &Values) -> Result<Option<Tensor>> {
        if inputs.iter().all(|v| v.mask.is_none()) {
            return Ok(None);
        }
        let whole = |value: &Value| -> Result<Tensor> {
            let shape = value.tensor.shape();
            let mask = match &value.mask {
                None => Tensor::ones(&shape).to_device(&value.tensor.device()),
                Some(mask) if mask.rank() < shape.len() => mask.expand_dims(-1)?.broadcast_to(&shape)?,
                Some(mask) => mask.clone(),
            };
            Ok(mask.inner().cast(DType::I32))
        };
        let masks: Vec<Tensor> = inputs.iter().map(whole).collect::<Result<_>>()?;
        any_of_last(&Tensor::concat(&masks, self.axis)?.greater(0)?).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_add_up_along_the_axis() {
        let of = |axis, shapes: &[Shape]| Concatenate::new().axis(axis).output_shapes(shapes).map(|s| s[0].clone());
        let open = || Shape::new([None, None, Some(2)]);
        assert_eq!(of(1, &[Shape::batch_of([3, 2]), Shape::batch_of([4, 2])]).unwrap(), Shape::batch_of([7, 2]));
        assert_eq!(of(1, &[Shape::batch_of([3, 2]), open()]).unwrap(), open());
        assert_eq!(of(-1, &[Shape::batch_of([3, 2]), open()]).unwrap(), Shape::batch_of([3, 4]));
        let error = of(-1, &[Shape::batch_of([3, 2]), Shape::batch_of([4, 2])]).unwrap_err();
        assert_eq!(error.to_string(), "Concatenate: expected inputs that differ from (None, 3, 2) only on axis 2, received (None, 4, 2)");
        let error = of(3, &[Shape::batch_of([3, 2])]).unwrap_err();
        assert_eq!(error.to_string(), "Concatenate: `axis` must be in -3..3 for an input of shape (None, 3, 2), received 3");
    }
}
