//! Images brought to one size.

use super::draws::Draws;
use super::names::{FillMode, Interpolation};
use super::operation::{Common, Operation, image_layer};
use super::resample::{cut, resample, window};
use super::warp::sizes;
use kiln_core::{Error, Result, Tensor};
use serde::{Deserialize, Serialize};

/// Resizes images to (height, width), in training and in inference. Pixels are squares whose middles lie at halves.
///
/// Input (batch, h, w, channels), output (batch, height, width, channels). Keras:
/// `keras/src/layers/preprocessing/image_preprocessing/resizing.py`.
///
/// ```
/// use kiln_layers::Resizing;
/// let layer = Resizing::new(224, 224).interpolation("bicubic").crop_to_aspect_ratio(true);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resizing {
    #[serde(flatten)]
    common: Common,
    height: usize,
    width: usize,
    #[serde(default = "bilinear")]
    interpolation: Interpolation,
    #[serde(default)]
    crop_to_aspect_ratio: bool,
    #[serde(default)]
    pad_to_aspect_ratio: bool,
    #[serde(default = "constant")]
    fill_mode: FillMode,
    #[serde(default)]
    fill_value: f64,
    #[serde(default)]
    antialias: bool,
}

pub(super) fn bilinear() -> Interpolation {
    Interpolation::Bilinear
}

fn constant() -> FillMode {
    FillMode::Constant
}

impl Resizing {
    /// The size.
    pub fn new(height: usize, width: usize) -> Self {
        Self {
            common: Common::default(),
            height,
            width,
            interpolation: Interpolation::Bilinear,
            crop_to_aspect_ratio: false,
            pad_to_aspect_ratio: false,
            fill_mode: FillMode::Constant,
            fill_value: 0.0,
            antialias: false,
        }
    }

    /// `nearest`, `bilinear`, `bicubic`, `lanczos3` or `lanczos5`. Default `bilinear`.
    pub fn interpolation(mut self, interpolation: impl Into<Interpolation>) -> Self {
        self.interpolation = interpolation.into();
        self
    }

    /// Whether what doesn't fit the new shape is cut off at the sides, so that nothing is stretched. Default false.
    pub fn crop_to_aspect_ratio(mut self, crop: bool) -> Self {
        self.crop_to_aspect_ratio = crop;
        self
    }

    /// Whether the sides are filled up to the new shape, so that nothing is stretched. Default false.
    pub fn pad_to_aspect_ratio(mut self, pad: bool) -> Self {
        self.pad_to_aspect_ratio = pad;
        self
    }

    /// What the sides are filled with. Default 0.
    pub fn fill_value(mut self, value: f64) -> Self {
        self.fill_value = value;
        self
    }

    /// Whether all pixels that fall together count when an image gets smaller. Default false.
    pub fn antialias(mut self, antialias: bool) -> Self {
        self.antialias = antialias;
        self
    }

    /// As many pixels above as below, and left as right.
    fn padded(&self, images: &Tensor) -> Result<Tensor> {
        let [n, h, w, c] = sizes(images);
        let beside = |other: usize, to: usize, to_other: usize, own: usize| {
            ((other as f64 * to as f64 / to_other as f64) as usize).max(own).saturating_sub(own) / 2
        };
        let (rows, columns) = (beside(w, self.height, self.width, h), beside(h, self.width, self.height, w));
        let fill = |shape: [usize; 4]| Tensor::full(shape, self.fill_value).to_device(&images.device());
        if rows > 0 {
            let fill = fill([n, rows, w, c]);
            return Tensor::concat([&fill, images, &fill], 1);
        }
        let fill = fill([n, h, columns, c]);
        Tensor::concat([&fill, images, &fill], 2)
    }
}

impl Operation for Resizing {
    const WHO: &'static str = "Resizing";
    const RANDOM: bool = false;

    fn check(&self) -> Result<()> {
        use Interpolation as I;
        positive(Self::WHO, [self.height, self.width])?;
        self.interpolation.check(Self::WHO, "interpolation", &[I::Bilinear, I::Nearest, I::Bicubic, I::Lanczos3, I::Lanczos5])?;
        self.fill_mode.check(Self::WHO, "fill_mode", &[FillMode::Constant])?;
        if self.crop_to_aspect_ratio && self.pad_to_aspect_ratio {
            return Err(Error::option(Self::WHO, "pad_to_aspect_ratio", "false with `crop_to_aspect_ratio`", true));
        }
        Ok(())
    }

    fn size(&self, _: [Option<usize>; 2]) -> [Option<usize>; 2] {
        [Some(self.height), Some(self.width)]
    }

    fn plain(&self, images: Tensor) -> Result<Tensor> {
        let to = [self.height, self.width];
        let [_, h, w, _] = sizes(&images);
        let images = if self.crop_to_aspect_ratio {
            let [start, size] = window([h, w], to);
            cut(&images, start, size)?
        } else if self.pad_to_aspect_ratio {
            self.padded(&images)?
        } else {
            images
        };
        resample(&images, to, &self.interpolation, self.antialias)
    }

    fn random(&self, images: Tensor, _: &Draws) -> Result<Tensor> {
        self.plain(images)
    }
}

image_layer!(Resizing);

/// Both sizes are at least 1.
pub(super) fn positive(who: &str, [height, width]: [usize; 2]) -> Result<()> {
    match (height, width) {
        (0, _) => Err(Error::option(who, "height", "at least 1", 0)),
        (_, 0) => Err(Error::option(who, "width", "at least 1", 0)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::image::goldens::plain;
    use kiln_core::Shape;
    use kiln_core::layer::Layer;

    #[test]
    fn agrees_with_keras() {
        plain::<Resizing>("resizing");
    }

    #[test]
    fn mistakes_are_errors() {
        let of = |layer: Resizing| layer.output_shape(&Shape::batch_of([4, 4, 3])).unwrap_err().to_string();
        assert_eq!(of(Resizing::new(0, 2)), "Resizing: `height` must be at least 1, received 0");
        assert_eq!(of(Resizing::new(2, 0)), "Resizing: `width` must be at least 1, received 0");
        let names = "one of `bilinear`, `nearest`, `bicubic`, `lanczos3`, `lanczos5`";
        assert_eq!(of(Resizing::new(2, 2).interpolation("area")), format!("Resizing: `interpolation` must be {names}, received `area`"));
        let both = Resizing::new(2, 2).crop_to_aspect_ratio(true).pad_to_aspect_ratio(true);
        assert_eq!(of(both), "Resizing: `pad_to_aspect_ratio` must be false with `crop_to_aspect_ratio`, received true");
        let format = of(Resizing::new(2, 2).data_format("last"));
        assert_eq!(format, "Resizing: `data_format` must be one of `channels_last`, `channels_first`, received `last`");
        let rank = Resizing::new(2, 2).output_shape(&Shape::batch_of([4, 4])).unwrap_err().to_string();
        assert_eq!(rank, "Resizing: expected an input of 4 axes, (batch, height, width, channels), received (None, 4, 4)");
        let open = Resizing::new(2, 3).output_shape(&Shape::new([None, None, None, Some(3)])).unwrap();
        assert_eq!(open, Shape::batch_of([2, 3, 3]));
        let first = Resizing::new(2, 3).data_format("channels_first").output_shape(&Shape::batch_of([3, 8, 8])).unwrap();
        assert_eq!(first, Shape::batch_of([3, 2, 3]));
    }
}
