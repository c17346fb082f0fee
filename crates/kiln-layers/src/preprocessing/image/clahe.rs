//! Histograms made even tile by tile.

use super::color::{rescale, to_bytes};
use super::draws::Draws;
use super::factor::{bytes, value_range};
use super::histogram::by_channel;
use super::operation::{Common, Operation, image_layer};
use super::warp::sizes;
use kiln_core::{Error, Result, Tensor};
use serde::{Deserialize, Serialize};

/// Makes the histogram of each tile of an image even, up to a limit, and joins the tiles smoothly, in training and in inference
/// (Zuiderveld, 1994).
///
/// Images (batch, height, width, channels). No gradient flows through it. Keras:
/// `keras/src/layers/preprocessing/image_preprocessing/clahe.py`.
///
/// ```
/// use kiln_layers::ContrastLimitedAdaptiveHistogramEqualization;
/// let layer = ContrastLimitedAdaptiveHistogramEqualization::new().clip_limit(2.0).tile_grid_size(4, 4);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContrastLimitedAdaptiveHistogramEqualization {
    #[serde(flatten)]
    common: Common,
    #[serde(default = "bytes")]
    value_range: [f64; 2],
    #[serde(default = "four")]
    clip_limit: f64,
    #[serde(default = "eight")]
    tile_grid_size: [usize; 2],
}

fn four() -> f64 {
    4.0
}

fn eight() -> [usize; 2] {
    [8, 8]
}

impl Default for ContrastLimitedAdaptiveHistogramEqualization {
    fn default() -> Self {
        Self::new()
    }
}

impl ContrastLimitedAdaptiveHistogramEqualization {
    /// For bytes, 8 by 8 tiles.
    pub fn new() -> Self {
        Self { common: Common::default(), value_range: bytes(), clip_limit: 4.0, tile_grid_size: [8, 8] }
    }

    /// The smallest and largest value of the images. Default 0 to 255.
    pub fn value_range(mut self, low: f64, high: f64) -> Self {
        self.value_range = [low, high];
        self
    }

    /// How many times its mean a count may be; the rest is spread over all. 0 is no limit. Default 4.
    pub fn clip_limit(mut self, limit: f64) -> Self {
        self.clip_limit = limit;
        self
    }

    /// The number of tiles, down and across. Default 8 by 8.
    pub fn tile_grid_size(mut self, rows: usize, columns: usize) -> Self {
        self.tile_grid_size = [rows, columns];
        self
    }

    /// The shades of one tile for the 256 values.
    fn shades(&self, tile: &[u8]) -> Vec<f32> {
        let mut counts = vec![0.0f32; 256];
        tile.iter().for_each(|v| counts[usize::from(*v)] += 1.0);
        let area = tile.len() as f32;
        if self.clip_limit > 0.0 {
            let limit = (self.clip_limit * f64::from(area) / 256.0) as f32;
            let excess: f32 = counts.iter().map(|count| count - count.min(limit)).sum();
            counts.iter_mut().for_each(|count| *count = count.min(limit) + excess / 256.0);
        }
        let mut sum = 0.0;
        counts.iter_mut().for_each(|count| {
            sum += *count;
            *count = sum;
        });
        let least = counts[0];
        let rest = if area == least { 1.0 } else { area - least };
        counts.iter().map(|sum| ((sum - least) * 255.0 / rest).clamp(0.0, 255.0)).collect()
    }

    /// One channel, in bytes.
    fn even(&self, channel: &mut [f32], [height, width]: [usize; 2]) {
        let [rows, columns] = self.tile_grid_size;
        let (tile_h, tile_w) = (height.div_ceil(rows), width.div_ceil(columns));
        let byte = |v: f32| v.clamp(0.0, 255.0) as u8;
        // What a tile reaches over the edge is mirrored.
        let inside = |i: usize, size: usize| {
            let turn = i % (2 * size);
            turn.min(2 * size - 1 - turn)
        };
        let mut tiles = Vec::with_capacity(rows * columns);
        for tile in 0..rows * columns {
            let (top, left) = (tile / columns * tile_h, tile % columns * tile_w);
            let pixel = |i: usize| byte(channel[inside(top + i / tile_w, height) * width + inside(left + i % tile_w, width)]);
            tiles.push(self.shades(&(0..tile_h * tile_w).map(pixel).collect::<Vec<u8>>()));
        }
        // The tiles before and after a place, and how far it is between their middles.
        let between = |i: usize, size: usize, count: usize| {
            let at = (i as f32 - size as f32 / 2.0) / size as f32;
            let before = at.floor();
            let tile = |t: f32| (t.max(0.0) as usize).min(count - 1);
            (tile(before), tile(before + 1.0), at - before)
        };
        for (i, v) in channel.iter_mut().enumerate() {
            let ((top, bottom, down), (left, right, across)) = (between(i / width, tile_h, rows), between(i % width, tile_w, columns));
            let shade = |row: usize, column: usize| tiles[row * columns + column][usize::from(byte(*v))];
            let along = |row| shade(row, left) * (1.0 - across) + shade(row, right) * across;
            *v = along(top) * (1.0 - down) + along(bottom) * down;
        }
    }
}

impl Operation for ContrastLimitedAdaptiveHistogramEqualization {
    const WHO: &'static str = "ContrastLimitedAdaptiveHistogramEqualization";
    const RANDOM: bool = false;

    fn check(&self) -> Result<()> {
        value_range(Self::WHO, self.value_range)?;
        if !(self.clip_limit >= 0.0 && self.clip_limit.is_finite()) {
            return Err(Error::option(Self::WHO, "clip_limit", "a number from 0", self.clip_limit));
        }
        if self.tile_grid_size.contains(&0) {
            return Err(Error::option(Self::WHO, "tile_grid_size", "at least 1 by 1", format!("{:?}", self.tile_grid_size)));
        }
        Ok(())
    }

    fn plain(&self, images: Tensor) -> Result<Tensor> {
        let range = value_range(Self::WHO, self.value_range)?;
        let [_, height, width, _] = sizes(&images);
        let even = by_channel(&to_bytes(images, range), |channel| self.even(channel, [height, width]))?;
        Ok(rescale(even, bytes(), range))
    }

    fn random(&self, images: Tensor, _: &Draws) -> Result<Tensor> {
        self.plain(images)
    }
}

image_layer!(ContrastLimitedAdaptiveHistogramEqualization);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::image::goldens::plain;

    #[test]
    fn agrees_with_keras() {
        plain::<ContrastLimitedAdaptiveHistogramEqualization>("clahe");
    }

    #[test]
    fn mistakes_are_errors() {
        type Clahe = ContrastLimitedAdaptiveHistogramEqualization;
        let of = |layer: Clahe| layer.check().unwrap_err().to_string();
        assert!(of(Clahe::new().tile_grid_size(0, 2)).contains("`tile_grid_size` must be at least 1 by 1, received [0, 2]"));
        assert!(of(Clahe::new().clip_limit(-1.0)).contains("`clip_limit` must be a number from 0, received -1"));
    }
}
