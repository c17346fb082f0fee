//! The foundation of Kiln.
//!
//! A layer is data; building it for a shape gives a Burn module; training changes only modules. This crate holds the words
//! for that:
//!
//! - [`Tensor`], whose rank is known at run time, [`Shape`] with open axes, [`Error`], [`Device`], [`random`]
//! - [`Variable`] and [`GradientTape`]
//! - [`activation`], [`initializer`], [`regularizer`], [`constraint`]
//! - [`window`]: windows of signal processing
//! - [`kernels`]: operations that are hand-written for the CPU
//! - [`layer`]: the sockets `Layer` and `Call`; [`context`], [`value`], [`build`], [`weights`]
//! - [`graph`]: the one executor, planned by [`blueprint`], wired by hand with [`symbol`]
//! - [`data`]: batches and where they come from

pub mod activation;
mod any_buffer;
pub mod any_layer;
mod any_param;
mod axes;
pub mod blueprint;
pub mod build;
pub mod constraint;
pub mod context;
pub mod data;
pub mod device;
mod erased;
pub mod error;
pub mod graph;
pub mod initializer;
pub mod kernels;
pub mod layer;
mod layer_state;
mod leaves;
pub mod logits;
mod nested;
mod object;
pub mod random;
pub mod regularizer;
pub mod shape;
pub mod symbol;
pub mod tape;
pub mod tensor;
pub mod value;
pub mod variable;
pub mod weights;
pub mod window;

pub use any_buffer::AnyBuffer;
pub use any_layer::AnyLayer;
pub use any_param::AnyParam;
pub use axes::Axes;
pub use burn::tensor::DType;
pub use context::Context;
pub use device::{Device, set_device};
pub use erased::AnyModule;
pub use error::{Error, Result};
pub use graph::Graph;
pub use layer::{Call, Layer};
pub use logits::{Logits, LogitsOf};
pub use nested::Inner;
pub use random::set_random_seed;
pub use shape::Shape;
pub use tape::GradientTape;
pub use tensor::Tensor;
pub use variable::Variable;
