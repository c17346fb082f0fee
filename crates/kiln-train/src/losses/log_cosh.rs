//! The logarithm of the hyperbolic cosine of the error.

use super::Loss;
use super::align::aligned;
use kiln_core::{Result, Tensor};

loss! {
    /// `mean(log(cosh(p - t)))` over the last axis, as `x + softplus(-2x) - log 2`: a square near 0, an absolute value far from it.
    ///
    /// Keras: `src/losses/losses.py`, class `LogCosh`.
    LogCosh as "log_cosh" {}
}

impl Loss for LogCosh {
    common!();

    fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let (t, p) = aligned(&self.common.name, y_true, y_pred)?;
        let x = p.try_sub(t)?;
        let bend = (&x * -2.0).softplus();
        (x.try_add(bend)? - std::f64::consts::LN_2).mean_axis(-1)
    }
}
