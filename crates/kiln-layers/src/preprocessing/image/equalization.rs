//! Histograms made even.

use super::draws::Draws;
use super::factor::{bytes, value_range};
use super::histogram::{by_channel, running};
use super::operation::{Common, Operation, image_layer};
use kiln_core::{Error, Result, Tensor};
use serde::{Deserialize, Serialize};

/// In training, spreads the values of each channel of each image so that all are about equally frequent.
///
/// Images (batch, height, width, channels). No gradient flows through it. Keras:
/// `keras/src/layers/preprocessing/image_preprocessing/equalization.py`.
///
/// ```
/// use kiln_layers::Equalization;
/// let layer = Equalization::new().bins(64);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Equalization {
    #[serde(flatten)]
    common: Common,
    #[serde(default = "bytes")]
    value_range: [f64; 2],
    #[serde(default = "all_bytes")]
    bins: usize,
}

fn all_bytes() -> usize {
    256
}

impl Default for Equalization {
    fn default() -> Self {
        Self::new()
    }
}

impl Equalization {
    /// For bytes.
    pub fn new() -> Self {
        Self { common: Common::default(), value_range: bytes(), bins: 256 }
    }

    /// The smallest and largest value of the images. Default 0 to 255.
    pub fn value_range(mut self, low: f64, high: f64) -> Self {
        self.value_range = [low, high];
        self
    }

    /// How many values are told apart. Default 256.
    pub fn bins(mut self, bins: usize) -> Self {
        self.bins = bins;
        self
    }
}

/// The channel with an even histogram, in bytes.
fn equalize(channel: &mut [f32], bins: usize) {
    let last = (bins - 1) as f32;
    let mut counts = vec![0u32; bins];
    channel.iter().for_each(|v| counts[((v * last / 255.0).max(0.0) as usize).min(bins - 1)] += 1);
    let sums = running(&counts);
    let (least, all) = (sums.iter().find(|s| **s > 0).copied().unwrap_or(0), sums.last().copied().unwrap_or(0));
    if least == all {
        return; // one value
    }
    let shades: Vec<f32> = sums.iter().map(|s| (s.saturating_sub(least) * 255) as f32 / (all - least) as f32).collect();
    let shade = |v: f32| shades[((v / 255.0 * last).max(0.0) as usize).min(bins - 1)].round_ties_even().clamp(0.0, 255.0);
    channel.iter_mut().for_each(|v| *v = shade(*v));
}

impl Operation for Equalization {
    const WHO: &'static str = "Equalization";

    fn check(&self) -> Result<()> {
        value_range(Self::WHO, self.value_range)?;
        if !(2..=1 << 16).contains(&self.bins) {
            return Err(Error::option(Self::WHO, "bins", "from 2 to 65536", self.bins));
        }
        Ok(())
    }

    fn random(&self, images: Tensor, _: &Draws) -> Result<Tensor> {
        let [low, high] = value_range(Self::WHO, self.value_range)?;
        let (scale, back) = ((255.0 / (high - low)) as f32, ((high - low) / 255.0) as f32);
        let (offset, low) = ((-low * 255.0 / (high - low)) as f32, low as f32);
        by_channel(&images, |channel| {
            channel.iter_mut().for_each(|v| *v = *v * scale + offset);
            equalize(channel, self.bins);
            channel.iter_mut().for_each(|v| *v = *v * back + low);
        })
    }
}

image_layer!(Equalization);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::image::goldens::{check, draws, goldens, tensor};

    #[test]
    fn agrees_with_keras() {
        for case in goldens("equalization") {
            let layer: Equalization = serde_json::from_value(case["config"].clone()).unwrap();
            check(&layer.random(tensor(&case["x"]), &draws(1)).unwrap(), &case["y"], &case["config"]);
        }
    }

    #[test]
    fn mistakes_are_errors() {
        assert_eq!(
            Equalization::new().bins(1).check().unwrap_err().to_string(),
            "Equalization: `bins` must be from 2 to 65536, received 1"
        );
        let gray = Equalization::new().random(Tensor::full([1, 2, 2, 1], 9.0), &draws(1)).unwrap();
        assert_eq!(gray.to_vec::<f32>(), [9.0; 4]);
    }
}
