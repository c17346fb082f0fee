//! Separable convolution over images.

use super::separable_conv::{SeparableConv, SeparableConvModule};

/// A convolution over images in two parts, first along space, then along channels: (batch, height, width, channels) to (batch, new height, new width, filters).
///
/// Weights: `depthwise_kernel` (height, width, channels, depth_multiplier), `pointwise_kernel` (1, 1, channels · depth_multiplier,
/// filters), `bias` (filters). Keras: `keras/src/layers/convolutional/separable_conv2d.py`; Chollet, 2017.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::SeparableConv2d;
/// let layer = SeparableConv2d::new(6, 3).strides(2).padding("same").activation("relu");
/// assert_eq!(layer.output_shape(&Shape::batch_of([8, 8, 4]))?, Shape::batch_of([4, 4, 6]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type SeparableConv2d = SeparableConv<2, 4>;

/// A built [`SeparableConv2d`].
pub type SeparableConv2dModule = SeparableConvModule<2, 4>;
