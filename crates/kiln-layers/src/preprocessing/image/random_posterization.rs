//! Fewer shades, by chance.

use super::color::{rescale, to_bytes};
use super::draws::Draws;
use super::factor::{Factor, bytes, value_range};
use super::operation::{Common, Operation, image_layer, seed};
use kiln_core::{Result, Tensor};
use serde::{Deserialize, Serialize};

/// In training, keeps so many bits of each value as are drawn from `factor`, the upper bound left out.
///
/// Images (batch, height, width, channels). Keras: `keras/src/layers/preprocessing/image_preprocessing/random_posterization.py`.
///
/// ```
/// use kiln_layers::RandomPosterization;
/// let layer = RandomPosterization::new((3.0, 8.0));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RandomPosterization {
    #[serde(flatten)]
    common: Common,
    factor: Factor,
    #[serde(default = "bytes")]
    value_range: [f64; 2],
    #[serde(default)]
    seed: Option<u64>,
}

impl RandomPosterization {
    /// The bounds of the bits, from 1 to 8; a number `f` is 1 to `f`. Two equal bounds are that many bits.
    pub fn new(factor: impl Into<Factor>) -> Self {
        Self { common: Common::default(), factor: factor.into(), value_range: bytes(), seed: None }
    }

    /// The smallest and largest value of the images. Default 0 to 255.
    pub fn value_range(mut self, low: f64, high: f64) -> Self {
        self.value_range = [low, high];
        self
    }

    seed!();

    /// The images with so many bits each.
    fn posterize(&self, images: Tensor, bits: Vec<f64>, draws: &Draws) -> Result<Tensor> {
        let range = value_range(Self::WHO, self.value_range)?;
        let step = draws.column(bits.into_iter().map(|bits| (8.0 - bits).exp2()).collect())?;
        let whole = to_bytes(images, range).clip(0.0, 255.0).floor();
        Ok(rescale((whole / &step).floor() * step, bytes(), range))
    }
}

impl Operation for RandomPosterization {
    const WHO: &'static str = "RandomPosterization";

    fn check(&self) -> Result<()> {
        self.factor.range(Self::WHO, "factor", [1.0, 8.0])?;
        value_range(Self::WHO, self.value_range).map(drop)
    }

    fn seed(&self) -> Option<u64> {
        self.seed
    }

    fn random(&self, images: Tensor, draws: &Draws) -> Result<Tensor> {
        let range = self.factor.range(Self::WHO, "factor", [1.0, 8.0])?;
        self.posterize(images, draws.uniform(0, range).into_iter().map(f64::floor).collect(), draws)
    }
}

image_layer!(RandomPosterization);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::image::goldens::{drawn, draws as numbers};

    #[test]
    fn agrees_with_keras() {
        drawn::<RandomPosterization>("random_posterization", |layer, images, draws| {
            layer.posterize(images, draws.clone(), &numbers(draws.len()))
        });
    }

    #[test]
    fn bits_are_whole_and_in_their_range() {
        let white = Tensor::full([300, 1, 1, 1], 255.0);
        let y = RandomPosterization::new((2.0, 4.0)).random(white, &numbers(300)).unwrap().to_vec::<f32>();
        // Two bits leave 192 of 255, three 224.
        assert!(y.iter().all(|v| [192.0, 224.0].contains(v)) && y.contains(&192.0) && y.contains(&224.0));
        let error = RandomPosterization::new(9.0).check().unwrap_err();
        assert_eq!(error.to_string(), "RandomPosterization: `factor` must be from 1 to 8, received 9");
    }
}
