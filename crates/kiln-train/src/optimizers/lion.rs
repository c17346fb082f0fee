//! Steps of one size, by the sign of the momentum.

use super::common::{fraction, left};
use super::{At, Update, take};
use kiln_core::{Error, Result, Tensor};

optimizer! {
    /// `w -= lr sign(beta_1 m + (1 - beta_1) g)`, `m = beta_2 m + (1 - beta_2) g`. It wants learning rates 3 to 10 times
    /// smaller than Adam's.
    ///
    /// Keras: `src/optimizers/lion.py`, class `Lion`; Chen et al. 2023.
    Lion, learning_rate 0.001, weight_decay None; {
        /// The part of the momentum in the step, 0.9 at first; in `(0, 1]`.
        beta_1: f64 = 0.9,
        /// The part of the momentum that stays, 0.99 at first; in `[0, 1)`.
        beta_2: f64 = 0.99,
    }
}

impl Update for Lion {
    fn name(&self) -> &'static str {
        "lion"
    }

    fn slots(&self) -> &'static [&'static str] {
        &["momentum"]
    }

    fn update(&self, weight: Tensor, gradient: Tensor, slots: &mut [Tensor], at: At) -> Tensor {
        let m = take(slots, 0);
        let direction = (&m * self.beta_1 + &gradient * left(self.beta_1, 1)).sign();
        slots[0] = m * self.beta_2 + gradient * left(self.beta_2, 1);
        weight - direction * at.learning_rate
    }

    fn check(&self) -> Result<()> {
        if self.beta_1.is_nan() || self.beta_1 <= 0.0 || self.beta_1 > 1.0 {
            return Err(Error::option("lion", "beta_1", "greater than 0 and at most 1", self.beta_1));
        }
        fraction("lion", "beta_2", self.beta_2)
    }

    fn boxed_clone(&self) -> Box<dyn Update> {
        Box::new(self.clone())
    }
}
