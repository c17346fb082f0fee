//! The difference of two inputs.

use super::merge::{merge_layer, reduce};
use kiln_core::value::Value;
use kiln_core::{Result, Tensor};

merge_layer! {
    /// `a - b`, element by element, of exactly two inputs.
    ///
    /// Inputs of fewer axes get axes of size 1 after the batch; other axes broadcast. Keras: `keras/src/layers/merging/subtract.py`.
    ///
    /// ```
    /// use kiln_core::symbol::On;
    /// use kiln_layers::{Subtract, Dense, Input};
    /// let input = Input::new([4]);
    /// let merged = Subtract::new().on([&Dense::new(4).on(&input)?, &Dense::new(4).on(&input)?])?;
    /// assert_eq!(merged.shape().to_string(), "(None, 4)");
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    Subtract, SubtractModule, 2..=2, merge
}

fn merge(who: &str, inputs: Vec<Value>) -> Result<Tensor> {
    reduce(who, inputs, |a, b| a.try_sub(b))
}
