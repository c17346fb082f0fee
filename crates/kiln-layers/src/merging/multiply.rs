//! The product of several inputs.

use super::merge::{for_each_value, merge_layer, reduce};
use crate::masks::or;
use kiln_core::value::Value;
use kiln_core::{Result, Tensor};

merge_layer! {
    /// `a * b * …`, element by element; a value that a mask hides counts as 1, and where all inputs are hidden the product is 0.
    ///
    /// Inputs of fewer axes get axes of size 1 after the batch; other axes broadcast. Keras: `keras/src/layers/merging/multiply.py`.
    ///
    /// ```
    /// use kiln_core::symbol::On;
    /// use kiln_layers::{Multiply, Dense, Input};
    /// let input = Input::new([4]);
    /// let merged = Multiply::new().on([&Dense::new(4).on(&input)?, &Dense::new(4).on(&input)?])?;
    /// assert_eq!(merged.shape().to_string(), "(None, 4)");
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    Multiply, MultiplyModule, 1..=usize::MAX, merge
}

fn merge(who: &str, inputs: Vec<Value>) -> Result<Tensor> {
    let all_masked = inputs.iter().all(|v| v.mask.is_some());
    let mut shown: Option<Tensor> = None;
    let mut factors = Vec::with_capacity(inputs.len());
    for Value { tensor, mask } in inputs {
        let Some(mask) = mask.map(|m| for_each_value(who, &m, &tensor)).transpose()? else {
            factors.push(tensor.into());
            continue;
        };
        factors.push(mask.select_where(tensor, 1.0)?.into());
        shown = Some(match shown {
            Some(shown) => or(&shown, &mask)?,
            None => mask,
        });
    }
    let product = reduce(who, factors, |a, b| a.try_mul(b))?;
    match shown {
        Some(shown) if all_masked => shown.select_where(product, 0.0),
        _ => Ok(product),
    }
}
