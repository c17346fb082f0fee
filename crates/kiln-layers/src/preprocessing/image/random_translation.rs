//! Images moved by chance.

use super::draws::Draws;
use super::factor::Factor;
use super::names::{FillMode, Interpolation};
use super::operation::{Common, Operation, image_layer, seed};
use super::resizing::bilinear;
use super::warp::{Reading, Transform, shift, sizes, warp};
use super::warping::{reflect, warping};
use kiln_core::{Result, Tensor};
use serde::{Deserialize, Serialize};

/// In training, moves each image by numbers drawn from the factors, parts of its height and width. Positive is down and to the right.
///
/// Images (batch, height, width, channels). Keras: `keras/src/layers/preprocessing/image_preprocessing/random_translation.py`.
///
/// ```
/// use kiln_layers::RandomTranslation;
/// let layer = RandomTranslation::new(0.1, (0.0, 0.2)).fill_mode("nearest");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RandomTranslation {
    #[serde(flatten)]
    common: Common,
    height_factor: Factor,
    width_factor: Factor,
    #[serde(default = "reflect")]
    fill_mode: FillMode,
    #[serde(default = "bilinear")]
    interpolation: Interpolation,
    #[serde(default)]
    seed: Option<u64>,
    #[serde(default)]
    fill_value: f64,
}

impl RandomTranslation {
    /// The bounds of the moves, from -1 to 1; a number `f` is `-f` to `f`.
    pub fn new(height_factor: impl Into<Factor>, width_factor: impl Into<Factor>) -> Self {
        Self {
            common: Common::default(),
            height_factor: height_factor.into(),
            width_factor: width_factor.into(),
            fill_mode: FillMode::Reflect,
            interpolation: Interpolation::Bilinear,
            seed: None,
            fill_value: 0.0,
        }
    }

    fn ranges(&self) -> Result<[[f64; 2]; 2]> {
        let range = |factor: Factor, option| factor.range(Self::WHO, option, [-1.0, 1.0]);
        Ok([range(self.height_factor, "height_factor")?, range(self.width_factor, "width_factor")?])
    }

    pub(super) fn transforms(&self, draws: &Draws, height: usize, width: usize) -> Result<Vec<Transform>> {
        let [y, x] = self.ranges()?;
        let moves = draws.uniform(1, x).into_iter().zip(draws.uniform(0, y));
        Ok(moves.map(|(x, y)| shift(x * width as f64, y * height as f64)).collect())
    }
}

warping!(RandomTranslation);
