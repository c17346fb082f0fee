//! The middle of images.

use super::draws::Draws;
use super::names::Interpolation;
use super::operation::{Common, Operation, image_layer};
use super::resample::{cut, resample, window};
use super::resizing::positive;
use super::warp::sizes;
use kiln_core::{Result, Tensor};
use serde::{Deserialize, Serialize};

/// Cuts a window of (height, width) out of the middle, in training and in inference. Of an image that is smaller, the largest window of
/// that shape is resized.
///
/// Input (batch, h, w, channels), output (batch, height, width, channels). Keras:
/// `keras/src/layers/preprocessing/image_preprocessing/center_crop.py`.
///
/// ```
/// use kiln_layers::CenterCrop;
/// let layer = CenterCrop::new(24, 24);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CenterCrop {
    #[serde(flatten)]
    common: Common,
    height: usize,
    width: usize,
}

impl CenterCrop {
    /// The size of the window.
    pub fn new(height: usize, width: usize) -> Self {
        Self { common: Common::default(), height, width }
    }
}

impl Operation for CenterCrop {
    const WHO: &'static str = "CenterCrop";
    const RANDOM: bool = false;

    fn check(&self) -> Result<()> {
        positive(Self::WHO, [self.height, self.width])
    }

    fn size(&self, _: [Option<usize>; 2]) -> [Option<usize>; 2] {
        [Some(self.height), Some(self.width)]
    }

    fn plain(&self, images: Tensor) -> Result<Tensor> {
        let [_, h, w, _] = sizes(&images);
        if h >= self.height && w >= self.width {
            return cut(&images, [(h - self.height) / 2, (w - self.width) / 2], [self.height, self.width]);
        }
        fitted(&images, [self.height, self.width])
    }

    fn random(&self, images: Tensor, _: &Draws) -> Result<Tensor> {
        self.plain(images)
    }
}

/// The largest window in the middle that has the shape of the new size, resized.
pub(super) fn fitted(images: &Tensor, to: [usize; 2]) -> Result<Tensor> {
    let [_, h, w, _] = sizes(images);
    let [start, size] = window([h, w], to);
    resample(&cut(images, start, size)?, to, &Interpolation::Bilinear, false)
}

image_layer!(CenterCrop);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::image::goldens::plain;

    #[test]
    fn agrees_with_keras() {
        plain::<CenterCrop>("center_crop");
    }
}
