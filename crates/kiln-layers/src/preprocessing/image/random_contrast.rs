//! Contrast changed by chance.

use super::color::contrast;
use super::draws::Draws;
use super::factor::{Factor, bytes, value_range};
use super::operation::{Common, Operation, image_layer, seed};
use kiln_core::{Result, Tensor};
use serde::{Deserialize, Serialize};

/// In training, multiplies the distance of each value from the mean of its channel by a number drawn from `1 - lower` to `1 + upper`,
/// and holds the image in `value_range`.
///
/// Images (batch, height, width, channels). Keras: `keras/src/layers/preprocessing/image_preprocessing/random_contrast.py`.
///
/// ```
/// use kiln_layers::RandomContrast;
/// let layer = RandomContrast::new((0.2, 0.3)).value_range(0.0, 1.0);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RandomContrast {
    #[serde(flatten)]
    common: Common,
    factor: Factor,
    #[serde(default = "bytes")]
    value_range: [f64; 2],
    #[serde(default)]
    seed: Option<u64>,
}

impl RandomContrast {
    /// The bounds `(lower, upper)`, from 0 to 1; a number `f` is 0 to `f`, as in Keras.
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

    /// The distances from the mean, times `factor`.
    fn stretch(&self, images: &Tensor, factor: &Tensor) -> Result<Tensor> {
        let [low, high] = value_range(Self::WHO, self.value_range)?;
        Ok(contrast(images, factor)?.clip(low, high))
    }
}

impl Operation for RandomContrast {
    const WHO: &'static str = "RandomContrast";

    fn check(&self) -> Result<()> {
        self.range()?;
        value_range(Self::WHO, self.value_range).map(drop)
    }

    fn seed(&self) -> Option<u64> {
        self.seed
    }

    fn random(&self, images: Tensor, draws: &Draws) -> Result<Tensor> {
        let [lower, upper] = self.range()?;
        let factors = draws.column(draws.uniform(0, [1.0 - lower, 1.0 + upper]))?;
        self.stretch(&images, &factors)
    }
}

image_layer!(RandomContrast);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::image::goldens::{column, drawn, draws};

    #[test]
    fn agrees_with_keras() {
        drawn::<RandomContrast>("random_contrast", |layer, images, draws| layer.stretch(&images, &column(draws)));
    }

    #[test]
    fn draws_fill_their_range() {
        let pair = Tensor::constant([100.0, 110.0]).reshape([1, 1, 2, 1]).unwrap().broadcast_to([500, 1, 2, 1]).unwrap();
        let y = RandomContrast::new((0.2, 0.5)).random(pair, &draws(500)).unwrap().to_vec::<f32>();
        let distances: Vec<f32> = y.chunks(2).map(|pair| (pair[1] - pair[0]) / 10.0).collect();
        let (low, high) = distances.iter().fold((9.0f32, 0.0f32), |(a, b), v| (a.min(*v), b.max(*v)));
        assert!((0.8..0.82).contains(&low) && (1.48..1.5).contains(&high), "{low} {high}");
    }
}
