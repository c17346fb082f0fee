//! Colours faded by chance.

use super::color::gray;
use super::draws::Draws;
use super::factor::{Factor, bytes, value_range};
use super::operation::{Common, Operation, image_layer, seed};
use kiln_core::{Result, Tensor};
use serde::{Deserialize, Serialize};

/// In training, moves each image by a number drawn from `factor` towards its gray, and holds it in `value_range`.
///
/// Images (batch, height, width, 1 or 3). Keras: `keras/src/layers/preprocessing/image_preprocessing/random_color_degeneration.py`.
///
/// ```
/// use kiln_layers::RandomColorDegeneration;
/// let layer = RandomColorDegeneration::new((0.0, 0.8)).value_range(0.0, 1.0);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RandomColorDegeneration {
    #[serde(flatten)]
    common: Common,
    factor: Factor,
    #[serde(default = "bytes")]
    value_range: [f64; 2],
    #[serde(default)]
    seed: Option<u64>,
}

impl RandomColorDegeneration {
    /// The bounds, from -1 to 1; a number `f` is `-f` to `f`, as in Keras. What is below 0 makes colours stronger.
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

    /// The images, moved towards their gray.
    fn fade(&self, images: &Tensor, by: &Tensor) -> Result<Tensor> {
        let [low, high] = value_range(Self::WHO, self.value_range)?;
        Ok(images.try_add((gray(images)? - images).try_mul(by)?)?.clip(low, high))
    }
}

impl Operation for RandomColorDegeneration {
    const WHO: &'static str = "RandomColorDegeneration";
    const CHANNELS: &'static [usize] = &[1, 3];

    fn check(&self) -> Result<()> {
        self.range()?;
        value_range(Self::WHO, self.value_range).map(drop)
    }

    fn seed(&self) -> Option<u64> {
        self.seed
    }

    fn random(&self, images: Tensor, draws: &Draws) -> Result<Tensor> {
        self.fade(&images, &draws.column(draws.uniform(0, self.range()?))?)
    }
}

image_layer!(RandomColorDegeneration);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::image::goldens::{column, drawn};

    #[test]
    fn agrees_with_keras() {
        drawn::<RandomColorDegeneration>("random_color_degeneration", |layer, images, draws| layer.fade(&images, &column(draws)));
    }
}
