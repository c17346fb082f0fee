//! Layers that move values without changing them.

mod flatten;
mod reshape;

pub use flatten::{Flatten, FlattenModule};
pub use reshape::{Reshape, ReshapeModule};
