//! Hand-written CPU operations with their own gradients.
//!
//! Burn's operations are general; these are made for what a Keras model does most, on the backends whose tensors lie in host memory:
//! flex, and ndarray behind the feature of that name. They work on 32-bit floats. [`serves`] says whether tensors are such; whoever
//! calls an operation of this crate asks first and takes Burn's operations otherwise.
//!
//! - [`host`]: the mechanism. An operation is a struct that implements [`HostOp`]: slices in, slices out, forward and backward.
//! - [`dense`]: a product, a bias and a [`Curve`] in one pass
//! - [`conv`]: convolutions with the channels last
//! - [`pool`]: the maximum or the mean of windows
//! - [`normalize`]: batches, channel by channel
//! - [`layer_norm`]: rows, each by itself
//! - [`attention`]: of several heads, by scaled products
//! - [`elementwise`]: a [`Curve`] of a whole tensor
//! - [`dropout`]: with the generator of [`counter`]
//! - [`embedding`]: rows of a table
//! - [`recur`]: recurrent cells over whole sequences
//! - [`crossentropy`]: from logits, for labels or shares
//! - [`binary_crossentropy`]: of yes-or-no answers, from logits
//! - [`update`]: an optimizer's [`Formula`], applied in place, and [`squares`], for limits on gradients
//!
//! Results don't depend on the number of threads: work is cut into parts by its size alone, and parts are added in their order.

#![cfg_attr(feature = "ndarray", allow(deprecated))] // Burn deprecates its ndarray backend; it is served as long as it is there

pub mod attention;
pub mod binary_crossentropy;
mod buffer;
pub mod conv;
pub mod counter;
pub mod crossentropy;
mod curve;
pub mod dense;
pub mod dropout;
pub mod elementwise;
pub mod embedding;
pub mod host;
pub mod layer_norm;
pub mod normalize;
mod number;
mod numbers;
pub mod pool;
mod product;
pub mod recur;
mod rows;
mod simd;
mod softmax;
mod squares;
#[cfg(test)]
mod testing;
mod threads;
mod update;

pub use burn::backend::DispatchTensor;
pub use curve::Curve;
pub use host::{HostOp, serves, set_enabled};
pub use number::Number;
pub use squares::squares;
pub use update::{Formula, update};
