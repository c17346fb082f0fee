//! How many of the predicted are true, and how many of the true are predicted.

use super::confusion::{Confusion, NEVER, Samples};
use super::thresholds::{Grid, Thresholds};

macro_rules! share {
    ($($(#[$doc:meta])* $name:ident as $text:literal, $class:literal, $share:ident;)*) => {$(
        state_metric! {
            $(#[$doc])*
            ///
            /// All labels of all samples count together. With several thresholds there are several numbers.
            ///
            #[doc = concat!("Keras: `src/metrics/confusion_metrics.py`, class `", $class, "`.")]
            $name as $text, Max, new(), Confusion {} own {
                thresholds: Option<Thresholds> = None,
                top_k: Option<usize> = None,
                class_id: Option<usize> = None,
            }
            start |this, _shape| {
                // Among the best few any prediction counts as a yes.
                let default = Thresholds::from(if this.top_k.is_some() { NEVER } else { 0.5 });
                Ok(Confusion::new(Grid::of(this.thresholds.as_ref().unwrap_or(&default).values()), 1))
            };
            update |this, state, y_true, y_pred, weight| {
                Samples::read(&this.name, y_true, y_pred, weight)
                    .and_then(|samples| samples.best(&this.name, this.top_k))
                    .and_then(|samples| samples.label(&this.name, this.class_id))
                    .map(|samples| state.add(&samples))
            };
            results |_this, state| state.counts(0).into_iter().map(|counts| counts.$share()).collect();
            check |this| this.thresholds.as_ref().map_or(Ok(()), |thresholds| thresholds.check(&this.name))
        }

        impl $name {
            /// What a prediction must exceed to count as a yes, in `[0, 1]`; ½ at first, and nothing with `top_k`.
            pub fn thresholds(mut self, thresholds: impl Into<Thresholds>) -> Self {
                self.thresholds = Some(thresholds.into());
                self
            }

            /// Only the `k` largest predictions of a sample can be a yes; all at first.
            pub fn top_k(mut self, k: usize) -> Self {
                self.top_k = Some(k);
                self
            }

            /// Only this label is looked at; all at first.
            pub fn class_id(mut self, label: usize) -> Self {
                self.class_id = Some(label);
                self
            }
        }
    )*};
}

share! {
    /// The share of true targets among the predictions above the threshold; 0 if there are none.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_train::metrics::{Metric, Precision};
    /// let mut precision = Precision::new();
    /// precision.update_state(&Tensor::constant([0, 1, 1, 1]), &Tensor::constant([0.9, 0.2, 0.8, 0.7]), None)?;
    /// assert_eq!(precision.result(), f64::from(2.0f32 / 3.0));
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    Precision as "precision", "Precision", precision;
    /// The share of predictions above the threshold among the true targets; 0 if there are none.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_train::metrics::{Metric, Recall};
    /// let mut recall = Recall::new().thresholds([0.1, 0.5]);
    /// recall.update_state(&Tensor::constant([0, 1, 1, 1]), &Tensor::constant([0.9, 0.2, 0.8, 0.7]), None)?;
    /// assert_eq!(recall.results(), [1.0, f64::from(2.0f32 / 3.0)]);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    Recall as "recall", "Recall", recall;
}
by_default!(Precision Recall);
