//! Scaling the loss, so that small gradients don't vanish in half precision.

use super::gradients::{Finite, Scale};
use super::{IntoOptimizer, Optimizer};
use burn::module::Module;
use burn::optim::GradientsParams;
use kiln_core::{Error, Result};

/// What the loss is multiplied by, and the gradients are divided by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum LossScale {
    Fixed(f64),
    /// Doubled after `growth` steps with finite gradients, halved after a step without.
    Dynamic {
        scale: f64,
        finite_steps: u64,
        growth: u64,
    },
}

impl LossScale {
    pub(crate) fn factor(self) -> f64 {
        match self {
            Self::Fixed(scale) | Self::Dynamic { scale, .. } => scale,
        }
    }

    pub(crate) fn check(self, who: &str) -> Result<()> {
        let (option, factor) = match self {
            Self::Fixed(factor) => ("loss_scale_factor", factor),
            Self::Dynamic { growth: 0, .. } => return Err(Error::option(who, "dynamic_growth_steps", "at least 1", 0)),
            Self::Dynamic { scale, .. } => ("initial_scale", scale),
        };
        super::common::positive(who, option, factor)
    }

    /// Divides the gradients by the scale. `false` says that the step is to be left out: a gradient wasn't finite.
    pub(crate) fn unscale<M: Module>(&mut self, gradients: &mut GradientsParams, module: &M) -> bool {
        let factor = self.factor();
        if let Self::Dynamic { scale, finite_steps, growth } = self {
            if !Finite::all(gradients, module) {
                (*scale, *finite_steps) = (*scale * 0.5, 0);
                return false;
            }
            *finite_steps += 1;
            if *finite_steps == *growth {
                (*scale, *finite_steps) = (*scale * 2.0, 0);
            }
        }
        module.visit(&mut Scale { gradients, by: factor.recip() });
        true
    }
}

/// An optimizer whose loss is scaled by a factor that adapts itself: it starts high, is halved and the step left out whenever a
/// gradient isn't finite, and doubles after `dynamic_growth_steps` steps in which all were.
///
/// Keras: `src/optimizers/loss_scale_optimizer.py`, class `LossScaleOptimizer`.
///
/// ```
/// use kiln_train::optimizers::{Adam, IntoOptimizer, LossScaleOptimizer};
/// let optimizer = LossScaleOptimizer::new(Adam::new()).initial_scale(1024.0).into_optimizer()?;
/// assert_eq!(optimizer.loss_scale(), Some((1024.0, 0)));
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct LossScaleOptimizer {
    inner: Result<Optimizer>,
    initial_scale: f64,
    dynamic_growth_steps: u64,
}

impl LossScaleOptimizer {
    /// Around an optimizer, with Keras' defaults.
    pub fn new(inner: impl IntoOptimizer) -> Self {
        Self { inner: inner.into_optimizer(), initial_scale: 32768.0, dynamic_growth_steps: 2000 }
    }

    /// The first scale, 32768 at first. Too high is better than too low: it is lowered faster than it is raised.
    pub fn initial_scale(mut self, scale: f64) -> Self {
        self.initial_scale = scale;
        self
    }

    /// After how many steps in a row with finite gradients the scale is doubled, 2000 at first.
    pub fn dynamic_growth_steps(mut self, steps: u64) -> Self {
        self.dynamic_growth_steps = steps;
        self
    }
}

impl IntoOptimizer for LossScaleOptimizer {
    fn into_optimizer(self) -> Result<Optimizer> {
        let mut optimizer = self.inner?;
        if optimizer.loss_scale.is_some() {
            return Err(Error::option(optimizer.name(), "loss_scale_factor", "unset inside a `LossScaleOptimizer`", "a scale"));
        }
        optimizer.loss_scale = Some(LossScale::Dynamic { scale: self.initial_scale, finite_steps: 0, growth: self.dynamic_growth_steps });
        optimizer.into_optimizer()
    }
}
