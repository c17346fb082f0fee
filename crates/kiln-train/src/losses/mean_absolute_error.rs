//! The mean absolute error.

use super::Loss;
use super::align::aligned;
use kiln_core::{Result, Tensor};

loss! {
    /// `mean(|t - p|)` over the last axis; also `"mae"`.
    ///
    /// Keras: `src/losses/losses.py`, class `MeanAbsoluteError`.
    MeanAbsoluteError as "mean_absolute_error" {}
}

impl Loss for MeanAbsoluteError {
    common!();

    fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let (t, p) = aligned(&self.common.name, y_true, y_pred)?;
        p.try_sub(t)?.abs().mean_axis(-1)
    }
}
