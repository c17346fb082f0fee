//! Images read at other places: the one mechanism behind rotation, zoom, translation, shear, perspective and elastic distortion.

use super::names::{FillMode, Interpolation};
use kiln_core::{DType, Device, Result, Tensor};

/// Where output pixel (x, y) is read: at `((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k)` with `k = c0 x + c1 y + 1`; the values stand
/// in the order a0, a1, a2, b0, b1, b2, c0, c1, as in TensorFlow.
pub(super) type Transform = [f64; 8];

/// How pixels between and outside of those that there are are found.
#[derive(Clone, Debug)]
pub(super) struct Reading<'a> {
    pub(super) interpolation: &'a Interpolation,
    pub(super) fill_mode: &'a FillMode,
    pub(super) fill_value: f64,
}

/// No place of an image is as far off as this; keeps places finite.
const FAR: f64 = 1e6;

/// Images (n, h, w, c) read through one transform each.
pub(super) fn warp(images: &Tensor, transforms: &[Transform], reading: &Reading<'_>) -> Result<Tensor> {
    let [_, h, w, _] = sizes(images);
    let device = images.device();
    let place = |i: usize| (i / w, i % w);
    let grid = |of: &dyn Fn(usize) -> usize| row((0..h * w).map(|i| of(i) as f32).collect(), &device);
    let (x, y) = (grid(&|i| place(i).1)?, grid(&|i| place(i).0)?);
    let column = |k: usize| column(transforms.iter().map(|t| t[k] as f32).collect(), &device);
    let line = |a: usize| Ok::<_, kiln_core::Error>(&x * column(a)? + &y * column(a + 1)? + column(a + 2)?);
    let (mut at_x, mut at_y) = (line(0)?, line(3)?);
    if transforms.iter().any(|t| t[6] != 0.0 || t[7] != 0.0) {
        let k = &x * column(6)? + &y * column(7)? + 1.0;
        let divide = |a: Tensor| {
            let at = a / &k;
            at.clone().is_finite().select_where(at, FAR)
        };
        (at_x, at_y) = (divide(at_x)?, divide(at_y)?);
    }
    read(images, at_x, at_y, reading)
}

/// Images (n, h, w, c) read at the places (`x`, `y`), both (n, h · w).
pub(super) fn read(images: &Tensor, x: Tensor, y: Tensor, reading: &Reading<'_>) -> Result<Tensor> {
    let (x, y) = (x.clip(-FAR, FAR), y.clip(-FAR, FAR));
    if *reading.interpolation == Interpolation::Nearest {
        return pixels(images, &nearest(x)?, &nearest(y)?, reading);
    }
    let (x0, y0) = (x.clone().floor(), y.clone().floor());
    let share = |at: Tensor, low: &Tensor| (at - low).expand_dims(-1);
    let (right, down) = (share(x, &x0)?, share(y, &y0)?);
    let [n, h, w, c] = sizes(images);
    let flat = [n as isize, (h * w) as isize, c as isize];
    let at = |x: &Tensor, y: &Tensor| pixels(images, x, y, reading)?.reshape(flat);
    let (x1, y1) = (&x0 + 1.0, &y0 + 1.0);
    let above = at(&x0, &y0)? * (1.0 - &right) + at(&x1, &y0)? * &right;
    let below = at(&x0, &y1)? * (1.0 - &right) + at(&x1, &y1)? * &right;
    (above * (1.0 - &down) + below * &down).reshape([n as isize, h as isize, w as isize, c as isize])
}

/// Rounded, halves away from 0.
fn nearest(at: Tensor) -> Result<Tensor> {
    Ok(at.clone().sign() * (at.abs() + 0.5).floor())
}

/// The pixels at whole places, those outside by the fill mode.
fn pixels(images: &Tensor, x: &Tensor, y: &Tensor, reading: &Reading<'_>) -> Result<Tensor> {
    let [n, h, w, c] = sizes(images);
    let inside = |at: &Tensor, size: usize| {
        let size = size as f64;
        match reading.fill_mode {
            FillMode::Reflect => {
                let turn = modulo(at, 2.0 * size);
                turn.minimum(2.0 * size - 1.0 - &turn)
            }
            FillMode::Wrap => Ok(modulo(at, size)),
            _ => Ok(at.clone()),
        }
        .map(|at| at.clip(0.0, size - 1.0).cast(DType::I32))
    };
    let first: Vec<i32> = (0..n).map(|i| (i * h * w) as i32).collect();
    let first = Tensor::from_vec(first, [n, 1])?;
    let places = (inside(y, h)? * w as i32 + inside(x, w)? + first).reshape([(n * h * w) as isize])?;
    let rows = images.reshape([(n * h * w) as isize, c as isize])?;
    let places = places.to_device(&images.device());
    let places = if rows.is_autodiff() { places.autodiff() } else { places.inner() };
    let read = Tensor::from(rows.float::<2>()?.select(0, places.int::<1>()?));
    let read = read.reshape([n as isize, h as isize, w as isize, c as isize])?;
    if *reading.fill_mode != FillMode::Constant {
        return Ok(read);
    }
    let within = |at: &Tensor, size: usize| Ok::<_, kiln_core::Error>(at.equal(at.clone().clip(0.0, size as f64 - 1.0))?.to_float());
    let there = (within(x, w)? * within(y, h)?).reshape([n as isize, h as isize, w as isize, 1])?;
    there.greater(0.5)?.select_where(read, reading.fill_value)
}

/// The remainder of a division, from 0 on.
fn modulo(at: &Tensor, by: f64) -> Tensor {
    at - (at / by).floor() * by
}

pub(super) fn sizes(images: &Tensor) -> [usize; 4] {
    let shape = images.shape();
    [shape[0], shape[1], shape[2], shape[3]]
}

fn row(values: Vec<f32>, device: &Device) -> Result<Tensor> {
    let count = values.len();
    Ok(Tensor::from_vec(values, [1, count])?.to_device(device))
}

fn column(values: Vec<f32>, device: &Device) -> Result<Tensor> {
    let count = values.len();
    Ok(Tensor::from_vec(values, [count, 1])?.to_device(device))
}

/// The transform of a turn by `angle` (in radians) about the middle.
pub(super) fn turn(angle: f64, height: usize, width: usize) -> Transform {
    let (cx, cy) = (0.5 * (width as f64 - 1.0), 0.5 * (height as f64 - 1.0));
    let (sin, cos) = angle.sin_cos();
    [cos, -sin, cx - cx * cos + cy * sin, sin, cos, cy - cx * sin - cy * cos, 0.0, 0.0]
}

/// The transform of a zoom about the middle; above 1 shows more of the image, smaller.
pub(super) fn zoom(x: f64, y: f64, height: usize, width: usize) -> Transform {
    let offset = |size: usize, zoom: f64| (size as f64 - 1.0) / 2.0 * (1.0 - zoom);
    [x, 0.0, offset(width, x), 0.0, y, offset(height, y), 0.0, 0.0]
}

/// The transform of a shift by pixels.
pub(super) fn shift(x: f64, y: f64) -> Transform {
    [1.0, 0.0, -x, 0.0, 1.0, -y, 0.0, 0.0]
}

/// The transform of a shear.
pub(super) fn shear(x: f64, y: f64) -> Transform {
    [1.0, x, 0.0, y, 1.0, 0.0, 0.0, 0.0]
}

/// The transform that moves four points `start` to `end`: a system of 8 equations. None when the points lie on a line.
pub(super) fn perspective(start: [[f64; 2]; 4], end: [[f64; 2]; 4]) -> Option<Transform> {
    let mut rows = [[0.0; 9]; 8];
    for (i, ([sx, sy], [ex, ey])) in start.into_iter().zip(end).enumerate() {
        rows[i] = [ex, ey, 1.0, 0.0, 0.0, 0.0, -sx * ex, -sx * ey, sx];
        rows[i + 4] = [0.0, 0.0, 0.0, ex, ey, 1.0, -sy * ex, -sy * ey, sy];
    }
    // Gauss and Jordan, with the largest pivot of each column.
    for k in 0..8 {
        let pivot = (k..8).max_by(|&a, &b| rows[a][k].abs().total_cmp(&rows[b][k].abs()))?;
        rows.swap(k, pivot);
        if rows[k][k].abs() < 1e-12 {
            return None;
        }
        let base = rows[k];
        for (i, row) in rows.iter_mut().enumerate() {
            if i != k {
                let factor = row[k] / base[k];
                row.iter_mut().zip(base).for_each(|(v, b)| *v -= factor * b);
            }
        }
    }
    Some(std::array::from_fn(|k| rows[k][8] / rows[k][k]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::image::goldens::{check, goldens, tensor};

    #[test]
    fn agrees_with_keras() {
        for case in goldens("warp") {
            let images = tensor(&case["x"]);
            let [_, h, w, _] = sizes(&images);
            let numbers = |key: &str| -> Vec<f64> { serde_json::from_value(case[key].clone()).unwrap() };
            let transforms: Vec<Transform> = match case["kind"].as_str().unwrap() {
                "turn" => numbers("by").into_iter().map(|angle| turn(angle, h, w)).collect(),
                "zoom" => numbers("by").chunks(2).map(|z| zoom(z[0], z[1], h, w)).collect(),
                "shift" => numbers("by").chunks(2).map(|s| shift(s[0], s[1])).collect(),
                "shear" => numbers("by").chunks(2).map(|s| shear(s[0], s[1])).collect(),
                "transform" => numbers("by").chunks(8).map(|t| t.try_into().unwrap()).collect(),
                "perspective" => {
                    let points = |p: &[f64]| -> [[f64; 2]; 4] { std::array::from_fn(|i| [p[2 * i], p[2 * i + 1]]) };
                    let (start, end) = (numbers("start"), numbers("end"));
                    start.chunks(8).zip(end.chunks(8)).map(|(s, e)| perspective(points(s), points(e)).unwrap()).collect()
                }
                other => panic!("{other}"),
            };
            let (interpolation, fill_mode) = (case["interpolation"].as_str().unwrap().into(), case["fill_mode"].as_str().unwrap().into());
            let reading =
                Reading { interpolation: &interpolation, fill_mode: &fill_mode, fill_value: case["fill_value"].as_f64().unwrap() };
            let what = serde_json::json!([case["kind"], case["interpolation"], case["fill_mode"]]);
            check(&warp(&images, &transforms, &reading).unwrap(), &case["y"], &what);
        }
    }

    #[test]
    fn points_on_a_line_have_no_perspective() {
        let line = [[0.0, 0.0], [1.0, 1.0], [2.0, 2.0], [3.0, 3.0]];
        assert!(perspective(line, line).is_none());
        let square = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]];
        let same = perspective(square, square).unwrap();
        assert!(same.iter().zip([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]).all(|(a, b)| (a - b).abs() < 1e-9));
    }
}
