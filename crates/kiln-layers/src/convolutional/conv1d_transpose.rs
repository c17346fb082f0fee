//! Transposed convolution over steps.

use super::conv_transpose::{ConvTranspose, ConvTransposeModule};

/// The transpose of a convolution over a sequence, which makes them larger: (batch, steps, channels) to (batch, new steps, filters).
///
/// The new sizes are told at [`ConvTranspose`]. Weights: `kernel` (kernel_size, filters, channels), `bias` (filters). Keras:
/// `keras/src/layers/convolutional/conv1d_transpose.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::Conv1dTranspose;
/// let layer = Conv1dTranspose::new(8, 3).strides(2).padding("same").activation("relu");
/// assert_eq!(layer.output_shape(&Shape::batch_of([7, 4]))?, Shape::batch_of([14, 8]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type Conv1dTranspose = ConvTranspose<1, 3>;

/// A built [`Conv1dTranspose`].
pub type Conv1dTransposeModule = ConvTransposeModule<1, 3>;
