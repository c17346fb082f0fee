//! Pools over everything, for any number of spatial axes.

use super::pool::Reduction;
use crate::spatial::{Axes, DataFormat, class_of, setters};
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::value::{Values, one, only};
use kiln_core::{Context, DType, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// The maximum or the mean over all `N` spatial axes: [`GlobalMaxPooling2d`](super::GlobalMaxPooling2d),
/// [`GlobalAveragePooling2d`](super::GlobalAveragePooling2d) and their kin. Keras:
/// `keras/src/layers/pooling/base_global_pooling.py`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct GlobalPooling<R, const N: usize> {
    #[serde(flatten)]
    options: Options,
    data_format: DataFormat,
    keepdims: bool,
    #[serde(skip)]
    reduction: PhantomData<R>,
}

impl<R: Reduction, const N: usize> Default for GlobalPooling<R, N> {
    fn default() -> Self {
        Self { options: Options::default(), data_format: DataFormat::ChannelsLast, keepdims: false, reduction: PhantomData }
    }
}

impl<R: Reduction, const N: usize> GlobalPooling<R, N> {
    /// The layer.
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// `channels_last` or `channels_first`. Default `channels_last`.
        into data_format: DataFormat;
        /// Whether the spatial axes stay, with size 1. Default false.
        set keepdims: bool;
    }
}

impl<R: Reduction, const N: usize> Layer for GlobalPooling<R, N> {
    const CLASS: &'static str = class_of(N, N + 2, &R::CLASSES[1]);
    type Module = GlobalPoolingModule<N>;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let Axes { batch, spatial, channels } = self.data_format.axes::<N>(Self::CLASS, input)?;
        if spatial.contains(&Some(0)) {
            return Err(Error::shape(Self::CLASS, "at least one cell on each axis", input));
        }
        Ok(match self.keepdims {
            true => self.data_format.shape(Axes { batch, spatial: [Some(1); N], channels }),
            false => Shape::new([batch, channels]),
        })
    }

    fn build(&self, input: &Shape, _: &Build) -> Result<GlobalPoolingModule<N>> {
        self.output_shape(input)?;
        Ok(GlobalPoolingModule { class: Self::CLASS, max: R::MAX, format: self.data_format.clone(), keepdims: self.keepdims })
    }
}

/// A built [`GlobalPooling`].
#[derive(Module, Debug)]
pub struct GlobalPoolingModule<const N: usize> {
    #[module(skip)]
    class: &'static str,
    #[module(skip)]
    max: bool,
    #[module(skip)]
    format: DataFormat,
    #[module(skip)]
    keepdims: bool,
}

impl<const N: usize> GlobalPoolingModule<N> {
    /// `x` with one axis of space, and that axis.
    fn flat(&self, x: Tensor) -> Result<(Tensor, isize)> {
        let shape = Shape::known(x.shape());
        let Axes { batch, spatial, channels } = self.format.axes::<N>(self.class, &shape)?;
        let cells: usize = spatial.iter().flatten().product();
        if cells == 0 {
            return Err(Error::shape(self.class, "at least one cell on each axis", shape));
        }
        let axes = self.format.shape(Axes { batch, spatial: [Some(cells)], channels });
        let axes: Vec<isize> = axes.axes().iter().flatten().map(|&n| n as isize).collect();
        Ok((x.to_float().reshape(axes)?, self.format.spatial_axis() as isize))
    }

    fn keep(&self, y: Tensor) -> Result<Tensor> {
        match self.keepdims {
            true => (0..N).try_fold(y, |y, _| y.expand_dims(self.format.spatial_axis() as isize)),
            false => Ok(y),
        }
    }
}

impl<const N: usize> Call for GlobalPoolingModule<N> {
    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        let (x, axis) = self.flat(x)?;
        self.keep(if self.max { x.max_axis(axis)? } else { x.mean_axis(axis)? })
    }

    /// A mean over steps leaves out the masked ones, as only Keras' `GlobalAveragePooling1D` does.
    fn call_many(&self, inputs: Values, cx: &Context) -> Result<Values> {
        let input = only(self.class, inputs)?;
        let mask = match input.mask {
            Some(mask) if N == 1 && !self.max => mask,
            _ => return Ok(one(self.call(input.tensor, cx)?)),
        };
        let (x, axis) = self.flat(input.tensor)?;
        let mask = mask.cast(DType::Bool(burn::tensor::BoolStore::Native)).expand_dims(3 - axis)?;
        let sum = mask.select_where(&x, 0.0)?.sum_axis(axis)?;
        Ok(one(self.keep(sum / mask.to_float().sum_axis(axis)?)?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{GlobalAveragePooling1d, GlobalMaxPooling1d, GlobalMaxPooling2d};
    use super::*;
    use kiln_core::random::Stream;
    use kiln_core::value::Value;
    use kiln_core::{AnyLayer, Device};

    /// The output for steps 1, 2, 6 and -4, NaN, 8 of a channel, the second step masked in the second sample.
    fn masked(layer: impl Into<AnyLayer>, first: bool) -> Vec<f32> {
        let shape = if first { [2, 1, 3] } else { [2, 3, 1] };
        let x = Tensor::from_vec(vec![1.0f32, 2.0, 6.0, -4.0, f32::NAN, 8.0], shape).unwrap().autodiff();
        let mask = Tensor::constant([[true, true, true], [true, false, true]]);
        let cx = Build::new(&Device::current().unwrap(), Stream::new(0));
        let module = layer.into().build(&[Shape::known(shape)], &cx).unwrap();
        let y = module.call(one(Value { tensor: x, mask: Some(mask) }), &Context::inference()).unwrap().remove(0);
        assert!(y.mask.is_none());
        y.tensor.to_vec()
    }

    #[test]
    fn a_mean_leaves_out_masked_steps() {
        assert_eq!(masked(GlobalAveragePooling1d::new(), false), [3.0, 2.0]);
        assert_eq!(masked(GlobalAveragePooling1d::new().data_format("channels_first").keepdims(true), true), [3.0, 2.0]);
        let y = masked(GlobalMaxPooling1d::new(), false);
        assert!(y[0] == 6.0 && y[1].is_nan(), "{y:?}");
    }

    #[test]
    fn mistakes_are_errors() {
        let error = GlobalMaxPooling2d::new().output_shape(&Shape::batch_of([4, 2])).unwrap_err().to_string();
        assert!(error.starts_with("GlobalMaxPooling2D: expected an input of shape (batch, height, width, channels)"), "{error}");
        let error = GlobalMaxPooling2d::new().output_shape(&Shape::batch_of([4, 0, 2])).unwrap_err().to_string();
        assert_eq!(error, "GlobalMaxPooling2D: expected at least one cell on each axis, received (None, 4, 0, 2)");
    }
}
