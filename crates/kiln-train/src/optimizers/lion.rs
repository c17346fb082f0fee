//! Steps of one size, by the sign of the momentum.

use super::common::{fraction, left};
use super::{At, Update};
use kiln_core::kernels::{Formula, Number};
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
        let step = Step {
            rate: at.learning_rate as f32,
            betas: [self.beta_1 as f32, self.beta_2 as f32],
            rests: [left(self.beta_1, 1) as f32, left(self.beta_2, 1) as f32],
        };
        at.update::<1>(&step, weight, gradient, slots)
    }

    fn check(&self) -> Result<()> {
        if self.beta_1.is_nan() || self.beta_1 <= 0.0 || self.beta_1 > 1.0 {
            return Err(Error::option("lion", "beta_1", "greater than 0 and at most 1", self.beta_1));
        }
        fraction("lion", "beta_2", self.beta_2)
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
    betas: [f32; 2],
    rests: [f32; 2],
}

impl Formula<1> for Step {
    #[inline(always)]
    fn each<T: Number>(&self, w: T, g: T, [m]: [T; 1]) -> (T, [T; 1]) {
        let direction = (m.clone() * self.betas[0] + g.clone() * self.rests[0]).sign();
        (w - direction * self.rate, [m * self.betas[1] + g * self.rests[1]])
    }
}
