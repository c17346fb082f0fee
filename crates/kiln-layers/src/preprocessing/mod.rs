//! Layers that prepare data inside a model.

mod category_encoding;
mod discretization;
#[cfg(test)]
mod goldens;
pub mod image;
mod integer_lookup;
mod normalization;
mod numbers;
mod output_mode;
mod pipeline;
mod quantiles;
mod rescaling;
mod vocabulary;

pub use category_encoding::{CategoryEncoding, CategoryEncodingModule};
pub use discretization::{Discretization, DiscretizationModule};
pub use integer_lookup::{IntegerLookup, IntegerLookupModule};
pub use normalization::{Normalization, NormalizationModule};
pub use numbers::Numbers;
pub use output_mode::OutputMode;
pub use pipeline::{Pipeline, PipelineModule};
pub use rescaling::{Rescaling, RescalingModule};
