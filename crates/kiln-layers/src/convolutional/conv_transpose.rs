//! Transposed convolution over any number of spatial axes.

use super::convolve::{convolve_transposed, kernel_axes, kernel_shape};
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

/// The transpose of a convolution over `N` spatial axes, with a kernel of `D = N + 2`:
/// [`Conv1dTranspose`](super::Conv1dTranspose), [`Conv2dTranspose`](super::Conv2dTranspose),
/// [`Conv3dTranspose`](super::Conv3dTranspose).
///
/// Each input cell adds the kernel, times its value, to the output, `strides` cells from its neighbour's. Of n cells on an axis,
/// with a reach r = (kernel_size - 1) · dilation + 1, padding `valid` makes (n - 1) · stride + max(r, stride) and `same`
/// n · stride. With `output_padding` p that is (n - 1) · stride + r + p and (n - 1) · stride + r mod 2 + p.
///
/// Weights: `kernel` (window, filters, channels), `bias` (filters). Keras:
/// `keras/src/layers/convolutional/base_conv_transpose.py`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConvTranspose<const N: usize, const D: usize> {
    #[serde(flatten)]
    options: Options,
    filters: usize,
    kernel_size: Sizes<N>,
    strides: Sizes<N>,
    padding: Padding,
    output_padding: Option<Sizes<N>>,
    data_format: DataFormat,
    dilation_rate: Sizes<N>,
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

impl<const N: usize, const D: usize> ConvTranspose<N, D> {
    /// `filters` output channels, spread over windows of `kernel_size`: one integer, or one for each axis.
    pub fn new(filters: usize, kernel_size: impl Into<Sizes<N>>) -> Self {
        Self {
            options: Options::default(),
            filters,
            kernel_size: kernel_size.into(),
            strides: Sizes([1; N]),
            padding: Padding::Valid,
            output_padding: None,
            data_format: DataFormat::ChannelsLast,
            dilation_rate: Sizes([1; N]),
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
        /// The distance of neighbours in the output, on each axis. Default 1.
        into strides: Sizes<N>;
        /// `valid` or `same`. Default `valid`.
        into padding: Padding;
        /// Cells that the output has more than it must, below the strides. Default: as many as make the sizes told above.
        some output_padding: Sizes<N>;
        /// `channels_last` or `channels_first`. Default `channels_last`.
        into data_format: DataFormat;
        /// The distance of neighbours in the window. Default 1; above 1 the strides must be 1.
        into dilation_rate: Sizes<N>;
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
        windows.check(false)?;
        windows.check_strides()?;
        self.activation.check()?;
        if self.filters == 0 {
            return Err(Error::option(Self::CLASS, "filters", "at least 1", 0));
        }
        match self.output_padding {
            Some(cells) if cells.0.iter().zip(&self.strides.0).any(|(p, s)| p >= s) => {
                Err(Error::option(Self::CLASS, "output_padding", format!("below `strides` {}", self.strides), cells))
            }
            _ => Ok(windows),
        }
    }

    /// The channels of an input, and the shape of the output.
    fn plan(&self, windows: &Windows<N>, input: &Shape) -> Result<(usize, Shape)> {
        let Axes { batch, spatial, channels } = windows.axes(input)?;
        let channels = channels.ok_or_else(|| Error::shape(Self::CLASS, "a known channel axis", input))?;
        let mut sizes = [None; N];
        for (i, n) in spatial.into_iter().enumerate() {
            sizes[i] = n.map(|n| spread(windows, i, n, self.output_padding.map(|p| p.0[i]))).transpose()?;
        }
        Ok((channels, self.data_format.shape(Axes { batch, spatial: sizes, channels: Some(self.filters) })))
    }
}

/// The cells that `n` cells of an axis become.
fn spread<const N: usize>(windows: &Windows<N>, axis: usize, n: usize, extra: Option<usize>) -> Result<usize> {
    let (stride, reach) = (windows.strides[axis], windows.reach(axis));
    let start = n.saturating_sub(1).saturating_mul(stride);
    let end = match (&windows.padding, extra) {
        (Padding::Same, None) => stride,
        (Padding::Same, Some(extra)) => reach % 2 + extra,
        (_, None) => reach.max(stride),
        (_, Some(extra)) => reach.saturating_add(extra),
    };
    if n == 0 || start.saturating_add(end) == 0 {
        return Err(Error::shape(windows.class, "an input that makes at least one cell of output on each axis", format!("an axis of {n}")));
    }
    Ok(start.saturating_add(end))
}

/// The cells to drop from the full output, before and after; below 0, cells to add.
fn cuts<const N: usize>(windows: &Windows<N>, axis: usize, extra: Option<usize>) -> (usize, isize) {
    let (stride, reach) = (windows.strides[axis], windows.reach(axis));
    if windows.padding != Padding::Same {
        return (0, -(extra.unwrap_or(reach.max(stride) - reach) as isize));
    }
    // The padding of the convolution that this one is in terms of inputs spread apart; the odd cell is at the start.
    let total = extra.map_or(stride + reach - 2, |extra| reach + reach % 2 + extra - 2);
    let before = total.div_ceil(2).min(reach - 1);
    (reach - 1 - before, reach as isize - 1 - (total - before) as isize)
}

impl<const N: usize, const D: usize> Layer for ConvTranspose<N, D> {
    const CLASS: &'static str = class_of(N, D, &["Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"]);
    type Module = ConvTransposeModule<N, D>;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(self.plan(&self.windows()?, input)?.1)
    }

    fn build(&self, input: &Shape, cx: &Build) -> Result<ConvTransposeModule<N, D>> {
        let windows = self.windows()?;
        let (channels, _) = self.plan(&windows, input)?;
        let shape = kernel_shape(windows.size, self.filters, channels);
        Ok(ConvTransposeModule {
            kernel: cx.weight("kernel", shape, &self.kernel_initializer)?,
            bias: self.use_bias.then(|| cx.weight("bias", [self.filters], &self.bias_initializer)).transpose()?,
            windows,
            output_padding: self.output_padding,
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

/// A built [`ConvTranspose`].
#[derive(Module, Debug)]
pub struct ConvTransposeModule<const N: usize, const D: usize> {
    kernel: Param<burn::Tensor<D>>,
    bias: Option<Param<burn::Tensor<1>>>,
    #[module(skip)]
    windows: Windows<N>,
    #[module(skip)]
    output_padding: Option<Sizes<N>>,
    #[module(skip)]
    activation: Activation,
}

impl<const N: usize, const D: usize> Call for ConvTransposeModule<N, D> {
    fn call(&self, x: Tensor, cx: &Context) -> Result<Tensor> {
        let (windows, kernel) = (&self.windows, self.kernel.val());
        let extra = |axis: usize| self.output_padding.map(|p| p.0[axis]);
        let axes = windows.fed(&x, Some(kernel.dims()[N + 1]))?;
        for (i, n) in axes.spatial.into_iter().enumerate() {
            spread(windows, i, n.unwrap_or(0), extra(i))?;
        }
        let (x, kernel, (curve, rest)) = (x.to_float(), Tensor::from(kernel), self.activation.split(cx));
        let cuts = std::array::from_fn(|i| cuts(windows, i, extra(i)));
        if let Some(window) = windows.kernel_window(cuts.map(|(before, after)| (before, after.max(0) as usize)), 1) {
            let full = |i: usize| axes.spatial[i].unwrap_or(1).saturating_sub(1) * windows.strides[i] + windows.reach(i);
            let space = std::array::from_fn(|i| full(i).saturating_sub(cuts[i].0).saturating_add_signed(-cuts[i].1));
            let bias = self.bias.as_ref().map(|b| Tensor::from(b.val()));
            if let Some(y) = kernels::convolve_transposed(&x, &kernel, bias.as_ref(), window, space, curve) {
                return rest.call(y, cx);
            }
        }
        let x = windows.format.to_first(x)?;
        let y = convolve_transposed(x, kernel_axes::<N>(kernel, 1, 0)?, windows, cuts)?;
        let y = windows.format.restore(y)?;
        let y = match &self.bias {
            Some(bias) => y + windows.format.of_channels::<N>(bias.val())?,
            None => y,
        };
        self.activation.call(y, cx)
    }
}
