//! Separable convolution over steps.

use super::separable_conv::{SeparableConv, SeparableConvModule};

/// A convolution over steps of a sequence in two parts, first along space, then along channels: (batch, steps, channels) to (batch, new steps, filters).
///
/// Weights: `depthwise_kernel` (kernel_size, channels, depth_multiplier), `pointwise_kernel` (1, channels · depth_multiplier,
/// filters), `bias` (filters). Keras: `keras/src/layers/convolutional/separable_conv1d.py`; Chollet, 2017.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::SeparableConv1d;
/// let layer = SeparableConv1d::new(6, 3).strides(2).padding("same").activation("relu");
/// assert_eq!(layer.output_shape(&Shape::batch_of([8, 4]))?, Shape::batch_of([4, 6]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type SeparableConv1d = SeparableConv<1, 3>;

/// A built [`SeparableConv1d`].
pub type SeparableConv1dModule = SeparableConvModule<1, 3>;
