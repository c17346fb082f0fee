//! Rectangles erased from images.

use super::draws::Draws;
use super::factor::{Factor, bytes, value_range};
use super::operation::{Common, Operation, image_layer, seed};
use super::warp::sizes;
use kiln_core::{Error, Result, Tensor};
use serde::{Deserialize, Serialize};

/// In training, overwrites a rectangle of some images, with noise or a value (Zhong and others, 2017).
///
/// Images (batch, height, width, channels). Keras: `keras/src/layers/preprocessing/image_preprocessing/random_erasing.py`.
///
/// ```
/// use kiln_layers::RandomErasing;
/// let layer = RandomErasing::new().factor(0.5).scale((0.02, 0.2)).fill_value(0.0);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RandomErasing {
    #[serde(flatten)]
    common: Common,
    #[serde(default = "always")]
    factor: Factor,
    #[serde(default = "third")]
    scale: Factor,
    #[serde(default)]
    fill_value: Option<Fill>,
    #[serde(default = "bytes")]
    value_range: [f64; 2],
    #[serde(default)]
    seed: Option<u64>,
}

/// What stands in a rectangle: one value, or one for each channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Fill {
    /// The same in all channels.
    One(f64),
    /// One for each of three channels.
    Three([f64; 3]),
}

impl From<f64> for Fill {
    fn from(value: f64) -> Self {
        Self::One(value)
    }
}

impl From<[f64; 3]> for Fill {
    fn from(values: [f64; 3]) -> Self {
        Self::Three(values)
    }
}

pub(super) fn always() -> Factor {
    Factor::One(1.0)
}

fn third() -> Factor {
    Factor::Pair([0.02, 0.33])
}

impl Default for RandomErasing {
    fn default() -> Self {
        Self::new()
    }
}

impl RandomErasing {
    /// Keras' defaults.
    pub fn new() -> Self {
        Self { common: Common::default(), factor: always(), scale: third(), fill_value: None, value_range: bytes(), seed: None }
    }

    /// The bounds of the probability with which an image is changed; a number `f` is 0 to `f`. Default 1.
    pub fn factor(mut self, factor: impl Into<Factor>) -> Self {
        self.factor = factor.into();
        self
    }

    /// The bounds of the rectangle's part of the image; its sides are the roots of two draws. Default 0.02 to 0.33.
    pub fn scale(mut self, scale: impl Into<Factor>) -> Self {
        self.scale = scale.into();
        self
    }

    /// A value, or three, one for each channel. Default: normal noise times the largest value.
    pub fn fill_value(mut self, value: impl Into<Fill>) -> Self {
        self.fill_value = Some(value.into());
        self
    }

    /// The smallest and largest value of the images, in which the filling is held. Default 0 to 255.
    pub fn value_range(mut self, low: f64, high: f64) -> Self {
        self.value_range = [low, high];
        self
    }

    seed!();

    fn filling(&self, [n, h, w, c]: [usize; 4], draws: &Draws) -> Result<Tensor> {
        let [low, high] = value_range(Self::WHO, self.value_range)?;
        let filling = match self.fill_value {
            Some(Fill::One(value)) => Tensor::full([1, 1, 1, 1], value),
            Some(Fill::Three(values)) if c == 3 => Tensor::from_vec(values.map(|v| v as f32).to_vec(), [1, 1, 1, 3])?,
            Some(Fill::Three(_)) => return Err(Error::option(Self::WHO, "fill_value", format!("one value for {c} channels"), "three")),
            None => {
                let noise = draws.streams().flat_map(|stream| stream.child(0).normal(h * w * c).map(|v| (v * self.value_range[1]) as f32));
                Tensor::from_vec(noise.collect(), [n, h, w, c])?
            }
        };
        Ok(filling.clip(low, high).to_device(draws.device()))
    }

    /// The bounds of a side of each rectangle, for sides of `size` pixels.
    fn sides(&self, draws: &Draws, place: u64, size: usize) -> Result<[Vec<f64>; 2]> {
        let parts = draws.uniform(place, self.scale.range(Self::WHO, "scale", [0.0, 1.0])?);
        let length = parts.into_iter().map(|part| part.sqrt() * size as f64);
        let starts = length.clone().zip(draws.uniform(place + 1, [0.0, 1.0])).map(|(length, u)| u * (size as f64 - length));
        let starts: Vec<f64> = starts.collect();
        let ends = starts.iter().zip(length).map(|(start, length)| start + length).collect();
        Ok([starts, ends])
    }
}

impl Operation for RandomErasing {
    const WHO: &'static str = "RandomErasing";

    fn check(&self) -> Result<()> {
        self.factor.range(Self::WHO, "factor", [0.0, 1.0])?;
        self.scale.range(Self::WHO, "scale", [0.0, 1.0])?;
        value_range(Self::WHO, self.value_range).map(drop)
    }

    fn seed(&self) -> Option<u64> {
        self.seed
    }

    fn random(&self, images: Tensor, draws: &Draws) -> Result<Tensor> {
        let [n, h, w, c] = sizes(&images);
        let within = |size: usize, axes: [usize; 4], [start, end]: [Vec<f64>; 2]| {
            let places = Tensor::from_vec((0..size).map(|i| i as f32).collect(), axes)?.to_device(draws.device());
            let after = places.greater_equal(draws.column(start)?)?.to_float();
            after.try_mul(places.less(draws.column(end)?)?.to_float())
        };
        let rows = within(h, [1, h, 1, 1], self.sides(draws, 4, h)?)?;
        let columns = within(w, [1, 1, w, 1], self.sides(draws, 2, w)?)?;
        let erased = (rows * columns).greater(0.5)?.select_where(self.filling([n, h, w, c], draws)?, &images)?;
        let chosen = draws.chosen(self.factor.range(Self::WHO, "factor", [0.0, 1.0])?);
        draws.choose(&chosen, erased, images)
    }
}

image_layer!(RandomErasing);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::image::goldens::draws;

    /// The share of erased pixels in each image.
    fn shares(layer: &RandomErasing) -> Vec<f64> {
        let images = Tensor::full([200, 20, 10, 3], 7.0);
        let y = layer.random(images, &draws(200)).unwrap();
        assert_eq!(y.shape(), [200, 20, 10, 3]);
        y.to_vec::<f32>().chunks(600).map(|image| image.iter().filter(|v| **v != 7.0).count() as f64 / 600.0).collect()
    }

    #[test]
    fn rectangles_have_their_share() {
        let filled = RandomErasing::new().fill_value(1.0).factor((1.0, 1.0));
        // Sides are rounded to pixels.
        assert!(shares(&filled).iter().all(|s| (0.005..0.45).contains(s)));
        let quarter = shares(&filled.clone().scale((0.25, 0.25)));
        assert!(quarter.iter().all(|s| (s - 0.25).abs() < 1e-9), "{quarter:?}");
        let whole = shares(&filled.clone().scale((1.0, 1.0)));
        assert!(whole.iter().all(|s| *s == 1.0));
        let some = shares(&filled.factor((0.5, 0.5))).iter().filter(|s| **s > 0.0).count();
        assert!((70..130).contains(&some), "{some}");
    }

    #[test]
    fn fillings_are_held_in_the_range() {
        let images = || Tensor::full([2, 4, 4, 3], 7.0);
        let all = || RandomErasing::new().factor((1.0, 1.0)).scale((1.0, 1.0)).value_range(0.0, 10.0);
        let noise = all().random(images(), &draws(2)).unwrap().to_vec::<f32>();
        assert!(noise.iter().all(|v| (0.0..=10.0).contains(v)) && noise[..48] != noise[48..]);
        assert!(noise.iter().any(|v| *v > 3.0) && noise.contains(&0.0));
        let three = all().fill_value([1.0, 2.0, 30.0]).random(images(), &draws(2)).unwrap().to_vec::<f32>();
        assert!(three.chunks(3).all(|pixel| pixel == [1.0, 2.0, 10.0]));
        let error = all().fill_value([1.0, 2.0, 3.0]).random(Tensor::zeros([1, 2, 2, 1]), &draws(1)).unwrap_err();
        assert_eq!(error.to_string(), "RandomErasing: `fill_value` must be one value for 1 channels, received three");
    }
}
