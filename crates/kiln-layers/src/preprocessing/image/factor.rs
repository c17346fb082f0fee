//! How strong a random operation is: a number, or a range.

use kiln_core::{Error, Result};
use serde::{Deserialize, Serialize};

/// A number, or the lower and upper bound of a draw.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Factor {
    /// A number; most operations draw from 0, or from its negative, up to it.
    One(f64),
    /// Two bounds.
    Pair([f64; 2]),
}

impl From<f64> for Factor {
    fn from(factor: f64) -> Self {
        Self::One(factor)
    }
}

impl From<(f64, f64)> for Factor {
    fn from(bounds: (f64, f64)) -> Self {
        Self::Pair([bounds.0, bounds.1])
    }
}

impl From<[f64; 2]> for Factor {
    fn from(bounds: [f64; 2]) -> Self {
        Self::Pair(bounds)
    }
}

impl Factor {
    /// The bounds of the draw, within `bounds`: a number `f` draws from `-f` (not below the lower bound) to `f`.
    pub(super) fn range(self, who: &str, option: &str, bounds: [f64; 2]) -> Result<[f64; 2]> {
        let [low, high] = bounds;
        let fits = |v: f64| (low..=high).contains(&v);
        match self {
            Self::One(f) if fits(f) => Ok([(-f.abs()).max(low), f.abs()]),
            Self::Pair([a, b]) if fits(a) && fits(b) => Ok([a.min(b), a.max(b)]),
            Self::One(f) => Err(Error::option(who, option, format!("from {low} to {high}"), f)),
            Self::Pair([a, b]) => Err(Error::option(who, option, format!("two numbers from {low} to {high}"), format!("({a}, {b})"))),
        }
    }
}

/// The smallest and largest value of the images.
pub(super) fn value_range(who: &str, range: [f64; 2]) -> Result<[f64; 2]> {
    let [low, high] = [range[0].min(range[1]), range[0].max(range[1])];
    if low.is_finite() && high.is_finite() && low < high {
        return Ok([low, high]);
    }
    Err(Error::option(who, "value_range", "two different numbers", format!("({}, {})", range[0], range[1])))
}

/// The range of most images.
pub(super) fn bytes() -> [f64; 2] {
    [0.0, 255.0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_ranges() {
        assert_eq!(Factor::from(0.2).range("X", "factor", [-1.0, 1.0]).unwrap(), [-0.2, 0.2]);
        assert_eq!(Factor::from(-0.2).range("X", "factor", [-1.0, 1.0]).unwrap(), [-0.2, 0.2]);
        assert_eq!(Factor::from(0.2).range("X", "factor", [0.0, 1.0]).unwrap(), [0.0, 0.2]);
        assert_eq!(Factor::from((0.3, 0.1)).range("X", "factor", [0.0, 1.0]).unwrap(), [0.1, 0.3]);
        let error = Factor::from(1.5).range("X", "factor", [0.0, 1.0]).unwrap_err();
        assert_eq!(error.to_string(), "X: `factor` must be from 0 to 1, received 1.5");
        let error = Factor::from((0.0, f64::NAN)).range("X", "factor", [0.0, 1.0]).unwrap_err();
        assert_eq!(error.to_string(), "X: `factor` must be two numbers from 0 to 1, received (0, NaN)");
        assert!(value_range("X", [1.0, 1.0]).is_err());
    }
}
