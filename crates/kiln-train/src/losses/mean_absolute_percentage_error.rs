//! The mean absolute error in percent of the target.

use super::align::aligned;
use super::{EPSILON, Loss};
use kiln_core::{Result, Tensor};

loss! {
    /// `100 mean(|t - p| / max(|t|, 1e-7))` over the last axis; also `"mape"`.
    ///
    /// Keras: `src/losses/losses.py`, class `MeanAbsolutePercentageError`.
    MeanAbsolutePercentageError as "mean_absolute_percentage_error" {}
}

impl Loss for MeanAbsolutePercentageError {
    common!();

    fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let (t, p) = aligned(&self.common.name, y_true, y_pred)?;
        let size = t.clone().abs().maximum(EPSILON)?;
        Ok(t.try_sub(p)?.try_div(size)?.abs().mean_axis(-1)? * 100.0)
    }
}
