//! The gated recurrent unit.

use crate::recurrent::GruCell;
use crate::recurrent::sequence::recurrent_layer;
use crate::recurrent::settings::{cell_setters, gate_setters, reset_setters};

recurrent_layer! {
    /// The gated recurrent unit (Cho and others, 2014) over the steps of (batch, time, features); the formula is at [`GruCell`].
    ///
    /// The output is the last `h` (batch, units), or all of them with `return_sequences`. Further inputs: the first state, as in
    /// `layer.on([&x, &h])`. Weights: those of [`GruCell`], as `gru_cell.kernel`. Keras: `keras/src/layers/rnn/gru.py`.
    ///
    /// ```
    /// use kiln_core::{Layer, Shape};
    /// use kiln_layers::Gru;
    /// let layer = Gru::new(4).return_sequences(true);
    /// assert_eq!(layer.output_shape(&Shape::batch_of([10, 3]))?.to_string(), "(None, 10, 4)");
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    Gru(GruCell) "GRU", "gru_cell", 3
}

impl Gru {
    /// A state of `units` numbers.
    pub fn new(units: usize) -> Self {
        Self::of(GruCell::new(units))
    }

    cell_setters!(cell.settings);
    gate_setters!(cell.recurrent_activation);
    reset_setters!(cell.reset_after);
}
