//! Terms of the loss that keep weights small (`keras/src/regularizers/regularizers.py`).

use crate::error::{Error, Result};
use crate::object::keras_object;
use crate::tensor::Tensor;
use serde::{Deserialize, Serialize};

/// A regularizer. The sums are over all values and divided by nothing.
///
/// ```
/// use kiln_core::{Tensor, regularizer::Regularizer};
/// let w = Tensor::constant([1.0, -2.0]);
/// assert_eq!(Regularizer::l2(0.5).penalty(&w)?.item(), 2.5);
/// assert_eq!(Regularizer::l1(0.5).penalty(&w)?.item(), 1.5);
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", tag = "class_name", content = "config")]
pub enum Regularizer {
    /// `l1 * sum(|w|)`.
    L1 {
        /// Default 0.01.
        l1: f64,
    },
    /// `l2 * sum(w²)`.
    L2 {
        /// Default 0.01.
        l2: f64,
    },
    /// `l1 * sum(|w|) + l2 * sum(w²)`.
    L1L2 {
        /// Default 0.
        l1: f64,
        /// Default 0.
        l2: f64,
    },
    /// `factor` times half the sum of the |cosines| between different rows (or columns) of a matrix, over their number.
    OrthogonalRegularizer {
        /// Default 0.01.
        factor: f64,
        /// `rows` or `columns`.
        mode: String,
    },
    /// A name that isn't known.
    #[serde(skip)]
    Unknown(String),
}

keras_object!(Regularizer, "keras.regularizers");

impl Regularizer {
    /// `l1 * sum(|w|)`.
    pub fn l1(l1: f64) -> Self {
        Self::L1 { l1 }
    }

    /// `l2 * sum(w²)`.
    pub fn l2(l2: f64) -> Self {
        Self::L2 { l2 }
    }

    /// Both.
    pub fn l1_l2(l1: f64, l2: f64) -> Self {
        Self::L1L2 { l1, l2 }
    }

    /// Whether name and factors are fine.
    ///
    /// # Errors
    /// An unknown name, a factor that is negative or no number.
    pub fn check(&self) -> Result<()> {
        let factor = |name: &str, value: f64| match value >= 0.0 && value.is_finite() {
            true => Ok(()),
            false => Err(Error::option("regularizer", name, "a number from 0", value)),
        };
        match self {
            Self::L1 { l1 } => factor("l1", *l1),
            Self::L2 { l2 } => factor("l2", *l2),
            Self::L1L2 { l1, l2 } => factor("l1", *l1).and(factor("l2", *l2)),
            Self::OrthogonalRegularizer { mode, .. } if mode != "rows" && mode != "columns" => {
                Err(Error::option("orthogonal_regularizer", "mode", "`rows` or `columns`", mode))
            }
            Self::OrthogonalRegularizer { factor: f, .. } => factor("factor", *f),
            Self::Unknown(name) => Err(Error::unknown("regularizer", name, NAMES)),
        }
    }

    /// The term for one weight, a scalar through which the gradient flows.
    ///
    /// # Errors
    /// As [`Regularizer::check`]; the orthogonal one takes matrices only.
    pub fn penalty(&self, w: &Tensor) -> Result<Tensor> {
        self.check()?;
        let sum_abs = || w.clone().abs().sum();
        let sum_square = || w.clone().square().sum();
        match self {
            Self::L1 { l1 } => Ok(sum_abs() * *l1),
            Self::L2 { l2 } => Ok(sum_square() * *l2),
            Self::L1L2 { l1, l2 } => Ok(sum_abs() * *l1 + sum_square() * *l2),
            Self::OrthogonalRegularizer { factor, mode } => orthogonal(w, *factor, mode == "rows"),
            Self::Unknown(_) => Ok(w.sum() * 0.0), // `check` has refused it
        }
    }
}

fn orthogonal(w: &Tensor, factor: f64, rows: bool) -> Result<Tensor> {
    if w.rank() != 2 {
        return Err(Error::shape("orthogonal_regularizer", "a matrix", w.describe()));
    }
    let w = if rows { w.clone() } else { w.transpose([1, 0])? };
    let norms = (w.clone().square().sum_axis(1)?.maximum(1e-12)?).sqrt().expand_dims(1)?;
    let unit = w / norms;
    let n = unit.shape()[0];
    let cosines = unit.matmul(&unit.transpose([1, 0])?)?;
    let others = 1.0 - Tensor::eye(n).to_device(&cosines.device());
    let pairs = (n * n.saturating_sub(1)) as f64 / 2.0;
    Ok((cosines * others).abs().sum() * (factor * 0.5 / pairs.max(1.0)))
}

const NAMES: [&str; 4] = ["l1", "l2", "l1_l2", "orthogonal_regularizer"];

impl From<&str> for Regularizer {
    fn from(name: &str) -> Self {
        match name {
            "l1" | "L1" => Self::l1(0.01),
            "l2" | "L2" => Self::l2(0.01),
            "l1_l2" | "l1l2" | "L1L2" => Self::l1_l2(0.0, 0.0),
            "orthogonal_regularizer" | "OrthogonalRegularizer" => Self::OrthogonalRegularizer { factor: 0.01, mode: "rows".to_owned() },
            _ => Self::Unknown(name.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn penalties_are_plain_sums() {
        let w = Tensor::constant([[1.0, 0.0], [1.0, 1.0]]);
        assert!((Regularizer::l1_l2(0.1, 0.2).penalty(&w).unwrap().item() - 0.9).abs() < 1e-6);
        let orthogonal = Regularizer::OrthogonalRegularizer { factor: 2.0, mode: "rows".into() };
        // One pair of rows, whose cosine is 1/√2, counted twice and halved.
        assert!((orthogonal.penalty(&w).unwrap().item() - 2.0 / 2f64.sqrt()).abs() < 1e-6);
        assert_eq!(orthogonal.penalty(&Tensor::eye(3)).unwrap().item(), 0.0);
        assert_eq!(Regularizer::from("l3").check().unwrap_err().to_string(), "unknown regularizer `l3`, did you mean `l1`?");
        assert_eq!(Regularizer::l2(-1.0).check().unwrap_err().to_string(), "regularizer: `l2` must be a number from 0, received -1");
    }
}
