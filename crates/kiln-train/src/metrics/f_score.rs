//! Precision and recall in one number.

use super::IntoChoice;
use super::gathered::Gathered;
use super::mean::Values;
use crate::losses::{EPSILON, aligned};
use kiln_core::{Error, Result, Tensor};

choice! {
    /// How the scores of the classes become one.
    Average, "average" {
        /// They stay as they are.
        None = "none",
        /// The score of all classes' counts together.
        Micro = "micro",
        /// Their mean.
        Macro = "macro",
        /// Their mean, weighed by how often each class is a target.
        Weighted = "weighted",
    }
}

/// Sums of weights for each class, or for all together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sums {
    true_positives: Vec<f64>,
    false_positives: Vec<f64>,
    false_negatives: Vec<f64>,
    targets: Vec<f64>,
}

impl Gathered for Sums {
    fn width(&self) -> usize {
        self.targets.len()
    }
    fn numbers(&mut self) -> Vec<&mut f64> {
        let Self { true_positives, false_positives, false_negatives, targets } = self;
        true_positives.iter_mut().chain(false_positives).chain(false_negatives).chain(targets).collect()
    }
}

impl Sums {
    fn new(classes: usize) -> Self {
        let zeros = || vec![0.0; classes];
        Self { true_positives: zeros(), false_positives: zeros(), false_negatives: zeros(), targets: zeros() }
    }

    fn add(&mut self, who: &str, y_true: &Tensor, y_pred: &Tensor, weight: Option<&Tensor>, threshold: Option<f64>) -> Result<()> {
        let (t, p) = aligned(who, y_true, y_pred)?;
        let [_, classes] = p.shape()[..] else {
            return Err(Error::shape(who, "targets and predictions of shape (n, classes)", y_pred.describe()));
        };
        let groups = self.targets.len();
        if groups != classes && groups != 1 {
            return Err(Error::shape(who, format!("{groups} classes, as before"), classes));
        }
        let (truth, values) = (t.to_vec::<f32>(), Values::of(p));
        let weights = values.weights(weight)?;
        for (row, (t, p)) in truth.chunks_exact(classes.max(1)).zip(values.values.chunks_exact(classes.max(1))).enumerate() {
            let largest = p.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            for (class, (t, p)) in t.iter().zip(p).enumerate() {
                let yes = match threshold {
                    Some(threshold) => *p > threshold as f32,
                    // A row of zeros is no class at all.
                    None => *p >= largest && p.abs() > 1e-9,
                };
                let (t, p) = (f64::from(*t), if yes { 1.0 } else { 0.0 });
                let weight = weights.as_ref().map_or(1.0, |weights| f64::from(weights[row * classes + class]));
                let group = if groups == 1 { 0 } else { class };
                self.true_positives[group] += p * t * weight;
                self.false_positives[group] += p * (1.0 - t) * weight;
                self.false_negatives[group] += (1.0 - p) * t * weight;
                self.targets[group] += t * weight;
            }
        }
        Ok(())
    }

    fn scores(&self, beta: f64, average: Average) -> Vec<f64> {
        let score = |i: usize| {
            let right = self.true_positives[i];
            let precision = right / (right + self.false_positives[i] + EPSILON);
            let recall = right / (right + self.false_negatives[i] + EPSILON);
            let square = beta * beta;
            precision * recall / (square * precision + recall + EPSILON) * (1.0 + square)
        };
        let scores: Vec<f64> = (0..self.targets.len()).map(score).collect();
        match average {
            Average::None => scores,
            Average::Weighted => {
                let all = self.targets.iter().sum::<f64>() + EPSILON;
                vec![scores.iter().zip(&self.targets).map(|(score, targets)| score * targets / all).sum()]
            }
            Average::Micro | Average::Macro if scores.is_empty() => vec![0.0],
            Average::Micro | Average::Macro => vec![scores.iter().sum::<f64>() / scores.len() as f64],
        }
    }
}

macro_rules! f_score {
    ($($(#[$doc:meta])* $name:ident as $text:literal, $class:literal, |$this:ident| $beta:expr, {
        $($(#[$note:meta])* $field:ident: $ty:ty = $default:expr),*
    };)*) => {$(
        state_metric! {
            $(#[$doc])*
            ///
            /// Targets are one-hot, or several at once, and have the shape `(n, classes)`, as predictions have. By default there
            /// is a number for each class.
            ///
            #[doc = concat!("Keras: `src/metrics/f_score_metrics.py`, class `", $class, "`.")]
            ///
            #[doc = concat!("```\nuse kiln_core::Tensor;\nuse kiln_train::metrics::{Metric, ", stringify!($name), "};")]
            #[doc = concat!("let mut score = ", stringify!($name), "::new().threshold(0.5);")]
            /// let y = Tensor::constant([[1, 1, 1], [1, 0, 0], [1, 1, 0]]);
            /// let p = Tensor::constant([[0.2, 0.6, 0.7], [0.2, 0.6, 0.6], [0.6, 0.8, 0.0]]);
            /// score.update_state(&y, &p, None)?;
            /// let rounded = score.results().iter().map(|s| (s * 1e4).round() / 1e4).collect::<Vec<_>>();
            /// assert_eq!(rounded, [0.5, 0.8, 0.6667]);
            /// # Ok::<(), kiln_core::Error>(())
            /// ```
            $name as $text, Max, new(), Sums { $($(#[$note])* $field: $ty = $default),* } own {
                average: Result<Average> = Ok(Average::None),
                threshold: Option<f64> = None,
            }
            start |this, shape| {
                let together = matches!(this.average, Ok(Average::Micro));
                Ok(Sums::new(if together { 1 } else { shape.last().copied().unwrap_or(0) }))
            };
            update |this, state, y_true, y_pred, weight| state.add(&this.name, y_true, y_pred, weight, this.threshold);
            results |$this, state| state.scores($beta, $this.average.clone().unwrap_or(Average::None));
            check |$this| {
                $this.average.clone()?;
                if $beta.is_nan() || $beta <= 0.0 {
                    return Err(Error::option(&$this.name, "beta", "greater than 0", $beta));
                }
                match $this.threshold {
                    Some(t) if t.is_nan() || t <= 0.0 || t > 1.0 => {
                        Err(Error::option(&$this.name, "threshold", "greater than 0 and at most 1", t))
                    }
                    _ => Ok(()),
                }
            }
        }
        by_default!($name);

        impl $name {
            /// How the classes' scores become one: an [`Average`] or its name. They stay as they are at first.
            pub fn average(mut self, average: impl IntoChoice<Average>) -> Self {
                self.average = average.into_choice();
                self
            }

            /// What a prediction must exceed to count as a yes, in `(0, 1]`; at first the largest of a row does, and its equals.
            pub fn threshold(mut self, threshold: f64) -> Self {
                self.threshold = Some(threshold);
                self
            }
        }
    )*};
}

f_score! {
    /// `2 · precision · recall / (precision + recall)`.
    F1Score as "f1_score", "F1Score", |this| 1.0f64, {};
}

f_score! {
    /// `(1 + beta²) · precision · recall / (beta² · precision + recall)`.
    FBetaScore as "fbeta_score", "FBetaScore", |this| this.beta, {
        /// How much more recall counts than precision, 1 at first; greater than 0.
        beta: f64 = 1.0
    };
}
