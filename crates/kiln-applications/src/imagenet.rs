//! Images as the networks were trained on them, and the classes that they see. Keras: `keras/src/applications/imagenet_utils.py`.

pub use crate::class_index::{ClassIndex, Prediction, decode_predictions};

use kiln_core::symbol::Symbol;
use kiln_core::{Error, Result, Tensor};

/// Prepares images with values from 0 to 255.
///
/// - `caffe`: RGB to BGR, then less the mean of ImageNet's channels, 103.939, 116.779 and 123.68
/// - `tf`: from -1 to 1
/// - `torch`: from 0 to 1, then less ImageNet's mean, by its standard deviation
///
/// One image or a batch; `data_format` is `channels_last` or `channels_first`.
///
/// ```
/// use kiln_applications::imagenet::preprocess_input;
/// use kiln_core::Tensor;
/// let x = Tensor::constant([[[255.0, 0.0, 0.0]]]);
/// assert_eq!(preprocess_input(&x, "tf", "channels_last")?.to_vec::<f32>(), [1.0, -1.0, -1.0]);
/// let bgr = preprocess_input(&x, "caffe", "channels_last")?.to_vec::<f32>();
/// assert_eq!(bgr, [-103.939, -116.779, 255.0 - 123.68]);
/// # Ok::<(), kiln_core::Error>(())
/// ```
///
/// # Errors
/// An unknown mode or format; for `caffe` and `torch`, images that aren't of 3 channels.
pub fn preprocess_input(x: &Tensor, mode: &str, data_format: &str) -> Result<Tensor> {
    const WHO: &str = "preprocess_input";
    let from_last = match data_format {
        "channels_last" => 1,
        "channels_first" => 3,
        other => return Err(Error::option(WHO, "data_format", "`channels_last` or `channels_first`", format!("`{other}`"))),
    };
    let shape = x.shape();
    if !matches!(shape.len(), 3 | 4) {
        return Err(Error::shape(WHO, "an image or a batch of images", x.describe()));
    }
    let axis = shape.len() - from_last;
    let x = x.clone().to_float();
    let constants = |values: [f32; 3]| {
        let mut wide = vec![1; shape.len()];
        wide[axis] = 3;
        Tensor::from_vec(values.to_vec(), wide).map(|t| t.to_device(&x.device()))
    };
    if mode != "tf" && shape[axis] != 3 {
        return Err(Error::shape(WHO, format!("3 channels on axis {axis}"), x.describe()));
    }
    match mode {
        "tf" => Ok(x / 127.5 - 1.0),
        "torch" => (x.clone() / 255.0).try_sub(constants([0.485, 0.456, 0.406])?)?.try_div(constants([0.229, 0.224, 0.225])?),
        "caffe" => flipped(&x, axis)?.try_sub(constants([103.939, 116.779, 123.68])?),
        other => Err(Error::unknown("mode", other, ["caffe", "tf", "torch"])),
    }
}

/// The three channels in the opposite order.
fn flipped(x: &Tensor, axis: usize) -> Result<Tensor> {
    let part = |channel: isize| {
        let whole = std::iter::repeat_n((..).into(), axis);
        x.slice(whole.chain([(channel..channel + 1).into()]).collect::<Vec<_>>())
    };
    Tensor::concat(&[part(2)?, part(1)?, part(0)?], axis as isize)
}

/// Zeros around images so that a window of `kernel` with stride 2 covers them as TensorFlow's `same` does, whatever their size.
pub(crate) fn correct_pad(x: &Symbol, kernel: usize) -> ((usize, usize), (usize, usize)) {
    let axes = x.shape().axes();
    let half = kernel / 2;
    // Where rows are unknown, Keras takes both axes for even ones.
    let open = axes[1].is_none();
    let before = |axis: usize| match axes[axis] {
        Some(n) if !open => half - (1 - n % 2),
        _ => half - 1,
    };
    ((before(1), half), (before(2), half))
}

/// Writes the preparation that an architecture's images need.
macro_rules! preprocessing {
    ("none", $type:ty $(where $($generics:tt)*)?) => {
        impl$(<$($generics)*>)? $type {
            /// Nothing: the model itself rescales images of 0 to 255.
            ///
            /// # Errors
            /// None.
            pub fn preprocess_input(x: &kiln_core::Tensor) -> kiln_core::Result<kiln_core::Tensor> {
                Ok(x.clone())
            }
        }
    };
    ($mode:literal, $type:ty $(where $($generics:tt)*)?) => {
        impl$(<$($generics)*>)? $type {
            #[doc = concat!("Prepares images of 0 to 255 as the network's weights expect them: [`preprocess_input`](crate::imagenet::preprocess_input), mode `", $mode, "`.")]
            ///
            /// # Errors
            /// Images that aren't of 3 channels.
            pub fn preprocess_input(x: &kiln_core::Tensor) -> kiln_core::Result<kiln_core::Tensor> {
                $crate::imagenet::preprocess_input(x, $mode, "channels_last")
            }
        }
    };
}
pub(crate) use preprocessing;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn agrees_with_keras() {
        let cases: Vec<Value> = serde_json::from_str(include_str!("../testdata/imagenet.json")).unwrap();
        for case in cases {
            let read = |key: &str| serde_json::from_value::<Vec<f32>>(case[key].clone()).unwrap();
            let shape: Vec<usize> = serde_json::from_value(case["shape"].clone()).unwrap();
            let (mode, format) = (case["mode"].as_str().unwrap(), case["data_format"].as_str().unwrap());
            let x = Tensor::from_vec(read("input"), &shape).unwrap();
            let y = preprocess_input(&x, mode, format).unwrap();
            assert_eq!(y.shape(), shape);
            for (got, want) in y.to_vec::<f32>().into_iter().zip(read("output")) {
                assert!((got - want).abs() <= 1e-5 * want.abs().max(1.0), "{mode} {format}: {got} {want}");
            }
        }
    }

    #[test]
    fn mistakes_are_named() {
        let error =
            |shape: &[usize], mode: &str, format: &str| preprocess_input(&Tensor::zeros(shape), mode, format).unwrap_err().to_string();
        assert_eq!(error(&[2, 2, 3], "tensorflow", "channels_last"), "unknown mode `tensorflow`; known are `caffe`, `tf`, `torch`");
        assert!(error(&[2, 2, 3], "tf", "last").contains("`data_format` must be `channels_last` or `channels_first`, received `last`"));
        assert!(error(&[2, 2, 1], "caffe", "channels_last").contains("expected 3 channels on axis 2"));
        assert!(error(&[2, 2], "tf", "channels_last").contains("expected an image or a batch of images"));
    }

    #[test]
    fn padding_depends_on_the_size() {
        let of = |rows, columns, kernel| correct_pad(&Symbol::input(None, kiln_core::Shape::new([None, rows, columns, Some(3)])), kernel);
        assert_eq!(of(Some(224), Some(33), 3), ((0, 1), (1, 1)));
        assert_eq!(of(Some(7), Some(8), 5), ((2, 2), (1, 2)));
        assert_eq!(of(None, None, 5), ((1, 2), (1, 2)));
    }
}
