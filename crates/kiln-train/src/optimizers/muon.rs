//! Orthogonal steps for matrices, Adam for the rest.

use super::adam::correction;
use super::common::{fraction, momentum, positive};
use super::{About, At, Update, take};
use crate::config::Setting;
use kiln_core::{Error, Result, Tensor};
use regex::Regex;
use serde_json::Value;

const NAME: &str = "muon";

impl Setting for Result<Regex, String> {
    const EXPECTED: &'static str = "a regular expression";
    fn write(&self) -> Value {
        self.as_ref().map_or_else(|text| text.as_str(), Regex::as_str).into()
    }
    fn read(value: &Value) -> Option<Self> {
        value.as_str().map(|text| Regex::new(text).map_err(|_| text.to_owned()))
    }
}

optimizer! {
    /// For a matrix: `m = momentum m + g`, and the step is `g + momentum m` (without `nesterov`: `m`) with its singular values
    /// brought near 1 by `ns_steps` steps of Newton and Schulz, times `lr rms_rate sqrt(max(rows, columns))`.
    ///
    /// Weights that aren't matrices, embeddings and excluded layers are updated by [`Adam`](super::Adam), with
    /// `adam_weight_decay`.
    ///
    /// Keras: `src/optimizers/muon.py`, class `Muon`; Jordan 2024, and Liu et al. 2025 for `rms_rate`.
    Muon, learning_rate 0.001, weight_decay Some(0.004); {
        /// Adam's part of the running mean that stays, 0.9 at first; in `[0, 1)`.
        adam_beta_1: f64 = 0.9,
        /// Adam's part of the running size that stays, 0.999 at first; in `[0, 1)`.
        adam_beta_2: f64 = 0.999,
        /// The weight decay of the weights that Adam updates, `Some(0.004)` at first.
        adam_weight_decay: Option<f64> = Some(0.004),
        /// What keeps Adam's quotient finite, 1e-7 at first.
        epsilon: f64 = 1e-7,
        /// Whether weights with `embedding` in their path are Adam's, `true` at first.
        exclude_embeddings: bool = true,
        /// The factor of the matrix itself in a step of Newton and Schulz, 3.4445 at first.
        muon_a: f64 = 3.4445,
        /// The factor of its cube, -4.775 at first.
        muon_b: f64 = -4.7750,
        /// The factor of its fifth power, 2.0315 at first.
        muon_c: f64 = 2.0315,
        /// What the learning rate is multiplied by for Adam, 1 at first.
        adam_lr_ratio: f64 = 1.0,
        /// The part of the gradients so far that stays, 0.95 at first; in `[0, 1]`.
        momentum: f64 = 0.95,
        /// The steps of Newton and Schulz, 5 at first.
        ns_steps: usize = 5,
        /// Whether the momentum looks one step ahead, `true` at first.
        nesterov: bool = true,
        /// The root mean square of a step at a learning rate of 1, `Some(0.2)` at first; `None` leaves steps as they are.
        rms_rate: Option<f64> = Some(0.2),
    }
    own setter exclude_layers: Vec<Result<Regex, String>> = Vec::new()
}

impl Muon {
    /// Leaves to Adam the weights in whose path one of these regular expressions is found; none at first.
    pub fn exclude_layers(mut self, patterns: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let read = |pattern: &str| Regex::new(pattern).map_err(|_| pattern.to_owned());
        self.exclude_layers = patterns.into_iter().map(|pattern| read(pattern.as_ref())).collect();
        self
    }

    /// Whether a weight is Adam's.
    fn is_adams(&self, weight: &About<'_>) -> bool {
        weight.shape.len() != 2
            || (self.exclude_embeddings && weight.path.to_lowercase().contains("embedding"))
            || self.exclude_layers.iter().flatten().any(|pattern| pattern.is_match(weight.path))
    }

    fn adam(&self, weight: Tensor, gradient: Tensor, slots: &mut [Tensor], at: At) -> Tensor {
        let alpha = at.learning_rate * self.adam_lr_ratio * correction(self.adam_beta_1, self.adam_beta_2, at.step);
        let (m, v) = (take(slots, 0), take(slots, 1));
        let m = (&gradient - &m) * (1.0 - self.adam_beta_1) + m;
        let v = (gradient.square() - &v) * (1.0 - self.adam_beta_2) + v;
        (slots[0], slots[1]) = (m.clone(), v.clone());
        weight - m * alpha / (v.sqrt() + self.epsilon)
    }

    /// A matrix of the same singular vectors whose singular values are near 1.
    fn orthogonal(&self, x: &Tensor) -> Result<Tensor> {
        let shape = x.shape();
        let tall = shape.first() > shape.last();
        let mut x = if tall { x.transpose([1, 0])? } else { x.clone() };
        // Its largest singular value is then at most 1.
        x = x.try_div(x.clone().square().sum().sqrt() + 1e-7)?;
        for _ in 0..self.ns_steps {
            let square = x.matmul(&x.transpose([1, 0])?)?;
            let factor = (&square * self.muon_b).try_add((&square * self.muon_c).matmul(&square)?)?;
            x = (&x * self.muon_a).try_add(factor.matmul(&x)?)?;
        }
        if tall { x.transpose([1, 0]) } else { Ok(x) }
    }
}

impl Update for Muon {
    fn name(&self) -> &'static str {
        NAME
    }

    fn slots(&self) -> &'static [&'static str] {
        &["momentum", "velocity"]
    }

    fn slot_shape(&self, slot: usize, weight: &About<'_>) -> Option<Vec<usize>> {
        (slot == 0 || self.is_adams(weight)).then(|| weight.shape.to_vec())
    }

    fn is_optional(&self, slot: usize) -> bool {
        slot == 1
    }

    fn reads_paths(&self) -> bool {
        true
    }

    fn weight_decay(&self, weight: &About<'_>, decay: Option<f64>) -> Option<f64> {
        if self.is_adams(weight) { self.adam_weight_decay } else { decay }
    }

    fn update(&self, weight: Tensor, gradient: Tensor, slots: &mut [Tensor], at: At) -> Tensor {
        // Only Adam's weights have a velocity.
        if slots[1].rank() > 0 {
            return self.adam(weight, gradient, slots, at);
        }
        let m = take(slots, 0) * self.momentum + &gradient;
        slots[0] = m.clone();
        let step = if self.nesterov { m * self.momentum + gradient } else { m };
        // The products fit, since the weight is a matrix.
        let step = self.orthogonal(&step).unwrap_or(step);
        let longest = weight.shape().into_iter().max().unwrap_or(1) as f64;
        let rate = self.rms_rate.map_or(1.0, |rate| longest.sqrt() * rate);
        weight - step * (at.learning_rate * rate)
    }

    fn check(&self) -> Result<()> {
        if let Some(Err(pattern)) = self.exclude_layers.iter().find(|pattern| pattern.is_err()) {
            return Err(Error::option(NAME, "exclude_layers", "regular expressions", format!("`{pattern}`")));
        }
        if let Some(decay) = self.adam_weight_decay.filter(|decay| decay.is_nan() || *decay < 0.0) {
            return Err(Error::option(NAME, "adam_weight_decay", "at least 0", decay));
        }
        fraction(NAME, "adam_beta_1", self.adam_beta_1)?;
        fraction(NAME, "adam_beta_2", self.adam_beta_2)?;
        momentum(NAME, self.momentum)?;
        positive(NAME, "epsilon", self.epsilon)
    }

    fn boxed_clone(&self) -> Box<dyn Update> {
        Box::new(self.clone())
    }
}
