//! A vector as a sequence of itself.

use super::repeat::repeat;
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::{Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// Repeats each sample's features `n` times: (batch, features) to (batch, n, features). Keras:
/// `keras/src/layers/reshaping/repeat_vector.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::RepeatVector;
/// assert_eq!(RepeatVector::new(3).output_shape(&Shape::batch_of([32]))?, Shape::batch_of([3, 32]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RepeatVector {
    #[serde(flatten)]
    options: Options,
    n: usize,
}

impl RepeatVector {
    /// `n` copies.
    pub fn new(n: usize) -> Self {
        Self { options: Options::default(), n }
    }
}

impl Layer for RepeatVector {
    const CLASS: &'static str = "RepeatVector";
    type Module = RepeatVectorModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        if self.n == 0 {
            return Err(Error::option("RepeatVector", "n", "at least 1", 0));
        }
        match input.axes() {
            [batch, features] => Ok(Shape::new([*batch, Some(self.n), *features])),
            _ => Err(Error::shape("RepeatVector", "an input of shape (batch, features)", input)),
        }
    }

    fn build(&self, input: &Shape, _: &Build) -> Result<RepeatVectorModule> {
        self.output_shape(input)?;
        Ok(RepeatVectorModule { n: self.n })
    }
}

/// A built [`RepeatVector`].
#[derive(Module, Debug)]
pub struct RepeatVectorModule {
    #[module(skip)]
    n: usize,
}

impl Call for RepeatVectorModule {
    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        match x.rank() {
            2 => repeat(x.expand_dims(1)?, 1, self.n),
            _ => Err(Error::shape("RepeatVector", "an input of shape (batch, features)", x.describe())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_errors() {
        let of = |n, sample: &[usize]| RepeatVector::new(n).output_shape(&Shape::batch_of(sample)).unwrap_err().to_string();
        assert_eq!(of(0, &[3]), "RepeatVector: `n` must be at least 1, received 0");
        assert_eq!(of(2, &[3, 4]), "RepeatVector: expected an input of shape (batch, features), received (None, 3, 4)");
    }
}
