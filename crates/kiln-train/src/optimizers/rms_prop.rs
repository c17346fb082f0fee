//! Gradients over their running size.

use super::common::{fraction, momentum, positive};
use super::{At, Update};
use kiln_core::kernels::{Formula, Number};
use kiln_core::{Result, Tensor};

optimizer! {
    /// `v = rho v + (1 - rho) g²`, `w -= lr g / sqrt(v + epsilon)`; `centered` takes the running mean's square off `v`, and with
    /// momentum `m = momentum m + lr g / sqrt(..)`, `w -= m`.
    ///
    /// Keras: `src/optimizers/rmsprop.py`, class `RMSprop`.
    RmsProp, learning_rate 0.001, weight_decay None; {
        /// The part of the running size that stays, 0.9 at first; in `[0, 1)`.
        rho: f64 = 0.9,
        /// The part of the last move that is made again, 0 at first; in `[0, 1]`.
        momentum: f64 = 0.0,
        /// What keeps the quotient finite, 1e-7 at first.
        epsilon: f64 = 1e-7,
        /// Whether gradients are measured from their running mean, `false` at first.
        centered: bool = false,
    }
}

impl Update for RmsProp {
    fn name(&self) -> &'static str {
        "rmsprop"
    }

    fn slots(&self) -> &'static [&'static str] {
        match (self.momentum > 0.0, self.centered) {
            (false, false) => &["velocity"],
            (true, false) => &["velocity", "momentum"],
            (false, true) => &["velocity", "average_gradient"],
            (true, true) => &["velocity", "momentum", "average_gradient"],
        }
    }

    fn update(&self, weight: Tensor, gradient: Tensor, slots: &mut [Tensor], at: At) -> Tensor {
        let step = Step {
            rate: at.learning_rate as f32,
            rho: self.rho as f32,
            rest: (1.0 - self.rho) as f32,
            epsilon: self.epsilon as f32,
            momentum: self.momentum as f32,
            centered: self.centered,
        };
        match self.slots().len() {
            1 => at.update::<1>(&step, weight, gradient, slots),
            2 => at.update::<2>(&step, weight, gradient, slots),
            _ => at.update::<3>(&step, weight, gradient, slots),
        }
    }

    fn check(&self) -> Result<()> {
        fraction("rmsprop", "rho", self.rho)?;
        momentum("rmsprop", self.momentum)?;
        positive("rmsprop", "epsilon", self.epsilon)
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
    rho: f32,
    rest: f32,
    epsilon: f32,
    momentum: f32,
    centered: bool,
}

impl Step {
    #[inline(always)]
    fn averaged<T: Number>(&self, average: T, new: T) -> T {
        average * self.rho + new * self.rest
    }

    #[inline(always)]
    fn step<T: Number>(&self, g: T, size: T) -> T {
        g * self.rate / (size + self.epsilon).root()
    }
}

impl Formula<1> for Step {
    #[inline(always)]
    fn each<T: Number>(&self, w: T, g: T, [v]: [T; 1]) -> (T, [T; 1]) {
        let v = self.averaged(v, g.clone() * g.clone());
        (w - self.step(g, v.clone()), [v])
    }
}

/// The second slot is the momentum, or the running mean.
impl Formula<2> for Step {
    #[inline(always)]
    fn each<T: Number>(&self, w: T, g: T, [v, second]: [T; 2]) -> (T, [T; 2]) {
        let v = self.averaged(v, g.clone() * g.clone());
        if self.centered {
            let mean = self.averaged(second, g.clone());
            let size = v.clone() - mean.clone() * mean.clone();
            (w - self.step(g, size), [v, mean])
        } else {
            let m = second * self.momentum + self.step(g, v.clone());
            (w - m.clone(), [v, m])
        }
    }
}

impl Formula<3> for Step {
    #[inline(always)]
    fn each<T: Number>(&self, w: T, g: T, [v, m, mean]: [T; 3]) -> (T, [T; 3]) {
        let v = self.averaged(v, g.clone() * g.clone());
        let mean = self.averaged(mean, g.clone());
        let m = m * self.momentum + self.step(g, v.clone() - mean.clone() * mean.clone());
        (w - m.clone(), [v, m, mean])
    }
}
