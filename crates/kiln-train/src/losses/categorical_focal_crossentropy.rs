//! The crossentropy between classes with less weight for easy samples.

use super::align::{aligned, beside};
use super::binary_crossentropy::smoothing;
use super::categorical_crossentropy::place;
use super::{EPSILON, Loss, focus};
use crate::config::Setting;
use kiln_core::{Error, Result, Tensor};
use serde_json::Value;

/// The weight of all classes, or one for each; made of a number, an array or a `Vec`.
#[derive(Clone, Debug, PartialEq)]
pub enum Alpha {
    /// One for all.
    All(f64),
    /// One each.
    Each(Vec<f64>),
}

impl From<f64> for Alpha {
    fn from(alpha: f64) -> Self {
        Self::All(alpha)
    }
}

impl<const N: usize> From<[f64; N]> for Alpha {
    fn from(alphas: [f64; N]) -> Self {
        Self::Each(alphas.to_vec())
    }
}

impl From<Vec<f64>> for Alpha {
    fn from(alphas: Vec<f64>) -> Self {
        Self::Each(alphas)
    }
}

impl Setting for Alpha {
    const EXPECTED: &'static str = "a number or a list of numbers";
    fn write(&self) -> Value {
        match self {
            Self::All(alpha) => alpha.write(),
            Self::Each(alphas) => alphas.write(),
        }
    }
    fn read(value: &Value) -> Option<Self> {
        f64::read(value).map(Self::All).or_else(|| Vec::read(value).map(Self::Each))
    }
}

loss! {
    /// `Σ alpha (1 - p)^gamma · -t log p` over `axis`, for one-hot targets or distributions.
    ///
    /// Probabilities are divided by their sum and clipped to `[1e-7, 1 - 1e-7]`; logits become probabilities first, as in Keras.
    ///
    /// Keras: `src/losses/losses.py`, class `CategoricalFocalCrossentropy`; Lin et al. 2018.
    CategoricalFocalCrossentropy as "categorical_focal_crossentropy" {
        /// How strongly easy samples are weighed down, 2 at first; at least 0.
        gamma: f64 = 2.0,
        /// Whether predictions are logits, any numbers, instead of probabilities; `false` at first.
        from_logits: bool = false,
        /// How far targets move towards equal shares, 0 at first: `t (1 - s) + s / classes`.
        label_smoothing: f64 = 0.0,
        /// The axis of the classes, the last at first.
        axis: isize = -1,
    }
    own setter alpha: Alpha = Alpha::All(0.25)
}

impl CategoricalFocalCrossentropy {
    /// The weight of all classes, or of each along the last axis; 0.25 at first.
    pub fn alpha(mut self, alpha: impl Into<Alpha>) -> Self {
        self.alpha = alpha.into();
        self
    }

    fn options(&self) -> Result<()> {
        smoothing(&self.common.name, self.label_smoothing)?;
        focus::check(&self.common.name, self.gamma)
    }
}

impl Loss for CategoricalFocalCrossentropy {
    common!(options);

    fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let (t, p) = aligned(&self.common.name, y_true, y_pred)?;
        let axis = place(self.axis, p.rank());
        let classes = p.shape().last().copied().unwrap_or(1);
        let t = match self.label_smoothing {
            0.0 => t,
            s => t * (1.0 - s) + s / classes as f64,
        };
        let p = if self.from_logits { p.softmax(axis)? } else { p };
        let p = p.try_div(p.sum_axis(axis)?.expand_dims(axis)?)?.clip(EPSILON, 1.0 - EPSILON);
        let values = focus::weigh(-p.clone().log().try_mul(t)?, p, self.gamma)?;
        let values = match &self.alpha {
            Alpha::All(alpha) => values * *alpha,
            Alpha::Each(alphas) if alphas.len() == classes => values.try_mul(beside(Tensor::constant(alphas.clone()), &values))?,
            Alpha::Each(alphas) => {
                return Err(Error::option(&self.common.name, "alpha", format!("one number or {classes}"), alphas.len()));
            }
        };
        values.sum_axis(axis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_may_have_its_weight() {
        let (t, p) = (Tensor::constant([[1.0, 0.0], [0.0, 1.0]]), Tensor::constant([[0.5, 0.5], [0.5, 0.5]]));
        let loss = CategoricalFocalCrossentropy::new().alpha([1.0, 2.0]).gamma(0.0);
        let values = loss.call(&t, &p).unwrap().to_vec::<f32>();
        assert!((values[1] / values[0] - 2.0).abs() < 1e-6);
        let error = loss.alpha(vec![1.0]).call(&t, &p).unwrap_err();
        assert_eq!(error.to_string(), "categorical_focal_crossentropy: `alpha` must be one number or 2, received 1");
        let error = CategoricalFocalCrossentropy::new().gamma(-1.0).check().unwrap_err();
        assert_eq!(error.to_string(), "categorical_focal_crossentropy: `gamma` must be at least 0, received -1");
    }
}
