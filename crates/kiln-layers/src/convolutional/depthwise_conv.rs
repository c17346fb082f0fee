//! Depthwise convolution over any number of spatial axes.

use super::convolve::{convolve, depthwise_kernel, kernel_shape};
use crate::spatial::{Axes, DataFormat, Padding, Sizes, Windows, class_of, setters};
use burn::module::{Module, Param};
use kiln_core::activation::Activation;
use kiln_core::build::Build;
use kiln_core::constraint::Constraint;
use kiln_core::initializer::Initializer;
use kiln_core::kernels;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::regularizer::Regularizer;
use kiln_core::{Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// A convolution over `N` spatial axes that keeps channels apart, with a kernel of `D = N + 2`:
/// [`DepthwiseConv1d`](super::DepthwiseConv1d), [`DepthwiseConv2d`](super::DepthwiseConv2d).
///
/// Each channel gives `depth_multiplier` channels, next to each other, each with a window of its own. Weights: `kernel` (window,
/// channels, depth_multiplier), `bias` (channels · depth_multiplier). Keras:
/// `keras/src/layers/convolutional/base_depthwise_conv.py`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DepthwiseConv<const N: usize, const D: usize> {
    #[serde(flatten)]
    options: Options,
    kernel_size: Sizes<N>,
    strides: Sizes<N>,
    padding: Padding,
    depth_multiplier: usize,
    data_format: DataFormat,
    dilation_rate: Sizes<N>,
    activation: Activation,
    use_bias: bool,
    depthwise_initializer: Initializer,
    bias_initializer: Initializer,
    depthwise_regularizer: Option<Regularizer>,
    bias_regularizer: Option<Regularizer>,
    activity_regularizer: Option<Regularizer>,
    depthwise_constraint: Option<Constraint>,
    bias_constraint: Option<Constraint>,
}

impl<const N: usize, const D: usize> DepthwiseConv<N, D> {
    /// Windows of `kernel_size`: one integer, or one for each axis.
    pub fn new(kernel_size: impl Into<Sizes<N>>) -> Self {
        Self {
            options: Options::default(),
            kernel_size: kernel_size.into(),
            strides: Sizes([1; N]),
            padding: Padding::Valid,
            depth_multiplier: 1,
            data_format: DataFormat::ChannelsLast,
            dilation_rate: Sizes([1; N]),
            activation: Activation::Linear,
            use_bias: true,
            depthwise_initializer: Initializer::from("glorot_uniform"),
            bias_initializer: Initializer::from("zeros"),
            depthwise_regularizer: None,
            bias_regularizer: None,
            activity_regularizer: None,
            depthwise_constraint: None,
            bias_constraint: None,
        }
    }

    setters! {
        /// The step of the window on each axis. Default 1.
        into strides: Sizes<N>;
        /// `valid` or `same`. Default `valid`.
        into padding: Padding;
        /// The output channels of each input channel. Default 1.
        set depth_multiplier: usize;
        /// `channels_last` or `channels_first`. Default `channels_last`.
        into data_format: DataFormat;
        /// The distance of neighbours in the window. Default 1.
        into dilation_rate: Sizes<N>;
        /// The activation. Default linear.
        into activation: Activation;
        /// Whether a bias is added. Default true.
        set use_bias: bool;
        /// Default `glorot_uniform`.
        into depthwise_initializer: Initializer;
        /// Default `zeros`.
        into bias_initializer: Initializer;
        /// A term of the loss that keeps the kernel small. Default none.
        some depthwise_regularizer: Regularizer;
        /// A term of the loss that keeps the bias small. Default none.
        some bias_regularizer: Regularizer;
        /// A term of the loss that keeps the output small. Default none.
        some activity_regularizer: Regularizer;
        /// Applied to the kernel after each step of the optimizer. Default none.
        some depthwise_constraint: Constraint;
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
        match self.depth_multiplier {
            0 => Err(Error::option(Self::CLASS, "depth_multiplier", "at least 1", 0)),
            _ => Ok(windows),
        }
    }

    /// The channels of an input, and the shape of the output.
    fn plan(&self, windows: &Windows<N>, input: &Shape) -> Result<(usize, Shape)> {
        let Axes { batch, spatial, channels } = windows.axes(input)?;
        let channels = channels.ok_or_else(|| Error::shape(Self::CLASS, "a known channel axis", input))?;
        let filters = Some(channels.saturating_mul(self.depth_multiplier));
        Ok((channels, self.data_format.shape(Axes { batch, spatial: windows.slide(spatial)?, channels: filters })))
    }
}

impl<const N: usize, const D: usize> Layer for DepthwiseConv<N, D> {
    const CLASS: &'static str = class_of(N, D, &["DepthwiseConv1D", "DepthwiseConv2D"]);
    type Module = DepthwiseConvModule<N, D>;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(self.plan(&self.windows()?, input)?.1)
    }

    fn build(&self, input: &Shape, cx: &Build) -> Result<DepthwiseConvModule<N, D>> {
        let windows = self.windows()?;
        let (channels, _) = self.plan(&windows, input)?;
        let shape = kernel_shape(windows.size, channels, self.depth_multiplier);
        let filters = channels.saturating_mul(self.depth_multiplier);
        Ok(DepthwiseConvModule {
            kernel: cx.weight("kernel", shape, &self.depthwise_initializer)?,
            bias: self.use_bias.then(|| cx.weight("bias", [filters], &self.bias_initializer)).transpose()?,
            windows,
            activation: self.activation.clone(),
        })
    }

    fn regularizers(&self) -> Vec<(&'static str, Regularizer)> {
        let all = [("kernel", &self.depthwise_regularizer), ("bias", &self.bias_regularizer)];
        all.into_iter().filter_map(|(w, r)| Some((w, r.clone()?))).collect()
    }

    fn constraints(&self) -> Vec<(&'static str, Constraint)> {
        let all = [("kernel", &self.depthwise_constraint), ("bias", &self.bias_constraint)];
        all.into_iter().filter_map(|(w, c)| Some((w, c.clone()?))).collect()
    }

    fn activity_regularizer(&self) -> Option<Regularizer> {
        self.activity_regularizer.clone()
    }
}

/// A built [`DepthwiseConv`].
#[derive(Module, Debug)]
pub struct DepthwiseConvModule<const N: usize, const D: usize> {
    kernel: Param<burn::Tensor<D>>,
    bias: Option<Param<burn::Tensor<1>>>,
    #[module(skip)]
    windows: Windows<N>,
    #[module(skip)]
    activation: Activation,
}

impl<const N: usize, const D: usize> Call for DepthwiseConvModule<N, D> {
    fn call(&self, x: Tensor, cx: &Context) -> Result<Tensor> {
        let (windows, kernel) = (&self.windows, self.kernel.val());
        let channels = kernel.dims()[N];
        let pads = windows.meet(&x, Some(channels))?;
        let (x, kernel, (curve, rest)) = (x.to_float(), Tensor::from(kernel), self.activation.split(cx));
        let bias = self.bias.as_ref().map(|b| Tensor::from(b.val()));
        if let Some(window) = windows.kernel_window(pads, channels)
            && let Some(y) = kernels::convolve_depthwise(&x, &kernel, bias.as_ref(), window, curve)
        {
            return rest.call(y, cx);
        }
        let x = windows.format.to_first(x)?;
        let y = convolve(x, depthwise_kernel::<N>(kernel)?, self.bias.as_ref().map(|b| b.val()), windows, pads, channels)?;
        self.activation.call(windows.format.restore(y)?, cx)
    }
}
