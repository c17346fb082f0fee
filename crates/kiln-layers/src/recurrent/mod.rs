//! Layers that walk over a sequence: simple, LSTM, GRU, any cell, both ways, a layer for each step.

mod any_cell;
mod any_recurrent;
mod bidirectional;
mod cell;
mod conv_field;
mod conv_lstm;
mod conv_lstm_cell;
mod dropped;
#[cfg(test)]
mod goldens;
mod gru;
mod gru_cell;
mod kernels;
mod lstm;
mod lstm_cell;
mod merge_mode;
mod plan;
mod rnn;
mod rnn_module;
mod scan;
mod sequence;
mod settings;
mod simple_rnn;
mod simple_rnn_cell;
mod stacked_rnn_cells;
#[cfg(test)]
mod tests;
mod time_distributed;

pub use any_cell::AnyCell;
pub use any_recurrent::AnyRecurrent;
pub use bidirectional::{Bidirectional, BidirectionalModule};
#[doc(hidden)]
pub use cell::cell_output_shapes;
pub use cell::{Cell, CellCall, Run, Stepped, Walked, Whole};
pub use conv_field::Extents;
pub use conv_lstm::{ConvLstm1d, ConvLstm2d, ConvLstm3d};
pub use gru::Gru;
pub use gru_cell::{GruCell, GruCellModule};
pub use lstm::Lstm;
pub use lstm_cell::{LstmCell, LstmCellModule};
pub use merge_mode::MergeMode;
pub use rnn::Rnn;
pub use rnn_module::RnnModule;
pub use sequence::{Recurrent, Sequence};
pub use simple_rnn::SimpleRnn;
pub use simple_rnn_cell::{SimpleRnnCell, SimpleRnnCellModule};
pub use stacked_rnn_cells::{StackedRnnCells, StackedRnnCellsModule};
pub use time_distributed::{TimeDistributed, TimeDistributedModule};
