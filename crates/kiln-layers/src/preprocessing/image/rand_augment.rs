//! Random operations one after the other.

use super::choice::{apply, choose, operations};
use super::draws::Draws;
use super::factor::{Factor, bytes, value_range};
use super::names::Interpolation;
use super::operation::{Common, Operation, image_layer, seed};
use super::resizing::bilinear;
use kiln_core::{Result, Tensor};
use serde::{Deserialize, Serialize};

/// In training, applies `num_ops` of eleven operations to each image, chosen for each image: shear, translation, rotation, brightness,
/// fading, contrast, sharpness, posterization, solarization, auto contrast, equalization (Cubuk and others, 2019).
///
/// Images (batch, height, width, 1 or 3). Keras: `keras/src/layers/preprocessing/image_preprocessing/rand_augment.py`.
///
/// ```
/// use kiln_layers::RandAugment;
/// let layer = RandAugment::new().num_ops(3).factor(0.3);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RandAugment {
    #[serde(flatten)]
    common: Common,
    #[serde(default = "bytes")]
    value_range: [f64; 2],
    #[serde(default = "two")]
    num_ops: usize,
    #[serde(default = "half")]
    factor: Factor,
    #[serde(default = "bilinear")]
    interpolation: Interpolation,
    #[serde(default)]
    seed: Option<u64>,
}

fn two() -> usize {
    2
}

fn half() -> Factor {
    Factor::One(0.5)
}

impl Default for RandAugment {
    fn default() -> Self {
        Self::new()
    }
}

impl RandAugment {
    /// Keras' defaults.
    pub fn new() -> Self {
        let interpolation = Interpolation::Bilinear;
        Self { common: Common::default(), value_range: bytes(), num_ops: 2, factor: half(), interpolation, seed: None }
    }

    /// The smallest and largest value of the images. Default 0 to 255.
    pub fn value_range(mut self, low: f64, high: f64) -> Self {
        self.value_range = [low, high];
        self
    }

    /// How many operations. Default 2.
    pub fn num_ops(mut self, count: usize) -> Self {
        self.num_ops = count;
        self
    }

    /// The bounds of the operations' strength, from 0 to 1; a number `f` is 0 to `f`. Default 0.5.
    pub fn factor(mut self, factor: impl Into<Factor>) -> Self {
        self.factor = factor.into();
        self
    }

    /// `nearest` or `bilinear`. Default `bilinear`.
    pub fn interpolation(mut self, interpolation: impl Into<Interpolation>) -> Self {
        self.interpolation = interpolation.into();
        self
    }

    seed!();
}

impl Operation for RandAugment {
    const WHO: &'static str = "RandAugment";
    const CHANNELS: &'static [usize] = &[1, 3];

    fn check(&self) -> Result<()> {
        self.factor.range(Self::WHO, "factor", [0.0, 1.0])?;
        self.interpolation.check(Self::WHO, "interpolation", &Interpolation::WARPS)?;
        value_range(Self::WHO, self.value_range).map(drop)
    }

    fn seed(&self) -> Option<u64> {
        self.seed
    }

    fn random(&self, images: Tensor, draws: &Draws) -> Result<Tensor> {
        let factor = self.factor.range(Self::WHO, "factor", [0.0, 1.0])?;
        let all = operations(factor, self.value_range, &self.interpolation, true);
        let step = |images, k| apply(images, &all, &choose(draws, k, all.len()), &draws.part(k));
        (0..self.num_ops as u64).try_fold(images, step)
    }
}

image_layer!(RandAugment);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::image::goldens::{draws, ramp};

    #[test]
    fn so_many_operations_are_applied() {
        let images = ramp([24, 4, 4, 3]);
        let none = RandAugment::new().num_ops(0).random(images.clone(), &draws(24)).unwrap();
        assert_eq!(none.to_vec::<f32>(), images.to_vec::<f32>());
        let one = RandAugment::new().num_ops(1).random(images.clone(), &draws(24)).unwrap();
        let moved = (&one - &images).abs().reshape([24, 48]).unwrap().max_axis(1).unwrap().to_vec::<f32>();
        assert!(moved.iter().filter(|v| **v > 1e-3).count() > 16, "{moved:?}");
        let two = RandAugment::new().random(images, &draws(24)).unwrap();
        assert_ne!(one.to_vec::<f32>(), two.to_vec::<f32>());
    }
}
