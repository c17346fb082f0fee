//! Gradient descent, with momentum.

use super::common::momentum;
use super::{At, Update};
use kiln_core::kernels::{Formula, Number};
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
        let step = Step { rate: at.learning_rate as f32, momentum: self.momentum as f32, nesterov: self.nesterov };
        if self.momentum == 0.0 { at.update::<0>(&step, weight, gradient, slots) } else { at.update::<1>(&step, weight, gradient, slots) }
    }

    fn check(&self) -> Result<()> {
        momentum("sgd", self.momentum)
    }

    fn is_one_pass(&self) -> bool {
        true
    }

    fn boxed_clone(&self) -> Box<dyn Update> {
        Box::new(self.clone())
    }
}

/// The numbers of one update.
struct Step {
    rate: f32,
    momentum: f32,
    nesterov: bool,
}

impl Formula<0> for Step {
    #[inline(always)]
    fn each<T: Number>(&self, w: T, g: T, _: [T; 0]) -> (T, [T; 0]) {
        (w - g * self.rate, [])
    }
}

impl Formula<1> for Step {
    #[inline(always)]
    fn each<T: Number>(&self, w: T, g: T, [m]: [T; 1]) -> (T, [T; 1]) {
        let step = g * self.rate;
        let m = m * self.momentum - step.clone();
        let by = if self.nesterov { m.clone() * self.momentum - step } else { m.clone() };
        (w + by, [m])
    }
}
