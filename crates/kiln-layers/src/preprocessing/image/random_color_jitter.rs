//! Brightness, contrast, saturation and hue changed by chance.

use super::draws::Draws;
use super::factor::{Factor, bytes, value_range};
use super::operation::{Common, Operation, image_layer, seed};
use super::{RandomBrightness, RandomContrast, RandomHue, RandomSaturation};
use kiln_core::{Result, Tensor};
use serde::{Deserialize, Serialize};

/// In training, applies [`RandomBrightness`], [`RandomContrast`], [`RandomSaturation`] and [`RandomHue`], those whose factors are given, in
/// this order.
///
/// Images (batch, height, width, 3). Keras: `keras/src/layers/preprocessing/image_preprocessing/random_color_jitter.py`.
///
/// ```
/// use kiln_layers::RandomColorJitter;
/// let layer = RandomColorJitter::new().brightness_factor(0.2).hue_factor(0.1);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RandomColorJitter {
    #[serde(flatten)]
    common: Common,
    #[serde(default = "bytes")]
    value_range: [f64; 2],
    #[serde(default)]
    brightness_factor: Option<Factor>,
    #[serde(default)]
    contrast_factor: Option<Factor>,
    #[serde(default)]
    saturation_factor: Option<Factor>,
    #[serde(default)]
    hue_factor: Option<Factor>,
    #[serde(default)]
    seed: Option<u64>,
}

impl Default for RandomColorJitter {
    fn default() -> Self {
        Self::new()
    }
}

impl RandomColorJitter {
    /// Changes nothing until a factor is given.
    pub fn new() -> Self {
        Self {
            common: Common::default(),
            value_range: bytes(),
            brightness_factor: None,
            contrast_factor: None,
            saturation_factor: None,
            hue_factor: None,
            seed: None,
        }
    }

    /// The smallest and largest value of the images. Default 0 to 255.
    pub fn value_range(mut self, low: f64, high: f64) -> Self {
        self.value_range = [low, high];
        self
    }

    /// The factor of [`RandomBrightness`]. Default none.
    pub fn brightness_factor(mut self, factor: impl Into<Factor>) -> Self {
        self.brightness_factor = Some(factor.into());
        self
    }

    /// The factor of [`RandomContrast`]. Default none.
    pub fn contrast_factor(mut self, factor: impl Into<Factor>) -> Self {
        self.contrast_factor = Some(factor.into());
        self
    }

    /// The factor of [`RandomSaturation`]. Default none.
    pub fn saturation_factor(mut self, factor: impl Into<Factor>) -> Self {
        self.saturation_factor = Some(factor.into());
        self
    }

    /// The factor of [`RandomHue`]. Default none.
    pub fn hue_factor(mut self, factor: impl Into<Factor>) -> Self {
        self.hue_factor = Some(factor.into());
        self
    }

    seed!();

    fn brightness(&self) -> Option<RandomBrightness> {
        self.brightness_factor.map(|f| RandomBrightness::new(f).value_range(self.value_range[0], self.value_range[1]))
    }

    fn contrast(&self) -> Option<RandomContrast> {
        self.contrast_factor.map(|f| RandomContrast::new(f).value_range(self.value_range[0], self.value_range[1]))
    }

    fn saturation(&self) -> Option<RandomSaturation> {
        self.saturation_factor.map(|f| RandomSaturation::new(f).value_range(self.value_range[0], self.value_range[1]))
    }

    fn hue(&self) -> Option<RandomHue> {
        self.hue_factor.map(|f| RandomHue::new(f).value_range(self.value_range[0], self.value_range[1]))
    }
}

impl Operation for RandomColorJitter {
    const WHO: &'static str = "RandomColorJitter";
    const CHANNELS: &'static [usize] = &[3];

    fn check(&self) -> Result<()> {
        self.brightness().map_or(Ok(()), |layer| layer.check())?;
        self.contrast().map_or(Ok(()), |layer| layer.check())?;
        self.saturation().map_or(Ok(()), |layer| layer.check())?;
        self.hue().map_or(Ok(()), |layer| layer.check())?;
        value_range(Self::WHO, self.value_range).map(drop)
    }

    fn seed(&self) -> Option<u64> {
        self.seed
    }

    fn random(&self, images: Tensor, draws: &Draws) -> Result<Tensor> {
        let images = self.brightness().map_or(Ok(images.clone()), |layer| layer.random(images, &draws.part(0)))?;
        let images = self.contrast().map_or(Ok(images.clone()), |layer| layer.random(images, &draws.part(1)))?;
        let images = self.saturation().map_or(Ok(images.clone()), |layer| layer.random(images, &draws.part(2)))?;
        self.hue().map_or(Ok(images.clone()), |layer| layer.random(images, &draws.part(3)))
    }
}

image_layer!(RandomColorJitter);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::image::goldens::{draws, ramp};

    #[test]
    fn the_given_changes_are_made_in_order() {
        let images = ramp([3, 2, 2, 3]);
        let values = |t: Tensor| t.to_vec::<f32>();
        let none = RandomColorJitter::new().random(images.clone(), &draws(3)).unwrap();
        assert_eq!(values(none), values(images.clone()));
        let layer = RandomColorJitter::new().brightness_factor(0.2).contrast_factor(0.3).saturation_factor((0.3, 0.6)).hue_factor(0.1);
        let mut expected = images.clone();
        expected = RandomBrightness::new(0.2).random(expected, &draws(3).part(0)).unwrap();
        expected = RandomContrast::new(0.3).random(expected, &draws(3).part(1)).unwrap();
        expected = RandomSaturation::new((0.3, 0.6)).random(expected, &draws(3).part(2)).unwrap();
        expected = RandomHue::new(0.1).random(expected, &draws(3).part(3)).unwrap();
        assert_eq!(values(layer.random(images, &draws(3)).unwrap()), values(expected));
        let error = RandomColorJitter::new().contrast_factor(2.0).check().unwrap_err();
        assert_eq!(error.to_string(), "RandomContrast: `factor` must be from 0 to 1, received 2");
    }
}
