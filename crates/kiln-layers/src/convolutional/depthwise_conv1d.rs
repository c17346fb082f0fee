//! Depthwise convolution over steps.

use super::depthwise_conv::{DepthwiseConv, DepthwiseConvModule};

/// A convolution over steps of a sequence that keeps channels apart: (batch, steps, channels) to (batch, new steps, channels · depth_multiplier).
///
/// Weights: `kernel` (kernel_size, channels, depth_multiplier), `bias` (channels · depth_multiplier). Keras:
/// `keras/src/layers/convolutional/depthwise_conv1d.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::DepthwiseConv1d;
/// let layer = DepthwiseConv1d::new(3).depth_multiplier(2).strides(2).padding("same");
/// assert_eq!(layer.output_shape(&Shape::batch_of([8, 4]))?, Shape::batch_of([4, 8]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type DepthwiseConv1d = DepthwiseConv<1, 3>;

/// A built [`DepthwiseConv1d`].
pub type DepthwiseConv1dModule = DepthwiseConvModule<1, 3>;
