//! The Kullback-Leibler divergence.

use super::align::aligned;
use super::{EPSILON, Loss};
use kiln_core::{Result, Tensor};

loss! {
    /// `Σ t log(t / p)` over the last axis, both clipped to `[1e-7, 1]`; also `"kld"`.
    ///
    /// Keras: `src/losses/losses.py`, class `KLDivergence`.
    KlDivergence as "kl_divergence" {}
}

impl Loss for KlDivergence {
    common!();

    fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let (t, p) = aligned(&self.common.name, y_true, y_pred)?;
        let (t, p) = (t.clip(EPSILON, 1.0), p.clip(EPSILON, 1.0));
        let ratio = t.try_div(p)?.log();
        t.try_mul(ratio)?.sum_axis(-1)
    }
}
