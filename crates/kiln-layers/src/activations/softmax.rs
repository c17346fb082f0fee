//! Softmax as a layer.

use crate::axes::Axes;
use crate::setters::setters;
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::shape::tuple;
use kiln_core::value::{Value, Values, one, only};
use kiln_core::{Context, Error, LogitsOf, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// `exp(x) / sum(exp(x))`, the sum over `axis`, or over several axes together.
///
/// Where the input has a mask, what it hides gets 0 and the rest sums to 1. Keras: `keras/src/layers/activations/softmax.py`.
///
/// ```
/// use kiln_layers::Softmax;
/// let layer = Softmax::new().axis([1, 2]);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Softmax {
    #[serde(flatten)]
    options: Options,
    axis: Axes,
}

impl Default for Softmax {
    fn default() -> Self {
        Self::new()
    }
}

impl Softmax {
    /// Over the last axis.
    pub fn new() -> Self {
        Self { options: Options::default(), axis: Axes::One(-1) }
    }

    setters! { =>
        /// The axis, or the axes, that sum to 1. Default -1.
        axis: into Axes;
    }
}

impl Layer for Softmax {
    const CLASS: &'static str = "Softmax";
    type Module = SoftmaxModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.axis.positions(Self::CLASS, "axis", input)?;
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, _: &Build) -> Result<SoftmaxModule> {
        self.output_shape(input)?;
        Ok(SoftmaxModule { axis: self.axis.clone() })
    }
}

/// A built [`Softmax`].
#[derive(Module, Debug)]
pub struct SoftmaxModule {
    #[module(skip)]
    axis: Axes,
}

/// What stands for minus infinity in Keras: the exponential of it is 0, and the difference of two is a number.
const HIDDEN: f64 = -1e9;

/// Softmax over the axes at `places`; where `mask` (of the shape of `x`, or one that broadcasts to it) is false, 0.
pub(crate) fn masked_softmax(x: Tensor, places: &[usize], mask: Option<&Tensor>) -> Result<Tensor> {
    let x = match mask {
        Some(mask) => mask.select_where(x, HIDDEN)?,
        None => x,
    };
    let y = match places {
        [place] => x.softmax(*place as isize)?,
        places => together(x, places)?,
    };
    match mask {
        // Where everything is hidden, softmax alone would share the 1.
        Some(mask) => mask.select_where(y, 0.0),
        None => Ok(y),
    }
}

/// Softmax over several axes at once.
fn together(x: Tensor, places: &[usize]) -> Result<Tensor> {
    let over = |x: Tensor, reduce: fn(&Tensor, isize) -> Result<Tensor>| {
        places.iter().try_fold(x, |x, &i| reduce(&x, i as isize)?.expand_dims(i as isize))
    };
    let largest = over(x.clone().detach(), Tensor::max_axis)?;
    let powers = x.try_sub(largest)?.exp();
    let sum = over(powers.clone(), Tensor::sum_axis)?;
    powers.try_div(sum)
}

impl Call for SoftmaxModule {
    fn call(&self, x: Tensor, cx: &Context) -> Result<Tensor> {
        only("Softmax", self.call_many(one(x), cx)?).map(|value| value.tensor)
    }

    fn call_many(&self, inputs: Values, cx: &Context) -> Result<Values> {
        let Value { tensor, mask } = only("Softmax", inputs)?;
        let x = tensor.to_float();
        let places = self.axis.positions(Softmax::CLASS, "axis", &Shape::known(x.shape()))?;
        if let Some(mask) = mask.as_ref().filter(|m| m.broadcast_to(x.shape()).is_err()) {
            return Err(Error::shape(Softmax::CLASS, format!("a mask that broadcasts to {}", tuple(&x.shape())), mask.describe()));
        }
        if mask.is_none() && places == [x.rank() - 1] && cx.leave_logits(&x, LogitsOf::Softmax) {
            return Ok(one(Value { tensor: x, mask }));
        }
        let tensor = masked_softmax(x, &places, mask.as_ref())?;
        Ok(one(Value { tensor, mask }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_last_softmax_leaves_its_logits_for_the_loss() {
        let device = kiln_core::Device::current().unwrap();
        let cx = Context::inference().with_logits(true);
        let module = |axis: i32| SoftmaxModule { axis: axis.into() };
        let x = Tensor::constant([[1.0, 2.0]]).to_device(&device);
        module(0).call(x.clone(), &cx).unwrap();
        assert!(cx.take_logits().is_empty());
        let left = module(-1).call(x.clone(), &cx).unwrap();
        assert_eq!(left.to_vec::<f32>(), x.to_vec::<f32>());
        assert!(matches!(&cx.take_logits()[..], [Some(logits)] if logits.of == LogitsOf::Softmax));
        let error = Softmax::new().axis([1, 1]).output_shape(&Shape::batch_of([2])).unwrap_err();
        assert_eq!(error.to_string(), "Softmax: `axis` must be different axes of (None, 2), received [1, 1]");
    }
}
