//! The squared hinge loss.

use super::Loss;
use super::align::aligned;
use super::hinge::signs;
use kiln_core::{Result, Tensor};

loss! {
    /// `mean(max(1 - t p, 0)²)` over the last axis, for targets of -1 and 1; targets that are all 0 or 1 are taken as -1 and 1.
    ///
    /// Keras: `src/losses/losses.py`, class `SquaredHinge`.
    SquaredHinge as "squared_hinge" {}
}

impl Loss for SquaredHinge {
    common!();

    fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let (t, p) = aligned(&self.common.name, y_true, y_pred)?;
        (1.0 - signs(t).try_mul(p)?).maximum(0.0)?.square().mean_axis(-1)
    }
}
