//! Values between cells.

use crate::spatial::select;
use kiln_core::{Error, Result, Tensor};
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// How values between cells are made of the cells around.
///
/// The centre of cell i is at i + 1/2, so the borders of small and large images lie on each other. Weights of cells beyond the
/// border are shared out to those within.
///
/// ```
/// use kiln_layers::reshaping::Interpolation;
/// assert_eq!(Interpolation::from("bilinear"), Interpolation::Bilinear);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Interpolation {
    /// The nearest cell.
    Nearest,
    /// Of 2 cells on an axis, by distance.
    Bilinear,
    /// Of 4 cells: Keys' cubic with a = -0.5.
    Bicubic,
    /// Of 6 cells: a sinc in a window of radius 3.
    Lanczos3,
    /// Of 10 cells: a sinc in a window of radius 5.
    Lanczos5,
    /// A name that isn't known.
    Unknown(String),
}

const NAMES: [(&str, Interpolation); 5] = [
    ("nearest", Interpolation::Nearest),
    ("bilinear", Interpolation::Bilinear),
    ("bicubic", Interpolation::Bicubic),
    ("lanczos3", Interpolation::Lanczos3),
    ("lanczos5", Interpolation::Lanczos5),
];

impl From<&str> for Interpolation {
    fn from(name: &str) -> Self {
        let lower = name.to_lowercase();
        NAMES.into_iter().find(|(known, _)| *known == lower).map_or_else(|| Self::Unknown(name.to_owned()), |(_, it)| it)
    }
}

impl From<String> for Interpolation {
    fn from(name: String) -> Self {
        name.as_str().into()
    }
}

impl From<Interpolation> for String {
    fn from(interpolation: Interpolation) -> Self {
        match interpolation {
            Interpolation::Unknown(name) => name,
            known => NAMES.into_iter().find(|(_, it)| *it == known).map(|(name, _)| name.to_owned()).unwrap_or_default(),
        }
    }
}

impl Interpolation {
    /// Whether the name is known.
    pub(crate) fn check(&self) -> Result<()> {
        match self {
            Self::Unknown(name) => Err(Error::unknown("interpolation", name, NAMES.map(|(name, _)| name))),
            _ => Ok(()),
        }
    }

    /// The cells on each side of a place that count.
    fn radius(&self) -> isize {
        match self {
            Self::Bicubic => 2,
            Self::Lanczos3 => 3,
            Self::Lanczos5 => 5,
            _ => 1,
        }
    }

    /// The weight of a cell at distance `x`.
    fn weight(&self, x: f64) -> f64 {
        let radius = self.radius() as f64;
        match self {
            _ if x >= radius => 0.0,
            Self::Bicubic if x < 1.0 => (1.5 * x - 2.5) * x * x + 1.0,
            Self::Bicubic => ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0,
            Self::Lanczos3 | Self::Lanczos5 if x <= 1e-3 => 1.0,
            Self::Lanczos3 | Self::Lanczos5 => radius * (PI * x).sin() * (PI * x / radius).sin() / (PI * PI * x * x),
            _ => 1.0 - x,
        }
    }

    /// For each output cell of an axis of `n` cells made `times` as long, the cells it is made of and their weights.
    fn taps(&self, n: usize, times: usize) -> Vec<Vec<(usize, f64)>> {
        let of = |i: usize| {
            let place = (i as f64 + 0.5) / times as f64 - 0.5;
            let (first, radius) = (place.floor() as isize, self.radius());
            let cells = first - radius + 1..=first + radius;
            let tap = |j: isize| match usize::try_from(j) {
                Ok(cell) if cell < n => (cell, self.weight((place - j as f64).abs())),
                _ => (j.clamp(0, n as isize - 1) as usize, 0.0),
            };
            let taps: Vec<(usize, f64)> = cells.map(tap).collect();
            let sum: f64 = taps.iter().map(|(_, weight)| weight).sum();
            taps.into_iter().map(|(cell, weight)| (cell, weight / sum)).collect()
        };
        (0..n * times).map(of).collect()
    }

    /// `axis` of `x`, of at least one cell, made `times` as long.
    pub(crate) fn stretch(&self, x: Tensor, axis: usize, times: usize) -> Result<Tensor> {
        if times == 1 {
            return Ok(x);
        }
        let shape = x.shape();
        let taps = self.taps(shape[axis], times);
        let mut lined = vec![1; shape.len()];
        lined[axis] = taps.len();
        let share = |k: usize| -> Result<Tensor> {
            let cells: Vec<usize> = taps.iter().map(|t| t[k].0).collect();
            let weights: Vec<f32> = taps.iter().map(|t| t[k].1 as f32).collect();
            Ok(select(&x, axis, &cells)? * Tensor::from_vec(weights, &lined)?.to_device(&x.device()))
        };
        let first = share(0)?;
        (1..2 * self.radius() as usize).try_fold(first, |sum, k| Ok(sum + share(k)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_keep_their_weight() {
        let x = Tensor::constant([[[0.0], [1.0]]]);
        let of = |name: &str| Interpolation::from(name).stretch(x.clone(), 1, 2).unwrap().to_vec::<f32>();
        assert_eq!(of("bilinear"), [0.0, 0.25, 0.75, 1.0]);
        for name in ["bicubic", "lanczos3", "lanczos5"] {
            let y = of(name);
            assert!((y[0] + y[3] - 1.0).abs() < 1e-6 && (y[1] + y[2] - 1.0).abs() < 1e-6, "{name}: {y:?}");
        }
        let error = Interpolation::from("bilinar").check().unwrap_err();
        assert_eq!(error.to_string(), "unknown interpolation `bilinar`, did you mean `bilinear`?");
    }
}
