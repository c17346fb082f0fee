//! What a last sigmoid or softmax was computed from.

use crate::tensor::Tensor;

/// The activation that turned logits into probabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogitsOf {
    /// `sigmoid(logits)`, element by element.
    Sigmoid,
    /// `softmax(logits)` over the last axis.
    Softmax,
}

/// The input of a last sigmoid or softmax. A crossentropy computed from it neither clips nor loses gradient, so the graph
/// hands it to the loss beside the probabilities, as Keras does on TensorFlow (`_keras_logits`).
#[derive(Clone, Debug)]
pub struct Logits {
    /// The values before the activation.
    pub values: Tensor,
    /// The activation.
    pub of: LogitsOf,
}
