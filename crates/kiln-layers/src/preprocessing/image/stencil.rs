//! Sums over the neighbours of each pixel.

use kiln_core::{Result, Tensor};

/// The sum over a window of `weights` (height by width, of odd sizes) around each pixel; outside of the image there is 0. A weight is a
/// tensor that broadcasts against (n, h, w, c), so that each sample may have its own.
pub(super) fn around(images: &Tensor, weights: &[Vec<Tensor>]) -> Result<Tensor> {
    let (up, left) = (weights.len() / 2, weights.first().map_or(0, Vec::len) / 2);
    let [_, h, w, _] = super::warp::sizes(images);
    let padded = pad(images, up, left)?;
    let mut sum: Option<Tensor> = None;
    for (dy, row) in weights.iter().enumerate() {
        for (dx, weight) in row.iter().enumerate() {
            let (y, x) = (dy as isize, dx as isize);
            let part = padded.slice([(..).into(), (y..y + h as isize).into(), (x..x + w as isize).into()])? * weight;
            sum = Some(match sum {
                Some(sum) => sum + part,
                None => part,
            });
        }
    }
    Ok(sum.unwrap_or_else(|| images.clone()))
}

/// Zeros around the images.
fn pad(images: &Tensor, rows: usize, columns: usize) -> Result<Tensor> {
    let [n, h, w, c] = super::warp::sizes(images);
    let zeros = |shape: [usize; 4]| Tensor::zeros(shape).to_device(&images.device());
    let (above, beside) = (zeros([n, rows, w, c]), zeros([n, h + 2 * rows, columns, c]));
    let tall = Tensor::concat([&above, images, &above], 1)?;
    Tensor::concat([&beside, &tall, &beside], 2)
}

/// The values of a Gauss curve of width `sigma` at `size` places around its middle, with the sum 1.
pub(super) fn gauss(size: usize, sigma: f64) -> Vec<f64> {
    let middle = (size as f64 - 1.0) / 2.0;
    let values: Vec<f64> = (0..size).map(|i| (-0.5 * ((i as f64 - middle) / sigma).powi(2)).exp()).collect();
    let sum: f64 = values.iter().sum();
    values.into_iter().map(|v| v / sum).collect()
}
