//! Ready data sets, with Keras' names: [`fashion_mnist`] and [`mnist`].
//!
//! `load_data` looks for the files in the folder that the environment variable `KILN_DATA` names (and in the data set's subfolder
//! of it), then in Keras' cache (`~/.keras/datasets`, or `datasets` in `KERAS_HOME`), and fetches them into the cache when they
//! are in neither.

#[cfg(feature = "download")]
mod download;
pub mod fashion_mnist;
pub mod mnist;
mod source;

use kiln_core::Tensor;

/// `((x_train, y_train), (x_test, y_test))`.
pub type Splits = ((Tensor, Tensor), (Tensor, Tensor));
