//! Images made lighter or darker by chance.

use super::draws::Draws;
use super::factor::{Factor, bytes, value_range};
use super::operation::{Common, Operation, image_layer, seed};
use kiln_core::{Result, Tensor};
use serde::{Deserialize, Serialize};

/// In training, adds to each image a number drawn from `factor`, times the width of `value_range`, and holds it in that range.
///
/// Images (batch, height, width, channels). Keras: `keras/src/layers/preprocessing/image_preprocessing/random_brightness.py`.
///
/// ```
/// use kiln_layers::RandomBrightness;
/// let layer = RandomBrightness::new(0.2).value_range(0.0, 1.0);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RandomBrightness {
    #[serde(flatten)]
    common: Common,
    factor: Factor,
    #[serde(default = "bytes")]
    value_range: [f64; 2],
    #[serde(default)]
    seed: Option<u64>,
}

impl RandomBrightness {
    /// The bounds, from -1 to 1; a number `f` is `-f` to `f`.
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
        self.factor.range(Self::WHO, "factor", [-1.0, 1.0])
    }

    /// The images and a part of the range.
    fn brighten(&self, images: Tensor, part: &Tensor) -> Result<Tensor> {
        let [low, high] = value_range(Self::WHO, self.value_range)?;
        Ok(images.try_add(part * (high - low))?.clip(low, high))
    }
}

impl Operation for RandomBrightness {
    const WHO: &'static str = "RandomBrightness";

    fn check(&self) -> Result<()> {
        self.range()?;
        value_range(Self::WHO, self.value_range).map(drop)
    }

    fn seed(&self) -> Option<u64> {
        self.seed
    }

    fn random(&self, images: Tensor, draws: &Draws) -> Result<Tensor> {
        let parts = draws.column(draws.uniform(0, self.range()?))?;
        self.brighten(images, &parts)
    }
}

image_layer!(RandomBrightness);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::image::goldens::{column, drawn, draws};

    #[test]
    fn agrees_with_keras() {
        drawn::<RandomBrightness>("random_brightness", |layer, images, draws| layer.brighten(images, &column(draws)));
    }

    #[test]
    fn draws_fill_their_range() {
        let gray = Tensor::full([500, 1, 1, 1], 0.5);
        let layer = RandomBrightness::new(0.25).value_range(0.0, 1.0);
        let y = layer.random(gray, &draws(500)).unwrap();
        assert!((0.25..0.27).contains(&y.min().item()) && (0.73..=0.75).contains(&y.max().item()));
    }

    #[test]
    fn mistakes_are_errors() {
        let error = RandomBrightness::new(1.5).check().unwrap_err();
        assert_eq!(error.to_string(), "RandomBrightness: `factor` must be from -1 to 1, received 1.5");
        let error = RandomBrightness::new(0.5).value_range(1.0, 1.0).check().unwrap_err();
        assert_eq!(error.to_string(), "RandomBrightness: `value_range` must be two different numbers, received (1, 1)");
    }
}
