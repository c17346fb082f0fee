//! The layer that repeats any cell over a sequence.

use crate::recurrent::RnnModule;
use crate::recurrent::any_cell::AnyCell;
use crate::recurrent::plan::{Plan, planned};
use crate::recurrent::sequence::{Recurrent, Sequence, sequence_setters};
use kiln_core::layer::{Layer, Options};
use kiln_core::regularizer::Regularizer;
use kiln_core::{AnyLayer, layer_options};
use serde::{Deserialize, Serialize};

/// Repeats a cell over the steps of a sequence `(batch, time, ...)`.
///
/// The output is that of the last step, or of all with `return_sequences`; with `return_state` the last states follow as further
/// outputs. Further inputs are the states to begin with, zeros otherwise: `rnn.on([&x, &h, &c])`. At a masked step the states stay.
/// Keras: `keras/src/layers/rnn/rnn.py`.
///
/// ```
/// use kiln_core::{Layer, Shape};
/// use kiln_layers::{GruCell, LstmCell, Rnn, StackedRnnCells};
/// let layer = Rnn::new(GruCell::new(4)).return_sequences(true);
/// assert_eq!(layer.output_shape(&Shape::batch_of([10, 3]))?.to_string(), "(None, 10, 4)");
/// let layer = Rnn::new(StackedRnnCells::new([LstmCell::new(8).into(), GruCell::new(4).into()]));
/// assert_eq!(layer.output_shape(&Shape::batch_of([10, 3]))?.to_string(), "(None, 4)");
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rnn {
    #[serde(flatten)]
    options: Options,
    cell: AnyCell,
    #[serde(flatten)]
    sequence: Sequence,
    #[serde(skip)]
    activity_regularizer: Option<Regularizer>,
}

impl Rnn {
    /// Repeats `cell`.
    pub fn new(cell: impl Into<AnyCell>) -> Self {
        Self { options: Options::default(), cell: cell.into(), sequence: Sequence::default(), activity_regularizer: None }
    }

    sequence_setters!();

    /// A term of the loss that keeps the output small; Keras doesn't save it with this layer. Default none.
    pub fn activity_regularizer(mut self, regularizer: impl Into<Regularizer>) -> Self {
        self.activity_regularizer = Some(regularizer.into());
        self
    }

    fn plan(&self) -> Plan<'_> {
        Plan { who: "RNN", cell: self.cell.erased(), name: self.cell.name(), axes: None, sequence: self.sequence }
    }
}

impl Recurrent for Rnn {
    fn sequence(&self) -> &Sequence {
        &self.sequence
    }
    fn sequence_mut(&mut self) -> &mut Sequence {
        &mut self.sequence
    }
}

impl Layer for Rnn {
    const CLASS: &'static str = "RNN";
    type Module = RnnModule;
    layer_options!();
    planned!();

    fn parts(&self) -> Vec<(String, AnyLayer)> {
        vec![(self.cell.name(), self.cell.layer().clone())]
    }

    fn activity_regularizer(&self) -> Option<Regularizer> {
        self.activity_regularizer.clone()
    }
}
