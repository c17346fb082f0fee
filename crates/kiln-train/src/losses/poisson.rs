//! The Poisson loss.

use super::align::aligned;
use super::{EPSILON, Loss};
use kiln_core::{Result, Tensor};

loss! {
    /// `mean(p - t log(p + 1e-7))` over the last axis, for counts.
    ///
    /// Keras: `src/losses/losses.py`, class `Poisson`.
    Poisson as "poisson" {}
}

impl Loss for Poisson {
    common!();

    fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let (t, p) = aligned(&self.common.name, y_true, y_pred)?;
        let log = (&p + EPSILON).log();
        p.try_sub(t.try_mul(log)?)?.mean_axis(-1)
    }
}
