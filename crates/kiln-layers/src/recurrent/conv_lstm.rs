//! The convolutional LSTM layers.

use crate::recurrent::conv_field::{ConvField, Extents, conv_setters};
use crate::recurrent::conv_lstm_cell::ConvLstmCell;
use crate::recurrent::sequence::recurrent_layer;
use crate::recurrent::settings::{cell_setters, forget_setters, gate_setters};

macro_rules! conv_lstm {
    ($layer:ident $cell:ident $class:literal, $space:literal, $rank:literal, $axes:literal, $shape:literal, $out:literal) => {
        type $cell = ConvLstmCell<$rank>;

        recurrent_layer! {
            #[doc = concat!("A long short-term memory of pictures: [`Lstm`](crate::Lstm) with convolutions over ", $space, " axes of space.")]
            ///
            /// Takes (batch, time, space …, channels). The input is convolved with `strides`, `padding` and `dilation_rate`, the state with
            /// none of them, so that it keeps its size. Weights, with the gates in the order i, f, c, o: `kernel` (window …, channels,
            /// 4 · filters), `recurrent_kernel` (window …, filters, 4 · filters), `bias` (4 · filters). Keras: `keras/src/layers/rnn/conv_lstm.py`;
            /// Shi and others, 2015.
            ///
            /// ```
            /// use kiln_core::{Layer, Shape};
            #[doc = concat!("use kiln_layers::", stringify!($layer), ";")]
            #[doc = concat!("let layer = ", stringify!($layer), "::new(4, 3).padding(\"same\").return_sequences(true);")]
            #[doc = concat!("assert_eq!(layer.output_shape(&Shape::batch_of(", $shape, "))?, Shape::batch_of(", $out, "));")]
            /// # Ok::<(), kiln_core::Error>(())
            /// ```
            $layer($cell) $class, "conv_lstm_cell", $axes
        }

        impl $layer {
            /// So many filters over windows of this size.
            pub fn new(filters: usize, kernel_size: impl Extents<$space>) -> Self {
                Self::of($cell::new(filters, ConvField::new::<$space>(kernel_size.extents().into())))
            }

            cell_setters!(cell.settings);
            gate_setters!(cell.recurrent_activation);
            forget_setters!(cell.unit_forget_bias);
            conv_setters!($space; cell.field);
        }
    };
}

conv_lstm!(ConvLstm1d ConvLstm1dCell "ConvLSTM1D", 1, 3, 4, "[5, 8, 2]", "[5, 8, 4]");
conv_lstm!(ConvLstm2d ConvLstm2dCell "ConvLSTM2D", 2, 4, 5, "[5, 8, 8, 2]", "[5, 8, 8, 4]");
conv_lstm!(ConvLstm3d ConvLstm3dCell "ConvLSTM3D", 3, 5, 6, "[5, 4, 4, 4, 2]", "[5, 4, 4, 4, 4]");
