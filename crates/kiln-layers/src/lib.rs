//! The layers of Kiln, in the rooms Keras keeps them in.
//!
//! A layer is one file: its description, a `Module` that the description builds, and its tests.
//!
//! - [`core`] has dense, einsum, activation, closures
//! - [`attention`] has dot-product, additive, multi-head and group-query attention
//! - [`activations`] has activations with options or weights of their own
//! - [`regularization`] has dropout, noise and activity regularization
//! - [`merging`] has sums, products and other joins of several inputs
//! - [`normalization`] has batch, layer, group, root-mean-square, unit and spectral normalization
//! - [`reshaping`] has flatten, reshape
//! - [`preprocessing`] has rescaling

pub mod activations;
pub mod attention;
mod axes;
pub mod core;
mod list;
mod masks;
pub mod merging;
pub mod normalization;
pub mod preprocessing;
#[cfg(test)]
mod reference;
pub mod regularization;
pub mod reshaping;
mod setters;

pub use crate::list::{layer_classes, layer_from_config, nested_layer};

pub use crate::core::{Activation, BurnModule, Dense, EinsumDense, Identity, Input, Lambda, Sizes};
pub use activations::{Elu, LeakyRelu, PRelu, Relu, Softmax};
pub use attention::{AdditiveAttention, Attention, GroupQueryAttention, MultiHeadAttention};
pub use axes::Axes;
pub use merging::{Add, Average, Concatenate, Dot, Maximum, Minimum, Multiply, Subtract};
pub use normalization::{
    BatchNormalization, GroupNormalization, LayerNormalization, RenormClipping, RmsNormalization, SpectralNormalization, UnitNormalization,
};
pub use preprocessing::Rescaling;
pub use regularization::{
    ActivityRegularization, AlphaDropout, Dropout, GaussianDropout, GaussianNoise, SpatialDropout1d, SpatialDropout2d, SpatialDropout3d,
};
pub use reshaping::{Flatten, Reshape};
