//! Images blurred or sharpened by chance.

use super::draws::Draws;
use super::factor::{Factor, bytes, value_range};
use super::operation::{Common, Operation, image_layer, seed};
use super::stencil::around;
use kiln_core::{Result, Tensor};
use serde::{Deserialize, Serialize};

/// In training, moves each image from its smoothed version (`f = 0`) over itself (0.5) to its sharpened one (1), for an f drawn from
/// `factor`, and holds it in `value_range`.
///
/// Images (batch, height, width, channels). Keras: `keras/src/layers/preprocessing/image_preprocessing/random_sharpness.py`.
///
/// ```
/// use kiln_layers::RandomSharpness;
/// let layer = RandomSharpness::new((0.3, 0.8)).value_range(0.0, 1.0);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RandomSharpness {
    #[serde(flatten)]
    common: Common,
    factor: Factor,
    #[serde(default = "bytes")]
    value_range: [f64; 2],
    #[serde(default)]
    seed: Option<u64>,
}

impl RandomSharpness {
    /// The bounds, from 0 to 1; a number `f` is 0 to `f`.
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

    /// The images and `1 - 2 f` times what smoothing adds.
    fn sharpen(&self, images: &Tensor, f: &Tensor) -> Result<Tensor> {
        let [low, high] = value_range(Self::WHO, self.value_range)?;
        let weight = |v: f64| Tensor::full([1, 1, 1, 1], v).to_device(&images.device());
        let (side, middle) = (weight(1.0 / 13.0), weight(5.0 / 13.0));
        let rows = [[&side, &side, &side], [&side, &middle, &side], [&side, &side, &side]];
        let smooth = around(images, &rows.map(|row| row.map(Tensor::clone).to_vec()))?;
        Ok(images.try_add((smooth - images).try_mul(1.0 - f * 2.0)?)?.clip(low, high))
    }
}

impl Operation for RandomSharpness {
    const WHO: &'static str = "RandomSharpness";

    fn check(&self) -> Result<()> {
        self.range()?;
        value_range(Self::WHO, self.value_range).map(drop)
    }

    fn seed(&self) -> Option<u64> {
        self.seed
    }

    fn random(&self, images: Tensor, draws: &Draws) -> Result<Tensor> {
        self.sharpen(&images, &draws.column(draws.uniform(0, self.range()?))?)
    }
}

image_layer!(RandomSharpness);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::image::goldens::{column, drawn};

    #[test]
    fn agrees_with_keras() {
        drawn::<RandomSharpness>("random_sharpness", |layer, images, draws| layer.sharpen(&images, &column(draws)));
    }
}
