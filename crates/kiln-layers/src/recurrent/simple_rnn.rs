//! The fully connected recurrent layer.

use crate::recurrent::SimpleRnnCell;
use crate::recurrent::sequence::recurrent_layer;
use crate::recurrent::settings::cell_setters;

recurrent_layer! {
    /// Fully connected and recurrent: `h = activation(x · kernel + bias + h · recurrent_kernel)` for each step of (batch, time, features).
    ///
    /// The output is the last `h` (batch, units), or all of them with `return_sequences`. Further inputs: the first state, as in
    /// `layer.on([&x, &h])`. Weights: those of [`SimpleRnnCell`]. Keras: `keras/src/layers/rnn/simple_rnn.py`.
    ///
    /// ```
    /// use kiln_core::{Layer, Shape};
    /// use kiln_layers::SimpleRnn;
    /// let layer = SimpleRnn::new(4).return_sequences(true);
    /// assert_eq!(layer.output_shape(&Shape::batch_of([10, 3]))?.to_string(), "(None, 10, 4)");
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    SimpleRnn(SimpleRnnCell) "SimpleRNN", "simple_rnn_cell", 3
}

impl SimpleRnn {
    /// A state of `units` numbers.
    pub fn new(units: usize) -> Self {
        Self::of(SimpleRnnCell::new(units))
    }

    cell_setters!(cell.settings);
}
