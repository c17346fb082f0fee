//! Images of another size (`keras/src/backend/*/image.py`).

use super::names::Interpolation;
use super::warp::sizes;
use kiln_core::{Device, Result, Tensor};
use std::f64::consts::PI;

/// Images (n, h, w, c) as (n, height, width, c). Pixels are squares whose middles lie at halves.
pub(super) fn resample(images: &Tensor, [height, width]: [usize; 2], interpolation: &Interpolation, antialias: bool) -> Result<Tensor> {
    let [n, h, w, c] = sizes(images);
    if *interpolation == Interpolation::Nearest {
        let device = images.device();
        let places = |from: usize, to: usize| {
            let at = |i: usize| (((i as f64 + 0.5) * from as f64 / to as f64) as usize).min(from - 1) as i32;
            Tensor::from_vec((0..to).map(at).collect::<Vec<i32>>(), [to])?.to_device(&device).int::<1>()
        };
        let rows = images.clone().float::<4>()?.select(1, places(h, height)?);
        return Ok(rows.select(2, places(w, width)?).into());
    }
    // A matrix for each axis, so that every filter is two products.
    let tall = if h == height && !antialias {
        images.clone()
    } else {
        matrix(h, height, interpolation, antialias, &images.device())?.matmul(&images.reshape([
            n as isize,
            h as isize,
            (w * c) as isize,
        ])?)?
    };
    if w == width && !antialias {
        return tall.reshape([n as isize, height as isize, width as isize, c as isize]);
    }
    let rows = tall.reshape([(n * height) as isize, w as isize, c as isize])?;
    let wide = matrix(w, width, interpolation, antialias, &images.device())?.matmul(&rows)?;
    wide.reshape([n as isize, height as isize, width as isize, c as isize])
}

/// The weight of each of the `from` places for each of the `to` places, as (1, to, from).
fn matrix(from: usize, to: usize, interpolation: &Interpolation, antialias: bool, device: &Device) -> Result<Tensor> {
    let step = from as f64 / to as f64;
    // Where there are fewer pixels than before, antialiasing widens the filter to all that fall together.
    let width = if antialias { step.max(1.0) } else { 1.0 };
    let mut values = Vec::with_capacity(from * to);
    for i in 0..to {
        let middle = (i as f64 + 0.5) * step - 0.5;
        let weights: Vec<f64> = (0..from).map(|j| filter(interpolation, (j as f64 - middle).abs() / width)).collect();
        // Filters that reach over the edge are left with what there is.
        let sum: f64 = weights.iter().sum();
        values.extend(weights.into_iter().map(|w| if sum.abs() > 1e-4 { (w / sum) as f32 } else { 0.0 }));
    }
    Ok(Tensor::from_vec(values, [1, to, from])?.to_device(device))
}

/// The weight of a pixel at the distance `x`.
fn filter(interpolation: &Interpolation, x: f64) -> f64 {
    match interpolation {
        Interpolation::Bicubic if x < 1.0 => (1.5 * x - 2.5) * x * x + 1.0,
        Interpolation::Bicubic if x < 2.0 => ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0,
        Interpolation::Bicubic => 0.0,
        Interpolation::Lanczos3 => lanczos(3.0, x),
        Interpolation::Lanczos5 => lanczos(5.0, x),
        _ => (1.0 - x).max(0.0),
    }
}

fn lanczos(radius: f64, x: f64) -> f64 {
    match x {
        x if x > radius => 0.0,
        x if x <= 1e-3 => 1.0,
        x => radius * (PI * x).sin() * (PI * x / radius).sin() / (PI * x).powi(2),
    }
}

/// The largest window in the middle of a `from` image that has the shape of a `to` image: its start and size.
pub(super) fn window(from: [usize; 2], to: [usize; 2]) -> [[usize; 2]; 2] {
    let [h, w] = from;
    let along =
        |other: usize, to: usize, to_other: usize, limit: usize| ((other as f64 * to as f64 / to_other as f64) as usize).min(limit).max(1);
    let (height, width) = (along(w, to[0], to[1], h), along(h, to[1], to[0], w));
    [[(h - height) / 2, (w - width) / 2], [height, width]]
}

/// Rows and columns of the images.
pub(super) fn cut(images: &Tensor, [y, x]: [usize; 2], [height, width]: [usize; 2]) -> Result<Tensor> {
    let range = |start: usize, size: usize| (start as isize..(start + size) as isize).into();
    images.slice([(..).into(), range(y, height), range(x, width)])
}
