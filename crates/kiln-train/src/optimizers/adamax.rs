//! Adam with the largest gradient in the place of their size.

use super::common::{fraction, left, positive};
use super::{At, Update};
use kiln_core::kernels::{Formula, Number};
use kiln_core::{Result, Tensor};

optimizer! {
    /// `m += (g - m)(1 - beta_1)`, `u = max(beta_2 u, |g|)`, `w -= lr m / ((1 - beta_1^t)(u + epsilon))`.
    ///
    /// Keras: `src/optimizers/adamax.py`, class `Adamax`; Kingma and Ba 2014, section 7.
    Adamax, learning_rate 0.001, weight_decay None; {
        /// The part of the running mean that stays, 0.9 at first; in `[0, 1)`.
        beta_1: f64 = 0.9,
        /// The part of the largest gradient that stays, 0.999 at first; in `[0, 1)`.
        beta_2: f64 = 0.999,
        /// What keeps the quotient finite, 1e-7 at first.
        epsilon: f64 = 1e-7,
    }
}

impl Update for Adamax {
    fn name(&self) -> &'static str {
        "adamax"
    }

    fn slots(&self) -> &'static [&'static str] {
        &["momentum", "norm"]
    }

    fn update(&self, weight: Tensor, gradient: Tensor, slots: &mut [Tensor], at: At) -> Tensor {
        let step = Step {
            rate: at.learning_rate as f32,
            rest: (1.0 - self.beta_1) as f32,
            beta_2: self.beta_2 as f32,
            left: left(self.beta_1, at.step) as f32,
            epsilon: self.epsilon as f32,
        };
        at.update::<2>(&step, weight, gradient, slots)
    }

    fn check(&self) -> Result<()> {
        fraction("adamax", "beta_1", self.beta_1)?;
        fraction("adamax", "beta_2", self.beta_2)?;
        positive("adamax", "epsilon", self.epsilon)
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
    rest: f32,
    beta_2: f32,
    left: f32,
    epsilon: f32,
}

impl Formula<2> for Step {
    #[inline(always)]
    fn each<T: Number>(&self, w: T, g: T, [m, u]: [T; 2]) -> (T, [T; 2]) {
        let m = (g.clone() - m.clone()) * self.rest + m;
        let u = (u * self.beta_2).larger(g.size());
        (w - m.clone() * self.rate / ((u.clone() + self.epsilon) * self.left), [m, u])
    }
}
