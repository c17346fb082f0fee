//! Transposed convolution over images.

use super::conv_transpose::{ConvTranspose, ConvTransposeModule};

/// The transpose of a convolution over images, which makes them larger: (batch, height, width, channels) to (batch, new height, new width, filters).
///
/// The new sizes are told at [`ConvTranspose`]. Weights: `kernel` (height, width, filters, channels), `bias` (filters). Keras:
/// `keras/src/layers/convolutional/conv2d_transpose.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::Conv2dTranspose;
/// let layer = Conv2dTranspose::new(8, 3).strides(2).padding("same").activation("relu");
/// assert_eq!(layer.output_shape(&Shape::batch_of([7, 7, 4]))?, Shape::batch_of([14, 14, 8]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type Conv2dTranspose = ConvTranspose<2, 4>;

/// A built [`Conv2dTranspose`].
pub type Conv2dTransposeModule = ConvTransposeModule<2, 4>;
