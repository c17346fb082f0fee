//! What a last sigmoid or softmax was computed from.

use crate::error::Result;
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

impl Logits {
    /// What the activation makes of the logits, recorded where they are.
    ///
    /// # Errors
    /// Logits without a last axis.
    pub fn probabilities(&self) -> Result<Tensor> {
        match self.of {
            LogitsOf::Sigmoid => Ok(self.values.clone().sigmoid()),
            LogitsOf::Softmax => self.values.clone().softmax(-1),
        }
    }

    /// The plain values of recorded logits.
    pub fn inner(self) -> Self {
        Self { values: self.values.inner(), of: self.of }
    }
}
