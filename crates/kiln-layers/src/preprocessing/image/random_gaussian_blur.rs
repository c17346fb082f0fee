//! Images blurred by chance.

use super::draws::Draws;
use super::factor::{Factor, bytes, value_range};
use super::operation::{Common, Operation, image_layer, seed};
use super::random_erasing::always;
use super::stencil::{around, gauss};
use kiln_core::{Error, Result, Tensor};
use serde::{Deserialize, Serialize};

/// In training, blurs some images by a Gauss curve of a width drawn from `sigma`, and holds all in `value_range`.
///
/// Images (batch, height, width, channels). Keras: `keras/src/layers/preprocessing/image_preprocessing/random_gaussian_blur.py`.
///
/// ```
/// use kiln_layers::RandomGaussianBlur;
/// let layer = RandomGaussianBlur::new().factor(0.5).kernel_size(5).sigma((0.2, 1.0));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RandomGaussianBlur {
    #[serde(flatten)]
    common: Common,
    #[serde(default = "always")]
    factor: Factor,
    #[serde(default = "three")]
    kernel_size: KernelSize,
    #[serde(default = "always")]
    sigma: Factor,
    #[serde(default = "bytes")]
    value_range: [f64; 2],
    #[serde(default)]
    seed: Option<u64>,
}

/// The size of a blur: one odd number, or two, of the width and of the height.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum KernelSize {
    /// As wide as high.
    One(usize),
    /// Width and height.
    Pair([usize; 2]),
}

impl From<usize> for KernelSize {
    fn from(size: usize) -> Self {
        Self::One(size)
    }
}

impl From<(usize, usize)> for KernelSize {
    fn from(size: (usize, usize)) -> Self {
        Self::Pair([size.0, size.1])
    }
}

impl KernelSize {
    fn pair(self) -> [usize; 2] {
        match self {
            Self::One(size) => [size, size],
            Self::Pair(pair) => pair,
        }
    }
}

fn three() -> KernelSize {
    KernelSize::One(3)
}

impl Default for RandomGaussianBlur {
    fn default() -> Self {
        Self::new()
    }
}

impl RandomGaussianBlur {
    /// Keras' defaults.
    pub fn new() -> Self {
        Self { common: Common::default(), factor: always(), kernel_size: three(), sigma: always(), value_range: bytes(), seed: None }
    }

    /// The bounds of the probability with which an image is blurred; a number `f` is 0 to `f`. Default 1.
    pub fn factor(mut self, factor: impl Into<Factor>) -> Self {
        self.factor = factor.into();
        self
    }

    /// The window, of odd sizes. Default 3.
    pub fn kernel_size(mut self, size: impl Into<KernelSize>) -> Self {
        self.kernel_size = size.into();
        self
    }

    /// The bounds of the curve's width across and down, from 0 to 1; a number `s` is 0 to `s`. Default 1.
    pub fn sigma(mut self, sigma: impl Into<Factor>) -> Self {
        self.sigma = sigma.into();
        self
    }

    /// The smallest and largest value of the images. Default 0 to 255.
    pub fn value_range(mut self, low: f64, high: f64) -> Self {
        self.value_range = [low, high];
        self
    }

    seed!();

    /// Each image blurred across by its `x` and down by its `y`.
    fn blur(&self, images: &Tensor, x: &[f64], y: &[f64], draws: &Draws) -> Result<Tensor> {
        let [width, height] = self.kernel_size.pair();
        let across = weights(width, x, draws)?;
        let down = weights(height, y, draws)?;
        let wide = around(images, &[across])?;
        around(&wide, &down.into_iter().map(|w| vec![w]).collect::<Vec<_>>())
    }
}

/// The weights of a Gauss curve at `size` places, each a column of the samples' own.
pub(super) fn weights(size: usize, sigmas: &[f64], draws: &Draws) -> Result<Vec<Tensor>> {
    let curves: Vec<Vec<f64>> = sigmas.iter().map(|s| gauss(size, *s)).collect();
    (0..size).map(|i| draws.column(curves.iter().map(|curve| curve[i]).collect())).collect()
}

impl Operation for RandomGaussianBlur {
    const WHO: &'static str = "RandomGaussianBlur";

    fn check(&self) -> Result<()> {
        self.factor.range(Self::WHO, "factor", [0.0, 1.0])?;
        self.sigma.range(Self::WHO, "sigma", [0.0, 1.0])?;
        if let Some(even) = self.kernel_size.pair().into_iter().find(|size| size % 2 == 0) {
            return Err(Error::option(Self::WHO, "kernel_size", "odd", even));
        }
        value_range(Self::WHO, self.value_range).map(drop)
    }

    fn seed(&self) -> Option<u64> {
        self.seed
    }

    fn random(&self, images: Tensor, draws: &Draws) -> Result<Tensor> {
        let [low, high] = value_range(Self::WHO, self.value_range)?;
        let sigma = self.sigma.range(Self::WHO, "sigma", [0.0, 1.0])?;
        let widths = |place| draws.uniform(place, sigma).into_iter().map(|s| s + 1e-6).collect::<Vec<f64>>();
        let blurred = self.blur(&images, &widths(2), &widths(3), draws)?;
        let chosen = draws.chosen(self.factor.range(Self::WHO, "factor", [0.0, 1.0])?);
        Ok(draws.choose(&chosen, blurred, images)?.clip(low, high))
    }
}

image_layer!(RandomGaussianBlur);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::image::goldens::{drawn, draws as numbers, ramp};

    #[test]
    fn agrees_with_keras() {
        drawn::<RandomGaussianBlur>("random_gaussian_blur", |layer, images, draws| {
            let (x, y) = draws.split_at(draws.len() / 2);
            Ok(layer.blur(&images, x, y, &numbers(x.len()))?.clip(0.0, 255.0))
        });
    }

    #[test]
    fn a_narrow_curve_changes_nothing() {
        let images = ramp([2, 4, 5, 1]);
        let y = RandomGaussianBlur::new().factor((1.0, 1.0)).sigma(0.0).random(images.clone(), &numbers(2)).unwrap();
        assert_eq!(y.to_vec::<f32>(), images.to_vec::<f32>());
        let error = RandomGaussianBlur::new().kernel_size(4).check().unwrap_err();
        assert_eq!(error.to_string(), "RandomGaussianBlur: `kernel_size` must be odd, received 4");
    }
}
