//! Pictures of one size, with Keras' arithmetic: centres of pixels at half places, no smoothing.

use super::picture::Picture;
use kiln_core::{Error, Result};

/// How values between pixels are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interpolation {
    Bilinear,
    Nearest,
}

impl Interpolation {
    pub(super) fn of(who: &str, name: &str) -> Result<Self> {
        match name {
            "bilinear" => Ok(Self::Bilinear),
            "nearest" => Ok(Self::Nearest),
            other => Err(Error::option(who, "interpolation", "`bilinear` or `nearest`", format!("`{other}`"))),
        }
    }
}

/// The largest part in the middle that has the proportions of `size`.
pub(super) fn crop(picture: Picture, (height, width): (usize, usize)) -> Picture {
    let (h, w) = (picture.height, picture.width);
    let part = |own: usize, other: usize, wanted: usize, other_wanted: usize| {
        ((other as f64 * wanted as f64 / other_wanted.max(1) as f64) as usize).min(own).max(1)
    };
    let (new_h, new_w) = (part(h, w, height, width), part(w, h, width, height));
    let (top, left) = ((h - new_h) / 2, (w - new_w) / 2);
    let row = |y: usize| {
        let start = ((top + y) * w + left) * picture.channels;
        picture.pixels.get(start..start + new_w * picture.channels).unwrap_or_default()
    };
    let pixels = (0..new_h).flat_map(row).copied().collect();
    Picture { height: new_h, width: new_w, channels: picture.channels, pixels }
}

/// The values of the picture at another size, row by row.
pub(super) fn resize(picture: &Picture, (height, width): (usize, usize), how: Interpolation) -> Vec<f32> {
    if (picture.height, picture.width) == (height, width) {
        return picture.pixels.iter().map(|byte| f32::from(*byte)).collect();
    }
    match picture.channels {
        1 => resized::<1>(picture, height, width, how),
        3 => resized::<3>(picture, height, width, how),
        _ => resized::<4>(picture, height, width, how),
    }
}

/// The same for a number of channels that is known when the loops are compiled. The old rows beside a new one are brought to the new width
/// first, each once, then mixed.
fn resized<const C: usize>(picture: &Picture, height: usize, width: usize, how: Interpolation) -> Vec<f32> {
    let (rows, columns) = (places(picture.height, height, how), places(picture.width, width, how));
    let mut values = Vec::with_capacity(height * width * C);
    // A place more than the width: see `widen`.
    let mut wide = [(usize::MAX, vec![0.0f32; (width + 1) * C]), (usize::MAX, vec![0.0f32; (width + 1) * C])];
    for &(top, bottom, down) in &rows {
        // The lower row of one place is often the upper one of the next.
        if wide[0].0 != top && wide[1].0 == top {
            wide.swap(0, 1);
        }
        for (kept, row) in wide.iter_mut().zip([top, bottom]) {
            if kept.0 != row {
                widen::<C>(picture, row, &columns, &mut kept.1);
                kept.0 = row;
            }
        }
        let [(_, upper), (_, lower)] = &wide;
        values.extend(upper.iter().zip(lower).take(width * C).map(|(upper, lower)| upper + (lower - upper) * down));
    }
    values
}

/// A row of the picture at the new width. Four bytes are taken at a time, which fill a register, also where a pixel has fewer: what is too much
/// falls into the next place, which is filled after, and behind the last one.
fn widen<const C: usize>(picture: &Picture, row: usize, columns: &[(usize, usize, f32)], out: &mut [f32]) {
    let pixels = &picture.pixels[row * picture.width * C..];
    for (i, &(left, right, across)) in columns.iter().enumerate() {
        match (pixels[left * C..].first_chunk::<4>(), pixels[right * C..].first_chunk::<4>(), out[i * C..].first_chunk_mut::<4>()) {
            (Some(left), Some(right), Some(out)) => between(left, right, across, out),
            // The end of the picture or of the row.
            _ => between(&pixels[left * C..][..C], &pixels[right * C..][..C], across, &mut out[i * C..][..C]),
        }
    }
}

fn between(left: &[u8], right: &[u8], across: f32, out: &mut [f32]) {
    for ((left, right), out) in left.iter().zip(right).zip(out) {
        let (left, right) = (f32::from(*left), f32::from(*right));
        *out = left + (right - left) * across;
    }
}

/// For each new place the two old ones beside it, and how far it is from the first to the second.
fn places(old: usize, new: usize, how: Interpolation) -> Vec<(usize, usize, f32)> {
    let scale = old as f32 / new as f32;
    let last = old.saturating_sub(1);
    let place = |i: usize| {
        let centre = (i as f32 + 0.5) * scale;
        match how {
            Interpolation::Nearest => {
                let nearest = (centre.floor() as usize).min(last);
                (nearest, nearest, 0.0)
            }
            Interpolation::Bilinear => {
                let at = centre - 0.5;
                let below = at.floor();
                ((below.max(0.0) as usize).min(last), (at.ceil().max(0.0) as usize).min(last), at - below)
            }
        }
    };
    (0..new).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_tensorflow() {
        let picture = Picture { height: 2, width: 3, channels: 1, pixels: vec![0, 60, 120, 30, 90, 150] };
        // tf.image.resize(x, (3, 2)) and with method="nearest".
        assert_eq!(resize(&picture, (3, 2), Interpolation::Bilinear), [15.0, 105.0, 30.0, 120.0, 45.0, 135.0]);
        assert_eq!(resize(&picture, (1, 2), Interpolation::Nearest), [30.0, 150.0]);
        assert_eq!(resize(&picture, (2, 3), Interpolation::Bilinear), [0.0, 60.0, 120.0, 30.0, 90.0, 150.0]);
        assert_eq!(resize(&picture, (4, 1), Interpolation::Bilinear), [60.0, 67.5, 82.5, 90.0]);
    }

    #[test]
    fn rows_that_are_kept_change_no_bit() {
        for (channels, size) in [(1, (5, 7)), (3, (9, 4)), (4, (31, 29)), (3, (2, 40))] {
            let (height, width) = (13, 17);
            let pixels = (0..height * width * channels).map(|i| (i * 89 % 256) as u8).collect();
            let picture = Picture { height, width, channels, pixels };
            for how in [Interpolation::Bilinear, Interpolation::Nearest] {
                let at = |y: usize, x: usize, c: usize| f32::from(picture.pixels[(y * width + x) * channels + c]);
                let mut expected = Vec::new();
                for (top, bottom, down) in places(height, size.0, how) {
                    for (left, right, across) in places(width, size.1, how) {
                        for c in 0..channels {
                            let upper = at(top, left, c) + (at(top, right, c) - at(top, left, c)) * across;
                            let lower = at(bottom, left, c) + (at(bottom, right, c) - at(bottom, left, c)) * across;
                            expected.push(upper + (lower - upper) * down);
                        }
                    }
                }
                assert_eq!(resize(&picture, size, how), expected);
            }
        }
    }

    #[test]
    fn a_crop_keeps_the_middle() {
        let wide = Picture { height: 2, width: 6, channels: 1, pixels: (0..12).collect() };
        let square = crop(wide.clone(), (5, 5));
        assert_eq!((square.height, square.width, square.pixels), (2, 2, vec![2, 3, 8, 9]));
        assert_eq!(crop(wide, (1, 3)).pixels.len(), 12);
    }
}
