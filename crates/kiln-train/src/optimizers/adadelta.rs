//! Moves measured by the size of former moves.

use super::common::{fraction, positive};
use super::{At, Update, take};
use kiln_core::{Result, Tensor};

optimizer! {
    /// `a = rho a + (1 - rho) g²`, `d = -g sqrt(s + epsilon) / sqrt(a + epsilon)`, `s = rho s + (1 - rho) d²`, `w += lr d`.
    ///
    /// Keras: `src/optimizers/adadelta.py`, class `Adadelta`; Zeiler 2012, whose learning rate is 1.
    Adadelta, learning_rate 0.001, weight_decay None; {
        /// The part of the running sizes that stays, 0.95 at first; in `[0, 1)`.
        rho: f64 = 0.95,
        /// What keeps the quotient finite, 1e-7 at first.
        epsilon: f64 = 1e-7,
    }
}

impl Update for Adadelta {
    fn name(&self) -> &'static str {
        "adadelta"
    }

    fn slots(&self) -> &'static [&'static str] {
        &["accumulated_grad", "accumulated_delta_var"]
    }

    fn update(&self, weight: Tensor, gradient: Tensor, slots: &mut [Tensor], at: At) -> Tensor {
        let (rho, rest) = (self.rho, 1.0 - self.rho);
        let sizes = take(slots, 0) * rho + gradient.clone().square() * rest;
        slots[0] = sizes.clone();
        let moves = take(slots, 1);
        let step = gradient * (&moves + self.epsilon).sqrt() / (sizes + self.epsilon).sqrt();
        slots[1] = moves * rho + step.clone().square() * rest;
        weight - step * at.learning_rate
    }

    fn check(&self) -> Result<()> {
        fraction("adadelta", "rho", self.rho)?;
        positive("adadelta", "epsilon", self.epsilon)
    }

    fn boxed_clone(&self) -> Box<dyn Update> {
        Box::new(self.clone())
    }
}
