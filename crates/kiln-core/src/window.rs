//! Windows of signal processing: weights that fade a frame of a signal out at its ends.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::f64::consts::{PI, TAU};

/// A window, by SciPy's name or by its values.
///
/// ```
/// use kiln_core::window::Window;
/// assert_eq!(Window::from("bartlett").values(5, false)?, [0.0, 0.5, 1.0, 0.5, 0.0]);
/// assert_eq!(Window::from("hann").values(4, true)?[2], 1.0);
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Window {
    /// A name of `scipy.signal.windows` that takes no parameter.
    Name(String),
    /// The values.
    Values(Vec<f64>),
}

impl From<&str> for Window {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<Vec<f64>> for Window {
    fn from(values: Vec<f64>) -> Self {
        Self::Values(values)
    }
}

const NAMES: [&str; 16] = [
    "boxcar",
    "triang",
    "parzen",
    "bohman",
    "blackman",
    "nuttall",
    "blackmanharris",
    "flattop",
    "bartlett",
    "hann",
    "tukey",
    "barthann",
    "hamming",
    "cosine",
    "exponential",
    "lanczos",
];

impl Window {
    /// The `length` values. A `periodic` window is one period of a repeated one: a symmetric one longer by 1, without its last.
    ///
    /// # Errors
    /// An unknown name; values of another number.
    pub fn values(&self, length: usize, periodic: bool) -> Result<Vec<f64>> {
        match self {
            Self::Values(values) if values.len() != length => {
                Err(Error::option("window", "values", format!("{length} values"), values.len()))
            }
            Self::Values(values) => Ok(values.clone()),
            Self::Name(name) if !NAMES.contains(&name.as_str()) => Err(Error::unknown("window", name, NAMES)),
            Self::Name(_) if length <= 1 => Ok(vec![1.0; length]),
            Self::Name(name) => {
                let symmetric = length + usize::from(periodic);
                Ok((0..length).map(|n| at(name, n as f64, symmetric as f64)).collect())
            }
        }
    }
}

/// Value `n` of a symmetric window of `m` values, which is at least 2.
fn at(name: &str, n: f64, m: f64) -> f64 {
    let last = m - 1.0;
    // The place from -1 to 1, and its distance from the middle.
    let place = 2.0 * n / last - 1.0;
    let away = place.abs();
    match name {
        "hann" => cosines(&[0.5, 0.5], n / last),
        "hamming" => cosines(&[0.54, 0.46], n / last),
        "blackman" => cosines(&[0.42, 0.50, 0.08], n / last),
        "nuttall" => cosines(&[0.363_581_9, 0.489_177_5, 0.136_599_5, 0.010_641_1], n / last),
        "blackmanharris" => cosines(&[0.358_75, 0.488_29, 0.141_28, 0.011_68], n / last),
        "flattop" => cosines(&[0.215_578_95, 0.416_631_58, 0.277_263_158, 0.083_578_947, 0.006_947_368], n / last),
        "bartlett" => 1.0 - away,
        "triang" => 1.0 - (2.0 * n - last).abs() / if m % 2.0 == 0.0 { m } else { m + 1.0 },
        "parzen" => {
            let away = (2.0 * n - last).abs() / m;
            if away <= (m - 1.0) / 2.0 / m { 1.0 - 6.0 * away * away * (1.0 - away) } else { 2.0 * (1.0 - away).powi(3) }
        }
        "bohman" if n == 0.0 || n == last => 0.0,
        "bohman" => (1.0 - away) * (PI * away).cos() + (PI * away).sin() / PI,
        "barthann" => 0.62 - 0.24 * away + 0.38 * (PI * away).cos(),
        "cosine" => (PI / m * (n + 0.5)).sin(),
        "exponential" => (-(n - last / 2.0).abs()).exp(),
        // Flat in the middle half, a cosine's slope at either side.
        "tukey" => {
            let width = (0.25 * last).floor();
            let n = n.min(last - n);
            if n <= width { 0.5 * (1.0 + (PI * (4.0 * n / last - 1.0)).cos()) } else { 1.0 }
        }
        "lanczos" if place == 0.0 => 1.0,
        "lanczos" => (PI * place).sin() / (PI * place),
        _ => 1.0,
    }
}

/// A sum of cosines of alternating sign, whose middle is 1.
fn cosines(weights: &[f64], part: f64) -> f64 {
    weights.iter().enumerate().map(|(k, w)| w * (TAU * k as f64 * (part - 0.5)).cos()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn agree_with_scipy() {
        let goldens: Value = serde_json::from_str(include_str!("../testdata/objects.json")).unwrap();
        let windows = goldens["windows"].as_object().unwrap();
        assert_eq!(windows.len(), NAMES.len() * 4);
        for (key, expected) in windows {
            let parts: Vec<&str> = key.split(' ').collect();
            let values = Window::from(parts[0]).values(parts[1].parse().unwrap(), parts[2] == "periodic").unwrap();
            for (v, e) in values.iter().zip(expected.as_array().unwrap()) {
                assert!((v - e.as_f64().unwrap()).abs() < 1e-6, "{key}: {v} {e}");
            }
        }
    }

    #[test]
    fn mistakes_are_errors() {
        let error = Window::from("han").values(4, false).unwrap_err();
        assert_eq!(error.to_string(), "unknown window `han`, did you mean `hann`?");
        let error = Window::from(vec![1.0; 3]).values(4, false).unwrap_err();
        assert_eq!(error.to_string(), "window: `values` must be 4 values, received 3");
    }
}
