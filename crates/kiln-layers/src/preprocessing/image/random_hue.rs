//! Hues turned by chance.

use super::color::{rescale, to_hsv, to_rgb};
use super::draws::Draws;
use super::factor::{Factor, bytes, value_range};
use super::operation::{Common, Operation, image_layer, seed};
use kiln_core::{Result, Tensor};
use serde::{Deserialize, Serialize};

/// In training, turns the hue of each image by a number drawn from `factor`, halved, to one side or the other; 1 is half a turn.
///
/// Images (batch, height, width, 3). Keras: `keras/src/layers/preprocessing/image_preprocessing/random_hue.py`.
///
/// ```
/// use kiln_layers::RandomHue;
/// let layer = RandomHue::new(0.2).value_range(0.0, 1.0);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RandomHue {
    #[serde(flatten)]
    common: Common,
    factor: Factor,
    #[serde(default = "bytes")]
    value_range: [f64; 2],
    #[serde(default)]
    seed: Option<u64>,
}

impl RandomHue {
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

    /// The hue and a part of a turn.
    fn turn(&self, images: Tensor, by: &Tensor) -> Result<Tensor> {
        let [hue, saturation, value] = to_hsv(&rescale(images, self.value_range, [0.0, 1.0]))?;
        let hue = hue.try_add(by.squeeze(-1)?)?;
        let hue = hue.greater(1.0)?.select_where(&hue - 1.0, hue)?;
        let hue = hue.less(0.0)?.select_where(&hue + 1.0, hue)?;
        Ok(rescale(to_rgb([hue, saturation, value])?.clip(0.0, 1.0), [0.0, 1.0], self.value_range))
    }
}

impl Operation for RandomHue {
    const WHO: &'static str = "RandomHue";
    const CHANNELS: &'static [usize] = &[3];

    fn check(&self) -> Result<()> {
        self.range()?;
        value_range(Self::WHO, self.value_range).map(drop)
    }

    fn seed(&self) -> Option<u64> {
        self.seed
    }

    fn random(&self, images: Tensor, draws: &Draws) -> Result<Tensor> {
        let sides = draws.uniform(0, [0.0, 1.0]).into_iter().map(|u| if u > 0.5 { -0.5 } else { 0.5 });
        let turns = sides.zip(draws.uniform(1, self.range()?)).map(|(side, turn)| side * turn).collect();
        self.turn(images, &draws.column(turns)?)
    }
}

image_layer!(RandomHue);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::image::goldens::{column, drawn, draws};

    #[test]
    fn agrees_with_keras() {
        drawn::<RandomHue>("random_hue", |layer, images, draws| layer.turn(images, &column(draws)));
    }

    #[test]
    fn brightness_stays_and_half_a_turn_is_the_opposite() {
        let red = Tensor::constant([1.0, 0.0, 0.0]).reshape([1, 1, 1, 3]).unwrap().broadcast_to([64, 1, 1, 3]).unwrap();
        let y = RandomHue::new((1.0, 1.0)).value_range(0.0, 1.0).random(red.clone(), &draws(64)).unwrap().to_vec::<f32>();
        assert!(y.chunks(3).all(|p| p[0].abs() < 1e-5 && (p[1] - 1.0).abs() < 1e-5 && (p[2] - 1.0).abs() < 1e-5));
        let y = RandomHue::new(0.5).value_range(0.0, 1.0).random(red, &draws(64)).unwrap();
        assert!((y.max_axis(-1).unwrap() - 1.0).abs().max().item() < 1e-6);
        let greenish = y.to_vec::<f32>().chunks(3).filter(|p| p[1] > p[2]).count();
        assert!((20..44).contains(&greenish), "{greenish}");
    }
}
