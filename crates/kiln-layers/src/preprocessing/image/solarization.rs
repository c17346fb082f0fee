//! Values above a threshold inverted.

use super::color::{rescale, to_bytes};
use super::draws::Draws;
use super::factor::{Factor, bytes, value_range};
use super::operation::{Common, Operation, image_layer, seed};
use kiln_core::{Result, Tensor};
use serde::{Deserialize, Serialize};

/// In training, adds to each image a number drawn up to `addition_factor`, then inverts the values from a threshold on, which is drawn up
/// to `threshold_factor`; both are parts of `value_range`. With the defaults, everything is inverted.
///
/// Images (batch, height, width, channels). Keras: `keras/src/layers/preprocessing/image_preprocessing/solarization.py`.
///
/// ```
/// use kiln_layers::Solarization;
/// let layer = Solarization::new().addition_factor(0.2).threshold_factor(0.5);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Solarization {
    #[serde(flatten)]
    common: Common,
    #[serde(default = "nothing")]
    addition_factor: Factor,
    #[serde(default = "nothing")]
    threshold_factor: Factor,
    #[serde(default = "bytes")]
    value_range: [f64; 2],
    #[serde(default)]
    seed: Option<u64>,
}

fn nothing() -> Factor {
    Factor::One(0.0)
}

impl Default for Solarization {
    fn default() -> Self {
        Self::new()
    }
}

impl Solarization {
    /// Keras' defaults.
    pub fn new() -> Self {
        let (addition_factor, threshold_factor) = (nothing(), nothing());
        Self { common: Common::default(), addition_factor, threshold_factor, value_range: bytes(), seed: None }
    }

    /// The bounds of what is added, from 0 to 1; a number `f` is 0 to `f`. Default 0.
    pub fn addition_factor(mut self, factor: impl Into<Factor>) -> Self {
        self.addition_factor = factor.into();
        self
    }

    /// The bounds of the threshold, from 0 to 1; a number `f` is 0 to `f`. Default 0.
    pub fn threshold_factor(mut self, factor: impl Into<Factor>) -> Self {
        self.threshold_factor = factor.into();
        self
    }

    /// The smallest and largest value of the images. Default 0 to 255.
    pub fn value_range(mut self, low: f64, high: f64) -> Self {
        self.value_range = [low, high];
        self
    }

    seed!();

    /// Additions and thresholds are in bytes.
    fn solarize(&self, images: Tensor, additions: &Tensor, thresholds: &Tensor) -> Result<Tensor> {
        let range = value_range(Self::WHO, self.value_range)?;
        let values = to_bytes(images, range).try_add(additions)?.clip(0.0, 255.0);
        let below = values.less(thresholds)?;
        Ok(rescale(below.select_where(&values, 255.0 - &values)?, bytes(), range))
    }

    fn ranges(&self) -> Result<[[f64; 2]; 2]> {
        let range = |factor: Factor, option| factor.range(Self::WHO, option, [0.0, 1.0]);
        Ok([range(self.addition_factor, "addition_factor")?, range(self.threshold_factor, "threshold_factor")?])
    }
}

impl Operation for Solarization {
    const WHO: &'static str = "Solarization";

    fn check(&self) -> Result<()> {
        self.ranges()?;
        value_range(Self::WHO, self.value_range).map(drop)
    }

    fn seed(&self) -> Option<u64> {
        self.seed
    }

    fn random(&self, images: Tensor, draws: &Draws) -> Result<Tensor> {
        let [additions, thresholds] = self.ranges()?;
        // Keras takes the lower bound for bytes and the upper one for a part of them; Kiln takes both for parts.
        let column = |place, range: [f64; 2]| draws.column(draws.uniform(place, range.map(|v| v * 255.0)));
        self.solarize(images, &column(0, additions)?, &column(1, thresholds)?)
    }
}

image_layer!(Solarization);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::image::goldens::{column, drawn, draws as numbers, ramp};

    #[test]
    fn agrees_with_keras() {
        drawn::<Solarization>("solarization", |layer, images, draws| {
            let (additions, thresholds) = draws.split_at(draws.len() / 2);
            layer.solarize(images, &column(additions.to_vec()), &column(thresholds.to_vec()))
        });
    }

    #[test]
    fn draws_fill_their_ranges() {
        let images = Tensor::full([400, 1, 1, 1], 100.0);
        let added = Solarization::new().addition_factor((0.1, 0.2)).threshold_factor((1.0, 1.0));
        let y = added.random(images, &numbers(400)).unwrap();
        assert!((125.5..126.5).contains(&y.min().item()) && (150.0..151.0).contains(&y.max().item()), "{y}");
        let all = Solarization::new().random(ramp([1, 2, 2, 1]), &numbers(1)).unwrap();
        assert_eq!(all.to_vec::<f32>(), [255.0, 254.0, 253.0, 252.0]);
        let error = Solarization::new().threshold_factor(2.0).check().unwrap_err();
        assert_eq!(error.to_string(), "Solarization: `threshold_factor` must be from 0 to 1, received 2");
    }
}
