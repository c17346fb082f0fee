//! The mean squared error.

use super::Loss;
use super::align::aligned;
use kiln_core::{Result, Tensor};

loss! {
    /// `mean((t - p)²)` over the last axis; also `"mse"`.
    ///
    /// Keras: `src/losses/losses.py`, class `MeanSquaredError`.
    MeanSquaredError as "mean_squared_error" {}
}

impl Loss for MeanSquaredError {
    common!();

    fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let (t, p) = aligned(&self.common.name, y_true, y_pred)?;
        p.try_sub(t)?.square().mean_axis(-1)
    }
}
