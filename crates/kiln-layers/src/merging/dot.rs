//! The dot product of two inputs.

use crate::axes::{Axes, position, reshape};
use crate::setters::setters;
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::value::{Values, one};
use kiln_core::{Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// The sum over one axis of each of two inputs, for each sample: the other axes of the first, then those of the second, remain.
///
/// (batch, 4, 2) and (batch, 3, 4) with the axes 1 and 2 give (batch, 2, 3); two vectors give (batch, 1). Keras:
/// `keras/src/layers/merging/dot.py`.
///
/// ```
/// use kiln_core::symbol::On;
/// use kiln_layers::{Dot, Input};
/// let (a, b) = (Input::new([4, 2]), Input::new([3, 4]));
/// assert_eq!(Dot::new([1, 2]).on([&a, &b])?.shape().to_string(), "(None, 2, 3)");
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dot {
    #[serde(flatten)]
    options: Options,
    axes: Axes,
    normalize: bool,
}

impl Dot {
    /// Over `axes`: one for both inputs, or one for each.
    pub fn new(axes: impl Into<Axes>) -> Self {
        Self { options: Options::default(), axes: axes.into(), normalize: false }
    }

    setters! { =>
        /// Whether both inputs are brought to length 1 along their axis first, which gives the cosine. Default false.
        normalize: bool;
    }

    /// The position of the axis in each input.
    fn places(&self, inputs: &[Shape]) -> Result<[usize; 2]> {
        let [a, b] = inputs else {
            return Err(Error::shape(Self::CLASS, "2 inputs", format!("{} inputs", inputs.len())));
        };
        let axes = match &self.axes {
            Axes::One(axis) => [*axis, *axis],
            Axes::Many(axes) => match axes.as_slice() {
                [first, second] => [*first, *second],
                _ => return Err(Error::option(Self::CLASS, "axes", "one axis or two", format!("{axes:?}"))),
            },
        };
        if let Some(flat) = [a, b].into_iter().find(|s| s.rank() < 2) {
            return Err(Error::shape(Self::CLASS, "inputs of at least 2 axes", flat));
        }
        let places = [position(Self::CLASS, "axes", axes[0], a)?, position(Self::CLASS, "axes", axes[1], b)?];
        if places.contains(&0) {
            return Err(Error::option(Self::CLASS, "axes", "other axes than the batch's", format!("{axes:?}")));
        }
        let differ = |x: Option<usize>, y: Option<usize>| x.zip(y).is_some_and(|(x, y)| x != y);
        if differ(a.axes()[places[0]], b.axes()[places[1]]) {
            let expected = format!("axis {} of the first input as long as axis {} of the second", places[0], places[1]);
            return Err(Error::shape(Self::CLASS, expected, format!("{a} and {b}")));
        }
        if differ(a.axes()[0], b.axes()[0]) {
            return Err(Error::shape(Self::CLASS, "inputs of one batch size", format!("{a} and {b}")));
        }
        Ok(places)
    }
}

impl Layer for Dot {
    const CLASS: &'static str = "Dot";
    type Module = DotModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.output_shapes(std::slice::from_ref(input)).map(|mut shapes| shapes.swap_remove(0))
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let [first, second] = self.places(inputs)?;
        let mut axes = inputs[0].axes().to_vec();
        axes.remove(first);
        axes.extend(inputs[1].axes().iter().enumerate().filter(|(i, _)| *i != 0 && *i != second).map(|(_, n)| *n));
        if axes.len() == 1 {
            axes.push(Some(1));
        }
        if axes.len() > 8 {
            return Err(Error::shape(Self::CLASS, "a product of at most 8 axes", format!("{} and {}", inputs[0], inputs[1])));
        }
        Ok(vec![Shape::new(axes)])
    }

    fn build(&self, input: &Shape, cx: &Build) -> Result<DotModule> {
        self.build_many(std::slice::from_ref(input), cx)
    }

    fn build_many(&self, inputs: &[Shape], _: &Build) -> Result<DotModule> {
        self.output_shapes(inputs)?;
        Ok(DotModule { layer: self.clone() })
    }
}

/// A built [`Dot`].
#[derive(Module, Debug)]
pub struct DotModule {
    #[module(skip)]
    layer: Dot,
}

/// The square of Keras' 1e-7, below which a length is not divided by.
const SMALLEST: f64 = 1e-14;

/// `x` as (batch, other axes, axis), of length 1 along the axis if asked for.
fn matrices(x: Tensor, place: usize, normalize: bool) -> Result<Tensor> {
    let shape = x.shape();
    let others = (1..shape.len()).filter(|i| *i != place);
    let order: Vec<usize> = std::iter::once(0).chain(others).chain([place]).collect();
    let count = shape.iter().product::<usize>() / (shape[0] * shape[place]).max(1);
    let moved = if order.is_sorted() { x.to_float() } else { x.to_float().transpose(order)? };
    let x = reshape(&moved, &[shape[0], count, shape[place]])?;
    if !normalize {
        return Ok(x);
    }
    let length = x.clone().square().sum_axis(-1)?.maximum(SMALLEST)?.sqrt().expand_dims(-1)?;
    x.try_div(length)
}

impl Call for DotModule {
    fn call(&self, _: Tensor, _: &Context) -> Result<Tensor> {
        Err(Error::shape(Dot::CLASS, "2 inputs", "1 inputs"))
    }

    fn call_many(&self, inputs: Values, _: &Context) -> Result<Values> {
        let shapes: Vec<Shape> = inputs.iter().map(|v| Shape::known(v.tensor.shape())).collect();
        let places = self.layer.places(&shapes)?;
        let output = self.layer.output_shapes(&shapes)?.swap_remove(0);
        let output: Vec<usize> = output.axes().iter().copied().flatten().collect();
        let both = inputs.into_iter().zip(places).map(|(v, place)| matrices(v.tensor, place, self.layer.normalize));
        let [a, b] = <[Tensor; 2]>::try_from(both.collect::<Result<Vec<_>>>()?)
            .map_err(|v| Error::shape(Dot::CLASS, "2 inputs", format!("{} inputs", v.len())))?;
        Ok(one(reshape(&a.matmul(&b.transpose([0, 2, 1])?)?, &output)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_errors() {
        let of = |layer: Dot, shapes: &[Shape]| layer.output_shapes(shapes).unwrap_err().to_string();
        let pair = || [Shape::batch_of([4, 2]), Shape::batch_of([3, 4])];
        assert_eq!(of(Dot::new(1), &pair()[..1]), "Dot: expected 2 inputs, received 1 inputs");
        assert_eq!(of(Dot::new(0), &pair()), "Dot: `axes` must be other axes than the batch's, received [0, 0]");
        assert_eq!(of(Dot::new([1, 2, 3]), &pair()), "Dot: `axes` must be one axis or two, received [1, 2, 3]");
        assert_eq!(
            of(Dot::new(1), &pair()),
            "Dot: expected axis 1 of the first input as long as axis 1 of the second, received (None, 4, 2) and (None, 3, 4)"
        );
        assert_eq!(of(Dot::new(-4), &pair()), "Dot: `axes` must be in -3..3 for an input of shape (None, 4, 2), received -4");
    }
}
