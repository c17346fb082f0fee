//! Volumes with repeated cells.

use super::repeat::{enlarged, repeat};
use crate::spatial::{DataFormat, Sizes, setters};
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::{Context, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// Repeats each cell of volumes (batch, depth, height, width, channels) `size` times on each axis. Keras:
/// `keras/src/layers/reshaping/up_sampling3d.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::UpSampling3d;
/// assert_eq!(UpSampling3d::new([1, 2, 2]).output_shape(&Shape::batch_of([4, 5, 6, 3]))?, Shape::batch_of([4, 10, 12, 3]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UpSampling3d {
    #[serde(flatten)]
    options: Options,
    size: Sizes<3>,
    data_format: DataFormat,
}

impl UpSampling3d {
    /// `size` copies: one integer, or one for each axis.
    pub fn new(size: impl Into<Sizes<3>>) -> Self {
        Self { options: Options::default(), size: size.into(), data_format: DataFormat::ChannelsLast }
    }

    setters! {
        /// `channels_last` or `channels_first`. Default `channels_last`.
        into data_format: DataFormat;
    }
}

/// Twice as large, Keras' default.
impl Default for UpSampling3d {
    fn default() -> Self {
        Self::new(2)
    }
}

impl Layer for UpSampling3d {
    const CLASS: &'static str = "UpSampling3D";
    type Module = UpSampling3dModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        enlarged(Self::CLASS, self.size, &self.data_format, input)
    }

    fn build(&self, input: &Shape, _: &Build) -> Result<UpSampling3dModule> {
        self.output_shape(input)?;
        Ok(UpSampling3dModule { size: self.size, format: self.data_format.clone() })
    }
}

/// A built [`UpSampling3d`].
#[derive(Module, Debug)]
pub struct UpSampling3dModule {
    #[module(skip)]
    size: Sizes<3>,
    #[module(skip)]
    format: DataFormat,
}

impl Call for UpSampling3dModule {
    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        self.format.axes::<3>(UpSampling3d::CLASS, &Shape::known(x.shape()))?;
        let first = self.format.spatial_axis();
        self.size.0.into_iter().enumerate().try_fold(x, |x, (i, times)| repeat(x, first + i, times))
    }
}
