//! Adam whose momentum looks one step ahead.

use super::common::{fraction, left, positive};
use super::{At, Update, take};
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
        let (m, v) = (take(slots, 0), take(slots, 1));
        let m = (&gradient - &m) * left(self.beta_1, 1) + m;
        let v = (gradient.clone().square() - &v) * left(self.beta_2, 1) + v;
        (slots[0], slots[1]) = (m.clone(), v.clone());
        let ahead = m * (next / (1.0 - product * next)) + gradient * ((1.0 - now) / (1.0 - product));
        let size = (v / left(self.beta_2, at.step)).sqrt() + self.epsilon;
        weight - ahead * at.learning_rate / size
    }

    fn check(&self) -> Result<()> {
        fraction("nadam", "beta_1", self.beta_1)?;
        fraction("nadam", "beta_2", self.beta_2)?;
        positive("nadam", "epsilon", self.epsilon)
    }

    fn boxed_clone(&self) -> Box<dyn Update> {
        Box::new(self.clone())
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
