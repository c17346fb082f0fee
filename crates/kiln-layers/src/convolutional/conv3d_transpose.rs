//! Transposed convolution over volumes.

use super::conv_transpose::{ConvTranspose, ConvTransposeModule};

/// The transpose of a convolution over volumes or films, which makes them larger: (batch, depth, height, width, channels) to (batch, new depth, height, width, filters).
///
/// The new sizes are told at [`ConvTranspose`]. Weights: `kernel` (depth, height, width, filters, channels), `bias` (filters). Keras:
/// `keras/src/layers/convolutional/conv3d_transpose.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::Conv3dTranspose;
/// let layer = Conv3dTranspose::new(8, 3).strides(2).padding("same").activation("relu");
/// assert_eq!(layer.output_shape(&Shape::batch_of([4, 7, 7, 4]))?, Shape::batch_of([8, 14, 14, 8]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type Conv3dTranspose = ConvTranspose<3, 5>;

/// A built [`Conv3dTranspose`].
pub type Conv3dTransposeModule = ConvTransposeModule<3, 5>;
