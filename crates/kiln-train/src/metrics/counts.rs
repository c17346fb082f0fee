//! Weighted counts of right and wrong predictions.

use super::confusion::{Confusion, Samples};
use super::thresholds::{Grid, Thresholds};

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident as $text:literal, $class:literal, $count:ident;)*) => {$(
        state_metric! {
            $(#[$doc])*
            ///
            /// With several thresholds there are several numbers.
            ///
            #[doc = concat!("Keras: `src/metrics/confusion_metrics.py`, class `", $class, "`.")]
            $name as $text, Unknown, new(), Confusion {} own { thresholds: Thresholds = Thresholds::from(0.5) }
            start |this, _shape| Ok(Confusion::new(Grid::of(this.thresholds.values()), 1));
            update |this, state, y_true, y_pred, weight| {
                Samples::read(&this.name, y_true, y_pred, weight).map(|samples| state.add(&samples))
            };
            results |_this, state| state.counts(0).into_iter().map(|counts| counts.$count).collect();
            check |this| this.thresholds.check(&this.name)
        }

        impl $name {
            /// What a prediction must exceed to count as a yes, ½ at first; one or several, in `[0, 1]`.
            pub fn thresholds(mut self, thresholds: impl Into<Thresholds>) -> Self {
                self.thresholds = thresholds.into();
                self
            }
        }
    )*};
}

counts! {
    /// How many predictions are yes, rightly.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_train::metrics::{Metric, TruePositives};
    /// let mut metric = TruePositives::new().thresholds([0.2, 0.8]);
    /// metric.update_state(&Tensor::constant([1, 0, 1]), &Tensor::constant([0.9, 0.9, 0.5]), None)?;
    /// assert_eq!(metric.results(), [2.0, 1.0]);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    TruePositives as "true_positives", "TruePositives", true_positives;
    /// How many predictions are yes, wrongly.
    FalsePositives as "false_positives", "FalsePositives", false_positives;
    /// How many predictions are no, rightly.
    TrueNegatives as "true_negatives", "TrueNegatives", true_negatives;
    /// How many predictions are no, wrongly.
    FalseNegatives as "false_negatives", "FalseNegatives", false_negatives;
}
by_default!(TruePositives FalsePositives TrueNegatives FalseNegatives);
