//! The learned scale and offset that follow a normalization.

use kiln_core::build::Build;
use kiln_core::constraint::Constraint;
use kiln_core::initializer::Initializer;
use kiln_core::regularizer::Regularizer;
use kiln_core::{AnyParam, Error, Result};
use serde::{Deserialize, Serialize};

/// The options of `gamma`, the scale, and `beta`, the offset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Affine {
    pub(super) center: bool,
    pub(super) scale: bool,
    pub(super) beta_initializer: Initializer,
    pub(super) gamma_initializer: Initializer,
    pub(super) beta_regularizer: Option<Regularizer>,
    pub(super) gamma_regularizer: Option<Regularizer>,
    pub(super) beta_constraint: Option<Constraint>,
    pub(super) gamma_constraint: Option<Constraint>,
}

impl Default for Affine {
    fn default() -> Self {
        Self {
            center: true,
            scale: true,
            beta_initializer: "zeros".into(),
            gamma_initializer: "ones".into(),
            beta_regularizer: None,
            gamma_regularizer: None,
            beta_constraint: None,
            gamma_constraint: None,
        }
    }
}

impl Affine {
    /// `gamma` and `beta`, where they are asked for.
    pub(super) fn build(&self, shape: &[usize], cx: &Build) -> Result<(Option<AnyParam>, Option<AnyParam>)> {
        let gamma = self.scale.then(|| cx.any_weight("gamma", shape, &self.gamma_initializer)).transpose()?;
        let beta = self.center.then(|| cx.any_weight("beta", shape, &self.beta_initializer)).transpose()?;
        Ok((gamma, beta))
    }

    pub(super) fn regularizers(&self) -> Vec<(&'static str, Regularizer)> {
        let all = [("gamma", &self.gamma_regularizer), ("beta", &self.beta_regularizer)];
        all.into_iter().filter_map(|(w, r)| Some((w, r.clone()?))).collect()
    }

    pub(super) fn constraints(&self) -> Vec<(&'static str, Constraint)> {
        let all = [("gamma", &self.gamma_constraint), ("beta", &self.beta_constraint)];
        all.into_iter().filter_map(|(w, c)| Some((w, c.clone()?))).collect()
    }
}

/// Writes the setters of [`Affine`] for a layer with a field `affine`.
macro_rules! affine_setters {
    () => {
        $crate::setters::setters! { .affine =>
            /// Whether an offset `beta` is added. Default true.
            center: bool;
            /// Whether the result is multiplied by a scale `gamma`. Default true.
            scale: bool;
            /// Default `zeros`.
            beta_initializer: into Initializer;
            /// Default `ones`.
            gamma_initializer: into Initializer;
            /// A term of the loss that keeps the offset small. Default none.
            beta_regularizer: some Regularizer;
            /// A term of the loss that keeps the scale small. Default none.
            gamma_regularizer: some Regularizer;
            /// Applied to the offset after each step of the optimizer. Default none.
            beta_constraint: some Constraint;
            /// Applied to the scale after each step of the optimizer. Default none.
            gamma_constraint: some Constraint;
        }
    };
}
pub(super) use affine_setters;

/// Refuses an `epsilon` that makes no number of a constant input.
pub(super) fn check_epsilon(who: &str, epsilon: f64) -> Result<()> {
    if epsilon >= 0.0 && epsilon.is_finite() { Ok(()) } else { Err(Error::option(who, "epsilon", "a number from 0", epsilon)) }
}
