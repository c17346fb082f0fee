//! From what `compile` is given to an optimizer.

use super::*;
use burn::optim::ModuleOptimizer;
use kiln_core::Result;

/// What can stand where an optimizer is asked for.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an optimizer",
    label = "expected an optimizer",
    note = "an optimizer is a name (\"adam\"), a value (`Sgd::new().momentum(0.9)`), `Optimizer::new(rule, learning_rate)` for your own `Update`, or Burn's as `(ModuleOptimizer, learning_rate)`"
)]
pub trait IntoOptimizer {
    /// The optimizer.
    ///
    /// # Errors
    /// An unknown name, or an option out of range.
    fn into_optimizer(self) -> Result<Optimizer>;
}

impl IntoOptimizer for Optimizer {
    fn into_optimizer(self) -> Result<Optimizer> {
        self.check()?;
        Ok(self)
    }
}

impl IntoOptimizer for &str {
    fn into_optimizer(self) -> Result<Optimizer> {
        // Keras takes class names in any case.
        by_name(&self.to_ascii_lowercase())
    }
}

impl IntoOptimizer for String {
    fn into_optimizer(self) -> Result<Optimizer> {
        self.as_str().into_optimizer()
    }
}

impl IntoOptimizer for (ModuleOptimizer, f64) {
    fn into_optimizer(self) -> Result<Optimizer> {
        Optimizer::from_burn(self.0, self.1).into_optimizer()
    }
}

by_name! {
    "optimizer", Optimizer, |rule| rule.into_optimizer();
    /// Every name of an optimizer.
    "sgd" => Sgd;
    "rmsprop" => RmsProp;
    "adam" => Adam;
    "adamw" => AdamW;
    "adagrad" => Adagrad;
    "adadelta" => Adadelta;
    "adamax" => Adamax;
    "adafactor" => Adafactor;
    "nadam" => Nadam;
    "ftrl" => Ftrl;
    "lion" => Lion;
    "lamb" => Lamb;
    "muon" => Muon;
    "schedulefreeadamw" => ScheduleFreeAdamW;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(optimizer: impl IntoOptimizer) -> String {
        optimizer.into_optimizer().unwrap_err().to_string()
    }

    #[test]
    fn names_are_known_or_guessed() {
        for name in NAMES {
            assert_eq!(name.into_optimizer().unwrap().name(), *name);
        }
        assert_eq!("Adam".into_optimizer().unwrap().name(), "adam");
        assert_eq!(message("adm"), "unknown optimizer `adm`, did you mean `adam`?");
    }

    #[test]
    fn wrappers_are_checked() {
        let twice = LossScaleOptimizer::new(Sgd::new().loss_scale_factor(2.0));
        assert_eq!(message(twice), "sgd: `loss_scale_factor` must be unset inside a `LossScaleOptimizer`, received a scale");
        let never = LossScaleOptimizer::new("sgd").dynamic_growth_steps(0);
        assert_eq!(message(never), "sgd: `dynamic_growth_steps` must be at least 1, received 0");
        assert_eq!(
            message(MultiOptimizer::new("sgd").with("a(", "adam")),
            "multi_optimizer: `pattern` must be a path or a regular expression, received `a(`"
        );
        let same = MultiOptimizer::new("sgd").with("a", "adam").with("a", "sgd");
        assert_eq!(message(same), "multi_optimizer: `pattern` must be given once, received `a` twice");
        assert!(message(MultiOptimizer::new(LossScaleOptimizer::new("sgd"))).contains("a loss scale can't stand inside"));
        assert!(message(MultiOptimizer::new(MultiOptimizer::new("sgd"))).contains("can't stand inside a `MultiOptimizer`"));
        let multi = MultiOptimizer::new("sgd").with("a", "adam").into_optimizer().unwrap();
        assert_eq!(
            message(multi.clone().weight_decay(0.1)),
            "multi_optimizer: `weight_decay` must be unset, received a value; set it on the optimizers inside"
        );
        assert!(LossScaleOptimizer::new(multi.clone()).into_optimizer().is_ok());
        let mut multi = multi;
        assert!(multi.set_learning_rate(0.1).is_err());
        multi.optimizers_mut()[1].set_learning_rate(0.5).unwrap();
        assert_eq!((multi.learning_rate(), multi.optimizers_mut()[1].learning_rate()), (0.01, 0.5));
    }

    #[test]
    fn options_are_checked() {
        assert_eq!(message(Sgd::new().momentum(-0.5)), "sgd: `momentum` must be in 0..=1, received -0.5");
        assert_eq!(message(Adam::new().epsilon(0.0)), "adam: `epsilon` must be greater than 0, received 0");
        assert_eq!(message(AdamW::new().beta_2(1.0)), "adamw: `beta_2` must be in 0..1, received 1");
        assert_eq!(message(RmsProp::new().clipnorm(-1.0)), "rmsprop: `clipnorm` must be greater than 0, received -1");
        let nan = message(Sgd::new().learning_rate(f64::NAN));
        assert_eq!(nan, "sgd: `learning_rate` must be a number of at least 0, received NaN");
        assert_eq!(
            message(Adagrad::new().clipnorm(1.0).clipvalue(1.0)),
            "adagrad: `clipvalue` must be unset when `clipnorm` is set, received both; keep one of the two"
        );
        let accumulated = Sgd::new().gradient_accumulation_steps(1);
        assert_eq!(message(accumulated), "sgd: `gradient_accumulation_steps` must be at least 2, received 1");
        let averaged = Sgd::new().use_ema(true);
        assert_eq!(message(averaged.clone().ema_momentum(1.5)), "sgd: `ema_momentum` must be in 0..=1, received 1.5");
        assert_eq!(message(averaged.ema_overwrite_frequency(0)), "sgd: `ema_overwrite_frequency` must be at least 1, received 0");
        assert_eq!(message(Sgd::new().loss_scale_factor(0.0)), "sgd: `loss_scale_factor` must be greater than 0, received 0");
        assert_eq!(
            message(Ftrl::new().l1_regularization_strength(-1.0)),
            "ftrl: `l1_regularization_strength` must be at least 0, received -1"
        );
        assert_eq!(message(Ftrl::new().learning_rate(0.0)), "ftrl: `learning_rate` must be greater than 0, received 0");
        assert_eq!(message(Lion::new().beta_1(0.0)), "lion: `beta_1` must be greater than 0 and at most 1, received 0");
        assert_eq!(message(Muon::new().exclude_layers(["("])), "muon: `exclude_layers` must be regular expressions, received `(`");
        assert_eq!(message(Adam::new().weight_decay(-0.1)), "adam: `weight_decay` must be at least 0, received -0.1");
    }
}
