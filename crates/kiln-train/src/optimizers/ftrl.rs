//! Following the regularized leader.

use super::{At, Update, take};
use kiln_core::{Error, Result, Tensor};

optimizer! {
    /// `a' = a + g²`, `z += g + 2 shrinkage w - (a'^p - a^p) w / lr` with `p = -learning_rate_power`, and
    /// `w = (clip(z, -l1, l1) - z) / (a'^p / lr + 2 l2 + beta / lr)`: with `l1` many weights become 0.
    ///
    /// Keras: `src/optimizers/ftrl.py`, class `Ftrl`; McMahan et al. 2013.
    Ftrl, learning_rate 0.001, weight_decay None; {
        /// How fast the learning rate falls with the gradients gathered, -0.5 at first; at most 0, which is: not at all.
        learning_rate_power: f64 = -0.5,
        /// What `a` starts from, 0.1 at first; at least 0.
        initial_accumulator_value: f64 = 0.1,
        /// The price of absolute values, 0 at first; at least 0.
        l1_regularization_strength: f64 = 0.0,
        /// The price of squares, 0 at first; at least 0.
        l2_regularization_strength: f64 = 0.0,
        /// The price of squares in the gradient alone, 0 at first; at least 0.
        l2_shrinkage_regularization_strength: f64 = 0.0,
        /// The paper's beta, 0 at first.
        beta: f64 = 0.0,
    }
}

impl Update for Ftrl {
    fn name(&self) -> &'static str {
        "ftrl"
    }

    fn slots(&self) -> &'static [&'static str] {
        &["accumulator", "linear"]
    }

    fn init_slot(&self, slot: usize, weight: &Tensor) -> Tensor {
        weight.zeros_like() + if slot == 0 { self.initial_accumulator_value } else { 0.0 }
    }

    fn update(&self, weight: Tensor, gradient: Tensor, slots: &mut [Tensor], at: At) -> Tensor {
        let (rate, l1) = (at.learning_rate, self.l1_regularization_strength);
        let before = take(slots, 0);
        let after = &before + gradient.clone().square();
        slots[0] = after.clone();
        let (before, after) = (self.power(before), self.power(after));
        let gradient = gradient + &weight * (2.0 * self.l2_shrinkage_regularization_strength);
        let linear = take(slots, 1) + gradient - (&after - before) / rate * weight;
        slots[1] = linear.clone();
        let quadratic = after / rate + (2.0 * self.l2_regularization_strength + self.beta / rate);
        (linear.clone().clip(-l1, l1) - linear) / quadratic
    }

    fn check(&self) -> Result<()> {
        let at_least_zero = [
            ("initial_accumulator_value", self.initial_accumulator_value),
            ("l1_regularization_strength", self.l1_regularization_strength),
            ("l2_regularization_strength", self.l2_regularization_strength),
            ("l2_shrinkage_regularization_strength", self.l2_shrinkage_regularization_strength),
            ("beta", self.beta),
        ];
        if let Some((option, value)) = at_least_zero.into_iter().find(|(_, value)| value.is_nan() || *value < 0.0) {
            return Err(Error::option("ftrl", option, "at least 0", value));
        }
        match self.learning_rate_power {
            power if power.is_nan() || power > 0.0 => Err(Error::option("ftrl", "learning_rate_power", "at most 0", power)),
            // The rule divides by it.
            _ => self.common.learning_rate_is_positive("ftrl"),
        }
    }

    fn boxed_clone(&self) -> Box<dyn Update> {
        Box::new(self.clone())
    }
}

impl Ftrl {
    /// `x^-learning_rate_power`.
    fn power(&self, x: Tensor) -> Tensor {
        if self.learning_rate_power == -0.5 {
            return x.sqrt();
        }
        // A number as exponent fits every shape.
        x.pow(-self.learning_rate_power).unwrap_or(x)
    }
}
