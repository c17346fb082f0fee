//! From what `compile` is given to metrics.

use super::*;
use std::collections::HashSet;

/// Any metric, so that a list may hold several kinds: `vec![AnyMetric::new("acc")?, AnyMetric::new(Mean::new())?]`.
#[derive(Clone, Debug)]
pub struct AnyMetric(MetricSpec);

impl AnyMetric {
    /// From a name or a metric.
    ///
    /// # Errors
    /// An unknown name, or an option out of range.
    pub fn new(metric: impl IntoMetric) -> Result<Self> {
        metric.into_metric().map(Self)
    }
}

/// What can stand where one metric is asked for.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a metric",
    label = "expected a metric",
    note = "a metric is a name (\"accuracy\"), a value (`TopKCategoricalAccuracy::new().k(3)`), or any type that implements `Metric`"
)]
pub trait IntoMetric {
    /// The metric.
    ///
    /// # Errors
    /// An unknown name, or an option out of range.
    fn into_metric(self) -> Result<MetricSpec>;
}

impl<M: Metric> IntoMetric for M {
    fn into_metric(self) -> Result<MetricSpec> {
        self.check()?;
        Ok(MetricSpec::ready(self))
    }
}

impl IntoMetric for AnyMetric {
    fn into_metric(self) -> Result<MetricSpec> {
        Ok(self.0)
    }
}

impl IntoMetric for MetricSpec {
    fn into_metric(self) -> Result<MetricSpec> {
        Ok(self)
    }
}

impl IntoMetric for &str {
    fn into_metric(self) -> Result<MetricSpec> {
        match MetricSpec::deferred(self) {
            Some(spec) => Ok(spec),
            None => Ok(MetricSpec::named(self, by_name(self)?)),
        }
    }
}

impl IntoMetric for String {
    fn into_metric(self) -> Result<MetricSpec> {
        self.as_str().into_metric()
    }
}

/// What can stand where metrics are asked for: one, an array, a `Vec`, a tuple of different kinds, or `()` for none.
///
/// A second metric of the same name gets `_1` behind it, a third `_2`.
///
/// ```
/// use kiln_train::metrics::{IntoMetrics, TopKCategoricalAccuracy};
/// let keys = |m: Vec<kiln_train::metrics::MetricSpec>| m.iter().map(|m| m.key().to_owned()).collect::<Vec<_>>();
/// assert_eq!(keys(["acc", "mse", "mse"].into_metrics()?), ["acc", "mse", "mse_1"]);
/// assert_eq!(keys(("mae", TopKCategoricalAccuracy::new().k(3).name("top3")).into_metrics()?), ["mae", "top3"]);
/// assert!(().into_metrics()?.is_empty());
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of metrics",
    label = "expected metrics",
    note = "metrics are `[\"accuracy\", \"mse\"]`, one metric, a tuple of names and values (`(\"accuracy\", Mean::new())`), a `Vec`, or `()` for none"
)]
pub trait IntoMetrics {
    /// The metrics, with keys that differ.
    ///
    /// # Errors
    /// An unknown name, or an option out of range.
    fn into_metrics(self) -> Result<Vec<MetricSpec>>;
}

impl<T: IntoMetric> IntoMetrics for T {
    fn into_metrics(self) -> Result<Vec<MetricSpec>> {
        Ok(vec![self.into_metric()?])
    }
}

impl<T: IntoMetric, const N: usize> IntoMetrics for [T; N] {
    fn into_metrics(self) -> Result<Vec<MetricSpec>> {
        self.into_iter().map(T::into_metric).collect::<Result<_>>().map(distinct)
    }
}

impl<T: IntoMetric> IntoMetrics for Vec<T> {
    fn into_metrics(self) -> Result<Vec<MetricSpec>> {
        self.into_iter().map(T::into_metric).collect::<Result<_>>().map(distinct)
    }
}

impl IntoMetrics for () {
    fn into_metrics(self) -> Result<Vec<MetricSpec>> {
        Ok(Vec::new())
    }
}

macro_rules! tuples {
    ($($($t:ident)+;)*) => {$(
        impl<$($t: IntoMetric),+> IntoMetrics for ($($t,)+) {
            #[allow(non_snake_case)]
            fn into_metrics(self) -> Result<Vec<MetricSpec>> {
                let ($($t,)+) = self;
                Ok(distinct(vec![$($t.into_metric()?),+]))
            }
        }
    )*};
}
tuples! { A; A B; A B C; A B C D; A B C D E; A B C D E F; A B C D E F G; A B C D E F G H; }

/// Numbers behind keys that came before.
fn distinct(specs: Vec<MetricSpec>) -> Vec<MetricSpec> {
    let mut seen = HashSet::new();
    let unique = |spec: MetricSpec| {
        let key = spec.key().to_owned();
        let fresh = std::iter::once(key.clone()).chain((1..).map(|n| format!("{key}_{n}"))).find(|k| !seen.contains(k));
        let fresh = fresh.unwrap_or(key);
        seen.insert(fresh.clone());
        spec.with_key(fresh)
    };
    specs.into_iter().map(unique).collect()
}

by_name! {
    "metric", Box<dyn Metric>, |metric| Ok(Box::new(metric)),
    extra "accuracy", "acc", "crossentropy", "ce";
    /// Every name of a metric: Keras' names, short forms and class names.
    "mean" | "Mean" => Mean;
    "sum" | "Sum" => Sum;
    "Accuracy" => Accuracy;
    "binary_accuracy" | "BinaryAccuracy" => BinaryAccuracy;
    "categorical_accuracy" | "CategoricalAccuracy" => CategoricalAccuracy;
    "sparse_categorical_accuracy" | "SparseCategoricalAccuracy" => SparseCategoricalAccuracy;
    "top_k_categorical_accuracy" | "TopKCategoricalAccuracy" => TopKCategoricalAccuracy;
    "sparse_top_k_categorical_accuracy" | "SparseTopKCategoricalAccuracy" => SparseTopKCategoricalAccuracy;
    "mean_squared_error" | "mse" | "MSE" | "MeanSquaredError" => MeanSquaredError;
    "root_mean_squared_error" | "RootMeanSquaredError" => RootMeanSquaredError;
    "mean_absolute_error" | "mae" | "MAE" | "MeanAbsoluteError" => MeanAbsoluteError;
    "mean_absolute_percentage_error" | "mape" | "MAPE" | "MeanAbsolutePercentageError" => MeanAbsolutePercentageError;
    "mean_squared_logarithmic_error" | "msle" | "MSLE" | "MeanSquaredLogarithmicError" => MeanSquaredLogarithmicError;
    "log_cosh_error" | "logcosh" | "LogCoshError" => LogCoshError;
    "cosine_similarity" | "CosineSimilarity" => CosineSimilarity;
    "binary_crossentropy" | "bce" | "BCE" | "BinaryCrossentropy" => BinaryCrossentropy;
    "categorical_crossentropy" | "CategoricalCrossentropy" => CategoricalCrossentropy;
    "sparse_categorical_crossentropy" | "SparseCategoricalCrossentropy" => SparseCategoricalCrossentropy;
    "kl_divergence" | "kld" | "KLD" | "KLDivergence" | "KlDivergence" => KlDivergence;
    "poisson" | "Poisson" => Poisson;
    "hinge" | "Hinge" => Hinge;
    "squared_hinge" | "SquaredHinge" => SquaredHinge;
    "precision" | "Precision" => Precision;
    "recall" | "Recall" => Recall;
    "auc" | "AUC" | "Auc" => Auc;
    "true_positives" | "TruePositives" => TruePositives;
    "false_positives" | "FalsePositives" => FalsePositives;
    "true_negatives" | "TrueNegatives" => TrueNegatives;
    "false_negatives" | "FalseNegatives" => FalseNegatives;
    "f1_score" | "F1Score" => F1Score;
    "f_beta_score" | "fbeta_score" | "FBetaScore" => FBetaScore;
    "binary_io_u" | "BinaryIoU" => BinaryIoU;
    "r2_score" | "R2Score" => R2Score;
    "pearson_correlation" | "PearsonCorrelation" => PearsonCorrelation;
    "concordance_correlation" | "ConcordanceCorrelation" => ConcordanceCorrelation;
    "categorical_hinge" | "CategoricalHinge" => CategoricalHinge;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_gives_a_metric_under_that_key() {
        for name in NAMES {
            assert_eq!(name.into_metric().unwrap().key(), *name);
        }
        let error = "acuracy".into_metrics().unwrap_err();
        assert_eq!(error.to_string(), "unknown metric `acuracy`, did you mean `accuracy`?");
        assert!(TopKCategoricalAccuracy::new().k(0).into_metrics().is_err());
        let mixed = vec![AnyMetric::new("acc").unwrap(), AnyMetric::new(Mean::new()).unwrap()];
        assert_eq!(mixed.into_metrics().unwrap()[1].key(), "mean");
        assert_eq!(["mse", "mse", "mse"].into_metrics().unwrap()[2].key(), "mse_2");
    }
}
