//! The mean squared error of logarithms.

use super::align::aligned;
use super::{EPSILON, Loss};
use kiln_core::{Result, Tensor};

loss! {
    /// `mean((log(max(p, 1e-7) + 1) - log(max(t, 1e-7) + 1))²)` over the last axis; also `"msle"`.
    ///
    /// Keras: `src/losses/losses.py`, class `MeanSquaredLogarithmicError`.
    MeanSquaredLogarithmicError as "mean_squared_logarithmic_error" {}
}

impl Loss for MeanSquaredLogarithmicError {
    common!();

    fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let (t, p) = aligned(&self.common.name, y_true, y_pred)?;
        let log = |x: Tensor| x.maximum(EPSILON).map(Tensor::log1p);
        log(p)?.try_sub(log(t)?)?.square().mean_axis(-1)
    }
}
