//! Larger images.

use super::interpolation::Interpolation;
use super::repeat::{enlarged, repeat};
use crate::spatial::{DataFormat, Sizes, setters};
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::{Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// Makes images (batch, height, width, channels) `size` times as large. Keras: `keras/src/layers/reshaping/up_sampling2d.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::UpSampling2d;
/// let layer = UpSampling2d::new([2, 3]).interpolation("bilinear");
/// assert_eq!(layer.output_shape(&Shape::batch_of([4, 5, 3]))?, Shape::batch_of([8, 15, 3]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UpSampling2d {
    #[serde(flatten)]
    options: Options,
    size: Sizes<2>,
    data_format: DataFormat,
    interpolation: Interpolation,
}

impl UpSampling2d {
    /// `size` times as large: one integer, or one for height and one for width.
    pub fn new(size: impl Into<Sizes<2>>) -> Self {
        let (data_format, interpolation) = (DataFormat::ChannelsLast, Interpolation::Nearest);
        Self { options: Options::default(), size: size.into(), data_format, interpolation }
    }

    setters! {
        /// `channels_last` or `channels_first`. Default `channels_last`.
        into data_format: DataFormat;
        /// `nearest`, `bilinear`, `bicubic`, `lanczos3` or `lanczos5`. Default `nearest`, which repeats cells.
        into interpolation: Interpolation;
    }
}

/// Twice as large, Keras' default.
impl Default for UpSampling2d {
    fn default() -> Self {
        Self::new(2)
    }
}

impl Layer for UpSampling2d {
    const CLASS: &'static str = "UpSampling2D";
    type Module = UpSampling2dModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.interpolation.check()?;
        enlarged(Self::CLASS, self.size, &self.data_format, input)
    }

    fn build(&self, input: &Shape, _: &Build) -> Result<UpSampling2dModule> {
        self.output_shape(input)?;
        Ok(UpSampling2dModule { size: self.size, format: self.data_format.clone(), interpolation: self.interpolation.clone() })
    }
}

/// A built [`UpSampling2d`].
#[derive(Module, Debug)]
pub struct UpSampling2dModule {
    #[module(skip)]
    size: Sizes<2>,
    #[module(skip)]
    format: DataFormat,
    #[module(skip)]
    interpolation: Interpolation,
}

impl Call for UpSampling2dModule {
    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        self.format.axes::<2>(UpSampling2d::CLASS, &Shape::known(x.shape()))?;
        if x.is_empty() {
            return Err(Error::shape(UpSampling2d::CLASS, "at least one cell on each axis", x.describe()));
        }
        let (first, nearest) = (self.format.spatial_axis(), self.interpolation == Interpolation::Nearest);
        let x = if nearest { x } else { x.to_float() };
        self.size.0.into_iter().enumerate().try_fold(x, |x, (i, times)| match nearest {
            true => repeat(x, first + i, times),
            false => self.interpolation.stretch(x, first + i, times),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_errors() {
        let of = |layer: UpSampling2d| layer.output_shape(&Shape::batch_of([4, 5, 3])).unwrap_err().to_string();
        assert_eq!(of(UpSampling2d::new([2, 0])), "UpSampling2D: `size` must be at least 1 on each axis, received (2, 0)");
        assert_eq!(of(UpSampling2d::new(2).interpolation("bicubi")), "unknown interpolation `bicubi`, did you mean `bicubic`?");
        let error = super::super::UpSampling1d::new(0).output_shape(&Shape::batch_of([4, 5])).unwrap_err();
        assert_eq!(error.to_string(), "UpSampling1D: `size` must be at least 1, received 0");
    }
}
