//! The area under a curve of all thresholds.

use super::IntoChoice;
use super::confusion::{Confusion, Counts, Samples, quotient};
use super::thresholds::{Grid, Thresholds};
use kiln_core::{Error, Result};

choice! {
    /// The curve whose area is taken.
    Curve, "curve" {
        /// The recall over the share of false targets that are predicted.
        Roc = "ROC" | "roc",
        /// The precision over the recall.
        Pr = "PR" | "pr",
        /// The gain of precision over the gain of recall.
        PrGain = "PRGAIN" | "prgain",
    }
}

choice! {
    /// How the area between two points of the curve is taken.
    Summation, "summation method" {
        /// Under the straight line; of a precision-recall curve with the precision that counts between the points would have.
        Interpolation = "interpolation" | "Interpolation",
        /// Under the lower of the two.
        Minoring = "minoring" | "Minoring",
        /// Under the higher of the two.
        Majoring = "majoring" | "Majoring",
    }
}

state_metric! {
    /// The area under the curve that the thresholds draw: how likely a true target has a larger prediction than a false one.
    ///
    /// Keras: `src/metrics/confusion_metrics.py`, class `AUC`.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_train::metrics::{Auc, Metric};
    /// let (y, p) = (Tensor::constant([0, 0, 1, 1]), Tensor::constant([0.0, 0.5, 0.3, 0.9]));
    /// let mut auc = Auc::new().num_thresholds(3);
    /// auc.update_state(&y, &p, None)?;
    /// assert_eq!(auc.result(), 0.75);
    /// let mut precise = Auc::new().num_thresholds(3).curve("PR");
    /// precise.update_state(&y, &p, None)?;
    /// assert!((precise.result() - 0.8207).abs() < 1e-4);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    Auc as "auc", Max, new(), Confusion {
        /// How many thresholds are looked at, from 0 to 1, 200 at first; at least 2.
        num_thresholds: usize = 200,
        /// Whether each label has a curve of its own and the mean of their areas is taken, `false` at first. Predictions then
        /// have the shape `(n, labels)`.
        multi_label: bool = false,
        /// Whether predictions are logits, any numbers, instead of probabilities; `false` at first.
        from_logits: bool = false,
    } own {
        curve: Result<Curve> = Ok(Curve::Roc),
        summation_method: Result<Summation> = Ok(Summation::Interpolation),
        thresholds: Option<Thresholds> = None,
        num_labels: Option<usize> = None,
        label_weights: Option<Vec<f64>> = None,
    }
    start |this, shape| {
        let labels = match shape {
            _ if !this.multi_label => 1,
            [] => this.num_labels.unwrap_or(1),
            [_, labels] => *labels,
            _ => {
                let received = kiln_core::shape::tuple(shape);
                return Err(Error::shape(&this.name, "predictions of shape (n, labels) for `multi_label`", received));
            }
        };
        Ok(Confusion::new(Grid::open(this.num_thresholds, this.thresholds.as_ref()), labels))
    };
    update |this, state, y_true, y_pred, weight| this.samples(state, y_true, y_pred, weight).map(|samples| state.add(&samples));
    results |this, state| vec![this.area(state)];
    check |this| this.options()
}
by_default!(Auc);

impl Auc {
    /// The curve, `"ROC"` at first: a [`Curve`] or its name.
    pub fn curve(mut self, curve: impl IntoChoice<Curve>) -> Self {
        self.curve = curve.into_choice();
        self
    }

    /// How areas are taken, `"interpolation"` at first: a [`Summation`] or its name.
    pub fn summation_method(mut self, method: impl IntoChoice<Summation>) -> Self {
        self.summation_method = method.into_choice();
        self
    }

    /// The thresholds between the first, below 0, and the last, above 1; instead of `num_thresholds`.
    pub fn thresholds(mut self, thresholds: impl Into<Thresholds>) -> Self {
        self.thresholds = Some(thresholds.into());
        self
    }

    /// How many labels there are, for `multi_label`; read from the predictions at first.
    pub fn num_labels(mut self, labels: usize) -> Self {
        self.num_labels = Some(labels);
        self
    }

    /// How much each label counts: in the mean of the areas with `multi_label`, else in the one curve. All alike at first.
    pub fn label_weights(mut self, weights: impl Into<Vec<f64>>) -> Self {
        self.label_weights = Some(weights.into());
        self
    }

    fn options(&self) -> Result<()> {
        let who = &self.name;
        self.curve.clone()?;
        self.summation_method.clone()?;
        self.thresholds.as_ref().map_or(Ok(()), |thresholds| thresholds.check(who))?;
        if self.thresholds.is_none() && self.num_thresholds < 2 {
            return Err(Error::option(who, "num_thresholds", "at least 2", self.num_thresholds));
        }
        match self.num_labels {
            Some(labels) if !self.multi_label => Err(Error::option(who, "num_labels", "unset without `multi_label`", labels)),
            Some(0) => Err(Error::option(who, "num_labels", "at least 1", 0)),
            _ => Ok(()),
        }
    }

    fn samples(
        &self,
        state: &Confusion,
        y_true: &kiln_core::Tensor,
        y_pred: &kiln_core::Tensor,
        weight: Option<&kiln_core::Tensor>,
    ) -> Result<Samples> {
        let who = &self.name;
        let samples = Samples::read(who, y_true, y_pred, weight)?;
        let samples = if self.from_logits { samples.sigmoid() } else { samples };
        if self.multi_label {
            let labels = self.num_labels.unwrap_or(state.labels());
            let weights = self.label_weights.as_ref().map_or(labels, Vec::len);
            if samples.rank() != 2 || samples.labels() != labels || samples.labels() != state.labels() {
                let expected = format!("predictions of shape (n, {labels}) for `multi_label`");
                return Err(Error::shape(who, expected, y_pred.describe()));
            }
            if weights != labels {
                return Err(Error::option(who, "label_weights", format!("{labels} numbers"), weights));
            }
            return Ok(samples);
        }
        match &self.label_weights {
            Some(weights) => samples.weigh(who, weights),
            None => Ok(samples),
        }
    }

    fn area(&self, state: &Confusion) -> f64 {
        let curve = self.curve.clone().unwrap_or(Curve::Roc);
        let method = self.summation_method.clone().unwrap_or(Summation::Interpolation);
        let of = |label| {
            let counts = state.counts(label);
            let pairs = counts.windows(2).map(|pair| (pair[0], pair[1]));
            let part = |(a, b)| match (curve, method) {
                (Curve::Pr, Summation::Interpolation) => interpolated(a, b),
                _ => between(point(a, curve), point(b, curve), method),
            };
            pairs.map(part).sum::<f64>()
        };
        let areas = (0..state.labels()).map(of);
        match &self.label_weights {
            Some(weights) if self.multi_label => {
                quotient(areas.zip(weights).map(|(area, weight)| area * weight).sum(), weights.iter().sum())
            }
            _ => areas.sum::<f64>() / state.labels() as f64,
        }
    }
}

/// A point of the curve.
fn point(counts: Counts, curve: Curve) -> (f64, f64) {
    let Counts { true_positives, false_positives, true_negatives, false_negatives } = counts;
    match curve {
        Curve::Roc => (quotient(false_positives, false_positives + true_negatives), counts.recall()),
        Curve::Pr => (counts.recall(), counts.precision()),
        // Without true positives the gains are 0 and 1; a gain of recall is at least 0.
        Curve::PrGain if true_positives == 0.0 => (0.0, 1.0),
        Curve::PrGain => {
            let odds = quotient(true_positives + false_negatives, true_negatives + false_positives);
            let recall = 1.0 - odds * quotient(false_negatives, true_positives);
            (recall.max(0.0), 1.0 - odds * quotient(false_positives, true_positives))
        }
    }
}

/// The area between two points.
fn between(a: (f64, f64), b: (f64, f64), method: Summation) -> f64 {
    let height = match method {
        Summation::Interpolation => (a.1 + b.1) / 2.0,
        Summation::Minoring => a.1.min(b.1),
        Summation::Majoring => a.1.max(b.1),
    };
    (a.0 - b.0) * height
}

/// The area between two points of a precision-recall curve, where the counts change in proportion: Davis and Goadrich 2006,
/// section 4, as Keras has it.
fn interpolated(a: Counts, b: Counts) -> f64 {
    let more_true = a.true_positives - b.true_positives;
    let (all_a, all_b) = (a.true_positives + a.false_positives, b.true_positives + b.false_positives);
    let slope = quotient(more_true, (all_a - all_b).max(0.0));
    let intercept = b.true_positives - slope * all_b;
    let ratio = if all_a > 0.0 && all_b > 0.0 { all_a / all_b } else { 1.0 };
    quotient(slope * (more_true + intercept * ratio.ln()), b.true_positives + b.false_negatives)
}
