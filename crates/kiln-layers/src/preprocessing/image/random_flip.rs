//! Mirror images.

use super::draws::Draws;
use super::names::names;
use super::operation::{Common, Operation, image_layer, seed};
use kiln_core::{Result, Tensor};
use serde::{Deserialize, Serialize};

names! {
    /// Which way images are flipped.
    FlipMode {
        /// Left and right change places.
        Horizontal = "horizontal",
        /// Top and bottom change places.
        Vertical = "vertical",
        /// Both, at once.
        HorizontalAndVertical = "horizontal_and_vertical",
    }
}

/// In training, flips every other image, by chance; in both directions at once by default.
///
/// Images (batch, height, width, channels). Keras: `keras/src/layers/preprocessing/image_preprocessing/random_flip.py`.
///
/// ```
/// use kiln_layers::RandomFlip;
/// let layer = RandomFlip::new("horizontal");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RandomFlip {
    #[serde(flatten)]
    common: Common,
    #[serde(default = "both")]
    mode: FlipMode,
    #[serde(default)]
    seed: Option<u64>,
}

fn both() -> FlipMode {
    FlipMode::HorizontalAndVertical
}

impl Default for RandomFlip {
    fn default() -> Self {
        Self::new(both())
    }
}

impl RandomFlip {
    /// `horizontal`, `vertical` or `horizontal_and_vertical`, which is Keras' default.
    pub fn new(mode: impl Into<FlipMode>) -> Self {
        Self { common: Common::default(), mode: mode.into(), seed: None }
    }

    seed!();
}

impl Operation for RandomFlip {
    const WHO: &'static str = "RandomFlip";

    fn check(&self) -> Result<()> {
        let known = [FlipMode::Horizontal, FlipMode::Vertical, FlipMode::HorizontalAndVertical];
        self.mode.check(Self::WHO, "mode", &known)
    }

    fn seed(&self) -> Option<u64> {
        self.seed
    }

    fn random(&self, images: Tensor, draws: &Draws) -> Result<Tensor> {
        let pixels = images.clone().float::<4>()?;
        let flipped = match self.mode {
            FlipMode::Horizontal => pixels.flip([2]),
            FlipMode::Vertical => pixels.flip([1]),
            _ => pixels.flip([1, 2]),
        };
        let chosen: Vec<bool> = draws.uniform(0, [0.0, 1.0]).into_iter().map(|u| u <= 0.5).collect();
        draws.choose(&chosen, flipped.into(), images)
    }
}

image_layer!(RandomFlip);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::image::goldens::{draws, ramp};

    #[test]
    fn half_of_the_images_are_flipped() {
        let images = ramp([400, 2, 3, 1]);
        for (mode, order) in
            [("horizontal", [2, 1, 0, 5, 4, 3]), ("vertical", [3, 4, 5, 0, 1, 2]), ("horizontal_and_vertical", [5, 4, 3, 2, 1, 0])]
        {
            let y = RandomFlip::new(mode).random(images.clone(), &draws(400)).unwrap().to_vec::<f32>();
            let (mut flipped, mut kept) = (0, 0);
            for (y, x) in y.chunks(6).zip(images.to_vec::<f32>().chunks(6)) {
                flipped += usize::from(y == order.map(|i: usize| x[i]));
                kept += usize::from(y == x);
            }
            assert!(flipped + kept == 400 && (160..240).contains(&flipped), "{mode}: {flipped} {kept}");
        }
    }
}
