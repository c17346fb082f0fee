//! Layers that slide a kernel over steps, images or volumes.
//!
//! Each kind is written once for any number of spatial axes; [`Conv2d`] is [`Conv`] over two of them.

mod conv;
mod conv1d;
mod conv1d_transpose;
mod conv2d;
mod conv2d_transpose;
mod conv3d;
mod conv3d_transpose;
mod conv_transpose;
mod convolve;
mod depthwise_conv;
mod depthwise_conv1d;
mod depthwise_conv2d;
mod separable_conv;
mod separable_conv1d;
mod separable_conv2d;

pub use conv::{Conv, ConvModule};
pub use conv_transpose::{ConvTranspose, ConvTransposeModule};
pub use conv1d::{Conv1d, Conv1dModule};
pub use conv1d_transpose::{Conv1dTranspose, Conv1dTransposeModule};
pub use conv2d::{Conv2d, Conv2dModule};
pub use conv2d_transpose::{Conv2dTranspose, Conv2dTransposeModule};
pub use conv3d::{Conv3d, Conv3dModule};
pub use conv3d_transpose::{Conv3dTranspose, Conv3dTransposeModule};
pub use depthwise_conv::{DepthwiseConv, DepthwiseConvModule};
pub use depthwise_conv1d::{DepthwiseConv1d, DepthwiseConv1dModule};
pub use depthwise_conv2d::{DepthwiseConv2d, DepthwiseConv2dModule};
pub use separable_conv::{SeparableConv, SeparableConvModule};
pub use separable_conv1d::{SeparableConv1d, SeparableConv1dModule};
pub use separable_conv2d::{SeparableConv2d, SeparableConv2dModule};

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_core::build::Build;
    use kiln_core::layer::Layer;
    use kiln_core::random::Stream;
    use kiln_core::{Device, Shape, weights};

    /// The names of weights with a regularizer and of those with a constraint, and the largest value of each weight.
    fn told<L: Layer>(layer: L, sample: &[usize]) -> (Vec<&'static str>, Vec<&'static str>, Vec<f64>) {
        assert!(layer.activity_regularizer().is_some());
        let module = layer.build(&Shape::batch_of(sample), &Build::new(&Device::current().unwrap(), Stream::new(1))).unwrap();
        let firsts = weights::values(&module).into_iter().map(|(_, value)| value.inner().max().item()).collect();
        (
            layer.regularizers().into_iter().map(|(name, _)| name).collect(),
            layer.constraints().into_iter().map(|(name, _)| name).collect(),
            firsts,
        )
    }

    #[test]
    fn weights_have_their_initializers_regularizers_and_constraints() {
        let layer = Conv2d::new(2, 3).kernel_initializer("ones").bias_initializer("ones").kernel_regularizer("l2");
        let layer = layer.bias_regularizer("l1").activity_regularizer("l2").kernel_constraint("non_neg").bias_constraint("max_norm");
        let both = vec!["kernel", "bias"];
        assert_eq!(told(layer, &[5, 5, 2]), (both.clone(), both.clone(), vec![1.0; 2]));
        let layer = Conv2dTranspose::new(2, 3).kernel_initializer("ones").bias_initializer("ones").kernel_regularizer("l2");
        let layer = layer.bias_regularizer("l1").activity_regularizer("l2").kernel_constraint("non_neg").bias_constraint("max_norm");
        assert_eq!(told(layer, &[5, 5, 2]), (both.clone(), both.clone(), vec![1.0; 2]));
        let layer = DepthwiseConv2d::new(3).depthwise_initializer("ones").bias_initializer("ones").depthwise_regularizer("l2");
        let layer = layer.bias_regularizer("l1").activity_regularizer("l2").depthwise_constraint("non_neg").bias_constraint("max_norm");
        assert_eq!(told(layer, &[5, 5, 2]), (both.clone(), both, vec![1.0; 2]));
        let layer = SeparableConv1d::new(2, 3).depthwise_initializer("ones").pointwise_initializer("ones").bias_initializer("ones");
        let layer = layer.depthwise_regularizer("l2").pointwise_regularizer("l2").bias_regularizer("l1").activity_regularizer("l2");
        let layer = layer.depthwise_constraint("non_neg").pointwise_constraint("unit_norm").bias_constraint("max_norm");
        let all = vec!["depthwise_kernel", "pointwise_kernel", "bias"];
        assert_eq!(told(layer, &[5, 2]), (all.clone(), all, vec![1.0; 3]));
    }

    #[test]
    fn mistakes_are_errors() {
        let of = |error: kiln_core::Result<Shape>| error.unwrap_err().to_string();
        let (image, steps) = (Shape::batch_of([5, 5, 2]), Shape::batch_of([5, 2]));
        let error = of(Conv2dTranspose::new(2, 3).strides(2).output_padding([1, 2]).output_shape(&image));
        assert_eq!(error, "Conv2DTranspose: `output_padding` must be below `strides` (2, 2), received (1, 2)");
        let error = of(Conv1dTranspose::new(2, 3).padding("causal").output_shape(&steps));
        assert_eq!(error, "Conv1DTranspose: `padding` must be `valid` or `same`, received `causal`");
        let error = of(Conv1dTranspose::new(0, 3).output_shape(&steps));
        assert_eq!(error, "Conv1DTranspose: `filters` must be at least 1, received 0");
        let error = of(Conv1dTranspose::new(1, 3).strides(2).dilation_rate(2).output_shape(&steps));
        assert_eq!(error, "Conv1DTranspose: `strides` must be 1 with `dilation_rate` (2,), received (2,)");
        let none = Conv1dTranspose::new(1, 2).strides(2).padding("same").output_padding(0).output_shape(&Shape::batch_of([1, 2]));
        assert_eq!(
            of(none),
            "Conv1DTranspose: expected an input that makes at least one cell of output on each axis, received an axis of 1"
        );
        let error = of(DepthwiseConv2d::new(3).depth_multiplier(0).output_shape(&image));
        assert_eq!(error, "DepthwiseConv2D: `depth_multiplier` must be at least 1, received 0");
        let error = of(DepthwiseConv1d::new(6).output_shape(&steps));
        assert!(error.starts_with("DepthwiseConv1D: expected at least 6 on axis 1"), "{error}");
        let error = of(SeparableConv2d::new(0, 3).output_shape(&image));
        assert_eq!(error, "SeparableConv2D: `filters` must be at least 1, received 0");
        let error = of(SeparableConv1d::new(1, 3).output_shape(&image));
        assert_eq!(error, "SeparableConv1D: expected an input of shape (batch, steps, channels), received (None, 5, 5, 2)");
    }
}
