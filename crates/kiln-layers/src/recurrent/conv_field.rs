//! The convolutions inside a convolutional cell: their options, shapes and products, for 1 to 3 axes of space.

use burn::tensor::module::{conv1d, conv2d, conv3d};
use burn::tensor::ops::ConvOptions;
use kiln_core::{Error, Result, Shape, Tensor};
use serde::{Deserialize, Serialize};

/// A size for each axis of space, or one for all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Extent(Vec<usize>);

impl<const N: usize> From<[usize; N]> for Extent {
    fn from(sizes: [usize; N]) -> Self {
        Self(sizes.to_vec())
    }
}

/// Keras' options of the convolution of the input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ConvField {
    pub(super) kernel_size: Extent,
    pub(super) strides: Extent,
    pub(super) padding: String,
    pub(super) data_format: String,
    pub(super) dilation_rate: Extent,
}

/// One convolution: its windows and what is added before and after each axis.
#[derive(Clone, Debug)]
pub(super) struct Window {
    strides: Vec<usize>,
    dilation: Vec<usize>,
    pads: Vec<(usize, usize)>,
}

impl ConvField {
    pub(super) fn new<const N: usize>(kernel_size: Extent) -> Self {
        let ones = || Extent::from([1; N]);
        let (padding, data_format) = ("valid".to_owned(), "channels_last".to_owned());
        Self { kernel_size, strides: ones(), padding, data_format, dilation_rate: ones() }
    }

    pub(super) fn kernel(&self) -> &[usize] {
        &self.kernel_size.0
    }

    /// Whether the channels stand before the axes of space.
    pub(super) fn channels_first(&self) -> bool {
        self.data_format == "channels_first"
    }

    fn same(&self) -> bool {
        self.padding.eq_ignore_ascii_case("same")
    }

    pub(super) fn check(&self, who: &str, axes: usize) -> Result<()> {
        for (option, extent) in [("kernel_size", &self.kernel_size), ("strides", &self.strides), ("dilation_rate", &self.dilation_rate)] {
            if extent.0.len() != axes || extent.0.contains(&0) {
                return Err(Error::option(who, option, format!("{axes} numbers of at least 1"), format!("{:?}", extent.0)));
            }
        }
        if self.strides.0.iter().any(|n| *n > 1) && self.dilation_rate.0.iter().any(|n| *n > 1) {
            return Err(Error::option(who, "dilation_rate", "1 where `strides` are above 1", format!("{:?}", self.dilation_rate.0)));
        }
        if !self.same() && !self.padding.eq_ignore_ascii_case("valid") {
            return Err(Error::unknown("padding", &self.padding, ["valid", "same"]));
        }
        match self.data_format.as_str() {
            "channels_last" | "channels_first" => Ok(()),
            other => Err(Error::unknown("data format", other, ["channels_last", "channels_first"])),
        }
    }

    /// The axes of space and the channels of one step `(batch, ...)`.
    pub(super) fn space(&self, who: &str, axes: usize, step: &Shape) -> Result<(Vec<usize>, usize)> {
        if step.rank() != axes + 2 {
            return Err(Error::shape(who, format!("a step of {} axes", axes + 2), step));
        }
        let mut sample = step.sample().ok_or_else(|| Error::shape(who, "known axes of space and channels", step))?;
        let channels = if self.channels_first() { sample.remove(0) } else { sample.pop().unwrap_or(0) };
        Ok((sample, channels))
    }

    /// The shape `(batch, ...)` of so many channels over `space`.
    pub(super) fn shape(&self, batch: Option<usize>, space: &[usize], channels: usize) -> Shape {
        let space = space.iter().map(|n| Some(*n));
        let channels = [Some(channels)];
        let sample: Vec<Option<usize>> =
            if self.channels_first() { channels.into_iter().chain(space).collect() } else { space.chain(channels).collect() };
        Shape::new(std::iter::once(batch).chain(sample).collect::<Vec<_>>())
    }

    /// The space after the convolution of the input, and that convolution.
    pub(super) fn of_input(&self, who: &str, space: &[usize]) -> Result<(Vec<usize>, Window)> {
        let (mut out, mut pads) = (Vec::new(), Vec::new());
        for (axis, n) in space.iter().enumerate() {
            let (stride, reach) = (self.strides.0[axis], (self.kernel_size.0[axis] - 1) * self.dilation_rate.0[axis] + 1);
            if self.same() {
                let size = n.div_ceil(stride);
                let all = (size.saturating_sub(1) * stride + reach).saturating_sub(*n);
                out.push(size);
                pads.push((all / 2, all - all / 2));
            } else {
                if *n < reach {
                    return Err(Error::option(who, "kernel_size", format!("at most the input's {n} on axis {axis} of space"), reach));
                }
                out.push((n - reach) / stride + 1);
                pads.push((0, 0));
            }
        }
        if out.contains(&0) {
            return Err(Error::shape(who, "axes of space of at least 1", kiln_core::shape::tuple(space)));
        }
        Ok((out, Window { strides: self.strides.0.clone(), dilation: self.dilation_rate.0.clone(), pads }))
    }

    /// The convolution of the state, which keeps its space.
    pub(super) fn of_state(&self) -> Window {
        let pads = self.kernel_size.0.iter().map(|n| ((n - 1) / 2, (n - 1) - (n - 1) / 2)).collect();
        let ones = vec![1; self.kernel_size.0.len()];
        Window { strides: ones.clone(), dilation: ones, pads }
    }

    /// `x` with its channels behind the batch.
    pub(super) fn to_first(&self, x: Tensor) -> Result<Tensor> {
        let last = x.rank() - 1;
        if self.channels_first() { Ok(x) } else { x.transpose([0, last].into_iter().chain(1..last).collect::<Vec<_>>()) }
    }

    /// `x`, whose channels are behind the batch, in the format of the layer.
    pub(super) fn restored(&self, x: Tensor) -> Result<Tensor> {
        let axes = x.rank();
        if self.channels_first() { Ok(x) } else { x.transpose([0].into_iter().chain(2..axes).chain([1]).collect::<Vec<_>>()) }
    }

    /// The axis of the channels in (batch, ...).
    pub(super) fn channel_axis(&self, rank: usize) -> usize {
        if self.channels_first() { 1 } else { rank - 1 }
    }
}

impl Window {
    /// `x` (batch, channels, ...) under `kernel` (filters, channels, ...).
    pub(super) fn convolve(&self, x: Tensor, kernel: Tensor, bias: Option<burn::Tensor<1>>) -> Result<Tensor> {
        let even = self.pads.iter().all(|(before, after)| before == after);
        let x = if even { x } else { self.pad(x)? };
        let pads: Vec<usize> = self.pads.iter().map(|(before, _)| if even { *before } else { 0 }).collect();
        Ok(match self.pads.len() {
            1 => conv1d(x.float()?, kernel.float()?, bias, self.options(&pads)).into(),
            2 => conv2d(x.float()?, kernel.float()?, bias, self.options(&pads)).into(),
            _ => conv3d(x.float()?, kernel.float()?, bias, self.options(&pads)).into(),
        })
    }

    fn options<const N: usize>(&self, pads: &[usize]) -> ConvOptions<N> {
        let each = |values: &[usize]| std::array::from_fn(|axis| values.get(axis).copied().unwrap_or(1));
        ConvOptions::new(each(&self.strides), each(pads), each(&self.dilation), 1)
    }

    /// Zeros before and after the axes of space.
    fn pad(&self, mut x: Tensor) -> Result<Tensor> {
        for (axis, (before, after)) in self.pads.iter().enumerate() {
            let zeros = |count: usize, like: &Tensor| {
                let mut shape = like.shape();
                shape[axis + 2] = count;
                Tensor::zeros(shape).to_device(&like.device())
            };
            let parts: Vec<Tensor> = [(*before > 0).then(|| zeros(*before, &x)), Some(x.clone()), (*after > 0).then(|| zeros(*after, &x))]
                .into_iter()
                .flatten()
                .collect();
            x = Tensor::concat(&parts, axis as isize + 2)?;
        }
        Ok(x)
    }
}

/// Setters of [`ConvField`].
macro_rules! conv_setters {
    ($axes:literal; $($field:ident).+) => {
        /// How far the window over the input moves on each axis. Default 1.
        pub fn strides(mut self, strides: impl $crate::recurrent::Extents<$axes>) -> Self {
            self.$($field).+.strides = strides.extents().into();
            self
        }

        /// What is added around the input: `valid` (the default) for nothing, `same` for as many zeros as keep its size.
        pub fn padding(mut self, padding: &str) -> Self {
            self.$($field).+.padding = padding.to_owned();
            self
        }

        /// Where the channels stand: `channels_last` (the default) or `channels_first`.
        pub fn data_format(mut self, format: &str) -> Self {
            self.$($field).+.data_format = format.to_owned();
            self
        }

        /// How far apart the cells of the input are that a window reads. Default 1.
        pub fn dilation_rate(mut self, rate: impl $crate::recurrent::Extents<$axes>) -> Self {
            self.$($field).+.dilation_rate = rate.extents().into();
            self
        }
    };
}
pub(crate) use conv_setters;

/// A number for each of `N` axes, or one for all.
pub trait Extents<const N: usize> {
    /// One for each.
    fn extents(self) -> [usize; N];
}

impl<const N: usize> Extents<N> for usize {
    fn extents(self) -> [usize; N] {
        [self; N]
    }
}

impl<const N: usize> Extents<N> for [usize; N] {
    fn extents(self) -> [usize; N] {
        self
    }
}
