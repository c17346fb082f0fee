//! Depthwise convolution over images.

use super::depthwise_conv::{DepthwiseConv, DepthwiseConvModule};

/// A convolution over images that keeps channels apart: (batch, height, width, channels) to (batch, new height, new width, channels · depth_multiplier).
///
/// Weights: `kernel` (height, width, channels, depth_multiplier), `bias` (channels · depth_multiplier). Keras:
/// `keras/src/layers/convolutional/depthwise_conv2d.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::DepthwiseConv2d;
/// let layer = DepthwiseConv2d::new(3).depth_multiplier(2).strides(2).padding("same");
/// assert_eq!(layer.output_shape(&Shape::batch_of([8, 8, 4]))?, Shape::batch_of([4, 4, 8]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type DepthwiseConv2d = DepthwiseConv<2, 4>;

/// A built [`DepthwiseConv2d`].
pub type DepthwiseConv2dModule = DepthwiseConvModule<2, 4>;
