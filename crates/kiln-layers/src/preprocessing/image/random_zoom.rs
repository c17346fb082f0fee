//! Images zoomed by chance.

use super::draws::Draws;
use super::factor::Factor;
use super::names::{FillMode, Interpolation};
use super::operation::{Common, Operation, image_layer, seed};
use super::resizing::bilinear;
use super::warp::{Reading, Transform, sizes, warp, zoom};
use super::warping::{reflect, warping};
use kiln_core::{Error, Result, Tensor};
use serde::{Deserialize, Serialize};

/// In training, zooms each image about its middle: by 1 and a number drawn from the factor. Positive shows more of the image, smaller.
///
/// Images (batch, height, width, channels). Keras: `keras/src/layers/preprocessing/image_preprocessing/random_zoom.py`.
///
/// ```
/// use kiln_layers::RandomZoom;
/// let layer = RandomZoom::new(0.2).width_factor((-0.1, 0.3));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RandomZoom {
    #[serde(flatten)]
    common: Common,
    height_factor: Factor,
    #[serde(default)]
    width_factor: Option<Factor>,
    #[serde(default = "reflect")]
    fill_mode: FillMode,
    #[serde(default = "bilinear")]
    interpolation: Interpolation,
    #[serde(default)]
    seed: Option<u64>,
    #[serde(default)]
    fill_value: f64,
}

impl RandomZoom {
    /// The bounds of the zoom of the height, above -1 and up to 1; a number `f` is `-f` to `f`.
    pub fn new(height_factor: impl Into<Factor>) -> Self {
        Self {
            common: Common::default(),
            height_factor: height_factor.into(),
            width_factor: None,
            fill_mode: FillMode::Reflect,
            interpolation: Interpolation::Bilinear,
            seed: None,
            fill_value: 0.0,
        }
    }

    /// The bounds of the zoom of the width. Default: the draw of the height, which keeps the shape.
    pub fn width_factor(mut self, factor: impl Into<Factor>) -> Self {
        self.width_factor = Some(factor.into());
        self
    }

    fn ranges(&self) -> Result<([f64; 2], Option<[f64; 2]>)> {
        let range = |factor: Factor, option| match factor.range(Self::WHO, option, [-1.0, 1.0])? {
            // A number is drawn from both sides, though -1 itself would show nothing.
            [low, _] if low == -1.0 && factor != Factor::One(1.0) => Err(Error::option(Self::WHO, option, "above -1", low)),
            range => Ok(range),
        };
        Ok((range(self.height_factor, "height_factor")?, self.width_factor.map(|f| range(f, "width_factor")).transpose()?))
    }

    pub(super) fn transforms(&self, draws: &Draws, height: usize, width: usize) -> Result<Vec<Transform>> {
        let (y, x) = self.ranges()?;
        let zooms = |place, [low, high]: [f64; 2]| draws.uniform(place, [1.0 + low, 1.0 + high]);
        let y = zooms(0, y);
        let x = x.map_or_else(|| y.clone(), |x| zooms(1, x));
        Ok(x.into_iter().zip(y).map(|(x, y)| zoom(x, y, height, width)).collect())
    }
}

warping!(RandomZoom);
