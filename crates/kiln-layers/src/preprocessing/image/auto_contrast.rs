//! Each channel stretched to the whole range.

use super::draws::Draws;
use super::factor::{bytes, value_range};
use super::operation::{Common, Operation, image_layer};
use kiln_core::{Result, Tensor};
use serde::{Deserialize, Serialize};

/// Stretches each channel of each image so that its smallest and largest value are those of `value_range`, in training and in inference.
/// A channel of one value stays.
///
/// Images (batch, height, width, channels). Keras: `keras/src/layers/preprocessing/image_preprocessing/auto_contrast.py`.
///
/// ```
/// use kiln_layers::AutoContrast;
/// let layer = AutoContrast::new().value_range(0.0, 1.0);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AutoContrast {
    #[serde(flatten)]
    common: Common,
    #[serde(default = "bytes")]
    value_range: [f64; 2],
}

impl Default for AutoContrast {
    fn default() -> Self {
        Self::new()
    }
}

impl AutoContrast {
    /// For bytes.
    pub fn new() -> Self {
        Self { common: Common::default(), value_range: bytes() }
    }

    /// The smallest and largest value of the images. Default 0 to 255.
    pub fn value_range(mut self, low: f64, high: f64) -> Self {
        self.value_range = [low, high];
        self
    }
}

impl Operation for AutoContrast {
    const WHO: &'static str = "AutoContrast";
    const RANDOM: bool = false;

    fn check(&self) -> Result<()> {
        value_range(Self::WHO, self.value_range).map(drop)
    }

    fn plain(&self, images: Tensor) -> Result<Tensor> {
        let [low, high] = value_range(Self::WHO, self.value_range)?;
        let least = images.min_axis(1)?.min_axis(1)?.expand_dims(1)?.expand_dims(1)?;
        let spread = images.max_axis(1)?.max_axis(1)?.expand_dims(1)?.expand_dims(1)? - &least;
        let some = spread.greater(0.0)?;
        let share = (&images - least) / some.select_where(spread, 1.0)?;
        let stretched = (share * (high - low) + low).clip(low, high);
        some.select_where(stretched, images)
    }

    fn random(&self, images: Tensor, _: &Draws) -> Result<Tensor> {
        self.plain(images)
    }
}

image_layer!(AutoContrast);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::image::goldens::plain;

    #[test]
    fn agrees_with_keras() {
        plain::<AutoContrast>("auto_contrast");
    }
}
