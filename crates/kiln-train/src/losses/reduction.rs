//! How per-sample values, weights and masks become one number.

use super::align::{beside, weights_for};
use kiln_core::{Error, Result, Tensor};
use std::str::FromStr;

/// How the values of a batch become one.
///
/// ```
/// use kiln_train::losses::Reduction;
/// assert_eq!("sum".parse::<Reduction>()?, Reduction::Sum);
/// assert_eq!("mea".parse::<Reduction>().unwrap_err().to_string(), "unknown reduction `mea`, did you mean `mean`?");
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reduction {
    /// Σ value·weight / number of values (not / Σ weight); also called `"mean"`.
    #[default]
    SumOverBatchSize,
    /// Σ value·weight.
    Sum,
    /// Σ value·weight / Σ weight.
    MeanWithSampleWeight,
    /// The values as they are.
    None,
}

const NAMES: [&str; 5] = ["sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none"];

impl FromStr for Reduction {
    type Err = Error;
    fn from_str(name: &str) -> Result<Self> {
        match name {
            "sum_over_batch_size" | "mean" => Ok(Self::SumOverBatchSize),
            "sum" => Ok(Self::Sum),
            "mean_with_sample_weight" => Ok(Self::MeanWithSampleWeight),
            "none" => Ok(Self::None),
            _ => Err(Error::unknown("reduction", name, NAMES)),
        }
    }
}

impl Reduction {
    /// Keras' name: `sum_over_batch_size`, `sum`, `mean_with_sample_weight`, `none`.
    pub fn name(self) -> &'static str {
        match self {
            Self::SumOverBatchSize => "sum_over_batch_size",
            Self::Sum => "sum",
            Self::MeanWithSampleWeight => "mean_with_sample_weight",
            Self::None => "none",
        }
    }
}

/// Weights, masks and reduces `values` to a scalar; no weights at all is a weight of 1 each.
///
/// With [`Reduction::SumOverBatchSize`] a mask's entries weigh total/valid, so that the masked mean is that of the valid
/// values. A division by no weight at all gives 0. A weight per sample applies to all values of the sample.
///
/// Keras: `src/losses/loss.py`, `reduce_weighted_values` and `apply_mask`.
///
/// # Errors
/// Weights or a mask whose shape doesn't fit the values'.
///
/// ```
/// use kiln_core::Tensor;
/// use kiln_train::losses::{Reduction, reduce};
/// let (values, weights) = (Tensor::constant([1.0, 2.0, 3.0]), Tensor::constant([1.0, 1.0, 0.0]));
/// assert_eq!(reduce(values.clone(), Some(&weights), None, Reduction::SumOverBatchSize)?.item(), 1.0);
/// assert_eq!(reduce(values.clone(), None, Some(&weights), Reduction::SumOverBatchSize)?.item(), 1.5);
/// assert_eq!(reduce(values, Some(&weights), None, Reduction::MeanWithSampleWeight)?.item(), 1.5);
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub fn reduce(values: Tensor, sample_weight: Option<&Tensor>, mask: Option<&Tensor>, reduction: Reduction) -> Result<Tensor> {
    let shape = match values.rank() {
        // One value for the batch counts once for each weight, as in Keras.
        0 => sample_weight.or(mask).map(Tensor::shape).unwrap_or_default(),
        _ => values.shape(),
    };
    let weight = match (sample_weight, mask) {
        (None, None) => None,
        (Some(weight), None) => Some(weights_for("sample_weight", weight, &shape)?.to_float()),
        (None, Some(mask)) => Some(scaled(mask, &shape, reduction)?),
        (Some(weight), Some(mask)) => {
            let weight = weights_for("sample_weight", weight, &shape)?.to_float();
            Some(beside(scaled(mask, &shape, reduction)?, &weight).try_mul(weight)?)
        }
    };
    let total = weight.as_ref().filter(|_| reduction == Reduction::MeanWithSampleWeight).map(|w| w.sum().item());
    let values = match weight {
        Some(weight) => values.try_mul(beside(weight, &values))?,
        None => values,
    };
    if values.rank() == 0 {
        return Ok(values);
    }
    Ok(match (reduction, total) {
        (Reduction::None, _) => values,
        (Reduction::Sum, _) => values.sum(),
        (Reduction::MeanWithSampleWeight, Some(total)) => values.sum() * inverse(total),
        _ if values.is_empty() => values.sum(),
        _ => values.mean(),
    })
}

/// The mask as weights: total/valid for the valid where the reduction divides by the number of values.
fn scaled(mask: &Tensor, shape: &[usize], reduction: Reduction) -> Result<Tensor> {
    let mask = weights_for("mask", mask, shape)?.to_float();
    if reduction != Reduction::SumOverBatchSize {
        return Ok(mask);
    }
    let share = mask.len() as f64 * inverse(mask.sum().item());
    Ok(mask * share)
}

fn inverse(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x.recip() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_and_masks_multiply() {
        let values = Tensor::constant([[1.0, 2.0], [3.0, 4.0]]);
        let (weight, mask) = (Tensor::constant([1.0, 2.0]), Tensor::constant([[true, false], [true, true]]));
        let mean = reduce(values.clone(), Some(&weight), Some(&mask), Reduction::SumOverBatchSize).unwrap();
        assert!((mean.item() - (1.0 + 6.0 + 8.0) / 3.0).abs() < 1e-6);
        let sum = reduce(values.clone(), Some(&weight), Some(&mask), Reduction::Sum).unwrap();
        assert_eq!(sum.item(), 15.0);
        assert_eq!(reduce(values.clone(), None, None, Reduction::None).unwrap().shape(), [2, 2]);
        let nothing = Tensor::zeros([2]);
        for reduction in [Reduction::SumOverBatchSize, Reduction::MeanWithSampleWeight] {
            assert_eq!(reduce(values.clone(), Some(&nothing), Some(&nothing), reduction).unwrap().item(), 0.0);
        }
        assert_eq!(reduce(Tensor::zeros([0]), None, None, Reduction::SumOverBatchSize).unwrap().item(), 0.0);
    }
}
