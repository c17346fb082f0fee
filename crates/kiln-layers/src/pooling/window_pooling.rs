//! Pools of windows over any number of spatial axes.

use super::pool::{Reduction, pool};
use crate::spatial::{Axes, DataFormat, Padding, Sizes, Windows, class_of, setters};
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::kernels::{self, Window};
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::{Context, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// The maximum or the mean of windows that slide over `N` spatial axes: [`MaxPooling2d`](super::MaxPooling2d),
/// [`AveragePooling2d`](super::AveragePooling2d) and their kin.
///
/// Cells that padding `same` adds count neither for a maximum nor for a mean. Keras: `keras/src/layers/pooling/base_pooling.py`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct WindowPooling<R, const N: usize> {
    #[serde(flatten)]
    options: Options,
    pool_size: Sizes<N>,
    strides: Sizes<N>,
    padding: Padding,
    data_format: DataFormat,
    #[serde(skip)]
    reduction: PhantomData<R>,
}

impl<R: Reduction, const N: usize> WindowPooling<R, N> {
    /// Windows of `pool_size`, one integer or one for each axis, side by side.
    pub fn new(pool_size: impl Into<Sizes<N>>) -> Self {
        let pool_size = pool_size.into();
        Self {
            options: Options::default(),
            pool_size,
            strides: pool_size,
            padding: Padding::Valid,
            data_format: DataFormat::ChannelsLast,
            reduction: PhantomData,
        }
    }

    setters! {
        /// The step of the window on each axis. Default: its size.
        into strides: Sizes<N>;
        /// `valid` or `same`. Default `valid`.
        into padding: Padding;
        /// `channels_last` or `channels_first`. Default `channels_last`.
        into data_format: DataFormat;
    }

    fn windows(&self) -> Result<Windows<N>> {
        let windows = Windows {
            class: Self::CLASS,
            option: "pool_size",
            size: self.pool_size.0,
            strides: self.strides.0,
            dilation: [1; N],
            padding: self.padding.clone(),
            format: self.data_format.clone(),
        };
        windows.check(false)?;
        Ok(windows)
    }
}

impl<R: Reduction, const N: usize> Layer for WindowPooling<R, N> {
    const CLASS: &'static str = class_of(N, N + 2, &R::CLASSES[0]);
    type Module = WindowPoolingModule<N>;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let windows = self.windows()?;
        let Axes { batch, spatial, channels } = windows.axes(input)?;
        Ok(self.data_format.shape(Axes { batch, spatial: windows.slide(spatial)?, channels }))
    }

    fn build(&self, input: &Shape, _: &Build) -> Result<WindowPoolingModule<N>> {
        self.output_shape(input)?;
        Ok(WindowPoolingModule { max: R::MAX, windows: self.windows()? })
    }
}

/// A built [`WindowPooling`].
#[derive(Module, Debug)]
pub struct WindowPoolingModule<const N: usize> {
    #[module(skip)]
    max: bool,
    #[module(skip)]
    windows: Windows<N>,
}

impl<const N: usize> WindowPoolingModule<N> {
    /// As the hand-written operations take it, over axes of so many cells, if it is a maximum; `None` if it doesn't fit.
    pub(crate) fn max_window(&self, spatial: [usize; N]) -> Option<Window<N>> {
        let pads = self.windows.around(spatial).ok().filter(|_| self.max)?;
        self.windows.kernel_window(pads, 1)
    }
}

impl<const N: usize> Call for WindowPoolingModule<N> {
    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        let windows = &self.windows;
        let pads = windows.meet(&x, None)?;
        let x = x.to_float();
        if let Some(y) = windows.kernel_window(pads, 1).and_then(|window| kernels::pool(&x, window, self.max)) {
            return Ok(y);
        }
        let x = windows.format.to_first(x)?;
        windows.format.restore(pool(self.max, x, windows, pads)?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{AveragePooling1d, MaxPooling2d};
    use super::*;

    #[test]
    fn mistakes_are_errors() {
        let of = |layer: MaxPooling2d| layer.output_shape(&Shape::batch_of([4, 4, 1])).unwrap_err().to_string();
        assert_eq!(of(MaxPooling2d::new([0, 2])), "MaxPooling2D: `pool_size` must be at least 1 on each axis, received (0, 2)");
        assert_eq!(of(MaxPooling2d::new(2).strides([1, 0])), "MaxPooling2D: `strides` must be at least 1 on each axis, received (1, 0)");
        assert_eq!(of(MaxPooling2d::new(2).padding("causal")), "MaxPooling2D: `padding` must be `valid` or `same`, received `causal`");
        assert!(of(MaxPooling2d::new(5)).starts_with("MaxPooling2D: expected at least 5 on axis 1, which `pool_size` reaches over"));
        let error = AveragePooling1d::new(2).output_shape(&Shape::batch_of([4])).unwrap_err().to_string();
        assert!(error.starts_with("AveragePooling1D: expected an input of shape (batch, steps, channels), received (None, 4)"), "{error}");
    }
}
