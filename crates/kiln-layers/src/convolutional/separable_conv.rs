//! Separable convolution over any number of spatial axes.

use super::convolve::{convolve, depthwise_kernel, kernel_axes, kernel_shape};
use crate::spatial::{Axes, DataFormat, Padding, Sizes, Windows, class_of, setters};
use burn::module::{Module, Param};
use kiln_core::activation::Activation;
use kiln_core::build::Build;
use kiln_core::constraint::Constraint;
use kiln_core::initializer::Initializer;
use kiln_core::kernels::{self, Curve};
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::regularizer::Regularizer;
use kiln_core::{Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// A convolution over `N` spatial axes in two parts, with kernels of `D = N + 2`: [`SeparableConv1d`](super::SeparableConv1d),
/// [`SeparableConv2d`](super::SeparableConv2d).
///
/// First each channel alone is convolved along space, as [`DepthwiseConv`](super::DepthwiseConv) does, then the channels are
/// mixed in each place. Weights: `depthwise_kernel` (window, channels, depth_multiplier), `pointwise_kernel` (ones, channels ·
/// depth_multiplier, filters), `bias` (filters). Keras: `keras/src/layers/convolutional/base_separable_conv.py`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeparableConv<const N: usize, const D: usize> {
    #[serde(flatten)]
    options: Options,
    filters: usize,
    kernel_size: Sizes<N>,
    strides: Sizes<N>,
    padding: Padding,
    data_format: DataFormat,
    dilation_rate: Sizes<N>,
    depth_multiplier: usize,
    activation: Activation,
    use_bias: bool,
    depthwise_initializer: Initializer,
    pointwise_initializer: Initializer,
    bias_initializer: Initializer,
    depthwise_regularizer: Option<Regularizer>,
    pointwise_regularizer: Option<Regularizer>,
    bias_regularizer: Option<Regularizer>,
    activity_regularizer: Option<Regularizer>,
    depthwise_constraint: Option<Constraint>,
    pointwise_constraint: Option<Constraint>,
    bias_constraint: Option<Constraint>,
}

impl<const N: usize, const D: usize> SeparableConv<N, D> {
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
            depth_multiplier: 1,
            activation: Activation::Linear,
            use_bias: true,
            depthwise_initializer: Initializer::from("glorot_uniform"),
            pointwise_initializer: Initializer::from("glorot_uniform"),
            bias_initializer: Initializer::from("zeros"),
            depthwise_regularizer: None,
            pointwise_regularizer: None,
            bias_regularizer: None,
            activity_regularizer: None,
            depthwise_constraint: None,
            pointwise_constraint: None,
            bias_constraint: None,
        }
    }

    setters! {
        /// The step of the window on each axis. Default 1.
        into strides: Sizes<N>;
        /// `valid` or `same`. Default `valid`.
        into padding: Padding;
        /// `channels_last` or `channels_first`. Default `channels_last`.
        into data_format: DataFormat;
        /// The distance of neighbours in the window. Default 1.
        into dilation_rate: Sizes<N>;
        /// The channels that the first part makes of each input channel. Default 1.
        set depth_multiplier: usize;
        /// The activation. Default linear.
        into activation: Activation;
        /// Whether a bias is added. Default true.
        set use_bias: bool;
        /// Default `glorot_uniform`.
        into depthwise_initializer: Initializer;
        /// Default `glorot_uniform`.
        into pointwise_initializer: Initializer;
        /// Default `zeros`.
        into bias_initializer: Initializer;
        /// A term of the loss that keeps the first kernel small. Default none.
        some depthwise_regularizer: Regularizer;
        /// A term of the loss that keeps the second kernel small. Default none.
        some pointwise_regularizer: Regularizer;
        /// A term of the loss that keeps the bias small. Default none.
        some bias_regularizer: Regularizer;
        /// A term of the loss that keeps the output small. Default none.
        some activity_regularizer: Regularizer;
        /// Applied to the first kernel after each step of the optimizer. Default none.
        some depthwise_constraint: Constraint;
        /// Applied to the second kernel after each step of the optimizer. Default none.
        some pointwise_constraint: Constraint;
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
        windows.check(false)?;
        self.activation.check()?;
        for (option, value) in [("filters", self.filters), ("depth_multiplier", self.depth_multiplier)] {
            if value == 0 {
                return Err(Error::option(Self::CLASS, option, "at least 1", 0));
            }
        }
        Ok(windows)
    }

    /// The channels of an input, and the shape of the output.
    fn plan(&self, windows: &Windows<N>, input: &Shape) -> Result<(usize, Shape)> {
        let Axes { batch, spatial, channels } = windows.axes(input)?;
        let channels = channels.ok_or_else(|| Error::shape(Self::CLASS, "a known channel axis", input))?;
        let spatial = windows.slide(spatial)?;
        Ok((channels, self.data_format.shape(Axes { batch, spatial, channels: Some(self.filters) })))
    }
}

impl<const N: usize, const D: usize> Layer for SeparableConv<N, D> {
    const CLASS: &'static str = class_of(N, D, &["SeparableConv1D", "SeparableConv2D"]);
    type Module = SeparableConvModule<N, D>;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(self.plan(&self.windows()?, input)?.1)
    }

    fn build(&self, input: &Shape, cx: &Build) -> Result<SeparableConvModule<N, D>> {
        let windows = self.windows()?;
        let (channels, _) = self.plan(&windows, input)?;
        let depthwise = kernel_shape(windows.size, channels, self.depth_multiplier);
        let pointwise = kernel_shape([1; N], channels.saturating_mul(self.depth_multiplier), self.filters);
        Ok(SeparableConvModule {
            depthwise_kernel: cx.weight("depthwise_kernel", depthwise, &self.depthwise_initializer)?,
            pointwise_kernel: cx.weight("pointwise_kernel", pointwise, &self.pointwise_initializer)?,
            bias: self.use_bias.then(|| cx.weight("bias", [self.filters], &self.bias_initializer)).transpose()?,
            windows,
            activation: self.activation.clone(),
        })
    }

    fn regularizers(&self) -> Vec<(&'static str, Regularizer)> {
        let kernels = [("depthwise_kernel", &self.depthwise_regularizer), ("pointwise_kernel", &self.pointwise_regularizer)];
        let all = kernels.into_iter().chain([("bias", &self.bias_regularizer)]);
        all.filter_map(|(w, r)| Some((w, r.clone()?))).collect()
    }

    fn constraints(&self) -> Vec<(&'static str, Constraint)> {
        let kernels = [("depthwise_kernel", &self.depthwise_constraint), ("pointwise_kernel", &self.pointwise_constraint)];
        let all = kernels.into_iter().chain([("bias", &self.bias_constraint)]);
        all.filter_map(|(w, c)| Some((w, c.clone()?))).collect()
    }

    fn activity_regularizer(&self) -> Option<Regularizer> {
        self.activity_regularizer.clone()
    }
}

/// A built [`SeparableConv`].
#[derive(Module, Debug)]
pub struct SeparableConvModule<const N: usize, const D: usize> {
    depthwise_kernel: Param<burn::Tensor<D>>,
    pointwise_kernel: Param<burn::Tensor<D>>,
    bias: Option<Param<burn::Tensor<1>>>,
    #[module(skip)]
    windows: Windows<N>,
    #[module(skip)]
    activation: Activation,
}

impl<const N: usize, const D: usize> Call for SeparableConvModule<N, D> {
    fn call(&self, x: Tensor, cx: &Context) -> Result<Tensor> {
        let (windows, kernel) = (&self.windows, self.depthwise_kernel.val());
        let channels = kernel.dims()[N];
        let pads = windows.meet(&x, Some(channels))?;
        let (x, kernel, mixing) = (x.to_float(), Tensor::from(kernel), Tensor::from(self.pointwise_kernel.val()));
        let (curve, rest) = self.activation.split(cx);
        let points = windows.points();
        if let (Some(window), Some(point)) = (windows.kernel_window(pads, channels), points.kernel_window([(0, 0); N], 1))
            && let Some(apart) = kernels::convolve_depthwise(&x, &kernel, None, window, Curve::Linear)
            && let Some(y) = kernels::convolve(&apart, mixing.clone(), self.bias.as_ref().map(|b| b.val()), point, curve)
        {
            return rest.call(y, cx);
        }
        let x = windows.format.to_first(x)?;
        let y = convolve(x, depthwise_kernel::<N>(kernel)?, None, windows, pads, channels)?;
        let kernel = kernel_axes::<N>(mixing, 1, 0)?;
        let y = convolve(y, kernel, self.bias.as_ref().map(|b| b.val()), &points, [(0, 0); N], 1)?;
        self.activation.call(windows.format.restore(y)?, cx)
    }
}
