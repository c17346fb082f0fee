//! The options all optimizers share.

use super::Clip;
use crate::schedules::LearningRate;
use kiln_core::{Error, Result};

#[derive(Clone, Debug)]
pub(crate) struct Common {
    pub(crate) learning_rate: LearningRate,
    pub(crate) weight_decay: Option<f64>,
    pub(crate) clipnorm: Option<f64>,
    pub(crate) clipvalue: Option<f64>,
    pub(crate) global_clipnorm: Option<f64>,
}

impl Common {
    pub(crate) fn new(learning_rate: f64, weight_decay: Option<f64>) -> Self {
        let learning_rate = LearningRate::Constant(learning_rate);
        Self { learning_rate, weight_decay, clipnorm: None, clipvalue: None, global_clipnorm: None }
    }

    /// The one clip that is set.
    pub(crate) fn clip(&self, who: &str) -> Result<Option<Clip>> {
        let set = [
            ("clipnorm", self.clipnorm.map(Clip::Norm)),
            ("clipvalue", self.clipvalue.map(Clip::Value)),
            ("global_clipnorm", self.global_clipnorm.map(Clip::GlobalNorm)),
        ];
        let mut set = set.into_iter().filter_map(|(name, clip)| clip.map(|clip| (name, clip)));
        match (set.next(), set.next()) {
            (Some((first, _)), Some((second, _))) => {
                Err(Error::option(who, second, format!("unset when `{first}` is set"), "both").hint("keep one of the two"))
            }
            (one, _) => Ok(one.map(|(_, clip)| clip)),
        }
    }
}

/// A number in `[0, 1)`.
pub(crate) fn fraction(who: &str, option: &str, value: f64) -> Result<()> {
    if (0.0..1.0).contains(&value) { Ok(()) } else { Err(Error::option(who, option, "in 0..1", value)) }
}

/// A momentum, in `[0, 1]`.
pub(crate) fn momentum(who: &str, value: f64) -> Result<()> {
    if (0.0..=1.0).contains(&value) { Ok(()) } else { Err(Error::option(who, "momentum", "in 0..=1", value)) }
}

/// A number above 0.
pub(crate) fn positive(who: &str, option: &str, value: f64) -> Result<()> {
    if value > 0.0 && value.is_finite() { Ok(()) } else { Err(Error::option(who, option, "greater than 0", value)) }
}

/// An optimizer's struct: its options with their defaults and setters, and those that all optimizers share.
macro_rules! optimizer {
    ($(#[$doc:meta])* $name:ident, learning_rate $rate:literal, weight_decay $decay:expr; {
        $($(#[$note:meta])* $field:ident: $ty:ty = $default:expr),* $(,)?
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            pub(crate) common: $crate::optimizers::common::Common,
            $(pub(crate) $field: $ty,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl $name {
            /// With Keras' defaults.
            pub fn new() -> Self {
                Self { common: $crate::optimizers::common::Common::new($rate, $decay), $($field: $default,)* }
            }

            $(
                $(#[$note])*
                pub fn $field(mut self, $field: $ty) -> Self {
                    self.$field = $field;
                    self
                }
            )*

            #[doc = concat!("A number, a schedule or a closure of the step; ", stringify!($rate), " at first.")]
            pub fn learning_rate(mut self, rate: impl $crate::schedules::IntoLearningRate) -> Self {
                self.common.learning_rate = rate.into_learning_rate();
                self
            }

            /// Before each update a weight loses this part of itself times the learning rate.
            pub fn weight_decay(mut self, decay: f64) -> Self {
                self.common.weight_decay = Some(decay);
                self
            }

            /// Scales each gradient down to this length when it is longer.
            pub fn clipnorm(mut self, norm: f64) -> Self {
                self.common.clipnorm = Some(norm);
                self
            }

            /// Holds each element of the gradients within plus and minus this value.
            pub fn clipvalue(mut self, value: f64) -> Self {
                self.common.clipvalue = Some(value);
                self
            }

            /// Scales all gradients down together so that their common length is at most this.
            pub fn global_clipnorm(mut self, norm: f64) -> Self {
                self.common.global_clipnorm = Some(norm);
                self
            }
        }

        impl $crate::optimizers::IntoOptimizer for $name {
            fn into_optimizer(self) -> kiln_core::Result<$crate::optimizers::Optimizer> {
                let common = self.common.clone();
                $crate::optimizers::Optimizer::built(self, common)
            }
        }
    };
}
