//! Data for Kiln: from tensors and files to batches.
//!
//! A [`Dataset`] is a pipeline with tf.data's words: it cuts tensors into samples, shuffles, maps and batches them, and makes them
//! ahead of the training on a thread of its own. It is lazy, can be iterated again and again, and gives the same order for the
//! same seed and epoch. The readers turn files into tensors, and name the line and column of what they can't read.
//!
//! | room | what |
//! |---|---|
//! | [`Dataset`] | the pipeline; its elements are [`Element`]s, their number is a [`Cardinality`] |
//! | [`load_csv`], [`Csv`], [`save_csv`] | tables of numbers |
//! | [`load_idx`] | the arrays of MNIST and its kin |
//! | [`datasets`] | MNIST, Fashion-MNIST and a sample of it that needs no file |
//!
//! The feature `download`, on by default, lets [`datasets`] fetch files that are not there.

mod csv;
mod dataset;
pub mod datasets;
mod file;
mod idx;

pub use csv::{Csv, load_csv, save_csv};
pub use dataset::{Cardinality, Dataset, Element, IntoElement, Iter};
pub use idx::load_idx;
