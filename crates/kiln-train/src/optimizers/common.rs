//! The options all optimizers share.

use super::{Average, Clip, Decay};
use crate::config::Config;
use crate::schedules::{self, LearningRate};
use kiln_core::{Error, Result};
use serde_json::Value;

/// The options as they were set, the clips not yet compared with each other.
#[derive(Clone, Debug)]
pub(crate) struct Common {
    pub(crate) learning_rate: LearningRate,
    pub(crate) decay: Decay,
    pub(crate) clipnorm: Option<f64>,
    pub(crate) clipvalue: Option<f64>,
    pub(crate) global_clipnorm: Option<f64>,
    pub(crate) use_ema: bool,
    pub(crate) average: Average,
    pub(crate) loss_scale_factor: Option<f64>,
    pub(crate) gradient_accumulation_steps: Option<u64>,
}

impl Common {
    pub(crate) fn new(learning_rate: f64, weight_decay: Option<f64>) -> Self {
        Self {
            learning_rate: LearningRate::Constant(learning_rate),
            decay: Decay { rate: weight_decay, except: None },
            clipnorm: None,
            clipvalue: None,
            global_clipnorm: None,
            use_ema: false,
            average: Average::default(),
            loss_scale_factor: None,
            gradient_accumulation_steps: None,
        }
    }

    pub(crate) fn configure(&mut self, config: &Config) -> Result<()> {
        // Keras 2 multiplied the learning rate by 1 / (1 + decay · step).
        if let Some(decay) = config.values.get("decay").filter(|d| d.as_f64() != Some(0.0) && !d.is_null()) {
            return Err(Error::option(&config.class, "decay", "0", decay).hint("Keras 3 has `InverseTimeDecay` for it"));
        }
        for key in ["lr", "learning_rate"] {
            match config.values.get(key) {
                None | Some(Value::Null) => {}
                Some(Value::Object(_)) => {
                    self.learning_rate = schedules::from_config(&Config::of_object(&config.class, &config.values[key])?)?
                }
                Some(_) => self.learning_rate = LearningRate::Constant(config.need(key)?),
            }
        }
        config.read("weight_decay", &mut self.decay.rate)?;
        config.read("clipnorm", &mut self.clipnorm)?;
        config.read("clipvalue", &mut self.clipvalue)?;
        config.read("global_clipnorm", &mut self.global_clipnorm)?;
        config.read("use_ema", &mut self.use_ema)?;
        config.read("ema_momentum", &mut self.average.momentum)?;
        config.read("ema_overwrite_frequency", &mut self.average.overwrite_frequency)?;
        config.read("loss_scale_factor", &mut self.loss_scale_factor)?;
        config.read("gradient_accumulation_steps", &mut self.gradient_accumulation_steps)
    }

    /// A rule that divides by the learning rate asks.
    pub(crate) fn learning_rate_is_positive(&self, who: &str) -> Result<()> {
        match self.learning_rate {
            LearningRate::Constant(rate) => positive(who, "learning_rate", rate),
            LearningRate::Schedule(_) => Ok(()),
        }
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

/// `1 - beta^t` in `f32`, as Keras has it: `1 - 0.999` is then off by 1.3e-5 of itself.
pub(crate) fn left(beta: f64, step: u64) -> f64 {
    f64::from(1.0 - (beta as f32).powf(step as f32))
}

/// An optimizer's struct: its options with their defaults and setters, and those that all optimizers share.
macro_rules! optimizer {
    ($(#[$doc:meta])* $name:ident, learning_rate $rate:literal, weight_decay $decay:expr; {
        $($(#[$note:meta])* $field:ident: $ty:ty = $default:expr),* $(,)?
    } $(own setter $own:ident: $own_ty:ty = $own_default:expr)?) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            pub(crate) common: $crate::optimizers::common::Common,
            $(pub(crate) $field: $ty,)*
            $($own: $own_ty,)?
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl $name {
            /// With Keras' defaults.
            ///
            #[doc = concat!("```\nuse kiln_train::optimizers::{IntoOptimizer, ", stringify!($name), "};")]
            #[doc = concat!("let optimizer = ", stringify!($name), "::new().learning_rate(0.02).clipnorm(1.0).into_optimizer()?;")]
            /// assert_eq!(optimizer.learning_rate(), 0.02);
            /// # Ok::<(), kiln_core::Error>(())
            /// ```
            pub fn new() -> Self {
                Self { common: $crate::optimizers::common::Common::new($rate, $decay), $($field: $default,)* $($own: $own_default,)? }
            }

            $(
                $(#[$note])*
                pub fn $field(mut self, $field: $ty) -> Self {
                    self.$field = $field;
                    self
                }
            )*

            fn settings(&self) -> serde_json::Map<String, serde_json::Value> {
                #[allow(unused_mut)]
                let mut values = serde_json::Map::new();
                $(values.insert(stringify!($field).to_owned(), $crate::config::Setting::write(&self.$field));)*
                $(values.insert(stringify!($own).to_owned(), $crate::config::Setting::write(&self.$own));)?
                values
            }

            pub(crate) fn configured(config: &$crate::config::Config) -> kiln_core::Result<Self> {
                let mut optimizer = Self::new();
                optimizer.common.configure(config)?;
                $(config.read(stringify!($field), &mut optimizer.$field)?;)*
                $(config.read(stringify!($own), &mut optimizer.$own)?;)?
                Ok(optimizer)
            }

            #[doc = concat!("A number, a schedule or a closure of the step; ", stringify!($rate), " at first.")]
            pub fn learning_rate(mut self, rate: impl $crate::schedules::IntoLearningRate) -> Self {
                self.common.learning_rate = rate.into_learning_rate();
                self
            }

            /// Before each update a weight loses this part of itself times the learning rate.
            pub fn weight_decay(mut self, decay: f64) -> Self {
                self.common.decay.rate = Some(decay);
                self
            }

            /// Leaves weights out of the decay whose own name, `bias` or `gamma`, matches one of these regular expressions.
            pub fn exclude_from_weight_decay(mut self, names: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
                self.common.decay.exclude(names);
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

            /// Whether a running average of the weights is kept, `false` at first; [`Optimizer::finalize`] puts it in their place.
            ///
            /// [`Optimizer::finalize`]: crate::optimizers::Optimizer::finalize
            pub fn use_ema(mut self, on: bool) -> Self {
                self.common.use_ema = on;
                self
            }

            /// The part of the average that stays in a step, 0.99 at first; in `[0, 1]`.
            pub fn ema_momentum(mut self, momentum: f64) -> Self {
                self.common.average.momentum = momentum;
                self
            }

            /// After every so many updates the weights become their averages; never at first.
            pub fn ema_overwrite_frequency(mut self, updates: u64) -> Self {
                self.common.average.overwrite_frequency = Some(updates);
                self
            }

            /// Multiplies the loss by this and divides the gradients by it, so that small ones don't vanish in half precision.
            pub fn loss_scale_factor(mut self, factor: f64) -> Self {
                self.common.loss_scale_factor = Some(factor);
                self
            }

            /// Updates the weights once in so many steps, by the mean of the gradients since; at least 2.
            pub fn gradient_accumulation_steps(mut self, steps: u64) -> Self {
                self.common.gradient_accumulation_steps = Some(steps);
                self
            }
        }

        impl $crate::optimizers::IntoOptimizer for $name {
            fn into_optimizer(self) -> kiln_core::Result<$crate::optimizers::Optimizer> {
                let (common, settings) = (self.common.clone(), self.settings());
                let mut optimizer = $crate::optimizers::Optimizer::built(self, common)?;
                optimizer.described = Some($crate::config::Config::new(stringify!($name), settings));
                Ok(optimizer)
            }
        }
    };
}
