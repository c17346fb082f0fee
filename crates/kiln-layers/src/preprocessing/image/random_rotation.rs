//! Images turned by chance.

use super::draws::Draws;
use super::factor::Factor;
use super::names::{FillMode, Interpolation};
use super::operation::{Common, Operation, image_layer, seed};
use super::resizing::bilinear;
use super::warp::{Reading, Transform, sizes, turn, warp};
use super::warping::{reflect, warping};
use kiln_core::{Result, Tensor};
use serde::{Deserialize, Serialize};

/// In training, turns each image about its middle by an angle drawn from `factor`, a part of a full turn; positive is
/// counterclockwise.
///
/// Images (batch, height, width, channels). Keras: `keras/src/layers/preprocessing/image_preprocessing/random_rotation.py`.
///
/// ```
/// use kiln_layers::RandomRotation;
/// let layer = RandomRotation::new(0.1).fill_mode("constant");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RandomRotation {
    #[serde(flatten)]
    common: Common,
    factor: Factor,
    #[serde(default = "reflect")]
    fill_mode: FillMode,
    #[serde(default = "bilinear")]
    interpolation: Interpolation,
    #[serde(default)]
    seed: Option<u64>,
    #[serde(default)]
    fill_value: f64,
}

impl RandomRotation {
    /// The bounds of the angle, from -1 to 1; a number `f` is `-f` to `f`.
    pub fn new(factor: impl Into<Factor>) -> Self {
        let (fill_mode, interpolation) = (FillMode::Reflect, Interpolation::Bilinear);
        Self { common: Common::default(), factor: factor.into(), fill_mode, interpolation, seed: None, fill_value: 0.0 }
    }

    fn ranges(&self) -> Result<[f64; 2]> {
        self.factor.range(Self::WHO, "factor", [-1.0, 1.0])
    }

    pub(super) fn transforms(&self, draws: &Draws, height: usize, width: usize) -> Result<Vec<Transform>> {
        let angles = draws.uniform(0, self.ranges()?);
        Ok(angles.into_iter().map(|part| turn(part * std::f64::consts::TAU, height, width)).collect())
    }
}

warping!(RandomRotation);
