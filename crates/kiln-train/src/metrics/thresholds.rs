//! What a prediction must exceed to count as a yes.

use crate::config::Setting;
use kiln_core::{Error, Result};
use serde_json::Value;

/// One threshold or several, made of a number, an array or a `Vec`.
///
/// ```
/// use kiln_train::metrics::{IntoMetric, Recall, Thresholds};
/// assert_eq!(Thresholds::from(0.5), Thresholds::from([0.5]));
/// assert!(Recall::new().thresholds([0.2, 1.5]).into_metric().is_err());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Thresholds(Vec<f64>);

impl From<f64> for Thresholds {
    fn from(threshold: f64) -> Self {
        Self(vec![threshold])
    }
}

impl<const N: usize> From<[f64; N]> for Thresholds {
    fn from(thresholds: [f64; N]) -> Self {
        Self(thresholds.to_vec())
    }
}

impl From<Vec<f64>> for Thresholds {
    fn from(thresholds: Vec<f64>) -> Self {
        Self(thresholds)
    }
}

impl Setting for Thresholds {
    const EXPECTED: &'static str = "a number or a list of numbers";
    fn write(&self) -> Value {
        if let [one] = self.0[..] { one.write() } else { self.0.write() }
    }
    fn read(value: &Value) -> Option<Self> {
        f64::read(value).map(Self::from).or_else(|| Vec::read(value).map(Self))
    }
}

impl Thresholds {
    pub(crate) fn values(&self) -> &[f64] {
        &self.0
    }

    pub(crate) fn check(&self, who: &str) -> Result<()> {
        if self.0.is_empty() {
            return Err(Error::option(who, "thresholds", "at least one", "none"));
        }
        match self.0.iter().find(|t| !(0.0..=1.0).contains(*t)) {
            Some(outside) => Err(Error::option(who, "thresholds", "in 0..=1", outside)),
            None => Ok(()),
        }
    }
}

/// Thresholds laid out so that a prediction finds the ones it exceeds at once.
#[derive(Clone, Debug)]
pub(crate) enum Grid {
    /// `count` thresholds from 0 to 1 at equal distances, compared as Keras does: by the product with their number, in `f32`.
    Even {
        count: usize,
        /// Whether the first and the last lie a little outside, so that every prediction exceeds the first.
        open: bool,
    },
    /// Any, in rising order, and where each stood.
    Listed { sorted: Vec<f32>, places: Vec<usize> },
}

impl Grid {
    /// As Keras has it, thresholds at equal distances are told by their values.
    pub(crate) fn of(thresholds: &[f64]) -> Self {
        if is_even(thresholds) {
            return Self::Even { count: thresholds.len(), open: false };
        }
        let mut places: Vec<usize> = (0..thresholds.len()).collect();
        places.sort_by(|a, b| thresholds[*a].total_cmp(&thresholds[*b]));
        Self::Listed { sorted: places.iter().map(|place| thresholds[*place] as f32).collect(), places }
    }

    /// With a threshold below 0 and one above 1 around those given, or around `count - 2` at equal distances.
    pub(crate) fn open(count: usize, inner: Option<&Thresholds>) -> Self {
        let Some(inner) = inner else { return Self::Even { count, open: true } };
        let mut sorted = inner.0.clone();
        sorted.sort_by(f64::total_cmp);
        let around = |low: f64, high: f64| [&[low], &sorted[..], &[high]].concat();
        if is_even(&around(0.0, 1.0)) {
            return Self::Even { count: sorted.len() + 2, open: true };
        }
        Self::of(&around(-crate::losses::EPSILON, 1.0 + crate::losses::EPSILON))
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Even { count, .. } => *count,
            Self::Listed { sorted, .. } => sorted.len(),
        }
    }

    /// How many thresholds a prediction exceeds; none if it is NaN.
    pub(crate) fn exceeded(&self, p: f32) -> usize {
        match self {
            Self::Even { count, open } => {
                let bucket = (p.clamp(0.0, 1.0) * (*count as f32 - 1.0)).ceil();
                if *open { bucket.max(1.0) as usize } else { bucket as usize }
            }
            Self::Listed { sorted, .. } => sorted.partition_point(|t| p > *t),
        }
    }

    /// Numbers in rising order of the thresholds, put in the order the thresholds were given in.
    pub(crate) fn restore<T: Clone>(&self, rising: Vec<T>) -> Vec<T> {
        let Self::Listed { places, .. } = self else { return rising };
        let mut given = rising.clone();
        for (value, place) in rising.into_iter().zip(places) {
            given[*place] = value;
        }
        given
    }
}

/// NumPy's `allclose` of the thresholds and those at equal distances from 0 to 1.
fn is_even(thresholds: &[f64]) -> bool {
    let n = thresholds.len();
    let close = |(i, t): (usize, &f64)| {
        let even = i as f64 / (n as f64 - 1.0);
        (t - even).abs() <= crate::losses::EPSILON + 1e-5 * even
    };
    n >= 3 && thresholds.iter().enumerate().all(close)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_exceeded_not_met() {
        let even = Grid::of(&[0.0, 0.5, 1.0]);
        assert!(matches!(even, Grid::Even { count: 3, open: false }));
        assert_eq!([0.0, 0.1, 0.5, 0.6, 1.0, 7.0, f32::NAN].map(|p| even.exceeded(p)), [0, 1, 1, 2, 2, 2, 0]);
        let listed = Grid::of(&[0.9, 0.1]);
        assert_eq!([0.1, 0.5, 0.95, f32::NAN].map(|p| listed.exceeded(p)), [0, 1, 2, 0]);
        assert_eq!(listed.restore(vec!["low", "high"]), ["high", "low"]);
        let open = Grid::open(3, None);
        assert_eq!([0.0, 0.5, 0.6, 1.0].map(|p| open.exceeded(p)), [1, 1, 2, 2]);
        let listed = Grid::open(0, Some(&Thresholds::from([0.7, 0.2])));
        assert_eq!([0.0, 0.5, 1.0].map(|p| listed.exceeded(p)), [1, 2, 3]);
    }
}
