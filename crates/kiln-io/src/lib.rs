//! Kiln's files, which are Keras' files: a model goes to Python and back with equal outputs, its optimizer included.
//!
//! - [`SaveModel::save`] and [`load_model`]: `.keras` files; [`load_model`] also reads the `.h5` files of Keras 2 and 3
//! - [`SaveModel::save_weights`] and [`SaveModel::load_weights`]: `.weights.h5`, `.safetensors`, and the weights of whole models
//! - [`SaveModel::load_pt`] and [`pytorch`]: PyTorch's weights
//! - [`SaveModel::to_json`] and [`model_from_json`]: the architecture alone
//! - [`callbacks`]: checkpoints, trainings that go on after an interruption, TensorBoard
//! - [`Load`]: layers, losses and functions of your own, and what to leave out
//!
//! No file is trusted: nothing in one is ever run, sizes are limited ([`Limits`]), and a model is changed only by a file that was read
//! to its end and fits. Errors name the file and the place in it.

mod architecture;
mod archive;
pub mod callbacks;
mod compiled;
mod describe;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod hdf5;
mod legacy;
mod limits;
mod load;
mod operators;
mod order;
mod places;
pub mod pytorch;
mod safetensors;
mod save;
mod weights;

#[cfg(test)]
mod damage;
#[cfg(test)]
mod tests;

pub use limits::Limits;
pub use load::Load;
pub use save::{SaveModel, load_model, load_model_with, model_from_json, model_from_json_with};
