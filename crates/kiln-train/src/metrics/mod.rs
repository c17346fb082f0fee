//! Metrics: what is reported of a training, with Keras' names and numbers.
//!
//! Values are summed on the host in `f64`, and results rounded to `f32` as Keras reports them.
//!
//! ```
//! use kiln_core::Tensor;
//! use kiln_train::metrics::{IntoMetrics, Metric, SparseCategoricalAccuracy};
//!
//! let mut accuracy = SparseCategoricalAccuracy::new();
//! accuracy.update_state(&Tensor::constant([1, 0]), &Tensor::constant([[0.1, 0.9], [0.4, 0.6]]), None)?;
//! assert_eq!(accuracy.result(), 0.5);
//!
//! let metrics = ("accuracy", accuracy.name("top1")).into_metrics()?;     // also ["acc", "mse"], "mae", (), vec![..]
//! assert_eq!(metrics.iter().map(|m| m.key()).collect::<Vec<_>>(), ["accuracy", "top1"]);
//! # Ok::<(), kiln_core::Error>(())
//! ```

#[macro_use]
mod choice;
#[macro_use]
mod mean_metric;
#[macro_use]
mod state_metric;

mod accuracy;
mod at_value;
mod auc;
mod confusion;
mod correlation;
mod counts;
mod f_score;
mod gathered;
mod iou;
mod lookup;
mod losses;
mod mean;
mod precision_recall;
mod r2_score;
mod root_mean_squared_error;
mod spec;
mod thresholds;
mod top_k;
mod wrapper;

#[cfg(test)]
mod options;
#[cfg(test)]
mod tests;

pub use accuracy::{Accuracy, BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy};
pub use at_value::{PrecisionAtRecall, RecallAtPrecision, SensitivityAtSpecificity, SpecificityAtSensitivity};
pub use auc::{Auc, Curve, Summation};
pub use choice::IntoChoice;
pub use correlation::{ConcordanceCorrelation, PearsonCorrelation};
pub use counts::{FalseNegatives, FalsePositives, TrueNegatives, TruePositives};
pub use f_score::{Average, F1Score, FBetaScore};
pub use iou::{BinaryIoU, IoU, MeanIoU, OneHotIoU, OneHotMeanIoU};
pub use lookup::{AnyMetric, IntoMetric, IntoMetrics, NAMES};
pub use losses::*;
pub use mean::{Mean, Sum};
pub use precision_recall::{Precision, Recall};
pub use r2_score::{ClassAggregation, R2Score};
pub use root_mean_squared_error::RootMeanSquaredError;
pub use spec::MetricSpec;
pub use thresholds::Thresholds;
pub use top_k::{SparseTopKCategoricalAccuracy, TopKCategoricalAccuracy};
pub use wrapper::MeanMetricWrapper;

use crate::config::Config;
use kiln_core::{Logits, Result, Tensor};
use std::fmt::Debug;

/// Whether less or more is better; what `mode="auto"` of a callback reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Less is better.
    Min,
    /// More is better.
    Max,
    /// Nobody knows.
    Unknown,
}

/// A number gathered over batches.
///
/// Keras: `src/metrics/metric.py`, class `Metric`.
///
/// ```
/// use kiln_core::{Result, Tensor};
/// use kiln_train::metrics::Metric;
///
/// #[derive(Clone, Debug, Default)]
/// struct Largest(f64);
///
/// impl Metric for Largest {
///     fn name(&self) -> &str {
///         "largest"
///     }
///     fn update_state(&mut self, _: &Tensor, y_pred: &Tensor, _: Option<&Tensor>) -> Result<()> {
///         self.0 = self.0.max(y_pred.max().item());
///         Ok(())
///     }
///     fn result(&self) -> f64 {
///         self.0
///     }
///     fn reset_state(&mut self) {
///         self.0 = 0.0;
///     }
///     fn boxed_clone(&self) -> Box<dyn Metric> {
///         Box::new(self.clone())
///     }
/// }
/// ```
pub trait Metric: Debug + Send + Sync + 'static {
    /// The name, which logs use.
    fn name(&self) -> &str;

    /// Takes in a batch.
    ///
    /// # Errors
    /// Shapes that don't belong together, or targets the metric can't take; the state is then as before.
    fn update_state(&mut self, y_true: &Tensor, y_pred: &Tensor, sample_weight: Option<&Tensor>) -> Result<()>;

    /// Takes in a batch from the input of a last sigmoid or softmax, where the metric has a use for it: crossentropies are
    /// then as exact as the losses. `None` is: call [`Metric::update_state`].
    fn update_logits(&mut self, y_true: &Tensor, logits: &Logits, sample_weight: Option<&Tensor>) -> Option<Result<()>> {
        let _ = (y_true, logits, sample_weight);
        None
    }

    /// The number so far, rounded to `f32`; the mean of them where there are several.
    fn result(&self) -> f64;

    /// The numbers so far, one for each threshold or class of the metrics that have them; for others [`Metric::result`].
    fn results(&self) -> Vec<f64> {
        vec![self.result()]
    }

    /// Forgets all batches.
    fn reset_state(&mut self);

    /// What was gathered so far, as numbers; `None`, the default, when it can't be kept. A training that is backed up within an epoch
    /// needs it.
    fn state(&self) -> Option<Vec<f64>> {
        None
    }

    /// Takes back what [`Metric::state`] gave.
    ///
    /// # Errors
    /// The state of another metric, or one of other options.
    fn restore(&mut self, state: &[f64]) -> Result<()> {
        let _ = state;
        Err(kiln_core::Error::order(self.name(), "the metric's state can't be kept").hint("give it the methods `state` and `restore`"))
    }

    /// Whether less or more is better.
    fn direction(&self) -> Direction {
        Direction::Unknown
    }

    /// Whether the options make sense; [`IntoMetric`] asks.
    ///
    /// # Errors
    /// The first option that is out of range.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// The metric as data, without its state, to be saved; `None`, the default, when it can't be: it holds a closure.
    fn config(&self) -> Option<Config> {
        None
    }

    /// A copy, state included.
    fn boxed_clone(&self) -> Box<dyn Metric>;
}

/// The metric that [`Metric::config`] described.
///
/// # Errors
/// A class that is not known, an option it can't take.
pub fn from_config(config: &Config) -> Result<MetricSpec> {
    configured! { "metric", config, IntoMetric::into_metric,
        Mean Sum Accuracy BinaryAccuracy CategoricalAccuracy SparseCategoricalAccuracy TopKCategoricalAccuracy
        SparseTopKCategoricalAccuracy MeanSquaredError RootMeanSquaredError MeanAbsoluteError MeanAbsolutePercentageError
        MeanSquaredLogarithmicError LogCoshError CosineSimilarity BinaryCrossentropy CategoricalCrossentropy
        SparseCategoricalCrossentropy KlDivergence Poisson Hinge SquaredHinge CategoricalHinge Precision Recall
        PrecisionAtRecall RecallAtPrecision SensitivityAtSpecificity SpecificityAtSensitivity Auc TruePositives FalsePositives
        TrueNegatives FalseNegatives F1Score FBetaScore IoU MeanIoU OneHotIoU OneHotMeanIoU BinaryIoU R2Score
        PearsonCorrelation ConcordanceCorrelation
    }
}

impl Clone for Box<dyn Metric> {
    fn clone(&self) -> Self {
        self.boxed_clone()
    }
}
