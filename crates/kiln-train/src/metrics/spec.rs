//! A metric as it was asked for: ready, or a name that needs the shapes of the first batch.

use super::*;
use crate::losses::{Targets, targets};
use serde_json::Value;

/// A metric of a compiled model with the key of its logs.
///
/// `"accuracy"` and `"crossentropy"` mean one of three metrics each; which, the shapes of the first batch tell.
///
/// Keras: `src/trainers/compile_utils.py`, `get_metric`.
#[derive(Clone, Debug)]
pub struct MetricSpec {
    key: String,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Ready(Box<dyn Metric>),
    Accuracy,
    Crossentropy,
}

impl MetricSpec {
    /// A metric under its own name.
    pub fn ready(metric: impl Metric) -> Self {
        Self { key: Metric::name(&metric).to_owned(), kind: Kind::Ready(Box::new(metric)) }
    }

    /// A named metric under the name given.
    pub(crate) fn named(key: &str, metric: Box<dyn Metric>) -> Self {
        Self { key: key.to_owned(), kind: Kind::Ready(metric) }
    }

    /// `"accuracy"` or `"crossentropy"` and their short forms.
    pub(crate) fn deferred(key: &str) -> Option<Self> {
        let kind = match key {
            "accuracy" | "acc" => Kind::Accuracy,
            "crossentropy" | "ce" => Kind::Crossentropy,
            _ => return None,
        };
        Some(Self { key: key.to_owned(), kind })
    }

    /// The key of the logs: the string given, or the metric's name.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Another key.
    pub fn with_key(mut self, key: impl Into<String>) -> Self {
        self.key = key.into();
        self
    }

    /// Whether the shapes of a batch are needed to know the metric.
    pub fn is_deferred(&self) -> bool {
        !matches!(self.kind, Kind::Ready(_))
    }

    /// The metric for targets and predictions of these shapes.
    ///
    /// ```
    /// use kiln_train::metrics::IntoMetric;
    /// let spec = "acc".into_metric()?;
    /// assert_eq!(spec.key(), "acc");
    /// assert_eq!(spec.resolve(&[32], &[32, 1]).name(), "binary_accuracy");
    /// assert_eq!(spec.resolve(&[32, 1], &[32, 10]).name(), "sparse_categorical_accuracy");
    /// assert_eq!(spec.resolve(&[32, 10], &[32, 10]).name(), "categorical_accuracy");
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn resolve(&self, y_true: &[usize], y_pred: &[usize]) -> Box<dyn Metric> {
        match (&self.kind, targets(y_true, y_pred)) {
            (Kind::Ready(metric), _) => metric.boxed_clone(),
            (Kind::Accuracy, Targets::Binary) => Box::new(BinaryAccuracy::new()),
            (Kind::Accuracy, Targets::Sparse) => Box::new(SparseCategoricalAccuracy::new()),
            (Kind::Accuracy, Targets::OneHot) => Box::new(CategoricalAccuracy::new()),
            (Kind::Crossentropy, Targets::Binary) => Box::new(BinaryCrossentropy::new()),
            (Kind::Crossentropy, Targets::Sparse) => Box::new(SparseCategoricalCrossentropy::new()),
            (Kind::Crossentropy, Targets::OneHot) => Box::new(CategoricalCrossentropy::new()),
        }
    }

    /// The metric as Keras writes it: the name `accuracy`, or an object; `None` when it can't be saved.
    pub fn keras(&self) -> Option<Value> {
        let Kind::Ready(metric) = &self.kind else { return Some(self.key.clone().into()) };
        let mut config = metric.config()?;
        config.values.insert("name".to_owned(), self.key.clone().into());
        Some(config.object("keras.metrics"))
    }

    /// Whether less or more is better, as far as it is known without shapes.
    pub fn direction(&self) -> Direction {
        match &self.kind {
            Kind::Ready(metric) => metric.direction(),
            Kind::Accuracy => Direction::Max,
            Kind::Crossentropy => Direction::Min,
        }
    }
}
