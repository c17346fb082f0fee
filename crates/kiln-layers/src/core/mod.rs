//! Inputs, dense layers, embeddings, masking, activations, and modules and closures of the user.

mod activation;
mod burn_module;
mod dense;
mod einsum;
mod einsum_dense;
mod embedding;
mod equation;
mod identity;
mod input;
mod lambda;
mod masking;

pub use activation::{Activation, ActivationModule};
pub use burn_module::BurnModule;
pub use dense::{Dense, DenseModule};
pub(crate) use einsum::contract;
pub use einsum_dense::{EinsumDense, EinsumDenseModule, Sizes};
pub use embedding::{Embedding, EmbeddingModule};
pub use identity::{Identity, IdentityModule};
pub use input::Input;
pub use lambda::{Lambda, LambdaModule};
pub use masking::{Masking, MaskingModule};
