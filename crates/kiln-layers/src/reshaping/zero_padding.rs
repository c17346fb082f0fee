//! Borders of zeros.

use crate::spatial::{Axes, DataFormat, Margins, class_of, pad, setters};
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::{Context, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// Adds zeros at both ends of `N` spatial axes: [`ZeroPadding1d`], [`ZeroPadding2d`], [`ZeroPadding3d`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ZeroPadding<const N: usize> {
    #[serde(flatten)]
    options: Options,
    padding: Margins<N>,
    data_format: DataFormat,
}

/// Adds steps of zeros at both ends of sequences (batch, steps, channels). Keras: `keras/src/layers/reshaping/zero_padding1d.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::ZeroPadding1d;
/// assert_eq!(ZeroPadding1d::new((1, 2)).output_shape(&Shape::batch_of([8, 3]))?, Shape::batch_of([11, 3]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type ZeroPadding1d = ZeroPadding<1>;

/// Adds a border of zeros to images (batch, height, width, channels). Keras: `keras/src/layers/reshaping/zero_padding2d.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::ZeroPadding2d;
/// assert_eq!(ZeroPadding2d::new(((0, 1), (2, 2))).output_shape(&Shape::batch_of([28, 28, 3]))?, Shape::batch_of([29, 32, 3]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type ZeroPadding2d = ZeroPadding<2>;

/// Adds a border of zeros to volumes (batch, depth, height, width, channels). Keras:
/// `keras/src/layers/reshaping/zero_padding3d.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::ZeroPadding3d;
/// assert_eq!(ZeroPadding3d::new([1, 2, 2]).output_shape(&Shape::batch_of([8, 8, 8, 3]))?, Shape::batch_of([10, 12, 12, 3]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type ZeroPadding3d = ZeroPadding<3>;

/// A built [`ZeroPadding1d`].
pub type ZeroPadding1dModule = ZeroPaddingModule<1>;

/// A built [`ZeroPadding2d`].
pub type ZeroPadding2dModule = ZeroPaddingModule<2>;

/// A built [`ZeroPadding3d`].
pub type ZeroPadding3dModule = ZeroPaddingModule<3>;

impl<const N: usize> ZeroPadding<N> {
    /// What to add: one integer for all sides, one for each axis, or a pair (start, end) for each axis.
    pub fn new(padding: impl Into<Margins<N>>) -> Self {
        Self { options: Options::default(), padding: padding.into(), data_format: DataFormat::ChannelsLast }
    }

    setters! {
        /// `channels_last` or `channels_first`. Default `channels_last`.
        into data_format: DataFormat;
    }
}

/// A border of 1, Keras' default.
impl<const N: usize> Default for ZeroPadding<N> {
    fn default() -> Self {
        Self::new(1)
    }
}

impl<const N: usize> Layer for ZeroPadding<N> {
    const CLASS: &'static str = class_of(N, N + 2, &["ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D"]);
    type Module = ZeroPaddingModule<N>;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let Axes { batch, mut spatial, channels } = self.data_format.axes::<N>(Self::CLASS, input)?;
        for (n, (start, end)) in spatial.iter_mut().zip(self.padding.0) {
            *n = n.map(|n| n.saturating_add(start).saturating_add(end));
        }
        Ok(self.data_format.shape(Axes { batch, spatial, channels }))
    }

    fn build(&self, input: &Shape, _: &Build) -> Result<ZeroPaddingModule<N>> {
        self.output_shape(input)?;
        Ok(ZeroPaddingModule { class: Self::CLASS, padding: self.padding, format: self.data_format.clone() })
    }
}

/// A built [`ZeroPadding`].
#[derive(Module, Debug)]
pub struct ZeroPaddingModule<const N: usize> {
    #[module(skip)]
    class: &'static str,
    #[module(skip)]
    padding: Margins<N>,
    #[module(skip)]
    format: DataFormat,
}

impl<const N: usize> Call for ZeroPaddingModule<N> {
    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        self.format.axes::<N>(self.class, &Shape::known(x.shape()))?;
        let mut pads = self.padding.0.to_vec();
        if self.format.spatial_axis() == 1 {
            pads.push((0, 0));
        }
        pad(x, &pads)
    }
}
