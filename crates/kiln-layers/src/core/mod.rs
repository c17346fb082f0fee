//! Inputs, dense layers, activations, and modules and closures of the user.

mod activation;
mod burn_module;
mod dense;
mod identity;
mod input;
mod lambda;

pub use activation::{Activation, ActivationModule};
pub use burn_module::BurnModule;
pub use dense::{Dense, DenseModule};
pub use identity::{Identity, IdentityModule};
pub use input::Input;
pub use lambda::{Lambda, LambdaModule};
