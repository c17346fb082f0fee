//! Images seen from aside, by chance.

use super::draws::Draws;
use super::factor::Factor;
use super::names::{FillMode, Interpolation};
use super::operation::{Common, Operation, image_layer, seed};
use super::random_erasing::always;
use super::resizing::bilinear;
use super::warp::{Reading, Transform, perspective, sizes, warp};
use kiln_core::{Error, Result, Tensor};
use serde::{Deserialize, Serialize};

/// In training, moves the corners of some images by random parts of their places, as if seen from aside. What is outside is
/// `fill_value`.
///
/// Images (batch, height, width, channels). Keras: `keras/src/layers/preprocessing/image_preprocessing/random_perspective.py`.
///
/// ```
/// use kiln_layers::RandomPerspective;
/// let layer = RandomPerspective::new().factor(0.5).scale(0.3);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RandomPerspective {
    #[serde(flatten)]
    common: Common,
    #[serde(default = "always")]
    factor: Factor,
    #[serde(default = "one")]
    scale: f64,
    #[serde(default = "bilinear")]
    interpolation: Interpolation,
    #[serde(default)]
    fill_value: f64,
    #[serde(default)]
    seed: Option<u64>,
}

fn one() -> f64 {
    1.0
}

impl Default for RandomPerspective {
    fn default() -> Self {
        Self::new()
    }
}

impl RandomPerspective {
    /// Keras' defaults.
    pub fn new() -> Self {
        let interpolation = Interpolation::Bilinear;
        Self { common: Common::default(), factor: Factor::One(1.0), scale: 1.0, interpolation, fill_value: 0.0, seed: None }
    }

    /// The bounds of the probability with which an image is changed; a number `f` is 0 to `f`. Default 1.
    pub fn factor(mut self, factor: impl Into<Factor>) -> Self {
        self.factor = factor.into();
        self
    }

    /// How far corners move, from 0 to 1. Default 1.
    pub fn scale(mut self, scale: f64) -> Self {
        self.scale = scale;
        self
    }

    /// `nearest` or `bilinear`. Default `bilinear`.
    pub fn interpolation(mut self, interpolation: impl Into<Interpolation>) -> Self {
        self.interpolation = interpolation.into();
        self
    }

    /// The value outside. Default 0.
    pub fn fill_value(mut self, value: f64) -> Self {
        self.fill_value = value;
        self
    }

    seed!();

    fn transforms(&self, draws: &Draws, height: usize, width: usize) -> Vec<Transform> {
        let (right, bottom) = (width as f64 - 1.0, height as f64 - 1.0);
        let start = [[0.0, 0.0], [right, 0.0], [0.0, bottom], [right, bottom]];
        let parts: Vec<Vec<f64>> = (0..8).map(|k| draws.uniform(2 + k, [-0.5 * self.scale, 0.5 * self.scale])).collect();
        let of = |sample: usize| {
            let end = std::array::from_fn(|i| [0, 1].map(|xy| start[i][xy] * (1.0 + parts[2 * i + xy][sample])));
            // Images of one row or column have no perspective.
            perspective(start, end).unwrap_or([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0])
        };
        (0..parts[0].len()).map(of).collect()
    }
}

impl Operation for RandomPerspective {
    const WHO: &'static str = "RandomPerspective";

    fn check(&self) -> Result<()> {
        self.factor.range(Self::WHO, "factor", [0.0, 1.0])?;
        if !(0.0..=1.0).contains(&self.scale) {
            return Err(Error::option(Self::WHO, "scale", "from 0 to 1", self.scale));
        }
        self.interpolation.check(Self::WHO, "interpolation", &Interpolation::WARPS)
    }

    fn seed(&self) -> Option<u64> {
        self.seed
    }

    fn random(&self, images: Tensor, draws: &Draws) -> Result<Tensor> {
        let chosen = draws.chosen(self.factor.range(Self::WHO, "factor", [0.0, 1.0])?);
        let [_, height, width, _] = sizes(&images);
        let reading = Reading { interpolation: &self.interpolation, fill_mode: &FillMode::Constant, fill_value: self.fill_value };
        let warped = warp(&images, &self.transforms(draws, height, width), &reading)?;
        draws.choose(&chosen, warped, images)
    }
}

image_layer!(RandomPerspective);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::image::goldens::{draws, ramp};

    #[test]
    fn corners_move_within_the_scale() {
        // The corner at the origin stays, as in Keras: it moves by a part of its place, which is 0.
        for transform in RandomPerspective::new().scale(0.4).transforms(&draws(100), 5, 9) {
            assert!(transform[2].abs() < 1e-6 && transform[5].abs() < 1e-6, "{transform:?}");
            assert!((0.5..1.6).contains(&transform[0]), "{transform:?}");
        }
        let still = RandomPerspective::new().scale(0.0).random(ramp([3, 4, 5, 1]), &draws(3)).unwrap();
        assert!((still - ramp([3, 4, 5, 1])).abs().max().item() < 1e-4);
        let never = RandomPerspective::new().factor(0.0).random(ramp([3, 4, 5, 1]), &draws(3)).unwrap();
        assert_eq!(never.to_vec::<f32>(), ramp([3, 4, 5, 1]).to_vec::<f32>());
    }

    #[test]
    fn lines_of_pixels_stay() {
        let line = ramp([2, 1, 5, 1]);
        assert_eq!(RandomPerspective::new().random(line.clone(), &draws(2)).unwrap().to_vec::<f32>(), line.to_vec::<f32>());
    }
}
