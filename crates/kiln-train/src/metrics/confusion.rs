//! The one mechanism of all metrics with thresholds: how many yes and no predictions are right and wrong at each.
//!
//! Keras: `src/metrics/metrics_utils.py`, `update_confusion_matrix_variables`.

use super::gathered::Gathered;
use super::mean::Values;
use super::thresholds::Grid;
use crate::losses::aligned;
use kiln_core::{Error, Result, Tensor};

/// What a prediction outside the best few is set to, Keras' `NEG_INF`, and the threshold it doesn't exceed.
pub(crate) const NEVER: f64 = -1e10;

/// Targets and predictions of a batch, element by element; the labels of a sample follow each other.
pub(crate) struct Samples {
    truth: Vec<bool>,
    scores: Vec<f32>,
    weights: Vec<f32>,
    labels: usize,
    rank: usize,
}

impl Samples {
    pub(crate) fn read(who: &str, y_true: &Tensor, y_pred: &Tensor, sample_weight: Option<&Tensor>) -> Result<Self> {
        let (t, p) = aligned(who, y_true, y_pred)?;
        let shape = p.shape();
        let scores = Values::of(p);
        let weights = scores.weights(sample_weight)?.unwrap_or_else(|| vec![1.0; scores.values.len()]);
        Ok(Self {
            truth: t.to_vec::<f32>().into_iter().map(|t| t != 0.0).collect(),
            scores: scores.values,
            weights,
            labels: shape.last().copied().unwrap_or(1).max(1),
            rank: shape.len(),
        })
    }

    pub(crate) fn labels(&self) -> usize {
        self.labels
    }

    pub(crate) fn rank(&self) -> usize {
        self.rank
    }

    /// Logits as probabilities.
    pub(crate) fn sigmoid(mut self) -> Self {
        self.scores.iter_mut().for_each(|p| *p = 1.0 / (1.0 + (-*p).exp()));
        self
    }

    /// Only the `k` best labels of each sample can be a yes; the first of equals.
    pub(crate) fn best(mut self, who: &str, k: Option<usize>) -> Result<Self> {
        let Some(k) = k else { return Ok(self) };
        if k == 0 || k > self.labels {
            return Err(Error::option(who, "top_k", format!("in 1..={}", self.labels), k));
        }
        for row in self.scores.chunks_exact_mut(self.labels) {
            let mut order: Vec<usize> = (0..row.len()).collect();
            order.sort_by(|a, b| row[*b].total_cmp(&row[*a]));
            order[k..].iter().for_each(|label| row[*label] = NEVER as f32);
        }
        Ok(self)
    }

    /// Only one label of each sample.
    pub(crate) fn label(mut self, who: &str, label: Option<usize>) -> Result<Self> {
        let Some(label) = label else { return Ok(self) };
        if self.rank < 2 || label >= self.labels {
            let labels = if self.rank < 2 { 0 } else { self.labels };
            return Err(Error::option(who, "class_id", format!("in 0..{labels}, one of the predictions' last axis"), label));
        }
        let every = self.labels;
        self.truth = self.truth.into_iter().skip(label).step_by(every).collect();
        self.scores = self.scores.into_iter().skip(label).step_by(every).collect();
        self.weights = self.weights.into_iter().skip(label).step_by(every).collect();
        self.labels = 1;
        Ok(self)
    }

    /// Weighs the labels of each sample.
    pub(crate) fn weigh(mut self, who: &str, weights: &[f64]) -> Result<Self> {
        if weights.len() != self.labels {
            return Err(Error::option(who, "label_weights", format!("{} numbers", self.labels), weights.len()));
        }
        self.weights.iter_mut().zip(weights.iter().cycle()).for_each(|(w, label)| *w *= *label as f32);
        Ok(self)
    }
}

/// Right and wrong predictions at one threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Counts {
    pub(crate) true_positives: f64,
    pub(crate) false_positives: f64,
    pub(crate) true_negatives: f64,
    pub(crate) false_negatives: f64,
}

impl Counts {
    pub(crate) fn precision(self) -> f64 {
        quotient(self.true_positives, self.true_positives + self.false_positives)
    }

    pub(crate) fn recall(self) -> f64 {
        quotient(self.true_positives, self.true_positives + self.false_negatives)
    }

    /// Another word for the recall.
    pub(crate) fn sensitivity(self) -> f64 {
        self.recall()
    }

    pub(crate) fn specificity(self) -> f64 {
        quotient(self.true_negatives, self.true_negatives + self.false_positives)
    }
}

/// `a / b`, 0 if `b` is 0.
pub(crate) fn quotient(a: f64, b: f64) -> f64 {
    if b == 0.0 { 0.0 } else { a / b }
}

/// The weights of targets of yes and of no, by the number of thresholds that the prediction exceeds.
#[derive(Clone, Debug)]
pub(crate) struct Confusion {
    grid: Grid,
    labels: usize,
    yes: Vec<f64>,
    no: Vec<f64>,
}

impl Confusion {
    /// Empty, with `labels` counted by themselves; 1 for all together.
    pub(crate) fn new(grid: Grid, labels: usize) -> Self {
        let places = (grid.len() + 1) * labels;
        Self { grid, labels, yes: vec![0.0; places], no: vec![0.0; places] }
    }

    pub(crate) fn labels(&self) -> usize {
        self.labels
    }

    pub(crate) fn add(&mut self, samples: &Samples) {
        let places = self.grid.len() + 1;
        let all = samples.truth.iter().zip(&samples.scores).zip(&samples.weights);
        for (i, ((truth, score), weight)) in all.enumerate() {
            let label = if self.labels == 1 { 0 } else { i % self.labels };
            let place = label * places + self.grid.exceeded(*score);
            let side = if *truth { &mut self.yes } else { &mut self.no };
            side[place] += f64::from(*weight);
        }
    }

    /// The counts of a label, in the order the thresholds were given in.
    pub(crate) fn counts(&self, label: usize) -> Vec<Counts> {
        let places = self.grid.len() + 1;
        let range = label * places..(label + 1) * places;
        let (yes, no) = (&self.yes[range.clone()], &self.no[range]);
        let (mut below_yes, mut below_no) = (0.0, 0.0);
        let (all_yes, all_no): (f64, f64) = (yes.iter().sum(), no.iter().sum());
        let rising = yes[..places - 1].iter().zip(no).map(|(yes, no)| {
            (below_yes, below_no) = (below_yes + yes, below_no + no);
            Counts {
                true_positives: all_yes - below_yes,
                false_positives: all_no - below_no,
                true_negatives: below_no,
                false_negatives: below_yes,
            }
        });
        self.grid.restore(rising.collect())
    }
}

impl Gathered for Confusion {
    fn width(&self) -> usize {
        self.labels
    }
    fn numbers(&mut self) -> Vec<&mut f64> {
        self.yes.iter_mut().chain(&mut self.no).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prediction_is_counted_once_a_threshold() {
        let (y, p) = (Tensor::constant([[1.0, 0.0], [1.0, 0.0]]), Tensor::constant([[0.9, 0.6], [0.3, 0.1]]));
        let weight = Tensor::constant([1.0, 2.0]);
        let samples = Samples::read("auc", &y, &p, Some(&weight)).unwrap();
        let mut confusion = Confusion::new(Grid::of(&[0.8, 0.2]), 1);
        confusion.add(&samples);
        let counts = |t, f, n, m| Counts { true_positives: t, false_positives: f, true_negatives: n, false_negatives: m };
        assert_eq!(confusion.counts(0), [counts(1.0, 0.0, 3.0, 2.0), counts(3.0, 1.0, 2.0, 0.0)]);
        let mut each = Confusion::new(Grid::of(&[0.5]), 2);
        each.add(&samples);
        assert_eq!((each.counts(0)[0], each.counts(1)[0]), (counts(1.0, 0.0, 0.0, 2.0), counts(0.0, 1.0, 2.0, 0.0)));
    }
}
