//! The smallest of several inputs.

use super::merge::{merge_layer, visible};
use kiln_core::value::Value;
use kiln_core::{Result, Tensor};

merge_layer! {
    /// The smallest of the inputs, element by element; a value that a mask hides gives way to the others.
    ///
    /// Inputs of fewer axes get axes of size 1 after the batch; other axes broadcast. Keras: `keras/src/layers/merging/minimum.py`.
    ///
    /// ```
    /// use kiln_core::symbol::On;
    /// use kiln_layers::{Minimum, Dense, Input};
    /// let input = Input::new([4]);
    /// let merged = Minimum::new().on([&Dense::new(4).on(&input)?, &Dense::new(4).on(&input)?])?;
    /// assert_eq!(merged.shape().to_string(), "(None, 4)");
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    Minimum, MinimumModule, 1..=usize::MAX, merge
}

fn merge(who: &str, inputs: Vec<Value>) -> Result<Tensor> {
    visible(who, inputs, |a, b| a.minimum(b))
}
