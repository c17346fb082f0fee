//! The hinge loss between classes.

use super::Loss;
use super::align::aligned;
use kiln_core::{Result, Tensor};

loss! {
    /// `max(max((1 - t) p) - Σ t p + 1, 0)` over the last axis, for one-hot targets.
    ///
    /// Keras: `src/losses/losses.py`, class `CategoricalHinge`.
    CategoricalHinge as "categorical_hinge" {}
}

impl Loss for CategoricalHinge {
    common!();

    fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let (t, p) = aligned(&self.common.name, y_true, y_pred)?;
        let right = t.try_mul(&p)?.sum_axis(-1)?;
        let wrong = (1.0 - t).try_mul(p)?.max_axis(-1)?;
        (wrong.try_sub(right)? + 1.0).maximum(0.0)
    }
}
