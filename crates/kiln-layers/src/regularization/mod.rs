//! Layers that are on in training alone, to make a model generalise.

mod dropout;

pub use dropout::{Dropout, DropoutModule};
