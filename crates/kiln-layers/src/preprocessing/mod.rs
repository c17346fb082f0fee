//! Layers that prepare data inside a model.

mod rescaling;

pub use rescaling::{Rescaling, RescalingModule};
