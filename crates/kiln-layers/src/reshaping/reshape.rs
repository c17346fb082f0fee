//! Samples in another shape.

use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::{Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// Gives each sample the shape `target_shape`, in which one axis may be -1. Keras: `keras/src/layers/reshaping/reshape.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::Reshape;
/// assert_eq!(Reshape::new([28, -1]).output_shape(&Shape::batch_of([784]))?, Shape::batch_of([28, 28]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reshape {
    #[serde(flatten)]
    options: Options,
    target_shape: Vec<isize>,
}

impl Reshape {
    /// The shape of one sample; -1 for an axis to be computed.
    pub fn new(target_shape: impl AsRef<[isize]>) -> Self {
        Self { options: Options::default(), target_shape: target_shape.as_ref().to_vec() }
    }
}

impl Layer for Reshape {
    const CLASS: &'static str = "Reshape";
    type Module = ReshapeModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let target = &self.target_shape;
        if target.iter().any(|&n| n < -1) || target.iter().filter(|&&n| n == -1).count() > 1 {
            return Err(Error::option("Reshape", "target_shape", "sizes with at most one -1", format!("{target:?}")));
        }
        let product = |sizes: &mut dyn Iterator<Item = usize>| sizes.fold(1, usize::saturating_mul);
        let known = product(&mut target.iter().filter(|&&n| n >= 0).map(|&n| n as usize));
        let axes = match input.sample_len() {
            None => target.iter().map(|&n| usize::try_from(n).ok()).collect::<Vec<_>>(),
            Some(len) => {
                let open = len.checked_div(known).unwrap_or(0);
                let axes: Vec<usize> = target.iter().map(|&n| usize::try_from(n).unwrap_or(open)).collect();
                if product(&mut axes.iter().copied()) != len {
                    let expected = format!("a shape of {len} values, as {input} has");
                    return Err(Error::option("Reshape", "target_shape", expected, format!("{target:?}")));
                }
                axes.into_iter().map(Some).collect()
            }
        };
        Ok(Shape::new(std::iter::once(input.axes().first().copied().flatten()).chain(axes).collect::<Vec<_>>()))
    }

    fn build(&self, input: &Shape, _: &Build) -> Result<ReshapeModule> {
        self.output_shape(input)?;
        Ok(ReshapeModule { target_shape: self.target_shape.clone() })
    }
}

/// A built [`Reshape`].
#[derive(Module, Debug)]
pub struct ReshapeModule {
    #[module(skip)]
    target_shape: Vec<isize>,
}

impl Call for ReshapeModule {
    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        let rows = x.shape().first().copied().unwrap_or(1) as isize;
        x.reshape(std::iter::once(rows).chain(self.target_shape.iter().copied()).collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_size_is_an_error() {
        let of = |target: &[isize]| Reshape::new(target).output_shape(&Shape::batch_of([12])).unwrap_err().to_string();
        assert_eq!(of(&[5, 2]), "Reshape: `target_shape` must be a shape of 12 values, as (None, 12) has, received [5, 2]");
        assert_eq!(of(&[-1, -1]), "Reshape: `target_shape` must be sizes with at most one -1, received [-1, -1]");
        assert_eq!(of(&[5, -1]), "Reshape: `target_shape` must be a shape of 12 values, as (None, 12) has, received [5, -1]");
    }
}
