//! The mean of several inputs.

use super::merge::{merge_layer, reduce};
use kiln_core::value::Value;
use kiln_core::{Result, Tensor};

merge_layer! {
    /// `(a + b + …) / number of inputs`, element by element.
    ///
    /// Inputs of fewer axes get axes of size 1 after the batch; other axes broadcast. Keras: `keras/src/layers/merging/average.py`.
    ///
    /// ```
    /// use kiln_core::symbol::On;
    /// use kiln_layers::{Average, Dense, Input};
    /// let input = Input::new([4]);
    /// let merged = Average::new().on([&Dense::new(4).on(&input)?, &Dense::new(4).on(&input)?])?;
    /// assert_eq!(merged.shape().to_string(), "(None, 4)");
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    Average, AverageModule, 1..=usize::MAX, merge
}

fn merge(who: &str, inputs: Vec<Value>) -> Result<Tensor> {
    let count = inputs.len().max(1) as f64;
    Ok(reduce(who, inputs, |a, b| a.try_add(b))? / count)
}
