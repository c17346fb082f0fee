//! Sequences with repeated steps.

use super::repeat::{enlarged, repeat};
use crate::spatial::{DataFormat, Sizes};
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::{Context, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// Repeats each step `size` times: (batch, steps, channels) to (batch, steps · size, channels). Keras:
/// `keras/src/layers/reshaping/up_sampling1d.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::UpSampling1d;
/// assert_eq!(UpSampling1d::new(2).output_shape(&Shape::batch_of([5, 3]))?, Shape::batch_of([10, 3]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UpSampling1d {
    #[serde(flatten)]
    options: Options,
    size: usize,
}

impl UpSampling1d {
    /// `size` copies of each step.
    pub fn new(size: usize) -> Self {
        Self { options: Options::default(), size }
    }
}

/// Twice as large, Keras' default.
impl Default for UpSampling1d {
    fn default() -> Self {
        Self::new(2)
    }
}

impl Layer for UpSampling1d {
    const CLASS: &'static str = "UpSampling1D";
    type Module = UpSampling1dModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        enlarged(Self::CLASS, Sizes([self.size]), &DataFormat::ChannelsLast, input)
    }

    fn build(&self, input: &Shape, _: &Build) -> Result<UpSampling1dModule> {
        self.output_shape(input)?;
        Ok(UpSampling1dModule { size: self.size })
    }
}

/// A built [`UpSampling1d`].
#[derive(Module, Debug)]
pub struct UpSampling1dModule {
    #[module(skip)]
    size: usize,
}

impl Call for UpSampling1dModule {
    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        DataFormat::ChannelsLast.axes::<1>(UpSampling1d::CLASS, &Shape::known(x.shape()))?;
        repeat(x, 1, self.size)
    }
}
