//! Pools with an output of a given size, for any number of spatial axes.

use super::pool::{Reduction, adapt};
use crate::spatial::{Axes, DataFormat, Sizes, class_of, setters};
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::{Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// The maximum or the mean over windows that share each of `N` spatial axes out into a given number of parts:
/// [`AdaptiveMaxPooling2d`](super::AdaptiveMaxPooling2d), [`AdaptiveAveragePooling2d`](super::AdaptiveAveragePooling2d) and their
/// kin.
///
/// Part i of n cells goes from floor(i · n / size) to ceil((i + 1) · n / size), so parts may share cells. Keras:
/// `keras/src/layers/pooling/base_adaptive_pooling.py`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct AdaptivePooling<R, const N: usize> {
    #[serde(flatten)]
    options: Options,
    output_size: Sizes<N>,
    data_format: DataFormat,
    #[serde(skip)]
    reduction: PhantomData<R>,
}

impl<R: Reduction, const N: usize> AdaptivePooling<R, N> {
    /// An output of `output_size`: one integer, or one for each axis.
    pub fn new(output_size: impl Into<Sizes<N>>) -> Self {
        let (options, data_format) = (Options::default(), DataFormat::ChannelsLast);
        Self { options, output_size: output_size.into(), data_format, reduction: PhantomData }
    }

    setters! {
        /// `channels_last` or `channels_first`. Default `channels_last`.
        into data_format: DataFormat;
    }
}

impl<R: Reduction, const N: usize> Layer for AdaptivePooling<R, N> {
    const CLASS: &'static str = class_of(N, N + 2, &R::CLASSES[2]);
    type Module = AdaptivePoolingModule<N>;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        if self.output_size.0.contains(&0) {
            return Err(Error::option(Self::CLASS, "output_size", "at least 1 on each axis", self.output_size));
        }
        let Axes { batch, spatial, channels } = self.data_format.axes::<N>(Self::CLASS, input)?;
        if spatial.contains(&Some(0)) {
            return Err(Error::shape(Self::CLASS, "at least one cell on each axis", input));
        }
        Ok(self.data_format.shape(Axes { batch, spatial: self.output_size.0.map(Some), channels }))
    }

    fn build(&self, input: &Shape, _: &Build) -> Result<AdaptivePoolingModule<N>> {
        self.output_shape(input)?;
        let (output_size, format) = (self.output_size, self.data_format.clone());
        Ok(AdaptivePoolingModule { class: Self::CLASS, max: R::MAX, output_size, format })
    }
}

/// A built [`AdaptivePooling`].
#[derive(Module, Debug)]
pub struct AdaptivePoolingModule<const N: usize> {
    #[module(skip)]
    class: &'static str,
    #[module(skip)]
    max: bool,
    #[module(skip)]
    output_size: Sizes<N>,
    #[module(skip)]
    format: DataFormat,
}

impl<const N: usize> Call for AdaptivePoolingModule<N> {
    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        self.format.axes::<N>(self.class, &Shape::known(x.shape()))?;
        if x.is_empty() {
            return Err(Error::shape(self.class, "at least one cell on each axis", x.describe()));
        }
        let x = self.format.to_first(x.to_float())?;
        self.format.restore(adapt(self.max, x, self.output_size.0)?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::AdaptiveMaxPooling2d;
    use super::*;

    #[test]
    fn mistakes_are_errors() {
        let error = AdaptiveMaxPooling2d::new([2, 0]).output_shape(&Shape::batch_of([4, 4, 2])).unwrap_err().to_string();
        assert_eq!(error, "AdaptiveMaxPooling2D: `output_size` must be at least 1 on each axis, received (2, 0)");
        let error = AdaptiveMaxPooling2d::new(2).output_shape(&Shape::batch_of([4])).unwrap_err().to_string();
        assert!(error.starts_with("AdaptiveMaxPooling2D: expected an input of shape (batch, height, width, channels)"), "{error}");
    }
}
