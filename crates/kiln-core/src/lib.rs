//! The foundation of Kiln.
//!
//! A layer is data; building it for a shape gives a Burn module; training changes only modules. This crate holds the words
//! for that: [`Tensor`] with its rank at run time, [`Shape`] with open axes, [`Error`], devices and random numbers.

pub mod device;
pub mod error;
pub mod logits;
pub mod random;
pub mod shape;
pub mod tensor;

pub use burn::tensor::DType;
pub use device::{Device, set_device};
pub use error::{Error, Result};
pub use logits::{Logits, LogitsOf};
pub use random::set_random_seed;
pub use shape::Shape;
pub use tensor::Tensor;
