//! Losses: how far predictions are from targets, one value per sample, with Keras' names, defaults and numbers.
//!
//! ```
//! use kiln_core::Tensor;
//! use kiln_train::losses::{Huber, IntoLoss, compute};
//!
//! let (y_true, y_pred) = (Tensor::constant([[0.0], [1.0]]), Tensor::constant([[0.5], [3.0]]));
//! let loss = Huber::new().delta(1.0).into_loss()?;             // or "huber".into_loss()?
//! assert_eq!(loss.call(&y_true, &y_pred)?.to_vec::<f32>(), [0.125, 1.5]);
//! assert_eq!(compute(&*loss, &y_true, &y_pred, None, None, None)?.item(), 0.8125);
//! # Ok::<(), kiln_core::Error>(())
//! ```

mod align;
#[macro_use]
mod common;
mod binary_crossentropy;
mod binary_focal_crossentropy;
mod categorical_crossentropy;
mod categorical_focal_crossentropy;
mod categorical_generalized_cross_entropy;
mod categorical_hinge;
mod circle;
mod cosine_similarity;
mod crossentropy;
mod ctc;
mod focus;
mod function;
mod hinge;
mod huber;
mod kl_divergence;
mod labels;
mod log_cosh;
mod lookup;
mod mean_absolute_error;
mod mean_absolute_percentage_error;
mod mean_squared_error;
mod mean_squared_logarithmic_error;
#[cfg(test)]
mod options;
mod overlap;
mod poisson;
mod reduction;
mod sparse_categorical_crossentropy;
mod squared_hinge;
#[cfg(test)]
mod tests;

pub use align::squeeze_or_expand_to_same_rank;
pub(crate) use align::{aligned, weights_for};
pub use binary_crossentropy::BinaryCrossentropy;
pub use binary_focal_crossentropy::BinaryFocalCrossentropy;
pub use categorical_crossentropy::CategoricalCrossentropy;
pub use categorical_focal_crossentropy::{Alpha, CategoricalFocalCrossentropy};
pub use categorical_generalized_cross_entropy::CategoricalGeneralizedCrossEntropy;
pub use categorical_hinge::CategoricalHinge;
pub use circle::Circle;
pub use common::IntoReduction;
pub use cosine_similarity::CosineSimilarity;
pub use crossentropy::Crossentropy;
pub(crate) use crossentropy::{Targets, targets};
pub use ctc::Ctc;
pub use function::{LossFn, loss_fn};
pub use hinge::Hinge;
pub use huber::Huber;
pub use kl_divergence::KlDivergence;
pub use log_cosh::LogCosh;
pub use lookup::{AnyLoss, IntoLoss, NAMES};
pub use mean_absolute_error::MeanAbsoluteError;
pub use mean_absolute_percentage_error::MeanAbsolutePercentageError;
pub use mean_squared_error::MeanSquaredError;
pub use mean_squared_logarithmic_error::MeanSquaredLogarithmicError;
pub use overlap::{Axes, Dice, Tversky};
pub use poisson::Poisson;
pub use reduction::{Reduction, reduce};
pub use sparse_categorical_crossentropy::SparseCategoricalCrossentropy;
pub use squared_hinge::SquaredHinge;

use crate::config::Config;
use kiln_core::{Logits, Result, Tensor};
use serde_json::Value;
use std::fmt::Debug;

/// The clip and offset Keras keeps logarithms and quotients finite with: `keras.config.epsilon()`.
pub(crate) const EPSILON: f64 = 1e-7;

/// A loss: one value per sample; reduction, weights and masks are [`reduce`]'s.
///
/// Keras: `src/losses/loss.py`, class `Loss`.
///
/// ```
/// use kiln_core::{Result, Tensor};
/// use kiln_train::losses::{Loss, compute};
///
/// #[derive(Debug)]
/// struct Worst;
///
/// impl Loss for Worst {
///     fn name(&self) -> &str {
///         "worst"
///     }
///     fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
///         y_pred.try_sub(y_true)?.abs().max_axis(-1)
///     }
/// }
/// let (y, p) = (Tensor::constant([[0.0, 0.0], [1.0, 1.0]]), Tensor::constant([[3.0, 1.0], [1.0, 2.0]]));
/// assert_eq!(compute(&Worst, &y, &p, None, None, None)?.item(), 2.0);
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub trait Loss: Debug + Send + Sync + 'static {
    /// The name, which errors and logs use.
    fn name(&self) -> &str;

    /// The values per sample: the shape of `y_pred` without its last axis.
    ///
    /// # Errors
    /// Shapes that don't belong together, or targets the loss can't take.
    fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor>;

    /// The value of the loss on a batch, values per sample reduced as [`Loss::reduction`] says: Keras' `loss(y_true, y_pred)`, for
    /// training steps of one's own. [`compute`] takes weights and masks too.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_train::losses::{BinaryCrossentropy, Loss};
    /// let (truth, logits) = (Tensor::constant([[1.0], [1.0]]), Tensor::constant([[0.0], [80.0]]));
    /// let loss = BinaryCrossentropy::new().from_logits(true).value(&truth, &logits)?;
    /// assert!((loss.item() - 2f64.ln() / 2.0).abs() < 1e-6);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`compute`].
    fn value(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor>
    where
        Self: Sized,
    {
        compute(self, y_true, y_pred, None, None, None)
    }

    /// The values from the input of a last sigmoid or softmax, exact where probabilities would have to be clipped: what Keras
    /// does on TensorFlow. `None` when the loss has no use for these logits.
    fn call_logits(&self, y_true: &Tensor, logits: &Logits) -> Option<Result<Tensor>> {
        let _ = (y_true, logits);
        None
    }

    /// Which of the values count, as the loss itself sees it (`ignore_class`). `None` is all. `y_pred` is what [`Loss::call`] gets, or
    /// the logits where [`Loss::call_logits`] took those.
    ///
    /// # Errors
    /// Those of [`Loss::call`].
    fn mask(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Option<Tensor>> {
        let _ = (y_true, y_pred);
        Ok(None)
    }

    /// How the values become one.
    fn reduction(&self) -> Reduction {
        Reduction::SumOverBatchSize
    }

    /// The loss as data, to be saved; `None`, the default, when it can't be: it holds a closure.
    fn config(&self) -> Option<Config> {
        None
    }

    /// Whether the options make sense; [`IntoLoss`] and [`compute`] ask.
    ///
    /// # Errors
    /// The first option that is out of range.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

/// The loss that [`Loss::config`] described.
///
/// # Errors
/// A class that is not known, an option it can't take.
pub fn from_config(config: &Config) -> Result<AnyLoss> {
    configured! { "loss", config, IntoLoss::into_loss,
        MeanSquaredError MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredLogarithmicError Huber LogCosh
        BinaryCrossentropy BinaryFocalCrossentropy CategoricalCrossentropy CategoricalFocalCrossentropy
        CategoricalGeneralizedCrossEntropy SparseCategoricalCrossentropy Crossentropy KlDivergence Poisson CosineSimilarity
        Hinge SquaredHinge CategoricalHinge Dice Tversky Circle Ctc
    }
}

/// A loss as Keras writes it: an object, or the name of what is no class of Keras'; `None` when it can't be saved.
pub fn keras(loss: &dyn Loss) -> Option<Value> {
    let config = loss.config()?;
    Some(if config.class == "Crossentropy" { "crossentropy".into() } else { config.object("keras.losses") })
}

/// The value of a loss on a batch: from the logits where there are some (`y_pred` is not read then), weighted, masked and
/// reduced. A scalar, or one value per sample with [`Reduction::None`].
///
/// # Errors
/// Options out of range, or shapes and targets the loss can't take.
pub fn compute(
    loss: &dyn Loss,
    y_true: &Tensor,
    y_pred: &Tensor,
    logits: Option<&Logits>,
    sample_weight: Option<&Tensor>,
    mask: Option<&Tensor>,
) -> Result<Tensor> {
    loss.check()?;
    let (values, own) = match logits.map(|logits| (logits, loss.call_logits(y_true, logits))) {
        Some((logits, Some(values))) => (values?, loss.mask(y_true, &logits.values)?),
        Some((logits, None)) => {
            let y_pred = logits.probabilities()?;
            (loss.call(y_true, &y_pred)?, loss.mask(y_true, &y_pred)?)
        }
        None => (loss.call(y_true, y_pred)?, loss.mask(y_true, y_pred)?),
    };
    match (mask, own) {
        (Some(mask), Some(own)) => {
            let mask = weights_for("mask", mask, &own.shape())?;
            reduce(values, sample_weight, Some(&mask.to_float().try_mul(own.to_float())?), loss.reduction())
        }
        (mask, own) => reduce(values, sample_weight, mask.or(own.as_ref()), loss.reduction()),
    }
}
