//! Several chains of random operations, mixed.

use super::choice::{apply, choose, operations};
use super::draws::Draws;
use super::factor::{Factor, bytes, value_range};
use super::names::Interpolation;
use super::operation::{Common, Operation, image_layer, seed};
use super::resizing::bilinear;
use kiln_core::random::Stream;
use kiln_core::{Error, Result, Tensor};
use serde::{Deserialize, Serialize};

/// In training, changes each image by `num_chains` chains of up to `chain_depth` random operations, and mixes them and the image
/// (Hendrycks and others, 2019).
///
/// Images (batch, height, width, 1 or 3). Keras: `keras/src/layers/preprocessing/image_preprocessing/aug_mix.py`.
///
/// ```
/// use kiln_layers::AugMix;
/// let layer = AugMix::new().num_chains(2).factor(0.2).all_ops(false);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AugMix {
    #[serde(flatten)]
    common: Common,
    #[serde(default = "bytes")]
    value_range: [f64; 2],
    #[serde(default = "three")]
    num_chains: usize,
    #[serde(default = "three")]
    chain_depth: usize,
    #[serde(default = "third")]
    factor: Factor,
    #[serde(default = "one")]
    alpha: f64,
    #[serde(default = "yes")]
    all_ops: bool,
    #[serde(default = "bilinear")]
    interpolation: Interpolation,
    #[serde(default)]
    seed: Option<u64>,
}

fn three() -> usize {
    3
}

fn third() -> Factor {
    Factor::One(0.3)
}

fn one() -> f64 {
    1.0
}

fn yes() -> bool {
    true
}

impl Default for AugMix {
    fn default() -> Self {
        Self::new()
    }
}

impl AugMix {
    /// Keras' defaults.
    pub fn new() -> Self {
        Self {
            common: Common::default(),
            value_range: bytes(),
            num_chains: 3,
            chain_depth: 3,
            factor: third(),
            alpha: 1.0,
            all_ops: true,
            interpolation: Interpolation::Bilinear,
            seed: None,
        }
    }

    /// The smallest and largest value of the images. Default 0 to 255.
    pub fn value_range(mut self, low: f64, high: f64) -> Self {
        self.value_range = [low, high];
        self
    }

    /// How many chains. Default 3.
    pub fn num_chains(mut self, count: usize) -> Self {
        self.num_chains = count;
        self
    }

    /// The most operations of a chain. Default 3.
    pub fn chain_depth(mut self, depth: usize) -> Self {
        self.chain_depth = depth;
        self
    }

    /// The bounds of the operations' strength, from 0 to 1; a number `f` is 0 to `f`. Default 0.3.
    pub fn factor(mut self, factor: impl Into<Factor>) -> Self {
        self.factor = factor.into();
        self
    }

    /// How even the mixture is: the parameter of a Dirichlet and of a beta distribution. Default 1.
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }

    /// Whether brightness, fading, contrast and sharpness are among the operations. Default true.
    pub fn all_ops(mut self, all: bool) -> Self {
        self.all_ops = all;
        self
    }

    /// `nearest` or `bilinear`. Default `bilinear`.
    pub fn interpolation(mut self, interpolation: impl Into<Interpolation>) -> Self {
        self.interpolation = interpolation.into();
        self
    }

    seed!();

    /// The weight of each chain for each sample (Dirichlet), and that of the image itself (beta).
    fn weights(&self, draws: &Draws) -> (Vec<Vec<f64>>, Vec<f64>) {
        let gammas = |from: u64, count: usize| -> Vec<Vec<f64>> {
            (0..count as u64).map(|k| draws.part(from + k).streams().map(|stream| gamma(self.alpha, stream)).collect()).collect()
        };
        let share = |all: Vec<Vec<f64>>| -> Vec<Vec<f64>> {
            let sums: Vec<f64> = (0..all[0].len()).map(|i| all.iter().map(|g| g[i]).sum()).collect();
            all.iter().map(|g| g.iter().zip(&sums).map(|(g, sum)| g / sum).collect()).collect()
        };
        let beta = share(gammas(2000, 2)).swap_remove(0);
        (share(gammas(1000, self.num_chains)), beta)
    }
}

/// A number of the gamma distribution of shape `alpha` (Marsaglia and Tsang, 2000). Each try has a part of `stream`.
fn gamma(alpha: f64, stream: Stream) -> f64 {
    if alpha < 1.0 {
        // The distribution of a larger shape, brought back.
        return gamma(alpha + 1.0, stream.child(1)) * (1.0 - stream.unit(0)).powf(1.0 / alpha);
    }
    let d = alpha - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    let mut tries = 0;
    loop {
        let numbers = stream.child(tries);
        let (x, u) = (numbers.gauss(0), 1.0 - numbers.unit(2));
        let v = (1.0 + c * x).powi(3);
        if v > 0.0 && u.ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return d * v;
        }
        tries += 1;
    }
}

impl Operation for AugMix {
    const WHO: &'static str = "AugMix";
    const CHANNELS: &'static [usize] = &[1, 3];

    fn check(&self) -> Result<()> {
        self.factor.range(Self::WHO, "factor", [0.0, 1.0])?;
        self.interpolation.check(Self::WHO, "interpolation", &Interpolation::WARPS)?;
        if !(1..=100).contains(&self.num_chains) {
            return Err(Error::option(Self::WHO, "num_chains", "from 1 to 100", self.num_chains));
        }
        if !(self.alpha > 0.0 && self.alpha.is_finite()) {
            return Err(Error::option(Self::WHO, "alpha", "above 0", self.alpha));
        }
        value_range(Self::WHO, self.value_range).map(drop)
    }

    fn seed(&self) -> Option<u64> {
        self.seed
    }

    fn random(&self, images: Tensor, draws: &Draws) -> Result<Tensor> {
        let [low, high] = value_range(Self::WHO, self.value_range)?;
        let factor = self.factor.range(Self::WHO, "factor", [0.0, 1.0])?;
        let all = operations(factor, [low, high], &self.interpolation, self.all_ops);
        let (chains, own) = self.weights(draws);
        let mut mixed: Option<Tensor> = None;
        for (k, weights) in chains.into_iter().enumerate() {
            let draws = draws.part(k as u64);
            // One choice more than operations: none.
            let step = |images, k| apply(images, &all, &choose(&draws, k, all.len() + 1), &draws.part(k));
            let chain = (0..self.chain_depth as u64).try_fold(images.clone(), step)? * draws.column(weights)?;
            mixed = Some(match mixed {
                Some(mixed) => mixed + chain,
                None => chain,
            });
        }
        let own = draws.column(own)?;
        let mixed = mixed.unwrap_or_else(|| images.clone());
        Ok((images * &own + mixed * (1.0 - own)).clip(low, high))
    }
}

image_layer!(AugMix);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::image::goldens::{draws, ramp};

    #[test]
    fn gamma_has_its_moments() {
        for alpha in [0.4, 1.0, 3.5] {
            let n = 20_000;
            let values: Vec<f64> = (0..n).map(|i| gamma(alpha, Stream::new(5).child(i))).collect();
            let mean = values.iter().sum::<f64>() / n as f64;
            let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n as f64;
            assert!((mean / alpha - 1.0).abs() < 0.05 && (variance / alpha - 1.0).abs() < 0.1, "{alpha}: {mean} {variance}");
        }
    }

    #[test]
    fn weights_sum_to_one() {
        let (chains, own) = AugMix::new().weights(&draws(50));
        assert_eq!(chains.len(), 3);
        assert!((0..50).all(|i| (chains.iter().map(|c| c[i]).sum::<f64>() - 1.0).abs() < 1e-9));
        assert!(own.iter().all(|w| (0.0..=1.0).contains(w)) && own[0] != own[1]);
    }

    #[test]
    fn chains_without_operations_give_the_image() {
        let images = ramp([3, 4, 4, 3]);
        let same = AugMix::new().chain_depth(0).random(images.clone(), &draws(3)).unwrap();
        assert!((same - &images).abs().max().item() < 1e-3);
        let y = AugMix::new().random(images.clone(), &draws(3)).unwrap();
        assert!((&y - &images).abs().max().item() > 0.1 && y.min().item() >= 0.0);
        assert_eq!(AugMix::new().num_chains(0).check().unwrap_err().to_string(), "AugMix: `num_chains` must be from 1 to 100, received 0");
        assert_eq!(AugMix::new().alpha(0.0).check().unwrap_err().to_string(), "AugMix: `alpha` must be above 0, received 0");
    }
}
