//! AdamW that averages instead of following a schedule.

use super::common::{fraction, left, positive};
use super::{At, Update, take};
use kiln_core::{Error, Result, Tensor};

optimizer! {
    /// Adam's steps move a point `z`, kept in the slot `momentum`; `x` is the mean of all `z` so far, and the weights are
    /// `(1 - beta_1) z + beta_1 x`. The learning rate needs no schedule, and the end of the training need not be known.
    ///
    /// Keras: `src/optimizers/schedule_free_adamw.py`, class `ScheduleFreeAdamW`; Defazio et al. 2024.
    ScheduleFreeAdamW, learning_rate 0.0025, weight_decay None; {
        /// The part of the mean in the weights, 0.9 at first; in `(0, 1]`.
        beta_1: f64 = 0.9,
        /// The part of the running size that stays, 0.999 at first; in `[0, 1)`.
        beta_2: f64 = 0.999,
        /// What keeps the quotient finite, 1e-8 at first.
        epsilon: f64 = 1e-8,
        /// In how many updates the learning rate grows to its full value, 0 at first.
        warmup_steps: u64 = 0,
    }
}

impl Update for ScheduleFreeAdamW {
    fn name(&self) -> &'static str {
        "schedulefreeadamw"
    }

    fn slots(&self) -> &'static [&'static str] {
        &["momentum", "velocity"]
    }

    fn init_slot(&self, slot: usize, weight: &Tensor) -> Tensor {
        if slot == 0 { weight.clone() } else { weight.zeros_like() }
    }

    fn update(&self, weight: Tensor, gradient: Tensor, slots: &mut [Tensor], at: At) -> Tensor {
        let warm = if self.warmup_steps == 0 { 1.0 } else { (at.step as f64 / self.warmup_steps as f64).min(1.0) };
        let rest = left(self.beta_1, 1);
        let (z, v) = (take(slots, 0), take(slots, 1));
        let v = (gradient.clone().square() - &v) * left(self.beta_2, 1) + v;
        let size = (&v / left(self.beta_2, at.step)).sqrt() + self.epsilon;
        let mean = (weight - &z * rest) / self.beta_1;
        let z = z - gradient * (at.learning_rate * warm) / size;
        let share = (at.step as f64).recip();
        let mean = mean * (1.0 - share) + &z * share;
        (slots[0], slots[1]) = (z.clone(), v);
        z * rest + mean * self.beta_1
    }

    fn check(&self) -> Result<()> {
        if self.beta_1.is_nan() || self.beta_1 <= 0.0 || self.beta_1 > 1.0 {
            return Err(Error::option("schedulefreeadamw", "beta_1", "greater than 0 and at most 1", self.beta_1));
        }
        fraction("schedulefreeadamw", "beta_2", self.beta_2)?;
        positive("schedulefreeadamw", "epsilon", self.epsilon)
    }

    fn boxed_clone(&self) -> Box<dyn Update> {
        Box::new(self.clone())
    }
}
