//! The long short-term memory.

use crate::recurrent::LstmCell;
use crate::recurrent::sequence::recurrent_layer;
use crate::recurrent::settings::{cell_setters, forget_setters, gate_setters};

recurrent_layer! {
    /// The long short-term memory (Hochreiter and Schmidhuber, 1997) over the steps of (batch, time, features); the formula is at [`LstmCell`].
    ///
    /// The output is the last `h` (batch, units), or all of them with `return_sequences`; with `return_state`, `h` and `c` follow. Further
    /// inputs: the first states, as in `layer.on([&x, &h, &c])`. Weights: those of [`LstmCell`], as `lstm_cell.kernel`.
    /// Keras: `keras/src/layers/rnn/lstm.py`.
    ///
    /// ```
    /// use kiln_core::{Layer, Shape};
    /// use kiln_layers::Lstm;
    /// let layer = Lstm::new(4).return_sequences(true);
    /// assert_eq!(layer.output_shape(&Shape::batch_of([10, 3]))?.to_string(), "(None, 10, 4)");
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    Lstm(LstmCell) "LSTM", "lstm_cell", 3
}

impl Lstm {
    /// Two states of `units` numbers.
    pub fn new(units: usize) -> Self {
        Self::of(LstmCell::new(units))
    }

    cell_setters!(cell.settings);
    gate_setters!(cell.recurrent_activation);
    forget_setters!(cell.unit_forget_bias);
}
