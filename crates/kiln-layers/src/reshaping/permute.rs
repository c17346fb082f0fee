//! Axes in another order.

use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::shape::tuple;
use kiln_core::{Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// Puts the axes of each sample in the order `dims`, which counts from 1, the batch being axis 0. Keras:
/// `keras/src/layers/reshaping/permute.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::Permute;
/// assert_eq!(Permute::new([2, 1]).output_shape(&Shape::batch_of([10, 64]))?, Shape::batch_of([64, 10]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Permute {
    #[serde(flatten)]
    options: Options,
    dims: Vec<usize>,
}

impl Permute {
    /// The input axis that each output axis is; the batch is left out.
    pub fn new(dims: impl AsRef<[usize]>) -> Self {
        Self { options: Options::default(), dims: dims.as_ref().to_vec() }
    }
}

impl Layer for Permute {
    const CLASS: &'static str = "Permute";
    type Module = PermuteModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let mut sorted = self.dims.clone();
        sorted.sort_unstable();
        if sorted != (1..=self.dims.len()).collect::<Vec<_>>() {
            return Err(Error::option("Permute", "dims", "each axis from 1 on, once", tuple(&self.dims)));
        }
        if input.rank() != self.dims.len() + 1 {
            return Err(Error::shape("Permute", format!("{} axes, as `dims` and the batch have", self.dims.len() + 1), input));
        }
        let axes = input.axes();
        Ok(Shape::new(std::iter::once(axes[0]).chain(self.dims.iter().map(|&d| axes[d])).collect::<Vec<_>>()))
    }

    fn build(&self, input: &Shape, _: &Build) -> Result<PermuteModule> {
        self.output_shape(input)?;
        Ok(PermuteModule { axes: std::iter::once(0).chain(self.dims.iter().copied()).collect() })
    }
}

/// A built [`Permute`].
#[derive(Module, Debug)]
pub struct PermuteModule {
    #[module(skip)]
    axes: Vec<usize>,
}

impl Call for PermuteModule {
    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        match x.rank() == self.axes.len() {
            true => x.transpose(&self.axes),
            false => Err(Error::shape("Permute", format!("{} axes", self.axes.len()), x.describe())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_errors() {
        let of = |dims: &[usize]| Permute::new(dims).output_shape(&Shape::batch_of([3, 4])).unwrap_err().to_string();
        assert_eq!(of(&[0, 1]), "Permute: `dims` must be each axis from 1 on, once, received (0, 1)");
        assert_eq!(of(&[1, 1]), "Permute: `dims` must be each axis from 1 on, once, received (1, 1)");
        assert_eq!(of(&[2, 3, 1]), "Permute: expected 4 axes, as `dims` and the batch have, received (None, 3, 4)");
    }
}
