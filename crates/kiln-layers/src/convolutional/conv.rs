//! Convolution over any number of spatial axes.

use super::convolve::{convolve, kernel_axes, kernel_shape};
use crate::pooling::WindowPoolingModule;
use crate::spatial::{Axes, DataFormat, Padding, Sizes, Windows, class_of, setters};
use burn::module::{Module, Param};
use kiln_core::activation::Activation;
use kiln_core::build::Build;
use kiln_core::constraint::Constraint;
use kiln_core::initializer::Initializer;
use kiln_core::kernels;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::regularizer::Regularizer;
use kiln_core::{AnyModule, Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// A convolution over `N` spatial axes, with a kernel of `D = N + 2`: [`Conv1d`](super::Conv1d), [`Conv2d`](super::Conv2d),
/// [`Conv3d`](super::Conv3d).
///
/// `activation(sum over the window and the channels of input · kernel, plus bias)`. Weights: `kernel` (window, channels /
/// groups, filters), `bias` (filters). Keras: `keras/src/layers/convolutional/base_conv.py`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conv<const N: usize, const D: usize> {
    #[serde(flatten)]
    options: Options,
    filters: usize,
    kernel_size: Sizes<N>,
    strides: Sizes<N>,
    padding: Padding,
    data_format: DataFormat,
    dilation_rate: Sizes<N>,
    groups: usize,
    activation: Activation,
    use_bias: bool,
    kernel_initializer: Initializer,
    bias_initializer: Initializer,
    kernel_regularizer: Option<Regularizer>,
    bias_regularizer: Option<Regularizer>,
    activity_regularizer: Option<Regularizer>,
    kernel_constraint: Option<Constraint>,
    bias_constraint: Option<Constraint>,
}

impl<const N: usize, const D: usize> Conv<N, D> {
    /// `filters` output channels from windows of `kernel_size`: one integer, or one for each axis.
    pub fn new(filters: usize, kernel_size: impl Into<Sizes<N>>) -> Self {
        Self {
            options: Options::default(),
            filters,
            kernel_size: kernel_size.into(),
            strides: Sizes([1; N]),
            padding: Padding::Valid,
            data_format: DataFormat::ChannelsLast,
            dilation_rate: Sizes([1; N]),
            groups: 1,
            activation: Activation::Linear,
            use_bias: true,
            kernel_initializer: Initializer::from("glorot_uniform"),
            bias_initializer: Initializer::from("zeros"),
            kernel_regularizer: None,
            bias_regularizer: None,
            activity_regularizer: None,
            kernel_constraint: None,
            bias_constraint: None,
        }
    }

    setters! {
        /// The step of the window on each axis. Default 1.
        into strides: Sizes<N>;
        /// `valid`, `same`, and for one axis `causal`. Default `valid`.
        into padding: Padding;
        /// `channels_last` or `channels_first`. Default `channels_last`.
        into data_format: DataFormat;
        /// The distance of neighbours in the window. Default 1; above 1 the strides must be 1.
        into dilation_rate: Sizes<N>;
        /// Groups of channels that are convolved apart; they divide channels and filters. Default 1.
        set groups: usize;
        /// The activation. Default linear.
        into activation: Activation;
        /// Whether a bias is added. Default true.
        set use_bias: bool;
        /// Default `glorot_uniform`.
        into kernel_initializer: Initializer;
        /// Default `zeros`.
        into bias_initializer: Initializer;
        /// A term of the loss that keeps the kernel small. Default none.
        some kernel_regularizer: Regularizer;
        /// A term of the loss that keeps the bias small. Default none.
        some bias_regularizer: Regularizer;
        /// A term of the loss that keeps the output small. Default none.
        some activity_regularizer: Regularizer;
        /// Applied to the kernel after each step of the optimizer. Default none.
        some kernel_constraint: Constraint;
        /// Applied to the bias after each step of the optimizer. Default none.
        some bias_constraint: Constraint;
    }

    fn windows(&self) -> Result<Windows<N>> {
        let windows = Windows {
            class: Self::CLASS,
            option: "kernel_size",
            size: self.kernel_size.0,
            strides: self.strides.0,
            dilation: self.dilation_rate.0,
            padding: self.padding.clone(),
            format: self.data_format.clone(),
        };
        windows.check(N == 1)?;
        windows.check_strides()?;
        self.activation.check()?;
        for (option, value) in [("filters", self.filters), ("groups", self.groups)] {
            if value == 0 {
                return Err(Error::option(Self::CLASS, option, "at least 1", 0));
            }
        }
        if !self.filters.is_multiple_of(self.groups) {
            return Err(Error::option(Self::CLASS, "groups", format!("a divisor of the {} filters", self.filters), self.groups));
        }
        Ok(windows)
    }

    /// The channels of an input, and the shape of the output.
    fn plan(&self, windows: &Windows<N>, input: &Shape) -> Result<(usize, Shape)> {
        let axes = windows.axes(input)?;
        let channels = axes.channels.ok_or_else(|| Error::shape(Self::CLASS, "a known channel axis", input))?;
        if !channels.is_multiple_of(self.groups) {
            return Err(Error::option(Self::CLASS, "groups", format!("a divisor of the {channels} input channels"), self.groups));
        }
        let spatial = windows.slide(axes.spatial)?;
        let output = self.data_format.shape(Axes { batch: axes.batch, spatial, channels: Some(self.filters) });
        Ok((channels, output))
    }
}

impl<const N: usize, const D: usize> Layer for Conv<N, D> {
    const CLASS: &'static str = class_of(N, D, &["Conv1D", "Conv2D", "Conv3D"]);
    type Module = ConvModule<N, D>;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(self.plan(&self.windows()?, input)?.1)
    }

    fn build(&self, input: &Shape, cx: &Build) -> Result<ConvModule<N, D>> {
        let windows = self.windows()?;
        let (channels, _) = self.plan(&windows, input)?;
        let shape = kernel_shape(windows.size, channels / self.groups, self.filters);
        Ok(ConvModule {
            kernel: cx.weight("kernel", shape, &self.kernel_initializer)?,
            bias: self.use_bias.then(|| cx.weight("bias", [self.filters], &self.bias_initializer)).transpose()?,
            windows,
            groups: self.groups,
            activation: self.activation.clone(),
        })
    }

    fn regularizers(&self) -> Vec<(&'static str, Regularizer)> {
        let all = [("kernel", &self.kernel_regularizer), ("bias", &self.bias_regularizer)];
        all.into_iter().filter_map(|(w, r)| Some((w, r.clone()?))).collect()
    }

    fn constraints(&self) -> Vec<(&'static str, Constraint)> {
        let all = [("kernel", &self.kernel_constraint), ("bias", &self.bias_constraint)];
        all.into_iter().filter_map(|(w, c)| Some((w, c.clone()?))).collect()
    }

    fn activity_regularizer(&self) -> Option<Regularizer> {
        self.activity_regularizer.clone()
    }
}

/// A built [`Conv`].
#[derive(Module, Debug)]
pub struct ConvModule<const N: usize, const D: usize> {
    kernel: Param<burn::Tensor<D>>,
    bias: Option<Param<burn::Tensor<1>>>,
    #[module(skip)]
    windows: Windows<N>,
    #[module(skip)]
    groups: usize,
    #[module(skip)]
    activation: Activation,
}

impl<const N: usize, const D: usize> ConvModule<N, D> {
    /// The cells to add to each axis of an input, which must fit.
    fn pads(&self, x: &Tensor) -> Result<[(usize, usize); N]> {
        self.windows.meet(x, Some(self.kernel.dims()[N] * self.groups))
    }

    fn weights(&self) -> (Tensor, Option<burn::Tensor<1>>) {
        (self.kernel.val().into(), self.bias.as_ref().map(|b| b.val()))
    }
}

impl<const N: usize, const D: usize> Call for ConvModule<N, D> {
    fn call(&self, x: Tensor, cx: &Context) -> Result<Tensor> {
        let pads = self.pads(&x)?;
        let (x, (kernel, bias)) = (x.to_float(), self.weights());
        let (curve, rest) = self.activation.split(cx);
        if let Some(window) = self.windows.kernel_window(pads, self.groups)
            && let Some(y) = kernels::convolve(&x, kernel.clone(), bias.clone(), window, curve)
        {
            return rest.call(y, cx);
        }
        let windows = &self.windows;
        let x = windows.format.to_first(x)?;
        let y = convolve(x, kernel_axes::<N>(kernel, 1, 0)?, bias, windows, pads, self.groups)?;
        self.activation.call(windows.format.restore(y)?, cx)
    }

    fn call_joined(&self, x: &Tensor, next: &AnyModule, cx: &Context) -> Result<Option<Tensor>> {
        let Some(pool) = next.downcast_ref::<WindowPoolingModule<N>>() else { return Ok(None) };
        let Some(window) = self.windows.kernel_window(self.pads(x)?, self.groups) else { return Ok(None) };
        let (curve, Activation::Linear) = self.activation.split(cx) else { return Ok(None) };
        let (shape, (kernel, bias)) = (x.shape(), self.weights());
        let between = std::array::from_fn(|i| window.places(i, shape[i + 1]));
        let pooled = |pool| kernels::convolve_pooled(&x.clone().to_float(), kernel, bias, window, curve, pool);
        Ok(pool.max_window(between).and_then(pooled))
    }
}
