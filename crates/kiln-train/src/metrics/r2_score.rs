//! How much of the targets' spread the predictions explain.

use super::IntoChoice;
use super::gathered::Gathered;
use super::mean::Values;
use crate::losses::aligned;
use kiln_core::{Error, Result, Tensor};

choice! {
    /// How the scores of several outputs become one.
    ClassAggregation, "class aggregation" {
        /// They stay as they are.
        None = "none",
        /// Their mean.
        UniformAverage = "uniform_average",
        /// Their mean, weighed by the spread of each output's targets.
        VarianceWeightedAverage = "variance_weighted_average",
    }
}

/// Weighted sums for each output.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spread {
    squares: Vec<f64>,
    sums: Vec<f64>,
    errors: Vec<f64>,
    counts: Vec<f64>,
    elements: f64,
}

impl Gathered for Spread {
    fn width(&self) -> usize {
        self.sums.len()
    }
    fn numbers(&mut self) -> Vec<&mut f64> {
        let Self { squares, sums, errors, counts, elements } = self;
        squares.iter_mut().chain(sums).chain(errors).chain(counts).chain([elements]).collect()
    }
}

impl Spread {
    fn add(&mut self, who: &str, y_true: &Tensor, y_pred: &Tensor, weight: Option<&Tensor>) -> Result<()> {
        let (t, p) = aligned(who, y_true, y_pred)?;
        let [_, outputs] = p.shape()[..] else {
            return Err(Error::shape(who, "targets and predictions of shape (n, outputs)", y_pred.describe()));
        };
        if self.sums.len() != outputs {
            return Err(Error::shape(who, format!("{} outputs, as before", self.sums.len()), outputs));
        }
        let (truth, values) = (t.to_vec::<f32>(), Values::of(p));
        let weights = values.weights(weight)?;
        for (i, (t, p)) in truth.iter().zip(&values.values).enumerate() {
            let (t, p) = (f64::from(*t), f64::from(*p));
            let weight = weights.as_ref().map_or(1.0, |weights| f64::from(weights[i]));
            let output = i % outputs;
            self.sums[output] += t * weight;
            self.squares[output] += t * t * weight;
            self.errors[output] += (t - p) * (t - p) * weight;
            self.counts[output] += weight;
        }
        self.elements += truth.len() as f64;
        Ok(())
    }

    fn scores(&self, aggregation: ClassAggregation, regressors: usize) -> Vec<f64> {
        let totals: Vec<f64> = self.squares.iter().zip(&self.sums).zip(&self.counts).map(|((s, sum), n)| s - sum * sum / n).collect();
        let raw = self.errors.iter().zip(&totals).map(|(errors, total)| 1.0 - errors / total);
        let raw: Vec<f64> = raw.map(|score| if score.is_infinite() { 0.0 } else { score }).collect();
        let scores = match aggregation {
            ClassAggregation::None => raw,
            ClassAggregation::UniformAverage => vec![raw.iter().sum::<f64>() / raw.len() as f64],
            ClassAggregation::VarianceWeightedAverage => {
                vec![raw.iter().zip(&totals).map(|(score, total)| score * total).sum::<f64>() / totals.iter().sum::<f64>()]
            }
        };
        let (n, p) = (self.elements, regressors as f64);
        // With more regressors than that there is no adjusted score; Keras gives the plain one.
        if regressors == 0 || p >= n - 1.0 {
            return scores;
        }
        scores.into_iter().map(|score| 1.0 - (1.0 - score) * (n - 1.0) / (n - p - 1.0)).collect()
    }
}

state_metric! {
    /// `1 - Σ (t - p)² / Σ (t - mean t)²` of each output, over everything: 1 for perfect predictions, 0 for those no better than
    /// the mean, NaN before the first batch.
    ///
    /// Keras: `src/metrics/regression_metrics.py`, class `R2Score`.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_train::metrics::{Metric, R2Score};
    /// let mut score = R2Score::new();
    /// score.update_state(&Tensor::constant([[1.0], [4.0], [3.0]]), &Tensor::constant([[2.0], [4.0], [4.0]]), None)?;
    /// assert!((score.result() - 0.5714286).abs() < 1e-6);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    R2Score as "r2_score", Max, new(), Spread {
        /// How many regressors the adjusted score is for, 0 at first, which is the plain one.
        num_regressors: usize = 0,
    } own { class_aggregation: Result<ClassAggregation> = Ok(ClassAggregation::UniformAverage) }
    start |_this, shape| {
        let zeros = || vec![0.0; shape.last().copied().unwrap_or(1)];
        Ok(Spread { squares: zeros(), sums: zeros(), errors: zeros(), counts: zeros(), elements: 0.0 })
    };
    update |this, state, y_true, y_pred, weight| state.add(&this.name, y_true, y_pred, weight);
    results |this, state| {
        state.scores(this.class_aggregation.clone().unwrap_or(ClassAggregation::UniformAverage), this.num_regressors)
    };
    check |this| this.class_aggregation.clone().map(|_| ())
}
by_default!(R2Score);

impl R2Score {
    /// How the scores of several outputs become one, `"uniform_average"` at first: a [`ClassAggregation`] or its name.
    pub fn class_aggregation(mut self, aggregation: impl IntoChoice<ClassAggregation>) -> Self {
        self.class_aggregation = aggregation.into_choice();
        self
    }
}
