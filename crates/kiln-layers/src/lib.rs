//! The layers of Kiln, in the rooms Keras keeps them in.
//!
//! A layer is one file: its description, a `Module` that the description builds, and its tests.
//!
//! - [`core`] has dense, embedding, masking, activation, closures
//! - [`regularization`] has dropout
//! - [`reshaping`] has flatten, reshape
//! - [`preprocessing`] has rescaling
//! - [`recurrent`] has simple, LSTM, GRU and convolutional LSTM layers, their cells, bidirectional, time distributed

pub mod core;
mod list;
mod parts;
pub mod preprocessing;
pub mod recurrent;
pub mod regularization;
pub mod reshaping;

#[doc(hidden)]
pub use kiln_core;

pub use crate::list::{layer_classes, layer_from_config, nested_layer};

pub use crate::core::{Activation, BurnModule, Dense, Embedding, Input, Lambda, Masking};
pub use preprocessing::Rescaling;
pub use recurrent::{
    Bidirectional, ConvLstm1d, ConvLstm2d, ConvLstm3d, Gru, GruCell, Lstm, LstmCell, Rnn, SimpleRnn, SimpleRnnCell, StackedRnnCells,
    TimeDistributed,
};
pub use regularization::Dropout;
pub use reshaping::{Flatten, Reshape};
