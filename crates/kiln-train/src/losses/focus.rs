//! What makes a crossentropy focal: less weight for samples that are predicted well.

use kiln_core::{Error, Result, Tensor};

/// `values (1 - right)^gamma`, where `right` is the probability of the right answer.
pub(crate) fn weigh(values: Tensor, right: Tensor, gamma: f64) -> Result<Tensor> {
    if gamma == 0.0 {
        // A power of 0 has no gradient at 0.
        return Ok(values);
    }
    values.try_mul((1.0 - right).pow(gamma)?)
}

pub(crate) fn check(who: &str, gamma: f64) -> Result<()> {
    if gamma >= 0.0 && gamma.is_finite() { Ok(()) } else { Err(Error::option(who, "gamma", "at least 0", gamma)) }
}
