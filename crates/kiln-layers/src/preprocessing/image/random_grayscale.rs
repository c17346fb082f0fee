//! Gray images by chance.

use super::color::gray;
use super::draws::Draws;
use super::operation::{Common, Operation, image_layer, seed};
use kiln_core::{Error, Result, Tensor};
use serde::{Deserialize, Serialize};

/// In training, turns images gray, each with the probability `factor`: the weighted mean of red, green and blue stands in all channels.
///
/// Images (batch, height, width, 1 or 3). Keras: `keras/src/layers/preprocessing/image_preprocessing/random_grayscale.py`.
///
/// ```
/// use kiln_layers::RandomGrayscale;
/// let layer = RandomGrayscale::new(0.2);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RandomGrayscale {
    #[serde(flatten)]
    common: Common,
    #[serde(default = "half")]
    factor: f64,
    #[serde(default)]
    seed: Option<u64>,
}

fn half() -> f64 {
    0.5
}

impl Default for RandomGrayscale {
    fn default() -> Self {
        Self::new(half())
    }
}

impl RandomGrayscale {
    /// The probability. Keras' default is 0.5.
    pub fn new(factor: f64) -> Self {
        Self { common: Common::default(), factor, seed: None }
    }

    seed!();

    fn fade(images: Tensor, chosen: &[bool], draws: &Draws) -> Result<Tensor> {
        draws.choose(chosen, gray(&images)?, images)
    }
}

impl Operation for RandomGrayscale {
    const WHO: &'static str = "RandomGrayscale";
    const CHANNELS: &'static [usize] = &[1, 3];

    fn check(&self) -> Result<()> {
        match (0.0..=1.0).contains(&self.factor) {
            true => Ok(()),
            false => Err(Error::option(Self::WHO, "factor", "from 0 to 1", self.factor)),
        }
    }

    fn seed(&self) -> Option<u64> {
        self.seed
    }

    fn random(&self, images: Tensor, draws: &Draws) -> Result<Tensor> {
        let chosen: Vec<bool> = draws.uniform(0, [0.0, 1.0]).into_iter().map(|u| u < self.factor).collect();
        Self::fade(images, &chosen, draws)
    }
}

image_layer!(RandomGrayscale);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::image::goldens::{drawn, draws as numbers, ramp};
    use kiln_core::Shape;
    use kiln_core::layer::Layer;

    #[test]
    fn agrees_with_keras() {
        drawn::<RandomGrayscale>("random_grayscale", |_, images, draws| {
            let chosen: Vec<bool> = draws.iter().map(|v| *v == 1.0).collect();
            RandomGrayscale::fade(images, &chosen, &numbers(chosen.len()))
        });
    }

    #[test]
    fn the_factor_is_a_probability() {
        let y = RandomGrayscale::new(0.3).random(ramp([1000, 1, 1, 3]), &numbers(1000)).unwrap().to_vec::<f32>();
        let gray = y.chunks(3).filter(|p| p[0] == p[2]).count();
        assert!((250..350).contains(&gray), "{gray}");
        assert_eq!(
            RandomGrayscale::new(1.5).check().unwrap_err().to_string(),
            "RandomGrayscale: `factor` must be from 0 to 1, received 1.5"
        );
        let error = RandomGrayscale::new(0.5).output_shape(&Shape::batch_of([4, 4, 2])).unwrap_err();
        assert_eq!(error.to_string(), "RandomGrayscale: expected images of 1 or 3 channels, received 2");
    }
}
