//! Optimizers: how gradients change weights, with Keras' names, defaults and numbers.
//!
//! ```
//! use kiln_train::optimizers::{Adam, IntoOptimizer, Sgd};
//! use kiln_train::schedules::CosineDecay;
//!
//! let adam = "adam".into_optimizer()?;
//! assert_eq!((adam.name(), adam.learning_rate()), ("adam", 0.001));
//! let sgd = Sgd::new().learning_rate(CosineDecay::new(0.1, 1000)).momentum(0.9).clipnorm(1.0).into_optimizer()?;
//! assert_eq!(sgd.learning_rate(), 0.1);
//! let error = Adam::new().beta_1(1.5).into_optimizer().unwrap_err();
//! assert_eq!(error.to_string(), "adam: `beta_1` must be in 0..1, received 1.5");
//! # Ok::<(), kiln_core::Error>(())
//! ```

#[macro_use]
mod common;
mod adadelta;
mod adafactor;
mod adagrad;
mod adam;
mod adamax;
mod apply;
mod average;
mod clip;
mod config;
mod decay;
mod first;
mod ftrl;
mod gradients;
mod kept;
mod lamb;
mod lion;
mod lookup;
mod loss_scale;
mod mapper;
mod memory;
mod multi;
mod muon;
mod nadam;
mod optimizer;
mod rms_prop;
mod schedule_free;
mod sgd;
mod state;
mod swap;
#[cfg(test)]
mod tests;
mod trained;
#[cfg(test)]
mod trajectories;
mod variables;

pub use adadelta::Adadelta;
pub use adafactor::Adafactor;
pub use adagrad::Adagrad;
pub use adam::{Adam, AdamW};
pub use adamax::Adamax;
pub(crate) use average::Average;
pub use clip::Clip;
pub use config::from_config;
pub(crate) use decay::Decay;
pub(crate) use first::First;
pub use ftrl::Ftrl;
pub use gradients::gradient_norms;
pub use lamb::Lamb;
pub use lion::Lion;
pub use lookup::{IntoOptimizer, NAMES};
pub use loss_scale::LossScaleOptimizer;
pub use multi::MultiOptimizer;
pub use muon::Muon;
pub use nadam::Nadam;
pub use optimizer::Optimizer;
pub use rms_prop::RmsProp;
pub use schedule_free::ScheduleFreeAdamW;
pub use sgd::Sgd;
pub use trained::Trained;
pub use variables::Variable;

use kiln_core::{Result, Tensor};
use std::fmt::Debug;

/// Where a training stands when a weight is updated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct At {
    /// The learning rate of this update.
    pub learning_rate: f64,
    /// The number of this update, 1 for the first.
    pub step: u64,
    /// What comes first.
    pub(crate) first: First,
}

/// The weight that is updated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct About<'a> {
    /// Its path in the module, `dense_1.kernel`; empty unless the rule [reads paths](Update::reads_paths).
    pub path: &'a str,
    /// Its shape.
    pub shape: &'a [usize],
}

/// A rule that updates one weight by its gradient. Clipping, weight decay, schedules and the walk over the weights are the
/// [`Optimizer`]'s.
///
/// Tensors come by value, so that arithmetic can work in place.
///
/// ```
/// use kiln_core::Tensor;
/// use kiln_train::optimizers::{At, Optimizer, Update};
///
/// #[derive(Clone, Debug)]
/// struct SignSgd;
///
/// impl Update for SignSgd {
///     fn name(&self) -> &'static str {
///         "sign_sgd"
///     }
///     fn update(&self, weight: Tensor, gradient: Tensor, _: &mut [Tensor], at: At) -> Tensor {
///         weight - gradient.sign() * at.learning_rate
///     }
///     fn boxed_clone(&self) -> Box<dyn Update> {
///         Box::new(self.clone())
///     }
/// }
/// let optimizer = Optimizer::new(SignSgd, 0.01);
/// assert_eq!(optimizer.name(), "sign_sgd");
/// ```
pub trait Update: Debug + Send + Sync + 'static {
    /// The name: `adam`.
    fn name(&self) -> &'static str;

    /// The names of what the rule remembers for each weight, in the order Keras saves them; none at first.
    fn slots(&self) -> &'static [&'static str] {
        &[]
    }

    /// The shape of slot number `slot` for a weight, that of the weight at first; `None` where this weight has no such slot.
    fn slot_shape(&self, slot: usize, weight: &About<'_>) -> Option<Vec<usize>> {
        let _ = slot;
        Some(weight.shape.to_vec())
    }

    /// Whether some weights have no slot number `slot`; no at first.
    fn is_optional(&self, slot: usize) -> bool {
        let _ = slot;
        false
    }

    /// Whether decisions hang on the weights' paths; then they are gathered before each update. No at first.
    fn reads_paths(&self) -> bool {
        false
    }

    /// The weight decay of a weight, where `decay` is the one that was set.
    fn weight_decay(&self, weight: &About<'_>, decay: Option<f64>) -> Option<f64> {
        let _ = weight;
        decay
    }

    /// What slot number `slot` holds before the first update: zeros like the weight.
    fn init_slot(&self, slot: usize, weight: &Tensor) -> Tensor {
        let _ = slot;
        weight.zeros_like()
    }

    /// The new weight. `slots` has a tensor per name, a scalar where the weight has no such slot; put the new ones in their
    /// place.
    fn update(&self, weight: Tensor, gradient: Tensor, slots: &mut [Tensor], at: At) -> Tensor;

    /// Whether the options make sense; [`IntoOptimizer`] asks.
    ///
    /// # Errors
    /// The first option that is out of range.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Whether [`Update::update`] is made of [`At::update`] alone, which limits gradients and lets weights decay in the same pass; else
    /// that is done before. No at first.
    fn is_one_pass(&self) -> bool {
        false
    }

    /// A copy.
    fn boxed_clone(&self) -> Box<dyn Update>;
}

/// Moves a slot out, to be replaced by its next value; a scalar stays behind.
pub(crate) fn take(slots: &mut [Tensor], slot: usize) -> Tensor {
    std::mem::replace(&mut slots[slot], Tensor::constant(0.0))
}
