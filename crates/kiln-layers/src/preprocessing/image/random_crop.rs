//! A window at a random place.

use super::center_crop::fitted;
use super::draws::Draws;
use super::names::{FillMode, Interpolation};
use super::operation::{Common, Operation, image_layer, seed};
use super::resample::cut;
use super::resizing::positive;
use super::warp::{Reading, shift, sizes, warp};
use kiln_core::{Result, Tensor};
use serde::{Deserialize, Serialize};

/// In training, cuts a window of (height, width) out of each image, at a place of its own. In inference, and of images that are not
/// larger, the largest window of that shape in the middle is resized.
///
/// Input (batch, h, w, channels), output (batch, height, width, channels). Keras:
/// `keras/src/layers/preprocessing/image_preprocessing/random_crop.py`.
///
/// ```
/// use kiln_layers::RandomCrop;
/// let layer = RandomCrop::new(24, 24);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RandomCrop {
    #[serde(flatten)]
    common: Common,
    height: usize,
    width: usize,
    #[serde(default)]
    seed: Option<u64>,
}

impl RandomCrop {
    /// The size of the window.
    pub fn new(height: usize, width: usize) -> Self {
        Self { common: Common::default(), height, width, seed: None }
    }

    seed!();
}

impl Operation for RandomCrop {
    const WHO: &'static str = "RandomCrop";

    fn check(&self) -> Result<()> {
        positive(Self::WHO, [self.height, self.width])
    }

    fn size(&self, _: [Option<usize>; 2]) -> [Option<usize>; 2] {
        [Some(self.height), Some(self.width)]
    }

    fn seed(&self) -> Option<u64> {
        self.seed
    }

    fn plain(&self, images: Tensor) -> Result<Tensor> {
        fitted(&images, [self.height, self.width])
    }

    fn random(&self, images: Tensor, draws: &Draws) -> Result<Tensor> {
        let [_, h, w, _] = sizes(&images);
        if h <= self.height || w <= self.width {
            return self.plain(images);
        }
        let start = |place: u64, from: usize, to: usize| draws.uniform(place, [0.0, (from - to + 1) as f64]);
        let starts = start(0, h, self.height).into_iter().zip(start(1, w, self.width));
        // A shift by whole pixels brings each window to the corner.
        let shifts: Vec<_> = starts.map(|(y, x)| shift(-x.floor(), -y.floor())).collect();
        let reading = Reading { interpolation: &Interpolation::Nearest, fill_mode: &FillMode::Nearest, fill_value: 0.0 };
        cut(&warp(&images, &shifts, &reading)?, [0, 0], [self.height, self.width])
    }
}

image_layer!(RandomCrop);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::image::goldens::{draws, ramp};

    #[test]
    fn every_window_is_a_part_of_its_image() {
        let images = ramp([64, 5, 7, 2]);
        let y = RandomCrop::new(3, 4).random(images.clone(), &draws(64)).unwrap();
        assert_eq!(y.shape(), [64, 3, 4, 2]);
        let mut seen = std::collections::BTreeSet::new();
        for i in 0..64 {
            let (window, image) = (y.row(i).unwrap(), images.rows(i..i + 1).unwrap());
            let found = (0..3)
                .flat_map(|top| (0..4).map(move |left| (top, left)))
                .find(|&(top, left)| cut(&image, [top, left], [3, 4]).unwrap().to_vec::<f32>() == window.to_vec::<f32>());
            seen.insert(found.unwrap_or_else(|| panic!("sample {i} is no window")));
        }
        assert_eq!(seen.len(), 12, "{seen:?}");
    }

    #[test]
    fn small_images_are_fitted() {
        let images = ramp([2, 3, 8, 1]);
        let y = RandomCrop::new(3, 4).random(images.clone(), &draws(2)).unwrap();
        assert_eq!(y.to_vec::<f32>(), RandomCrop::new(3, 4).plain(images.clone()).unwrap().to_vec::<f32>());
        assert_eq!(y.to_vec::<f32>(), cut(&images, [0, 2], [3, 4]).unwrap().to_vec::<f32>());
    }
}
