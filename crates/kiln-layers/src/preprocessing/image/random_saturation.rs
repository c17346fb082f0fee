//! Saturation changed by chance.

use super::color::{to_hsv, to_rgb};
use super::draws::Draws;
use super::factor::{Factor, bytes, value_range};
use super::operation::{Common, Operation, image_layer, seed};
use kiln_core::{Result, Tensor};
use serde::{Deserialize, Serialize};

/// Keeps the divisor from 0.
const EPSILON: f64 = 1e-7;

/// In training, multiplies the saturation of each image by `f / (1 - f)` for an f drawn from `factor`: 0 gives gray, 0.5 changes
/// nothing, 1 gives the fullest colours.
///
/// Images (batch, height, width, 3). Keras: `keras/src/layers/preprocessing/image_preprocessing/random_saturation.py`.
///
/// ```
/// use kiln_layers::RandomSaturation;
/// let layer = RandomSaturation::new((0.4, 0.6)).value_range(0.0, 1.0);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RandomSaturation {
    #[serde(flatten)]
    common: Common,
    factor: Factor,
    #[serde(default = "bytes")]
    value_range: [f64; 2],
    #[serde(default)]
    seed: Option<u64>,
}

impl RandomSaturation {
    /// The bounds, from -1 to 1; a number `f` is `-f` to `f`, as in Keras. What is below 0 gives gray.
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

    /// The saturation, times `f / (1 - f)`.
    fn saturate(&self, images: &Tensor, f: Vec<f64>, draws: &Draws) -> Result<Tensor> {
        let [low, high] = value_range(Self::WHO, self.value_range)?;
        let factors = draws.column(f.into_iter().map(|f| f / (1.0 - f + EPSILON)).collect())?;
        let [hue, saturation, value] = to_hsv(images)?;
        let saturation = saturation.try_mul(factors.squeeze(-1)?)?.clip(low, high);
        to_rgb([hue, saturation, value])
    }
}

impl Operation for RandomSaturation {
    const WHO: &'static str = "RandomSaturation";
    const CHANNELS: &'static [usize] = &[3];

    fn check(&self) -> Result<()> {
        self.range()?;
        value_range(Self::WHO, self.value_range).map(drop)
    }

    fn seed(&self) -> Option<u64> {
        self.seed
    }

    fn random(&self, images: Tensor, draws: &Draws) -> Result<Tensor> {
        self.saturate(&images, draws.uniform(0, self.range()?), draws)
    }
}

image_layer!(RandomSaturation);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::image::goldens::{drawn, draws as numbers};

    #[test]
    fn agrees_with_keras() {
        drawn::<RandomSaturation>("random_saturation", |layer, images, draws| {
            layer.saturate(&images, draws.clone(), &numbers(draws.len()))
        });
    }

    #[test]
    fn a_half_changes_nothing() {
        let images = Tensor::constant([200.0, 100.0, 50.0]).reshape([1, 1, 1, 3]).unwrap();
        let same = RandomSaturation::new((0.5, 0.5)).random(images.clone(), &numbers(1)).unwrap();
        assert!((same - &images).abs().max().item() < 1e-3);
        let gray = RandomSaturation::new((0.0, 0.0)).random(images, &numbers(1)).unwrap();
        assert_eq!(gray.to_vec::<f32>(), [200.0; 3]);
    }
}
