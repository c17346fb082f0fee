//! Images sheared by chance.

use super::draws::Draws;
use super::factor::Factor;
use super::names::{FillMode, Interpolation};
use super::operation::{Common, Operation, image_layer, seed};
use super::resizing::bilinear;
use super::warp::{Reading, Transform, shear, sizes, warp};
use super::warping::{reflect, warping};
use kiln_core::{Error, Result, Tensor};
use serde::{Deserialize, Serialize};

/// In training, shears each image by numbers drawn from the factors, to one side or the other.
///
/// Images (batch, height, width, channels). Keras: `keras/src/layers/preprocessing/image_preprocessing/random_shear.py`.
///
/// ```
/// use kiln_layers::RandomShear;
/// let layer = RandomShear::new(0.2, 0.0);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RandomShear {
    #[serde(flatten)]
    common: Common,
    #[serde(default = "none")]
    x_factor: Factor,
    #[serde(default = "none")]
    y_factor: Factor,
    #[serde(default = "bilinear")]
    interpolation: Interpolation,
    #[serde(default = "reflect")]
    fill_mode: FillMode,
    #[serde(default)]
    fill_value: f64,
    #[serde(default)]
    seed: Option<u64>,
}

fn none() -> Factor {
    Factor::One(0.0)
}

impl Default for RandomShear {
    fn default() -> Self {
        Self::new(none(), none())
    }
}

impl RandomShear {
    /// The bounds of the shears, up to 1; a number `f` is `-f` to `f`. Keras' default is 0.
    pub fn new(x_factor: impl Into<Factor>, y_factor: impl Into<Factor>) -> Self {
        Self {
            common: Common::default(),
            x_factor: x_factor.into(),
            y_factor: y_factor.into(),
            interpolation: Interpolation::Bilinear,
            fill_mode: FillMode::Reflect,
            fill_value: 0.0,
            seed: None,
        }
    }

    fn ranges(&self) -> Result<[[f64; 2]; 2]> {
        let range = |factor: Factor, option| match factor {
            Factor::One(f) if f < 0.0 => Err(Error::option(Self::WHO, option, "from 0 to 1", f)),
            // Keras writes a number as the pair it draws from.
            factor => factor.range(Self::WHO, option, [-1.0, 1.0]),
        };
        Ok([range(self.x_factor, "x_factor")?, range(self.y_factor, "y_factor")?])
    }

    pub(super) fn transforms(&self, draws: &Draws, _: usize, _: usize) -> Result<Vec<Transform>> {
        let [x, y] = self.ranges()?;
        let sides = draws.uniform(0, [0.0, 1.0]).into_iter().map(|u| if u > 0.5 { -1.0 } else { 1.0 });
        let shears = draws.uniform(2, x).into_iter().zip(draws.uniform(1, y));
        Ok(sides.zip(shears).map(|(side, (x, y))| shear(side * x, side * y)).collect())
    }
}

warping!(RandomShear);
