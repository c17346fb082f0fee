//! The options that all recurrent cells share.

use kiln_core::activation::Activation;
use kiln_core::constraint::Constraint;
use kiln_core::initializer::Initializer;
use kiln_core::regularizer::Regularizer;
use kiln_core::{Error, Result};
use serde::{Deserialize, Serialize};

/// What the weights of a cell start from and are held to, and what is dropped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(super) activation: Activation,
    pub(super) use_bias: bool,
    pub(super) kernel_initializer: Initializer,
    pub(super) recurrent_initializer: Initializer,
    pub(super) bias_initializer: Initializer,
    pub(super) kernel_regularizer: Option<Regularizer>,
    pub(super) recurrent_regularizer: Option<Regularizer>,
    pub(super) bias_regularizer: Option<Regularizer>,
    pub(super) kernel_constraint: Option<Constraint>,
    pub(super) recurrent_constraint: Option<Constraint>,
    pub(super) bias_constraint: Option<Constraint>,
    pub(super) dropout: f64,
    pub(super) recurrent_dropout: f64,
    pub(super) seed: Option<u64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            activation: Activation::Tanh,
            use_bias: true,
            kernel_initializer: "glorot_uniform".into(),
            recurrent_initializer: "orthogonal".into(),
            bias_initializer: "zeros".into(),
            kernel_regularizer: None,
            recurrent_regularizer: None,
            bias_regularizer: None,
            kernel_constraint: None,
            recurrent_constraint: None,
            bias_constraint: None,
            dropout: 0.0,
            recurrent_dropout: 0.0,
            seed: None,
        }
    }
}

impl Settings {
    pub(super) fn check(&self, who: &str) -> Result<()> {
        self.activation.check()?;
        for (option, rate) in [("dropout", self.dropout), ("recurrent_dropout", self.recurrent_dropout)] {
            if !(0.0..=1.0).contains(&rate) {
                return Err(Error::option(who, option, "from 0 to 1", rate));
            }
        }
        Ok(())
    }

    pub(super) fn regularizers(&self) -> Vec<(&'static str, Regularizer)> {
        named([&self.kernel_regularizer, &self.recurrent_regularizer, &self.bias_regularizer])
    }

    pub(super) fn constraints(&self) -> Vec<(&'static str, Constraint)> {
        named([&self.kernel_constraint, &self.recurrent_constraint, &self.bias_constraint])
    }
}

fn named<T: Clone>(all: [&Option<T>; 3]) -> Vec<(&'static str, T)> {
    let names = ["kernel", "recurrent_kernel", "bias"];
    names.into_iter().zip(all).filter_map(|(name, value)| Some((name, value.clone()?))).collect()
}

/// Setters of [`Settings`].
macro_rules! cell_setters {
    ($($field:ident).+) => {
        /// The activation of the output. Default tanh.
        pub fn activation(mut self, activation: impl Into<kiln_core::activation::Activation>) -> Self {
            self.$($field).+.activation = activation.into();
            self
        }

        /// Whether a bias is added. Default true.
        pub fn use_bias(mut self, use_bias: bool) -> Self {
            self.$($field).+.use_bias = use_bias;
            self
        }

        /// The first values of the weights of the input. Default `glorot_uniform`.
        pub fn kernel_initializer(mut self, initializer: impl Into<kiln_core::initializer::Initializer>) -> Self {
            self.$($field).+.kernel_initializer = initializer.into();
            self
        }

        /// The first values of the weights of the state. Default `orthogonal`.
        pub fn recurrent_initializer(mut self, initializer: impl Into<kiln_core::initializer::Initializer>) -> Self {
            self.$($field).+.recurrent_initializer = initializer.into();
            self
        }

        /// Default `zeros`.
        pub fn bias_initializer(mut self, initializer: impl Into<kiln_core::initializer::Initializer>) -> Self {
            self.$($field).+.bias_initializer = initializer.into();
            self
        }

        /// A term of the loss that keeps the kernel small. Default none.
        pub fn kernel_regularizer(mut self, regularizer: impl Into<kiln_core::regularizer::Regularizer>) -> Self {
            self.$($field).+.kernel_regularizer = Some(regularizer.into());
            self
        }

        /// A term of the loss that keeps the recurrent kernel small. Default none.
        pub fn recurrent_regularizer(mut self, regularizer: impl Into<kiln_core::regularizer::Regularizer>) -> Self {
            self.$($field).+.recurrent_regularizer = Some(regularizer.into());
            self
        }

        /// A term of the loss that keeps the bias small. Default none.
        pub fn bias_regularizer(mut self, regularizer: impl Into<kiln_core::regularizer::Regularizer>) -> Self {
            self.$($field).+.bias_regularizer = Some(regularizer.into());
            self
        }

        /// Applied to the kernel after each step of the optimizer. Default none.
        pub fn kernel_constraint(mut self, constraint: impl Into<kiln_core::constraint::Constraint>) -> Self {
            self.$($field).+.kernel_constraint = Some(constraint.into());
            self
        }

        /// Applied to the recurrent kernel after each step of the optimizer. Default none.
        pub fn recurrent_constraint(mut self, constraint: impl Into<kiln_core::constraint::Constraint>) -> Self {
            self.$($field).+.recurrent_constraint = Some(constraint.into());
            self
        }

        /// Applied to the bias after each step of the optimizer. Default none.
        pub fn bias_constraint(mut self, constraint: impl Into<kiln_core::constraint::Constraint>) -> Self {
            self.$($field).+.bias_constraint = Some(constraint.into());
            self
        }

        /// The share of the inputs that is dropped in training, the same at all steps of a sequence. Default 0.
        pub fn dropout(mut self, rate: f64) -> Self {
            self.$($field).+.dropout = rate;
            self
        }

        /// The share of the state that is dropped in training before it is multiplied, the same at all steps. Default 0.
        pub fn recurrent_dropout(mut self, rate: f64) -> Self {
            self.$($field).+.recurrent_dropout = rate;
            self
        }

        /// A seed of the layer's own for what is dropped. Default: the global one.
        pub fn seed(mut self, seed: u64) -> Self {
            self.$($field).+.seed = Some(seed);
            self
        }
    };
}
pub(crate) use cell_setters;

/// The setter of a gated cell.
macro_rules! gate_setters {
    ($($field:ident).+) => {
        /// The activation of the gates. Default sigmoid.
        pub fn recurrent_activation(mut self, activation: impl Into<kiln_core::activation::Activation>) -> Self {
            self.$($field).+ = activation.into();
            self
        }
    };
}
pub(crate) use gate_setters;

/// The setter of a cell with a forget gate.
macro_rules! forget_setters {
    ($($field:ident).+) => {
        /// Whether the bias of the forget gate begins with 1 (Jozefowicz and others, 2015). Default true.
        pub fn unit_forget_bias(mut self, unit_forget_bias: bool) -> Self {
            self.$($field).+ = unit_forget_bias;
            self
        }
    };
}
pub(crate) use forget_setters;

/// The setter of a cell with a reset gate.
macro_rules! reset_setters {
    ($($field:ident).+) => {
        /// Whether the state is reset after its product with the recurrent kernel, or before. Default true.
        pub fn reset_after(mut self, reset_after: bool) -> Self {
            self.$($field).+ = reset_after;
            self
        }
    };
}
pub(crate) use reset_setters;
