//! The best of one number where another is good enough.

use super::confusion::{Confusion, Samples};
use super::thresholds::Grid;
use kiln_core::Error;

macro_rules! at_value {
    ($($(#[$doc:meta])* $name:ident as $text:literal, $class:literal, $value:ident gives $best:ident;)*) => {$(
        state_metric! {
            $(#[$doc])*
            ///
            /// The thresholds lie at equal distances from 0 to 1. 0 if the bound is never met.
            ///
            #[doc = concat!("Keras: `src/metrics/confusion_metrics.py`, class `", $class, "`.")]
            ///
            #[doc = concat!("```\nuse kiln_train::metrics::{Metric, ", stringify!($name), "};")]
            #[doc = concat!("assert_eq!(Metric::name(&", stringify!($name), "::new(0.5)), \"", $text, "\");")]
            #[doc = concat!("assert!(", stringify!($name), "::new(1.5).check().is_err());\n```")]
            $name as $text, Max, new($value: f64), Confusion {
                /// How many thresholds are looked at, 200 at first; a single one is ½.
                num_thresholds: usize = 200,
            } own { class_id: Option<usize> = None }
            start |this, _shape| {
                let grid = match this.num_thresholds {
                    1 => Grid::of(&[0.5]),
                    2 => Grid::of(&[0.0, 1.0]),
                    count => Grid::Even { count, open: false },
                };
                Ok(Confusion::new(grid, 1))
            };
            update |this, state, y_true, y_pred, weight| {
                Samples::read(&this.name, y_true, y_pred, weight)
                    .and_then(|samples| samples.label(&this.name, this.class_id))
                    .map(|samples| state.add(&samples))
            };
            results |this, state| {
                let enough = state.counts(0).into_iter().filter(|counts| counts.$value() as f32 >= this.$value as f32);
                vec![enough.map(|counts| counts.$best()).fold(0.0, f64::max)]
            };
            check |this| {
                if !(0.0..=1.0).contains(&this.$value) {
                    return Err(Error::option(&this.name, stringify!($value), "in 0..=1", this.$value));
                }
                match this.num_thresholds {
                    0 => Err(Error::option(&this.name, "num_thresholds", "at least 1", 0)),
                    _ => Ok(()),
                }
            }
        }

        impl $name {
            /// Only this label is looked at; all at first.
            pub fn class_id(mut self, label: usize) -> Self {
                self.class_id = Some(label);
                self
            }
        }
    )*};
}

at_value! {
    /// The best precision among the thresholds with at least this recall.
    PrecisionAtRecall as "precision_at_recall", "PrecisionAtRecall", recall gives precision;
    /// The best recall among the thresholds with at least this precision.
    RecallAtPrecision as "recall_at_precision", "RecallAtPrecision", precision gives recall;
    /// The best sensitivity, which is the recall, among the thresholds with at least this specificity, the share of false
    /// targets that are predicted as such.
    SensitivityAtSpecificity as "sensitivity_at_specificity", "SensitivityAtSpecificity", specificity gives recall;
    /// The best specificity among the thresholds with at least this sensitivity.
    SpecificityAtSensitivity as "specificity_at_sensitivity", "SpecificityAtSensitivity", sensitivity gives specificity;
}
