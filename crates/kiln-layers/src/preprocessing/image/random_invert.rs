//! Negatives by chance.

use super::draws::Draws;
use super::factor::{Factor, bytes, value_range};
use super::operation::{Common, Operation, image_layer, seed};
use super::random_erasing::always;
use kiln_core::{Result, Tensor};
use serde::{Deserialize, Serialize};

/// In training, replaces some images by their negative, the largest value minus each value.
///
/// Images (batch, height, width, channels). Keras: `keras/src/layers/preprocessing/image_preprocessing/random_invert.py`.
///
/// ```
/// use kiln_layers::RandomInvert;
/// let layer = RandomInvert::new(0.5).value_range(0.0, 1.0);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RandomInvert {
    #[serde(flatten)]
    common: Common,
    #[serde(default = "always")]
    factor: Factor,
    #[serde(default = "bytes")]
    value_range: [f64; 2],
    #[serde(default)]
    seed: Option<u64>,
}

impl Default for RandomInvert {
    fn default() -> Self {
        Self::new(always())
    }
}

impl RandomInvert {
    /// The bounds of the probability; a number `f` is 0 to `f`. Keras' default is 1.
    pub fn new(factor: impl Into<Factor>) -> Self {
        Self { common: Common::default(), factor: factor.into(), value_range: bytes(), seed: None }
    }

    /// The smallest and largest value of the images. Default 0 to 255.
    pub fn value_range(mut self, low: f64, high: f64) -> Self {
        self.value_range = [low, high];
        self
    }

    seed!();

    /// The bounds of the draws.
    fn range(&self) -> Result<[f64; 2]> {
        self.factor.range(Self::WHO, "factor", [0.0, 1.0])
    }

    /// The negative of the chosen images.
    fn invert(&self, images: Tensor, chosen: &[bool], draws: &Draws) -> Result<Tensor> {
        draws.choose(chosen, self.value_range[1] - &images, images)
    }
}

impl Operation for RandomInvert {
    const WHO: &'static str = "RandomInvert";

    fn check(&self) -> Result<()> {
        self.range()?;
        value_range(Self::WHO, self.value_range).map(drop)
    }

    fn seed(&self) -> Option<u64> {
        self.seed
    }

    fn random(&self, images: Tensor, draws: &Draws) -> Result<Tensor> {
        self.invert(images, &draws.chosen(self.range()?), draws)
    }
}

image_layer!(RandomInvert);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::image::goldens::{drawn, draws as numbers};

    #[test]
    fn agrees_with_keras() {
        drawn::<RandomInvert>("random_invert", |layer, images, draws| {
            let chosen: Vec<bool> = draws.iter().map(|v| *v == 1.0).collect();
            layer.invert(images, &chosen, &numbers(chosen.len()))
        });
    }

    #[test]
    fn some_are_inverted() {
        let share = |layer: RandomInvert| layer.random(Tensor::zeros([1000, 1, 1, 1]), &numbers(1000)).unwrap().mean().item() / 255.0;
        assert_eq!(share(RandomInvert::new((1.0, 1.0))), 1.0);
        assert!((share(RandomInvert::new((0.3, 0.3))) - 0.3).abs() < 0.05);
        // A number is the upper bound of the probability, which is drawn too.
        assert!((share(RandomInvert::new(1.0)) - 0.5).abs() < 0.05);
    }
}
