//! Ready data sets, with Keras' names: [`mnist`], [`fashion_mnist`], [`cifar10`], [`cifar100`], [`imdb`], [`reuters`],
//! [`boston_housing`] and [`california_housing`].
//!
//! `load_data` looks for the files in the folder that the environment variable `KILN_DATA` names (and in the data set's subfolder
//! of it), then in Keras' cache (`~/.keras/datasets`, or `datasets` in `KERAS_HOME`), and fetches them into the cache when they
//! are in neither.

pub mod boston_housing;
pub mod california_housing;
mod cifar;
pub mod cifar10;
pub mod cifar100;
#[cfg(feature = "download")]
pub(crate) mod download;
pub mod fashion_mnist;
mod housing;
pub mod imdb;
pub mod mnist;
#[cfg(feature = "download")]
mod part;
mod remote;
pub mod reuters;
mod reviews;
pub(crate) mod shuffle;
mod source;

pub use reviews::{Texts, WordOptions};

use kiln_core::Tensor;

/// `((x_train, y_train), (x_test, y_test))`.
pub type Splits = ((Tensor, Tensor), (Tensor, Tensor));
