//! One tensor as one picture.

use crate::file;
use crate::pixels::{self, Pixels};
use kiln_core::shape::tuple;
use kiln_core::{Error, Result, Tensor, tensor};
use std::path::Path;

/// Writes a tensor of shape (height, width), or (height, width, channels) with 1, 3 or 4 channels, as a PNG; makes the
/// folders above it.
///
/// Integers are 0 to 255; floats are 0 to 1, or 0 to 255 where one is above 1; `true` is white. One channel is grey, three
/// are red, green, blue, a fourth is how opaque a pixel is.
///
/// # Errors
/// Another shape, values outside the range, NaN, an ending other than `.png`, a file that can't be written.
///
/// ```
/// use kiln_core::Tensor;
/// use kiln_plot::save_image;
/// let path = std::env::temp_dir().join("kiln_plot_image").join("slope.png");
/// save_image(&path, &Tensor::linspace(0.0, 1.0, 784).reshape([28, 28])?)?;
///
/// let error = save_image(&path, &Tensor::ones([784])).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "save_image: expected shape (height, width) or (height, width, channels) with 1, 3 or 4 channels, \
///      received shape (784,) of float32; give it two axes with `reshape([height, width])`"
/// );
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub fn save_image(path: impl AsRef<Path>, tensor: &Tensor) -> Result<()> {
    save("save_image", path.as_ref(), tensor, 1)
}

/// A tensor as a picture, with options; [`save_image`] tells which tensors can be one.
///
/// ```
/// use kiln_core::Tensor;
/// use kiln_plot::Image;
/// let path = std::env::temp_dir().join("kiln_plot_image_scaled").join("digit.png");
/// Image::new(&Tensor::ones([28, 28])).scale(8).save(&path)?;     // 224 x 224 pixels
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Image {
    tensor: Tensor,
    scale: usize,
}

impl Image {
    /// A picture of the tensor's values, one pixel for each.
    ///
    /// ```
    /// let image = kiln_plot::Image::new(&kiln_core::Tensor::zeros([2, 2, 3]));
    /// image.save(std::env::temp_dir().join("kiln_plot_image_new.png"))?;
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn new(tensor: &Tensor) -> Self {
        Self { tensor: tensor.clone(), scale: 1 }
    }

    /// How many pixels wide and high each value is drawn, without blur; 1 by default.
    ///
    /// ```
    /// let image = kiln_plot::Image::new(&kiln_core::Tensor::zeros([2, 2])).scale(0);
    /// assert_eq!(image.save("a.png").unwrap_err().to_string(), "Image: `scale` must be at least 1, received 0");
    /// ```
    pub fn scale(mut self, scale: usize) -> Self {
        self.scale = scale;
        self
    }

    /// Writes the picture as a PNG; makes the folders above it.
    ///
    /// # Errors
    /// Those of [`save_image`]; a scale of 0, or so large that the picture has more than 2^28 pixels.
    ///
    /// ```
    /// let error = kiln_plot::Image::new(&kiln_core::Tensor::zeros([2, 2])).save("digit.jpg").unwrap_err();
    /// assert_eq!(error.to_string(), "digit.jpg: an image is written as `.png`; let the file's name end in `.png`");
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        save("Image", path.as_ref(), &self.tensor, self.scale)
    }
}

fn save(who: &str, path: &Path, tensor: &Tensor, scale: usize) -> Result<()> {
    file::must_be_png(path)?;
    if scale == 0 {
        return Err(Error::option(who, "scale", "at least 1", 0));
    }
    let axes = tensor.shape();
    let Some((height, width, channels)) = pixels::picture(&axes) else { return Err(wrong_shape(who, tensor, &axes)) };
    let too_large = || Error::option(who, "scale", format!("small enough for a picture of at most {} pixels", pixels::MOST), scale);
    let (wide, high) = pixels::within_limit(width.saturating_mul(scale), height.saturating_mul(scale)).ok_or_else(too_large)?;
    let picture = Pixels::new(who, tensor, height, width, channels)?;
    file::write_png(path, wide, high, channels, &picture.enlarged(0, scale))
}

fn wrong_shape(who: &str, tensor: &Tensor, axes: &[usize]) -> Error {
    let expected = "shape (height, width) or (height, width, channels) with 1, 3 or 4 channels";
    let received = format!("shape {} of {}", tuple(axes), tensor::dtype_name(tensor.dtype()));
    let error = Error::shape(who, expected, received);
    match axes {
        _ if axes.contains(&0) => error.hint("there is nothing to draw"),
        [_] => error.hint("give it two axes with `reshape([height, width])`"),
        [_, _, _, _] => error.hint("take one picture with `row(index)`, or draw them all with `ImageGrid`"),
        [1 | 3 | 4, _, _] => error.hint("channels come last: `transpose` the axes"),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::check;

    #[test]
    fn pixels_come_back() {
        let path = check::fresh("image", "a.png");
        save_image(&path, &Tensor::constant([[0, 50, 100], [150, 200, 255]])).unwrap();
        assert_eq!(check::read_png(&path), (3, 2, 1, vec![0, 50, 100, 150, 200, 255]));
        save_image(&path, &Tensor::constant([[[0.0], [1.0]]])).unwrap();
        assert_eq!(check::read_png(&path), (2, 1, 1, vec![0, 255]));
        save_image(&path, &Tensor::constant([[[1, 2, 3]], [[4, 5, 6]]])).unwrap();
        assert_eq!(check::read_png(&path), (1, 2, 3, vec![1, 2, 3, 4, 5, 6]));
        save_image(&path, &Tensor::constant([[[1, 2, 3, 4]]])).unwrap();
        assert_eq!(check::read_png(&path), (1, 1, 4, vec![1, 2, 3, 4]));
        Image::new(&Tensor::constant([[true, false]])).scale(2).save(&path).unwrap();
        assert_eq!(check::read_png(&path), (4, 2, 1, vec![255, 255, 0, 0, 255, 255, 0, 0]));
    }

    #[test]
    fn shapes_that_are_no_picture_are_named() {
        let error = |axes: &[usize]| save_image("a.png", &Tensor::zeros(axes)).unwrap_err().to_string();
        let start = "save_image: expected shape (height, width) or (height, width, channels) with 1, 3 or 4 channels, received shape ";
        assert_eq!(error(&[2, 2, 5]), format!("{start}(2, 2, 5) of float32"));
        assert_eq!(error(&[3, 8, 8]), format!("{start}(3, 8, 8) of float32; channels come last: `transpose` the axes"));
        assert_eq!(error(&[0, 8]), format!("{start}(0, 8) of float32; there is nothing to draw"));
        assert_eq!(error(&[]), format!("{start}() of float32"));
        assert_eq!(
            error(&[9, 8, 8, 1]),
            format!("{start}(9, 8, 8, 1) of float32; take one picture with `row(index)`, or draw them all with `ImageGrid`")
        );
    }

    #[test]
    fn sizes_have_limits() {
        let error = Image::new(&Tensor::zeros([2, 2])).scale(usize::MAX).save("a.png").unwrap_err().to_string();
        assert!(error.starts_with("Image: `scale` must be small enough for a picture of at most 268435456 pixels, received "), "{error}");
    }
}
