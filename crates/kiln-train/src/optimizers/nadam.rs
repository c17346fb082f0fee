//! Adam whose momentum looks one step ahead.

use super::common::{fraction, left, positive};
use super::{At, Update};
use kiln_core::kernels::{Formula, Number};
use kiln_core::{Result, Tensor};

optimizer! {
    /// [`Adam`](super::Adam) with Nesterov's momentum. With `u_t = beta_1 (1 - 0.96^t / 2)` and `U_t` the product of `u_1` to
    /// `u_t`: `w -= lr (u_(t+1) m / (1 - U_(t+1)) + (1 - u_t) g / (1 - U_t)) / (sqrt(v / (1 - beta_2^t)) + epsilon)`.
    ///
    /// Keras: `src/optimizers/nadam.py`, class `Nadam`; Dozat 2015.
    Nadam, learning_rate 0.001, weight_decay None; {
        /// The part of the running mean that stays, 0.9 at first; in `[0, 1)`.
        beta_1: f64 = 0.9,
        /// The part of the running size that stays, 0.999 at first; in `[0, 1)`.
        beta_2: f64 = 0.999,
        /// What keeps the quotient finite, 1e-7 at first.
        epsilon: f64 = 1e-7,
    }
}

impl Update for Nadam {
    fn name(&self) -> &'static str {
        "nadam"
    }

    fn slots(&self) -> &'static [&'static str] {
        &["momentum", "velocity"]
    }

    fn update(&self, weight: Tensor, gradient: Tensor, slots: &mut [Tensor], at: At) -> Tensor {
        let (now, next) = (coefficient(self.beta_1, at.step), coefficient(self.beta_1, at.step + 1));
        let product = product(self.beta_1, at.step);
        let step = Step {
            rate: at.learning_rate as f32,
            rests: [left(self.beta_1, 1) as f32, left(self.beta_2, 1) as f32],
            ahead: (next / (1.0 - product * next)) as f32,
            here: ((1.0 - now) / (1.0 - product)) as f32,
            grown: (1.0 / left(self.beta_2, at.step)) as f32,
            epsilon: self.epsilon as f32,
        };
        at.update::<2>(&step, weight, gradient, slots)
    }

    fn check(&self) -> Result<()> {
        fraction("nadam", "beta_1", self.beta_1)?;
        fraction("nadam", "beta_2", self.beta_2)?;
        positive("nadam", "epsilon", self.epsilon)
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
    rests: [f32; 2],
    /// What the momentum and the gradient count.
    ahead: f32,
    here: f32,
    /// What the mean size is multiplied with, as it began at 0.
    grown: f32,
    epsilon: f32,
}

impl Formula<2> for Step {
    #[inline(always)]
    fn each<T: Number>(&self, w: T, g: T, [m, v]: [T; 2]) -> (T, [T; 2]) {
        let m = (g.clone() - m.clone()) * self.rests[0] + m;
        let v = (g.clone() * g.clone() - v.clone()) * self.rests[1] + v;
        let by = m.clone() * self.ahead + g * self.here;
        (w - by * self.rate / ((v.clone() * self.grown).root() + self.epsilon), [m, v])
    }
}

/// `u_t`.
fn coefficient(beta_1: f64, step: u64) -> f64 {
    beta_1 * (1.0 - 0.5 * 0.96f64.powf(step as f64))
}

/// `U_t`. From the thousandth factor on, each is `beta_1` to the last digit.
pub(super) fn product(beta_1: f64, step: u64) -> f64 {
    let near = step.min(1000);
    let start: f64 = (1..=near).map(|t| coefficient(beta_1, t)).product();
    start * beta_1.powf((step - near) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_product_has_every_factor() {
        let plain: f64 = (1..=1500).map(|t| coefficient(0.999, t)).product();
        assert!((product(0.999, 1500) / plain - 1.0).abs() < 1e-12);
    }
}
