//! Adam, and Adam with weight decay.

use super::common::{fraction, left, positive};
use super::{At, Update};
use kiln_core::kernels::{Formula, Number};
use kiln_core::{Result, Tensor};

optimizer! {
    /// `m += (g - m)(1 - beta_1)`, `v += (g² - v)(1 - beta_2)`, `w -= lr sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon)`;
    /// with `amsgrad` the largest `v` so far divides.
    ///
    /// Keras: `src/optimizers/adam.py`, class `Adam`; Kingma and Ba 2014, where this epsilon is called `epsilon hat`.
    Adam, learning_rate 0.001, weight_decay None; {
        /// The part of the running mean that stays, 0.9 at first; in `[0, 1)`.
        beta_1: f64 = 0.9,
        /// The part of the running size that stays, 0.999 at first; in `[0, 1)`.
        beta_2: f64 = 0.999,
        /// What keeps the quotient finite, 1e-7 at first.
        epsilon: f64 = 1e-7,
        /// Whether the running size may only grow, `false` at first.
        amsgrad: bool = false,
    }
}

optimizer! {
    /// [`Adam`] with a weight decay of 0.004 at first.
    ///
    /// Keras: `src/optimizers/adamw.py`, class `AdamW`; Loshchilov and Hutter 2017.
    AdamW, learning_rate 0.001, weight_decay Some(0.004); {
        /// The part of the running mean that stays, 0.9 at first; in `[0, 1)`.
        beta_1: f64 = 0.9,
        /// The part of the running size that stays, 0.999 at first; in `[0, 1)`.
        beta_2: f64 = 0.999,
        /// What keeps the quotient finite, 1e-7 at first.
        epsilon: f64 = 1e-7,
        /// Whether the running size may only grow, `false` at first.
        amsgrad: bool = false,
    }
}

macro_rules! adam {
    ($optimizer:ident, $name:literal) => {
        impl Update for $optimizer {
            fn name(&self) -> &'static str {
                $name
            }

            fn slots(&self) -> &'static [&'static str] {
                if self.amsgrad { &["momentum", "velocity", "velocity_hat"] } else { &["momentum", "velocity"] }
            }

            fn update(&self, weight: Tensor, gradient: Tensor, slots: &mut [Tensor], at: At) -> Tensor {
                let step = Step {
                    alpha: (at.learning_rate * correction(self.beta_1, self.beta_2, at.step)) as f32,
                    rest_1: (1.0 - self.beta_1) as f32,
                    rest_2: (1.0 - self.beta_2) as f32,
                    epsilon: self.epsilon as f32,
                };
                if self.amsgrad { at.update::<3>(&step, weight, gradient, slots) } else { at.update::<2>(&step, weight, gradient, slots) }
            }

            fn check(&self) -> Result<()> {
                fraction($name, "beta_1", self.beta_1)?;
                fraction($name, "beta_2", self.beta_2)?;
                positive($name, "epsilon", self.epsilon)
            }

            fn is_one_pass(&self) -> bool {
                true
            }

            fn boxed_clone(&self) -> Box<dyn Update> {
                Box::new(self.clone())
            }
        }
    };
}

/// The numbers of one update.
struct Step {
    alpha: f32,
    rest_1: f32,
    rest_2: f32,
    epsilon: f32,
}

impl Step {
    #[inline(always)]
    fn moments<T: Number>(&self, g: T, m: T, v: T) -> (T, T) {
        let square = g.clone() * g.clone();
        ((g - m.clone()) * self.rest_1 + m, (square - v.clone()) * self.rest_2 + v)
    }

    #[inline(always)]
    fn moved<T: Number>(&self, w: T, m: T, v: T) -> T {
        w - m * self.alpha / (v.root() + self.epsilon)
    }
}

impl Formula<2> for Step {
    #[inline(always)]
    fn each<T: Number>(&self, w: T, g: T, [m, v]: [T; 2]) -> (T, [T; 2]) {
        let (m, v) = self.moments(g, m, v);
        (self.moved(w, m.clone(), v.clone()), [m, v])
    }
}

impl Formula<3> for Step {
    #[inline(always)]
    fn each<T: Number>(&self, w: T, g: T, [m, v, largest]: [T; 3]) -> (T, [T; 3]) {
        let (m, v) = self.moments(g, m, v);
        let largest = largest.larger(v.clone());
        (self.moved(w, m.clone(), largest.clone()), [m, v, largest])
    }
}

adam!(Adam, "adam");
adam!(AdamW, "adamw");

/// `sqrt(1 - beta_2^t) / (1 - beta_1^t)`.
pub(super) fn correction(beta_1: f64, beta_2: f64, step: u64) -> f64 {
    f64::from((left(beta_2, step) as f32).sqrt() / left(beta_1, step) as f32)
}
