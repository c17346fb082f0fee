//! Convolution over volumes.

use super::conv::{Conv, ConvModule};

/// A convolution over volumes or films: (batch, depth, height, width, channels) to (batch, new depth, height, width, filters).
///
/// Weights: `kernel` (depth, height, width, channels / groups, filters), `bias` (filters). Keras:
/// `keras/src/layers/convolutional/conv3d.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::Conv3d;
/// let layer = Conv3d::new(8, 3).padding("same");
/// assert_eq!(layer.output_shape(&Shape::batch_of([6, 10, 10, 1]))?, Shape::batch_of([6, 10, 10, 8]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type Conv3d = Conv<3, 5>;

/// A built [`Conv3d`].
pub type Conv3dModule = ConvModule<3, 5>;
