//! Optimizers as data.

use super::*;
use crate::config::Config;
use crate::optimizers::loss_scale::LossScale;
use crate::schedules::LearningRate;
use kiln_core::Error;
use serde_json::{Value, json};

/// The optimizer that [`Optimizer::config`] described, without its state.
///
/// # Errors
/// A class that is not known, an option it can't take.
pub fn from_config(config: &Config) -> Result<Optimizer> {
    if config.class == "LossScaleOptimizer" {
        let inner = config.values.get("inner_optimizer").unwrap_or(&Value::Null);
        let mut scaled = LossScaleOptimizer::new(from_config(&Config::of_object(&config.class, inner)?)?);
        let (mut scale, mut steps) = (32768.0, 2000);
        config.read("initial_scale", &mut scale)?;
        config.read("dynamic_growth_steps", &mut steps)?;
        scaled = scaled.initial_scale(scale).dynamic_growth_steps(steps);
        return scaled.into_optimizer();
    }
    // A rule with its options, and the name alone where a file has nothing else.
    configured! { "optimizer", config, IntoOptimizer::into_optimizer,
        Sgd RmsProp Adam AdamW Adagrad Adadelta Adamax Adafactor Nadam Ftrl Lion Lamb Muon ScheduleFreeAdamW
    }
}

impl Optimizer {
    /// The optimizer as data, without its state, to be saved; `None` when it can't be: it has a rule, a schedule or a closure of
    /// the user's, is one of Burn's, or several.
    ///
    /// ```
    /// use kiln_train::optimizers::{Adam, IntoOptimizer, from_config};
    /// let config = Adam::new().beta_1(0.8).into_optimizer()?.config().ok_or("a rule of Keras")?;
    /// assert_eq!((config.class.as_str(), &config.values["beta_1"]), ("Adam", &0.8.into()));
    /// assert_eq!(from_config(&config)?.name(), "adam");
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn config(&self) -> Option<Config> {
        let mut config = self.described.clone()?;
        let learning_rate = match &self.learning_rate {
            LearningRate::Constant(rate) => json!(rate),
            LearningRate::Schedule(schedule) => schedule.config()?.object("keras.optimizers.schedules"),
        };
        let clip = |of: fn(Clip) -> Option<f64>| json!(self.clip.and_then(of));
        let fixed = match self.loss_scale {
            Some(LossScale::Fixed(factor)) => Some(factor),
            _ => None,
        };
        let average = self.average.unwrap_or_default();
        let shared = json!({
            "name": self.name(),
            "learning_rate": learning_rate,
            "weight_decay": self.decay.rate,
            "clipnorm": clip(|c| if let Clip::Norm(norm) = c { Some(norm) } else { None }),
            "global_clipnorm": clip(|c| if let Clip::GlobalNorm(norm) = c { Some(norm) } else { None }),
            "clipvalue": clip(|c| if let Clip::Value(value) = c { Some(value) } else { None }),
            "use_ema": self.average.is_some(),
            "ema_momentum": average.momentum,
            "ema_overwrite_frequency": average.overwrite_frequency,
            "loss_scale_factor": fixed,
            "gradient_accumulation_steps": self.accumulation,
        });
        if let Value::Object(shared) = shared {
            config.values.extend(shared);
        }
        if let Some(LossScale::Dynamic { scale, growth, .. }) = self.loss_scale {
            let inner = config.object("keras.optimizers");
            let outer =
                json!({ "name": "loss_scale_optimizer", "inner_optimizer": inner, "initial_scale": scale, "dynamic_growth_steps": growth });
            let Value::Object(values) = outer else { return None };
            return Some(Config { class: "LossScaleOptimizer".to_owned(), values });
        }
        Some(config)
    }

    /// Whether a schedule drives the learning rate.
    pub fn has_schedule(&self) -> bool {
        matches!(self.learning_rate, LearningRate::Schedule(_))
    }

    /// What makes an optimizer that can't be saved such.
    pub fn unsaved(&self) -> Error {
        Error::option(
            self.name(),
            "config",
            "that of one of Keras' optimizers and schedules",
            "a rule, a schedule or a closure of your own",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedules::CosineDecay;

    #[test]
    fn options_survive() {
        let rows: Vec<Result<Optimizer>> = vec![
            Sgd::new().momentum(0.9).nesterov(true).clipnorm(2.0).into_optimizer(),
            RmsProp::new().centered(true).rho(0.8).use_ema(true).ema_overwrite_frequency(5).into_optimizer(),
            Adam::new().amsgrad(true).learning_rate(CosineDecay::new(0.1, 7).alpha(0.25)).into_optimizer(),
            AdamW::new().weight_decay(0.5).global_clipnorm(1.5).gradient_accumulation_steps(3).into_optimizer(),
            Muon::new().exclude_layers(["^head"]).ns_steps(3).into_optimizer(),
            Ftrl::new().beta(0.5).clipvalue(0.1).loss_scale_factor(8.0).into_optimizer(),
            LossScaleOptimizer::new(Lion::new().beta_1(0.7)).initial_scale(64.0).dynamic_growth_steps(9).into_optimizer(),
        ];
        for optimizer in rows {
            let optimizer = optimizer.unwrap();
            let config = optimizer.config().unwrap();
            assert_eq!(from_config(&config).unwrap().config().unwrap(), config);
            assert_eq!(format!("{:?}", from_config(&config).unwrap()), format!("{optimizer:?}"));
        }
        for name in NAMES {
            let optimizer = name.into_optimizer().unwrap();
            assert_eq!(from_config(&optimizer.config().unwrap()).unwrap().name(), *name);
        }
    }

    #[test]
    fn what_is_unknown_is_told() {
        let config = |class: &str, values: Value| Config::of_object("optimizer", &json!({"class_name": class, "config": values})).unwrap();
        let error = |class: &str, values: Value| from_config(&config(class, values)).unwrap_err().to_string();
        assert_eq!(error("Adm", json!({})), "unknown optimizer `Adm`, did you mean `Adam`?");
        assert_eq!(error("SGD", json!({"momentum": "x"})), "SGD: `momentum` must be a number, received \"x\"");
        assert!(error("SGD", json!({"decay": 0.1})).contains("`decay` must be 0"));
        let closure = Sgd::new().learning_rate(|step: u64| step as f64).into_optimizer().unwrap();
        assert!(closure.config().is_none());
    }
}
