//! Data for Kiln: from files and tensors to batches.

mod csv;
mod dataset;
mod file;

pub use csv::{Csv, load_csv, save_csv};
pub use dataset::{Cardinality, Dataset, Element, IntoElement, Iter};
