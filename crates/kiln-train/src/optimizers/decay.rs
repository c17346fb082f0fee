//! Weight decay, and the weights it leaves out.

use super::About;
use kiln_core::{Error, Result};
use regex::Regex;

/// Before each update a weight loses `rate · learning_rate` of itself.
///
/// Keras: `src/optimizers/base_optimizer.py`, `_apply_weight_decay`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Decay {
    pub(crate) rate: Option<f64>,
    /// Names that are left out; a pattern that can't be read is reported by `check`.
    pub(crate) except: Option<Result<Regex, String>>,
}

impl Decay {
    pub(crate) fn exclude(&mut self, names: impl IntoIterator<Item = impl AsRef<str>>) {
        let names: Vec<String> = names.into_iter().map(|name| name.as_ref().to_owned()).collect();
        self.except = (!names.is_empty()).then(|| {
            // Each must be readable by itself: `a(` and `)b` joined would be something else.
            let broken = names.iter().find(|name| Regex::new(name).is_err());
            match (broken, Regex::new(&names.join("|"))) {
                (None, Ok(regex)) => Ok(regex),
                (broken, _) => Err(broken.cloned().unwrap_or_default()),
            }
        });
    }

    pub(crate) fn check(&self, who: &str) -> Result<()> {
        if let Some(Err(pattern)) = &self.except {
            return Err(Error::option(who, "exclude_from_weight_decay", "regular expressions", format!("`{pattern}`")));
        }
        match self.rate {
            Some(rate) if rate.is_nan() || rate < 0.0 => Err(Error::option(who, "weight_decay", "at least 0", rate)),
            _ => Ok(()),
        }
    }

    /// Whether a weight is left out. As in Keras its own name counts, the last part of the path.
    pub(crate) fn excludes(&self, weight: &About<'_>) -> bool {
        let name = weight.path.rsplit('.').next().unwrap_or_default();
        matches!(&self.except, Some(Ok(regex)) if regex.is_match(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part_of_the_path_counts() {
        let mut decay = Decay::default();
        decay.exclude(["bias", "^gam"]);
        let excludes = |path| decay.excludes(&About { path, shape: &[] });
        assert!(excludes("dense.bias") && excludes("norm.gamma") && excludes("bias"));
        assert!(!excludes("bias.kernel") && !excludes("norm.my_gamma"));
        let mut broken = Decay::default();
        broken.exclude(["a(", ")b"]);
        let error = broken.check("adam").unwrap_err();
        assert_eq!(error.to_string(), "adam: `exclude_from_weight_decay` must be regular expressions, received `a(`");
    }
}
