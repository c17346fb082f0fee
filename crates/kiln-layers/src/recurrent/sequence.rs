//! The options of every layer that walks over a sequence.

use kiln_core::layer::Layer;
use serde::{Deserialize, Serialize};

/// How a recurrent layer walks over its sequence, and what it gives. All are false at first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sequence {
    /// Whether the outputs of all steps are given, not only the last.
    pub return_sequences: bool,
    /// Whether the last states are given after the output.
    pub return_state: bool,
    /// Whether the sequence is walked from its end; the outputs then come in that order.
    pub go_backwards: bool,
    /// Whether a batch begins with the states that the batch before ended with.
    pub stateful: bool,
    /// Whether the output of a masked step is 0, instead of that of the step before.
    pub zero_output_for_mask: bool,
}

/// A layer that walks over a sequence: what [`Bidirectional`](crate::Bidirectional) takes.
pub trait Recurrent: Layer {
    /// How it walks.
    fn sequence(&self) -> &Sequence;

    /// How it walks.
    fn sequence_mut(&mut self) -> &mut Sequence;
}

/// Setters of [`Sequence`].
macro_rules! sequence_setters {
    () => {
        /// Whether the outputs of all steps are given, `(batch, time, ...)`, not only the last. Default false.
        pub fn return_sequences(mut self, return_sequences: bool) -> Self {
            self.sequence.return_sequences = return_sequences;
            self
        }

        /// Whether the last states are given as further outputs. Default false.
        pub fn return_state(mut self, return_state: bool) -> Self {
            self.sequence.return_state = return_state;
            self
        }

        /// Whether the sequence is walked from its end; the outputs come in that order. Default false.
        pub fn go_backwards(mut self, go_backwards: bool) -> Self {
            self.sequence.go_backwards = go_backwards;
            self
        }

        /// Whether a batch begins with the states that the batch before ended with, in training and in inference. The batch must have
        /// a fixed size: `Input::new(..).batch_size(n)`. Default false.
        pub fn stateful(mut self, stateful: bool) -> Self {
            self.sequence.stateful = stateful;
            self
        }

        /// Whether the output of a masked step is 0; else it is that of the step before. Default false.
        pub fn zero_output_for_mask(mut self, zero_output_for_mask: bool) -> Self {
            self.sequence.zero_output_for_mask = zero_output_for_mask;
            self
        }
    };
}
pub(crate) use sequence_setters;

/// Writes a layer that repeats a cell: `Name(CellType) "Class", "cell_name", axes of its input`.
macro_rules! recurrent_layer {
    ($(#[$doc:meta])* $layer:ident($cell:ident) $class:literal, $name:literal, $axes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct $layer {
            #[serde(flatten)]
            cell: $cell,
            #[serde(flatten)]
            sequence: $crate::recurrent::Sequence,
            #[serde(default)]
            activity_regularizer: Option<kiln_core::regularizer::Regularizer>,
        }

        impl $layer {
            fn of(cell: $cell) -> Self {
                Self { cell, sequence: $crate::recurrent::Sequence::default(), activity_regularizer: None }
            }

            $crate::recurrent::sequence::sequence_setters!();

            /// A term of the loss that keeps the output small. Default none.
            pub fn activity_regularizer(mut self, regularizer: impl Into<kiln_core::regularizer::Regularizer>) -> Self {
                self.activity_regularizer = Some(regularizer.into());
                self
            }

            fn plan(&self) -> $crate::recurrent::plan::Plan<'_> {
                $crate::recurrent::plan::Plan {
                    who: $class,
                    cell: &self.cell,
                    name: $name.to_owned(),
                    axes: Some($axes),
                    sequence: self.sequence,
                }
            }
        }

        impl $crate::recurrent::Recurrent for $layer {
            fn sequence(&self) -> &$crate::recurrent::Sequence {
                &self.sequence
            }
            fn sequence_mut(&mut self) -> &mut $crate::recurrent::Sequence {
                &mut self.sequence
            }
        }

        impl kiln_core::layer::Layer for $layer {
            const CLASS: &'static str = $class;
            type Module = $crate::recurrent::RnnModule;

            // The cell's own options are not used otherwise.
            fn options(&self) -> &kiln_core::layer::Options {
                self.cell.options()
            }
            fn options_mut(&mut self) -> &mut kiln_core::layer::Options {
                self.cell.options_mut()
            }
            fn parts(&self) -> Vec<(String, kiln_core::AnyLayer)> {
                vec![($name.to_owned(), self.cell.clone().into())]
            }
            fn activity_regularizer(&self) -> Option<kiln_core::regularizer::Regularizer> {
                self.activity_regularizer.clone()
            }
            $crate::recurrent::plan::planned!();
        }
    };
}
pub(crate) use recurrent_layer;
