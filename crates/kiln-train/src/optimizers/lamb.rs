//! Adam with a step in proportion to the weight, for large batches.

use super::common::{fraction, left, positive};
use super::{At, Update, take};
use kiln_core::{Result, Tensor};

optimizer! {
    /// With `m` and `v` as [`Adam`](super::Adam) has them and `u = m / (1 - beta_1^t) / (sqrt(v / (1 - beta_2^t)) + epsilon)`:
    /// `w -= lr |w| / |u| u`, where the quotient of the lengths is 1 if either is 0.
    ///
    /// Keras: `src/optimizers/lamb.py`, class `Lamb`; You et al. 2019.
    Lamb, learning_rate 0.001, weight_decay None; {
        /// The part of the running mean that stays, 0.9 at first; in `[0, 1)`.
        beta_1: f64 = 0.9,
        /// The part of the running size that stays, 0.999 at first; in `[0, 1)`.
        beta_2: f64 = 0.999,
        /// What keeps the quotient finite, 1e-7 at first.
        epsilon: f64 = 1e-7,
    }
}

impl Update for Lamb {
    fn name(&self) -> &'static str {
        "lamb"
    }

    fn slots(&self) -> &'static [&'static str] {
        &["momentum", "velocity"]
    }

    fn update(&self, weight: Tensor, gradient: Tensor, slots: &mut [Tensor], at: At) -> Tensor {
        let (m, v) = (take(slots, 0), take(slots, 1));
        let m = (&gradient - &m) * (1.0 - self.beta_1) + m;
        let v = (gradient.square() - &v) * (1.0 - self.beta_2) + v;
        (slots[0], slots[1]) = (m.clone(), v.clone());
        let size = (v / left(self.beta_2, at.step)).sqrt() + self.epsilon;
        let step = m / left(self.beta_1, at.step) / size;
        let trust = ratio(length(&weight), length(&step));
        weight - step * trust * at.learning_rate
    }

    fn check(&self) -> Result<()> {
        fraction("lamb", "beta_1", self.beta_1)?;
        fraction("lamb", "beta_2", self.beta_2)?;
        positive("lamb", "epsilon", self.epsilon)
    }

    fn boxed_clone(&self) -> Box<dyn Update> {
        Box::new(self.clone())
    }
}

fn length(x: &Tensor) -> Tensor {
    x.clone().square().sum().sqrt()
}

/// `a / b`, or 1 if either is 0; without a branch, so that a GPU need not be waited for.
fn ratio(a: Tensor, b: Tensor) -> Tensor {
    let both = a.clone().sign() * b.clone().sign();
    let one = 1.0 - &both;
    both * a / (b + &one) + one
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_in_proportion_one() {
        let of = |a: f64, b: f64| ratio(Tensor::constant(a), Tensor::constant(b)).item();
        assert_eq!([of(3.0, 2.0), of(0.0, 2.0), of(3.0, 0.0), of(0.0, 0.0)], [1.5, 1.0, 1.0, 1.0]);
        assert!(of(f64::NAN, 1.0).is_nan());
    }
}
