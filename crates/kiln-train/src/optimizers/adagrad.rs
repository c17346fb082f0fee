//! Gradients over the size of all of them so far.

use super::common::positive;
use super::{At, Update};
use kiln_core::kernels::{Formula, Number};
use kiln_core::{Error, Result, Tensor};

optimizer! {
    /// `a += g²`, `w -= lr g / sqrt(a + epsilon)`.
    ///
    /// Keras: `src/optimizers/adagrad.py`, class `Adagrad`; Duchi, Hazan and Singer 2011.
    Adagrad, learning_rate 0.001, weight_decay None; {
        /// What `a` starts from, 0.1 at first.
        initial_accumulator_value: f64 = 0.1,
        /// What keeps the quotient finite, 1e-7 at first.
        epsilon: f64 = 1e-7,
    }
}

impl Update for Adagrad {
    fn name(&self) -> &'static str {
        "adagrad"
    }

    fn slots(&self) -> &'static [&'static str] {
        &["accumulator"]
    }

    fn init_slot(&self, _: usize, weight: &Tensor) -> Tensor {
        weight.zeros_like() + self.initial_accumulator_value
    }

    fn update(&self, weight: Tensor, gradient: Tensor, slots: &mut [Tensor], at: At) -> Tensor {
        let step = Step { rate: at.learning_rate as f32, epsilon: self.epsilon as f32 };
        at.update::<1>(&step, weight, gradient, slots)
    }

    fn check(&self) -> Result<()> {
        if self.initial_accumulator_value.is_nan() || self.initial_accumulator_value < 0.0 {
            let value = self.initial_accumulator_value;
            return Err(Error::option("adagrad", "initial_accumulator_value", "at least 0", value));
        }
        positive("adagrad", "epsilon", self.epsilon)
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
    epsilon: f32,
}

impl Formula<1> for Step {
    #[inline(always)]
    fn each<T: Number>(&self, w: T, g: T, [sum]: [T; 1]) -> (T, [T; 1]) {
        let sum = sum + g.clone() * g.clone();
        (w - g * self.rate / (sum.clone() + self.epsilon).root(), [sum])
    }
}
