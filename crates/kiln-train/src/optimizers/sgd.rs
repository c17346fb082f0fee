//! Gradient descent, with momentum.

use super::common::momentum;
use super::{At, Update, take};
use kiln_core::{Result, Tensor};

optimizer! {
    /// `w -= lr g`; with momentum `m = momentum m - lr g`, `w += m`; with `nesterov` `w += momentum m - lr g`.
    ///
    /// Keras: `src/optimizers/sgd.py`, class `SGD`.
    Sgd, learning_rate 0.01, weight_decay None; {
        /// The part of the last move that is made again, 0 at first; in `[0, 1]`.
        momentum: f64 = 0.0,
        /// Whether the momentum looks one move ahead, `false` at first.
        nesterov: bool = false,
    }
}

impl Update for Sgd {
    fn name(&self) -> &'static str {
        "sgd"
    }

    fn slots(&self) -> &'static [&'static str] {
        if self.momentum == 0.0 { &[] } else { &["momentum"] }
    }

    fn update(&self, weight: Tensor, gradient: Tensor, slots: &mut [Tensor], at: At) -> Tensor {
        let step = gradient * at.learning_rate;
        if self.momentum == 0.0 {
            return weight - step;
        }
        if self.nesterov {
            let m = take(slots, 0) * self.momentum - &step;
            slots[0] = m.clone();
            return weight + (m * self.momentum - step);
        }
        let m = take(slots, 0) * self.momentum - step;
        slots[0] = m.clone();
        weight + m
    }

    fn check(&self) -> Result<()> {
        momentum("sgd", self.momentum)
    }

    fn boxed_clone(&self) -> Box<dyn Update> {
        Box::new(self.clone())
    }
}
