//! Inputs, dense layers, embeddings, masking, activations, and modules and closures of the user.

mod activation;
mod burn_module;
mod dense;
mod embedding;
mod input;
mod lambda;
mod masking;

pub use activation::{Activation, ActivationModule};
pub use burn_module::BurnModule;
pub use dense::{Dense, DenseModule};
pub use embedding::{Embedding, EmbeddingModule};
pub use input::Input;
pub use lambda::{Lambda, LambdaModule};
pub use masking::{Masking, MaskingModule};
