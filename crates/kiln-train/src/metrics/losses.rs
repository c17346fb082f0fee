//! Metrics that are the mean of a loss's values.

use super::mean::Values;
use crate::losses::{self, Loss};
use kiln_core::{Result, Tensor};

/// The values of a loss, with its own mask.
fn values(loss: &dyn Loss, y_true: &Tensor, y_pred: &Tensor) -> Result<Values> {
    let mut values = Values::of(loss.call(y_true, y_pred)?);
    values.mask = loss.mask(y_true, y_pred)?.map(|mask| mask.to_vec());
    Ok(values)
}

/// The values of a loss from logits, where it takes them.
fn from_logits(loss: &dyn Loss, y_true: &Tensor, logits: &kiln_core::Logits) -> Option<Result<Values>> {
    let values = loss.call_logits(y_true, logits)?;
    Some(values.and_then(|values| {
        let mask = loss.mask(y_true, &logits.values)?.map(|mask| mask.to_vec());
        Ok(Values { mask, ..Values::of(values) })
    }))
}

macro_rules! of_loss {
    ($($(#[$doc:meta])* $name:ident as $text:literal, $class:literal;)*) => {$(
        mean_metric! {
            $(#[$doc])*
            ///
            #[doc = concat!("Keras: `src/metrics/`, class `", $class, "`.")]
            $name as $text, Min {}
            |this, y_true, y_pred| values(&losses::$name::new().name(&this.name), y_true, y_pred)
        }
    )*};
}

of_loss! {
    /// The mean of [`losses::MeanSquaredError`].
    MeanSquaredError as "mean_squared_error", "MeanSquaredError";
    /// The mean of [`losses::MeanAbsoluteError`].
    MeanAbsoluteError as "mean_absolute_error", "MeanAbsoluteError";
    /// The mean of [`losses::MeanAbsolutePercentageError`].
    MeanAbsolutePercentageError as "mean_absolute_percentage_error", "MeanAbsolutePercentageError";
    /// The mean of [`losses::MeanSquaredLogarithmicError`].
    MeanSquaredLogarithmicError as "mean_squared_logarithmic_error", "MeanSquaredLogarithmicError";
    /// The mean of [`losses::KlDivergence`].
    KlDivergence as "kl_divergence", "KLDivergence";
    /// The mean of [`losses::Poisson`].
    Poisson as "poisson", "Poisson";
    /// The mean of [`losses::Hinge`].
    Hinge as "hinge", "Hinge";
    /// The mean of [`losses::SquaredHinge`].
    SquaredHinge as "squared_hinge", "SquaredHinge";
    /// The mean of [`losses::CategoricalHinge`].
    CategoricalHinge as "categorical_hinge", "CategoricalHinge";
}

mean_metric! {
    /// The mean of [`losses::LogCosh`].
    ///
    /// Keras: `src/metrics/regression_metrics.py`, class `LogCoshError`.
    LogCoshError as "logcosh", Min {}
    |this, y_true, y_pred| values(&losses::LogCosh::new().name(&this.name), y_true, y_pred)
}

mean_metric! {
    /// The mean cosine similarity: 1 for the same direction, unlike [`losses::CosineSimilarity`], which is negative.
    ///
    /// Keras: `src/metrics/regression_metrics.py`, class `CosineSimilarity`.
    CosineSimilarity as "cosine_similarity", Max {
        /// The axis of the vectors, the last at first.
        axis: isize = -1,
    }
    |this, y_true, y_pred| {
        let loss = losses::CosineSimilarity::new().axis(this.axis).name(&this.name);
        Ok(Values::of(-loss.call(y_true, y_pred)?))
    }
}

mean_metric! {
    /// The mean of [`losses::BinaryCrossentropy`].
    ///
    /// Keras: `src/metrics/probabilistic_metrics.py`, class `BinaryCrossentropy`.
    BinaryCrossentropy as "binary_crossentropy", Min {
        /// Whether predictions are logits instead of probabilities, `false` at first.
        from_logits: bool = false,
        /// How far targets move towards ½, 0 at first.
        label_smoothing: f64 = 0.0,
    }
    |this, y_true, y_pred| values(&this.loss(), y_true, y_pred);
    logits |this, y_true, logits| from_logits(&this.loss(), y_true, logits);
    check |this| this.loss().check()
}

impl BinaryCrossentropy {
    fn loss(&self) -> losses::BinaryCrossentropy {
        losses::BinaryCrossentropy::new().from_logits(self.from_logits).label_smoothing(self.label_smoothing).name(&self.name)
    }
}

mean_metric! {
    /// The mean of [`losses::CategoricalCrossentropy`].
    ///
    /// Keras: `src/metrics/probabilistic_metrics.py`, class `CategoricalCrossentropy`.
    CategoricalCrossentropy as "categorical_crossentropy", Min {
        /// Whether predictions are logits instead of probabilities, `false` at first.
        from_logits: bool = false,
        /// How far targets move towards equal shares, 0 at first.
        label_smoothing: f64 = 0.0,
        /// The axis of the classes, the last at first.
        axis: isize = -1,
    }
    |this, y_true, y_pred| values(&this.loss(), y_true, y_pred);
    logits |this, y_true, logits| from_logits(&this.loss(), y_true, logits);
    check |this| this.loss().check()
}

impl CategoricalCrossentropy {
    fn loss(&self) -> losses::CategoricalCrossentropy {
        let loss = losses::CategoricalCrossentropy::new().from_logits(self.from_logits).axis(self.axis);
        loss.label_smoothing(self.label_smoothing).name(&self.name)
    }
}

mean_metric! {
    /// The mean of [`losses::SparseCategoricalCrossentropy`]. As in Keras, samples of `ignore_class` count as 0 where no
    /// weights are given, and not at all where they are.
    ///
    /// Keras: `src/metrics/probabilistic_metrics.py`, class `SparseCategoricalCrossentropy`.
    SparseCategoricalCrossentropy as "sparse_categorical_crossentropy", Min {
        /// Whether predictions are logits instead of probabilities, `false` at first.
        from_logits: bool = false,
        /// The axis of the classes, the last at first.
        axis: isize = -1,
    }
    own setter ignore_class: Option<i64> = None;
    |this, y_true, y_pred| values(&this.loss(), y_true, y_pred);
    logits |this, y_true, logits| from_logits(&this.loss(), y_true, logits)
}

impl SparseCategoricalCrossentropy {
    /// A label whose samples don't count, none at first.
    pub fn ignore_class(mut self, class: i64) -> Self {
        self.ignore_class = Some(class);
        self
    }

    fn loss(&self) -> losses::SparseCategoricalCrossentropy {
        let loss = losses::SparseCategoricalCrossentropy::new().from_logits(self.from_logits).axis(self.axis);
        match self.ignore_class {
            Some(class) => loss.ignore_class(class),
            None => loss,
        }
        .name(&self.name)
    }
}
