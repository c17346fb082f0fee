//! The layers of Kiln, in the rooms Keras keeps them in.
//!
//! A layer is one file: its description, a `Module` that the description builds, and its tests.
//!
//! - [`core`] has dense, activation, closures
//! - [`regularization`] has dropout
//! - [`reshaping`] has flatten, reshape
//! - [`preprocessing`] has rescaling, normalization, discretization, category encoding, integer lookup

pub mod core;
mod list;
pub mod preprocessing;
pub mod regularization;
pub mod reshaping;

pub use crate::list::{layer_classes, layer_from_config, nested_layer};

pub use crate::core::{Activation, BurnModule, Dense, Input, Lambda};
pub use preprocessing::{CategoryEncoding, Discretization, IntegerLookup, Normalization, Rescaling};
pub use regularization::Dropout;
pub use reshaping::{Flatten, Reshape};
