//! Gradients over their running size.

use super::common::{fraction, momentum, positive};
use super::{At, Update, take};
use kiln_core::{Result, Tensor};

optimizer! {
    /// `v = rho v + (1 - rho) g²`, `w -= lr g / sqrt(v + epsilon)`; `centered` takes the running mean's square off `v`, and with
    /// momentum `m = momentum m + lr g / sqrt(..)`, `w -= m`.
    ///
    /// Keras: `src/optimizers/rmsprop.py`, class `RMSprop`.
    RmsProp, learning_rate 0.001, weight_decay None; {
        /// The part of the running size that stays, 0.9 at first; in `[0, 1)`.
        rho: f64 = 0.9,
        /// The part of the last move that is made again, 0 at first; in `[0, 1]`.
        momentum: f64 = 0.0,
        /// What keeps the quotient finite, 1e-7 at first.
        epsilon: f64 = 1e-7,
        /// Whether gradients are measured from their running mean, `false` at first.
        centered: bool = false,
    }
}

impl Update for RmsProp {
    fn name(&self) -> &'static str {
        "rmsprop"
    }

    fn slots(&self) -> &'static [&'static str] {
        match (self.momentum > 0.0, self.centered) {
            (false, false) => &["velocity"],
            (true, false) => &["velocity", "momentum"],
            (false, true) => &["velocity", "average_gradient"],
            (true, true) => &["velocity", "momentum", "average_gradient"],
        }
    }

    fn update(&self, weight: Tensor, gradient: Tensor, slots: &mut [Tensor], at: At) -> Tensor {
        let rest = 1.0 - self.rho;
        let velocity = take(slots, 0) * self.rho + gradient.clone().square() * rest;
        slots[0] = velocity.clone();
        let size = if self.centered {
            let slot = slots.len() - 1;
            let average = take(slots, slot) * self.rho + &gradient * rest;
            slots[slot] = average.clone();
            velocity - average.square()
        } else {
            velocity
        };
        let step = gradient * at.learning_rate / (size + self.epsilon).sqrt();
        if self.momentum > 0.0 {
            let momentum = take(slots, 1) * self.momentum + step;
            slots[1] = momentum.clone();
            return weight - momentum;
        }
        weight - step
    }

    fn check(&self) -> Result<()> {
        fraction("rmsprop", "rho", self.rho)?;
        momentum("rmsprop", self.momentum)?;
        positive("rmsprop", "epsilon", self.epsilon)
    }

    fn boxed_clone(&self) -> Box<dyn Update> {
        Box::new(self.clone())
    }
}
