//! Colours: brightness, contrast, gray, hue and saturation of images (n, h, w, c).

use super::factor::bytes;
use kiln_core::{Error, Result, Tensor};

/// Values moved from one range to another.
pub(super) fn rescale(images: Tensor, from: [f64; 2], to: [f64; 2]) -> Tensor {
    if from == to {
        return images;
    }
    (images - from[0]) / (from[1] - from[0]) * (to[1] - to[0]) + to[0]
}

/// Values from `range` as 0 to 255.
pub(super) fn to_bytes(images: Tensor, range: [f64; 2]) -> Tensor {
    rescale(images, range, bytes())
}

/// Distances from the mean of each channel, times `factor`.
pub(super) fn contrast(images: &Tensor, factor: &Tensor) -> Result<Tensor> {
    let mean = images.mean_axis(1)?.mean_axis(1)?.expand_dims(1)?.expand_dims(1)?;
    (images - &mean).try_mul(factor)?.try_add(mean)
}

/// The weighted mean of red, green and blue, of one channel.
pub(super) fn gray(images: &Tensor) -> Result<Tensor> {
    match images.shape().last() {
        Some(1) => Ok(images.clone()),
        Some(3) => {
            let weights = Tensor::constant([0.2989, 0.587, 0.114]).to_device(&images.device());
            (images * weights).sum_axis(-1)?.expand_dims(-1)
        }
        _ => Err(Error::shape("rgb_to_grayscale", "images of 1 or 3 channels", images.describe())),
    }
}

/// Hue, saturation and value of red, green and blue, each (n, h, w).
pub(super) fn to_hsv(images: &Tensor) -> Result<[Tensor; 3]> {
    let tiny = images.clone().abs().less(f64::from(f32::EPSILON))?;
    let [r, g, b] = planes(&tiny.select_where(0.0, images)?)?;
    let value = r.maximum(&g)?.maximum(&b)?;
    let range = &value - r.minimum(&g)?.minimum(&b)?;
    let some = range.greater(0.0)?;
    let bright = value.greater(0.0)?;
    let saturation = bright.select_where(&range / bright.select_where(&value, 1.0)?, 0.0)?;
    let norm = (some.select_where(&range, 1.0)? * 6.0).recip();
    let of_green = &norm * (&b - &r) + 2.0 / 6.0;
    let of_blue = &norm * (&r - &g) + 4.0 / 6.0;
    let hue = value.equal(&g)?.select_where(of_green, of_blue)?;
    let hue = value.equal(&r)?.select_where(&norm * (g - b), hue)?;
    let below = hue.less(0.0)?.to_float();
    Ok([some.select_where(hue, 0.0)? + below, saturation, value])
}

/// Red, green and blue of hue, saturation and value.
pub(super) fn to_rgb([hue, saturation, value]: [Tensor; 3]) -> Result<Tensor> {
    let turn = (&hue - hue.clone().floor()) * 6.0;
    let red = ((&turn - 3.0).abs() - 1.0).clip(0.0, 1.0);
    let green = (2.0 - (&turn - 2.0).abs()).clip(0.0, 1.0);
    let blue = (2.0 - (turn - 4.0).abs()).clip(0.0, 1.0);
    let white = 1.0 - &saturation;
    let plane = |color: Tensor| &value * (&white + &saturation * color);
    Tensor::stack(&[plane(red), plane(green), plane(blue)], -1)
}

/// The three channels, each (n, h, w).
fn planes(images: &Tensor) -> Result<[Tensor; 3]> {
    let plane = |k: isize| images.slice([(..).into(), (..).into(), (..).into(), (k..k + 1).into()])?.squeeze(-1);
    Ok([plane(0)?, plane(1)?, plane(2)?])
}
