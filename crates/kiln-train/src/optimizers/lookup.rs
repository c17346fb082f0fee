//! From what `compile` is given to an optimizer.

use super::{Adagrad, Adam, AdamW, Optimizer, RmsProp, Sgd};
use burn::optim::ModuleOptimizer;
use kiln_core::{Error, Result};

/// Every name of an optimizer.
pub const NAMES: &[&str] = &["sgd", "rmsprop", "adam", "adamw", "adagrad"];

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
        match self.to_ascii_lowercase().as_str() {
            "sgd" => Sgd::new().into_optimizer(),
            "rmsprop" => RmsProp::new().into_optimizer(),
            "adam" => Adam::new().into_optimizer(),
            "adamw" => AdamW::new().into_optimizer(),
            "adagrad" => Adagrad::new().into_optimizer(),
            _ => Err(Error::unknown("optimizer", self, NAMES.iter().copied())),
        }
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
        assert_eq!(message(Adam::new().weight_decay(-0.1)), "adam: `weight_decay` must be at least 0, received -0.1");
    }
}
