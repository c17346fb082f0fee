//! Images distorted like rubber.

use super::draws::Draws;
use super::factor::{Factor, bytes, value_range};
use super::names::{FillMode, Interpolation};
use super::operation::{Common, Operation, image_layer, seed};
use super::random_erasing::always;
use super::random_gaussian_blur::weights;
use super::resizing::bilinear;
use super::stencil::around;
use super::warp::{Reading, read, sizes};
use super::warping::reflect;
use kiln_core::{Result, Tensor};
use serde::{Deserialize, Serialize};

/// In training, moves the pixels of some images by smooth random fields (Simard and others, 2003), and holds all in `value_range`.
///
/// Images (batch, height, width, channels). Keras: `keras/src/layers/preprocessing/image_preprocessing/random_elastic_transform.py`.
///
/// ```
/// use kiln_layers::RandomElasticTransform;
/// let layer = RandomElasticTransform::new().factor(0.5).scale(0.8);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RandomElasticTransform {
    #[serde(flatten)]
    common: Common,
    #[serde(default = "always")]
    factor: Factor,
    #[serde(default = "always")]
    scale: Factor,
    #[serde(default = "bilinear")]
    interpolation: Interpolation,
    #[serde(default = "reflect")]
    fill_mode: FillMode,
    #[serde(default)]
    fill_value: f64,
    #[serde(default = "bytes")]
    value_range: [f64; 2],
    #[serde(default)]
    seed: Option<u64>,
}

impl Default for RandomElasticTransform {
    fn default() -> Self {
        Self::new()
    }
}

impl RandomElasticTransform {
    /// Keras' defaults.
    pub fn new() -> Self {
        Self {
            common: Common::default(),
            factor: always(),
            scale: always(),
            interpolation: Interpolation::Bilinear,
            fill_mode: FillMode::Reflect,
            fill_value: 0.0,
            value_range: bytes(),
            seed: None,
        }
    }

    /// The bounds of the probability with which an image is changed; a number `f` is 0 to `f`. Default 1.
    pub fn factor(mut self, factor: impl Into<Factor>) -> Self {
        self.factor = factor.into();
        self
    }

    /// The bounds of the strength, from 0 to 1; a number `s` is 0 to `s`. Default 1.
    pub fn scale(mut self, scale: impl Into<Factor>) -> Self {
        self.scale = scale.into();
        self
    }

    /// The smallest and largest value of the images. Default 0 to 255.
    pub fn value_range(mut self, low: f64, high: f64) -> Self {
        self.value_range = [low, high];
        self
    }

    /// `nearest` or `bilinear`. Default `bilinear`.
    pub fn interpolation(mut self, interpolation: impl Into<Interpolation>) -> Self {
        self.interpolation = interpolation.into();
        self
    }

    /// What stands outside of the image: `reflect`, `wrap`, `constant` or `nearest`. Default `reflect`.
    pub fn fill_mode(mut self, mode: impl Into<FillMode>) -> Self {
        self.fill_mode = mode.into();
        self
    }

    /// The value outside with `fill_mode` `constant`. Default 0.
    pub fn fill_value(mut self, value: f64) -> Self {
        self.fill_value = value;
        self
    }

    seed!();

    /// A smooth field of moves for each image, (n, h, w, 1): noise times the curve's width, blurred, times a tenth of the longer side.
    fn field(&self, [n, h, w, _]: [usize; 4], strength: &[f64], part: u64, draws: &Draws) -> Result<Tensor> {
        let sigmas: Vec<f64> = strength.iter().map(|s| (0.05 * s * h.min(w) as f64).max(1e-6)).collect();
        let noise = draws.streams().zip(strength.iter().zip(&sigmas)).flat_map(|(stream, (s, sigma))| {
            let size = sigma * 0.1 * s * h.max(w) as f64;
            stream.child(part).normal(h * w).map(move |v| (v * size) as f32)
        });
        let noise = Tensor::from_vec(noise.collect(), [n, h, w, 1])?.to_device(draws.device());
        let widest = sigmas.iter().fold(0.0f64, |a, b| a.max(*b));
        let curve = weights((6.0 * widest) as usize | 1, &sigmas, draws)?;
        let across = around(&noise, std::slice::from_ref(&curve))?;
        around(&across, &curve.into_iter().map(|w| vec![w]).collect::<Vec<_>>())
    }
}

impl Operation for RandomElasticTransform {
    const WHO: &'static str = "RandomElasticTransform";

    fn check(&self) -> Result<()> {
        self.factor.range(Self::WHO, "factor", [0.0, 1.0])?;
        self.scale.range(Self::WHO, "scale", [0.0, 1.0])?;
        self.interpolation.check(Self::WHO, "interpolation", &Interpolation::WARPS)?;
        self.fill_mode.check(Self::WHO, "fill_mode", &FillMode::ALL)?;
        value_range(Self::WHO, self.value_range).map(drop)
    }

    fn seed(&self) -> Option<u64> {
        self.seed
    }

    fn random(&self, images: Tensor, draws: &Draws) -> Result<Tensor> {
        let [low, high] = value_range(Self::WHO, self.value_range)?;
        let shape = sizes(&images);
        let [n, h, w, _] = shape;
        let strength = draws.uniform(2, self.scale.range(Self::WHO, "scale", [0.0, 1.0])?);
        let place = |of: &dyn Fn(usize) -> usize| {
            Ok::<_, kiln_core::Error>(Tensor::from_vec((0..h * w).map(|i| of(i) as f32).collect(), [1, h * w])?.to_device(draws.device()))
        };
        let field = |part| self.field(shape, &strength, part, draws)?.reshape([n as isize, (h * w) as isize]);
        let (x, y) = (place(&|i| i % w)?.try_add(field(0)?)?, place(&|i| i / w)?.try_add(field(1)?)?);
        let reading = Reading { interpolation: &self.interpolation, fill_mode: &self.fill_mode, fill_value: self.fill_value };
        let moved = read(&images, x, y, &reading)?;
        let chosen = draws.chosen(self.factor.range(Self::WHO, "factor", [0.0, 1.0])?);
        Ok(draws.choose(&chosen, moved, images)?.clip(low, high))
    }
}

image_layer!(RandomElasticTransform);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::image::goldens::{draws, ramp};

    #[test]
    fn fields_are_smooth_and_as_strong_as_asked() {
        let layer = RandomElasticTransform::new();
        let field = layer.field([4, 40, 40, 1], &[1.0; 4], 0, &draws(4)).unwrap();
        let right = field.slice([(..).into(), (..).into(), (1..).into()]).unwrap();
        let left = field.slice([(..).into(), (..).into(), (..-1).into()]).unwrap();
        let size = |t: Tensor| t.square().mean().item().sqrt();
        let (step, whole) = (size(right - left), size(field));
        assert!(step < 0.5 * whole, "{step} {whole}");
        // Noise of the width 2, blurred over a width of 2, times 4: 2 · 4 / (2 · 2 · sqrt(π)).
        assert!((0.8..1.4).contains(&whole), "{whole}");
        let still = layer.clone().factor((1.0, 1.0)).scale(0.0).random(ramp([2, 5, 6, 1]), &draws(2)).unwrap();
        assert!((still - ramp([2, 5, 6, 1])).abs().max().item() < 1e-4);
        let moved = layer.factor((1.0, 1.0)).scale((1.0, 1.0)).random(ramp([2, 5, 6, 1]), &draws(2)).unwrap();
        assert!((moved - ramp([2, 5, 6, 1])).abs().max().item() > 1e-3);
    }
}
