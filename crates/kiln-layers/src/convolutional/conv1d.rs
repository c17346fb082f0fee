//! Convolution over steps.

use super::conv::{Conv, ConvModule};

/// A convolution over the steps of a sequence: (batch, steps, channels) to (batch, new steps, filters).
///
/// Weights: `kernel` (kernel_size, channels / groups, filters), `bias` (filters). With padding `causal` no output sees a later
/// step. Keras: `keras/src/layers/convolutional/conv1d.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::Conv1d;
/// let layer = Conv1d::new(32, 3).padding("causal").dilation_rate(2).activation("relu");
/// assert_eq!(layer.output_shape(&Shape::batch_of([100, 8]))?, Shape::batch_of([100, 32]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type Conv1d = Conv<1, 3>;

/// A built [`Conv1d`].
pub type Conv1dModule = ConvModule<1, 3>;

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_core::{Shape, layer::Layer};

    #[test]
    fn causal_padding_is_for_one_axis() {
        let open = Shape::new([None, None, Some(2)]);
        let out = Conv1d::new(4, 3).padding("causal").strides(2).output_shape(&open).unwrap();
        assert_eq!(out, Shape::new([None, None, Some(4)]));
        let error = super::super::Conv2d::new(4, 3).padding("causal").output_shape(&Shape::batch_of([5, 5, 1])).unwrap_err();
        assert_eq!(error.to_string(), "Conv2D: `padding` must be `valid` or `same`, received `causal`");
    }
}
