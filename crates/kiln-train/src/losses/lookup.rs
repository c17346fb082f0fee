//! From what `compile` is given to a loss.

use super::*;
use std::ops::Deref;
use std::sync::Arc;

/// Any loss, shared.
///
/// ```
/// use kiln_train::losses::IntoLoss;
/// assert_eq!("mse".into_loss()?.name(), "mean_squared_error");
/// assert_eq!("mean_squared_eror".into_loss().unwrap_err().to_string(),
///     "unknown loss `mean_squared_eror`, did you mean `mean_squared_error`?");
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct AnyLoss(Arc<dyn Loss>);

impl AnyLoss {
    /// From a loss.
    pub fn new(loss: impl Loss) -> Self {
        Self(Arc::new(loss))
    }
}

impl Deref for AnyLoss {
    type Target = dyn Loss;
    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

/// What can stand where a loss is asked for.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a loss",
    label = "expected a loss",
    note = "a loss is a name (\"mse\"), a value (`Huber::new().delta(0.5)`), a closure in `loss_fn(name, |y, p| ..)`, or any type that implements `Loss`"
)]
pub trait IntoLoss {
    /// The loss.
    ///
    /// # Errors
    /// An unknown name, or an option out of range.
    fn into_loss(self) -> Result<AnyLoss>;
}

impl<L: Loss> IntoLoss for L {
    fn into_loss(self) -> Result<AnyLoss> {
        self.check()?;
        Ok(AnyLoss::new(self))
    }
}

impl IntoLoss for AnyLoss {
    fn into_loss(self) -> Result<AnyLoss> {
        Ok(self)
    }
}

impl IntoLoss for &str {
    fn into_loss(self) -> Result<AnyLoss> {
        by_name(self)
    }
}

impl IntoLoss for String {
    fn into_loss(self) -> Result<AnyLoss> {
        by_name(&self)
    }
}

by_name! {
    "loss", AnyLoss, |loss| Ok(AnyLoss::new(loss));
    /// Every name of a loss: Keras' names, short forms and class names.
    "mean_squared_error" | "mse" | "MSE" | "MeanSquaredError" => MeanSquaredError;
    "mean_absolute_error" | "mae" | "MAE" | "MeanAbsoluteError" => MeanAbsoluteError;
    "mean_absolute_percentage_error" | "mape" | "MAPE" | "MeanAbsolutePercentageError" => MeanAbsolutePercentageError;
    "mean_squared_logarithmic_error" | "msle" | "MSLE" | "MeanSquaredLogarithmicError" => MeanSquaredLogarithmicError;
    "huber" | "Huber" => Huber;
    "log_cosh" | "LogCosh" => LogCosh;
    "binary_crossentropy" | "bce" | "BCE" | "BinaryCrossentropy" => BinaryCrossentropy;
    "binary_focal_crossentropy" | "BinaryFocalCrossentropy" => BinaryFocalCrossentropy;
    "categorical_crossentropy" | "CategoricalCrossentropy" => CategoricalCrossentropy;
    "categorical_focal_crossentropy" | "CategoricalFocalCrossentropy" => CategoricalFocalCrossentropy;
    "categorical_generalized_cross_entropy" | "CategoricalGeneralizedCrossEntropy" => CategoricalGeneralizedCrossEntropy;
    "sparse_categorical_crossentropy" | "SparseCategoricalCrossentropy" => SparseCategoricalCrossentropy;
    "crossentropy" | "ce" => Crossentropy;
    "kl_divergence" | "kld" | "KLD" | "KLDivergence" | "KlDivergence" => KlDivergence;
    "poisson" | "Poisson" => Poisson;
    "cosine_similarity" | "CosineSimilarity" => CosineSimilarity;
    "hinge" | "Hinge" => Hinge;
    "squared_hinge" | "SquaredHinge" => SquaredHinge;
    "categorical_hinge" | "CategoricalHinge" => CategoricalHinge;
    "dice" | "Dice" => Dice;
    "tversky" | "Tversky" => Tversky;
    "circle" | "Circle" => Circle;
    "ctc" | "CTC" | "Ctc" => Ctc;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_gives_a_loss() {
        for name in NAMES {
            assert!(name.into_loss().is_ok(), "{name}");
        }
        assert!(AnyLoss::new(Huber::new()).into_loss().is_ok());
        assert!(Huber::new().delta(0.0).into_loss().is_err());
    }
}
