//! How often predictions are right.

use super::mean::Values;
use crate::losses::aligned;
use kiln_core::shape::tuple;
use kiln_core::{Error, Result, Tensor};

mean_metric! {
    /// How often predictions equal targets exactly, element by element.
    ///
    /// Keras: `src/metrics/accuracy_metrics.py`, class `Accuracy`.
    Accuracy as "accuracy", Max {}
    |this, y_true, y_pred| elements(&this.name, y_true, y_pred, |t, p| t == p)
}

mean_metric! {
    /// How often `p > threshold` equals the target, element by element.
    ///
    /// Keras: `src/metrics/accuracy_metrics.py`, class `BinaryAccuracy`.
    BinaryAccuracy as "binary_accuracy", Max {
        /// What a prediction must exceed to count as 1, ½ at first; in `(0, 1)`.
        threshold: f64 = 0.5,
    }
    |this, y_true, y_pred| {
        let threshold = this.threshold as f32;
        elements(&this.name, y_true, y_pred, |t, p| t == f32::from(p > threshold))
    };
    check |this| {
        let inside = this.threshold > 0.0 && this.threshold < 1.0;
        if inside { Ok(()) } else { Err(Error::option(&this.name, "threshold", "between 0 and 1", this.threshold)) }
    }
}

mean_metric! {
    /// How often the largest prediction stands where the largest target stands; the first of equals.
    ///
    /// Keras: `src/metrics/accuracy_metrics.py`, class `CategoricalAccuracy`.
    CategoricalAccuracy as "categorical_accuracy", Max {}
    |this, y_true, y_pred| {
        let (t, p) = aligned(&this.name, y_true, y_pred)?;
        let rows = Rows::new(&this.name, &p)?;
        let t = t.to_vec::<f32>();
        let right = rows.iter().zip(t.chunks_exact(rows.classes)).map(|(p, t)| f32::from(argmax(p) == argmax(t)));
        Ok(Values::new(right.collect(), &rows.leading))
    }
}

mean_metric! {
    /// How often the largest prediction stands at the integer label; the first of equals.
    ///
    /// Keras: `src/metrics/accuracy_metrics.py`, class `SparseCategoricalAccuracy`.
    SparseCategoricalAccuracy as "sparse_categorical_accuracy", Max {}
    |this, y_true, y_pred| {
        let rows = Rows::new(&this.name, y_pred)?;
        let labels = rows.labels(&this.name, y_true)?;
        let right = rows.iter().zip(labels).map(|(p, label)| f32::from(argmax(p) as f32 == label));
        Ok(Values::new(right.collect(), &rows.leading))
    }
}

/// Whether each element is right.
fn elements(who: &str, y_true: &Tensor, y_pred: &Tensor, right: impl Fn(f32, f32) -> bool) -> Result<Values> {
    let (t, p) = aligned(who, y_true, y_pred)?;
    let values = t.to_vec::<f32>().into_iter().zip(p.to_vec::<f32>()).map(|(t, p)| f32::from(right(t, p)));
    Ok(Values::new(values.collect(), &t.shape()))
}

/// The position of the largest; the first of equals.
pub(crate) fn argmax(values: &[f32]) -> usize {
    let mut best = 0;
    for (i, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = i;
        }
    }
    best
}

/// Predictions as rows of one value per class.
pub(crate) struct Rows {
    values: Vec<f32>,
    pub(crate) classes: usize,
    pub(crate) leading: Vec<usize>,
}

impl Rows {
    pub(crate) fn new(who: &str, y_pred: &Tensor) -> Result<Self> {
        let mut leading = y_pred.shape();
        match leading.pop() {
            Some(classes) if classes > 0 => Ok(Self { values: y_pred.to_vec(), classes, leading }),
            _ => Err(Error::shape(who, "predictions with a value per class", tuple(&y_pred.shape()))),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.classes)
    }

    /// Labels of the shape of the predictions without their last axis, or with 1 for it.
    pub(crate) fn labels(&self, who: &str, y_true: &Tensor) -> Result<Vec<f32>> {
        let given = y_true.shape();
        let mut with_one = self.leading.clone();
        with_one.push(1);
        if given == self.leading || given == with_one {
            return Ok(y_true.to_vec());
        }
        let error = Error::shape(who, format!("labels of shape {} or {}", tuple(&self.leading), tuple(&with_one)), tuple(&given));
        let one_hot = given.last() == Some(&self.classes) && given.len() == with_one.len();
        Err(if one_hot { error.hint("one-hot targets go with the metric without `sparse`") } else { error })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metric;

    fn of(mut metric: impl Metric, y: Tensor, p: Tensor) -> f64 {
        metric.update_state(&y, &p, None).unwrap();
        metric.result()
    }

    #[test]
    fn elements_and_rows_are_counted() {
        assert_eq!(of(Accuracy::new(), Tensor::constant([1, 2, 3]), Tensor::constant([1.0, 2.0, 4.0])), f64::from(2.0f32 / 3.0));
        let y = Tensor::constant([1, 0]);
        assert_eq!(of(BinaryAccuracy::new(), y.clone(), Tensor::constant([[0.5], [0.4]])), 0.5);
        assert_eq!(of(BinaryAccuracy::new().threshold(0.3), y, Tensor::constant([[0.5], [0.4]])), 0.5);
        let tie = Tensor::constant([[0.5, 0.5], [0.1, 0.9]]);
        assert_eq!(of(SparseCategoricalAccuracy::new(), Tensor::constant([[0], [1]]), tie), 1.0);
    }

    #[test]
    fn wrong_shapes_and_options_are_told() {
        let mut metric = SparseCategoricalAccuracy::new();
        let error = metric.update_state(&Tensor::zeros([2, 3]), &Tensor::zeros([2, 3]), None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "sparse_categorical_accuracy: expected labels of shape (2,) or (2, 1), received (2, 3); \
             one-hot targets go with the metric without `sparse`"
        );
        let error = BinaryAccuracy::new().threshold(1.0).check().unwrap_err();
        assert_eq!(error.to_string(), "binary_accuracy: `threshold` must be between 0 and 1, received 1");
    }
}
