//! Convolution over images.

use super::conv::{Conv, ConvModule};

/// A convolution over images: (batch, height, width, channels) to (batch, new height, new width, filters).
///
/// Weights: `kernel` (height, width, channels / groups, filters), `bias` (filters). Keras:
/// `keras/src/layers/convolutional/conv2d.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::Conv2d;
/// let layer = Conv2d::new(32, [3, 3]).strides(2).padding("same").activation("relu").kernel_initializer("he_normal");
/// assert_eq!(layer.output_shape(&Shape::batch_of([28, 28, 1]))?, Shape::batch_of([14, 14, 32]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type Conv2d = Conv<2, 4>;

/// A built [`Conv2d`].
pub type Conv2dModule = ConvModule<2, 4>;

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_core::build::Build;
    use kiln_core::layer::{Call, Layer};
    use kiln_core::random::Stream;
    use kiln_core::{Context, Device, Shape, Tensor, weights};

    fn module(layer: Conv2d, sample: [usize; 3]) -> Conv2dModule {
        layer.build(&Shape::batch_of(sample), &Build::new(&Device::current().unwrap(), Stream::new(1))).unwrap()
    }

    #[test]
    fn weights_are_named_and_shaped_as_in_keras() {
        let weights = |layer| {
            let list = weights::list(&module(layer, [8, 9, 4])).into_iter().map(|w| (w.path, w.shape));
            list.collect::<Vec<_>>()
        };
        let both = [("kernel".to_owned(), vec![3, 5, 2, 6]), ("bias".to_owned(), vec![6])];
        assert_eq!(weights(Conv2d::new(6, (3, 5)).groups(2)), both);
        assert_eq!(weights(Conv2d::new(6, (3, 5)).groups(2).use_bias(false)), both[..1]);
    }

    #[test]
    fn mistakes_are_errors() {
        let on = |layer: Conv2d, sample: [usize; 3]| layer.output_shape(&Shape::batch_of(sample)).unwrap_err().to_string();
        let of = |layer: Conv2d| on(layer, [8, 8, 3]);
        assert_eq!(of(Conv2d::new(0, 3)), "Conv2D: `filters` must be at least 1, received 0");
        assert_eq!(of(Conv2d::new(1, [3, 0])), "Conv2D: `kernel_size` must be at least 1 on each axis, received (3, 0)");
        assert_eq!(of(Conv2d::new(1, 3).strides(0)), "Conv2D: `strides` must be at least 1 on each axis, received (0, 0)");
        assert_eq!(of(Conv2d::new(1, 3).dilation_rate([1, 0])), "Conv2D: `dilation_rate` must be at least 1 on each axis, received (1, 0)");
        assert_eq!(
            of(Conv2d::new(1, 3).dilation_rate(2).strides([1, 2])),
            "Conv2D: `strides` must be 1 with `dilation_rate` (2, 2), received (1, 2)"
        );
        assert_eq!(of(Conv2d::new(1, 3).groups(0)), "Conv2D: `groups` must be at least 1, received 0");
        assert_eq!(of(Conv2d::new(4, 3).groups(3)), "Conv2D: `groups` must be a divisor of the 4 filters, received 3");
        assert_eq!(of(Conv2d::new(4, 3).groups(2)), "Conv2D: `groups` must be a divisor of the 3 input channels, received 2");
        assert_eq!(of(Conv2d::new(1, 3).padding("sme")), "unknown padding `sme`, did you mean `same`?");
        assert_eq!(of(Conv2d::new(1, 3).activation("reul")), "unknown activation `reul`, did you mean `relu`?");
        assert!(of(Conv2d::new(1, 9)).starts_with("Conv2D: expected at least 9 on axis 1, which `kernel_size` reaches over, received 8"));
        let open = Conv2d::new(1, 3).output_shape(&Shape::new([None, None, None, None])).unwrap_err();
        assert_eq!(open.to_string(), "Conv2D: expected a known channel axis, received (None, None, None, None)");
    }

    #[test]
    fn a_wrong_input_is_an_error_at_the_call() {
        let module = module(Conv2d::new(2, 3), [8, 8, 3]);
        let on = |shape: &[usize]| module.call(Tensor::zeros(shape), &Context::inference()).unwrap_err().to_string();
        assert_eq!(on(&[1, 8, 8, 4]), "Conv2D: expected 3 channels, received shape (1, 8, 8, 4) of float32");
        assert!(on(&[1, 8, 3]).contains("expected an input of shape (batch, height, width, channels), received (1, 8, 3)"));
        assert!(on(&[1, 2, 8, 3]).contains("expected at least 3 on axis 1"));
        assert!(on(&[0, 8, 8, 3]).contains("at least one sample"));
    }
}
