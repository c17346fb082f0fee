//! What is done to weights after each step of the optimizer (`keras/src/constraints/constraints.py`).

use crate::axes::Axes;
use crate::error::{Error, Result};
use crate::object::keras_object;
use crate::tensor::Tensor;
use serde::{Deserialize, Serialize};

/// A constraint on a weight. Norms are taken over `axis`.
///
/// ```
/// use kiln_core::{Tensor, constraint::Constraint};
/// let w = Tensor::constant([-1.0, 2.0]);
/// assert_eq!(Constraint::NonNeg {}.apply(w)?.to_vec::<f32>(), [0.0, 2.0]);
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", tag = "class_name", content = "config")]
pub enum Constraint {
    /// Scales down what is longer than `max_value`.
    MaxNorm {
        /// Default 2.
        max_value: f64,
        /// Default 0.
        axis: Axes,
    },
    /// Sets what is below 0 to 0.
    NonNeg {},
    /// Scales everything to length 1.
    UnitNorm {
        /// Default 0.
        axis: Axes,
    },
    /// Moves lengths into `[min_value, max_value]`, by the share `rate` of the way.
    MinMaxNorm {
        /// Default 0.
        min_value: f64,
        /// Default 1.
        max_value: f64,
        /// Default 1.
        rate: f64,
        /// Default 0.
        axis: Axes,
    },
    /// A name that isn't known.
    #[serde(skip)]
    Unknown(String),
}

keras_object!(Constraint, "keras.constraints");

const EPSILON: f64 = 1e-7;
const NAMES: [&str; 4] = ["max_norm", "non_neg", "unit_norm", "min_max_norm"];

impl Constraint {
    /// At most this length, over axis 0.
    pub fn max_norm(max_value: f64) -> Self {
        Self::MaxNorm { max_value, axis: Axes::One(0) }
    }

    /// Takes the norms over other axes.
    ///
    /// ```
    /// # use kiln_core::constraint::Constraint;
    /// let of_each_filter = Constraint::max_norm(2.0).over([0, 1, 2]);
    /// ```
    pub fn over(mut self, axes: impl Into<Axes>) -> Self {
        if let Self::MaxNorm { axis, .. } | Self::UnitNorm { axis } | Self::MinMaxNorm { axis, .. } = &mut self {
            *axis = axes.into();
        }
        self
    }

    /// The weight as the constraint wants it.
    ///
    /// # Errors
    /// An unknown name; an axis that the weight doesn't have.
    pub fn apply(&self, w: Tensor) -> Result<Tensor> {
        let norms = |axes: &Axes| -> Result<Tensor> {
            let mut squares = w.clone().square();
            for axis in axes.list() {
                let axis = w.axis("constraint", *axis)? as isize;
                squares = squares.sum_axis(axis)?.expand_dims(axis)?;
            }
            Ok(squares.sqrt())
        };
        match self {
            Self::NonNeg {} => Ok(w.relu()),
            Self::UnitNorm { axis } => Ok(&w / (norms(axis)? + EPSILON)),
            Self::MaxNorm { max_value, axis } => {
                let norms = norms(axis)?;
                Ok(&w * (norms.clone().clip(0.0, *max_value) / (norms + EPSILON)))
            }
            Self::MinMaxNorm { min_value, max_value, rate, axis } => {
                let norms = norms(axis)?;
                let wanted = norms.clone().clip(*min_value, *max_value) * *rate + &norms * (1.0 - rate);
                Ok(&w * (wanted / (norms + EPSILON)))
            }
            Self::Unknown(name) => Err(Error::unknown("constraint", name, NAMES)),
        }
    }
}

impl From<&str> for Constraint {
    fn from(name: &str) -> Self {
        match name {
            "max_norm" | "MaxNorm" => Self::max_norm(2.0),
            "non_neg" | "NonNeg" => Self::NonNeg {},
            "unit_norm" | "UnitNorm" => Self::UnitNorm { axis: Axes::One(0) },
            "min_max_norm" | "MinMaxNorm" => Self::MinMaxNorm { min_value: 0.0, max_value: 1.0, rate: 1.0, axis: Axes::One(0) },
            _ => Self::Unknown(name.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn norms_are_brought_into_range() {
        let w = || Tensor::constant([[3.0, 0.3], [4.0, 0.4]]);
        let close = |t: Tensor, e: [f32; 4]| t.to_vec::<f32>().iter().zip(e).all(|(a, b)| (a - b).abs() < 1e-5);
        assert!(close(Constraint::max_norm(1.0).apply(w()).unwrap(), [0.6, 0.3, 0.8, 0.4]));
        assert!(close(Constraint::from("unit_norm").apply(w()).unwrap(), [0.6, 0.6, 0.8, 0.8]));
        let halfway = Constraint::MinMaxNorm { min_value: 1.0, max_value: 1.0, rate: 0.5, axis: Axes::One(0) };
        assert!(close(halfway.apply(w()).unwrap(), [1.8, 0.45, 2.4, 0.6]));
        let whole = Constraint::max_norm(1.0).over([0, 1]).apply(w()).unwrap();
        assert!((whole.square().sum().item() - 1.0).abs() < 1e-5);
        assert!(Constraint::max_norm(1.0).over(2).apply(w()).is_err());
        let error = Constraint::from("maxnorm_").apply(w()).unwrap_err();
        assert_eq!(error.to_string(), "unknown constraint `maxnorm_`, did you mean `max_norm`?");
    }
}
