//! What all layers that merge have in common: how shapes, ranks and masks of several inputs come together.
//!
//! Keras: `keras/src/layers/merging/base_merge.py`.

use crate::axes::reshape;
use crate::masks::or;
use kiln_core::shape::tuple;
use kiln_core::value::{Value, Values};
use kiln_core::{Error, Result, Shape, Tensor};
use std::ops::RangeInclusive;

/// The broadcast of the inputs' shapes. Inputs of fewer axes get axes of size 1 after the batch.
pub(super) fn merged_shape(who: &str, inputs: &[Shape], count: RangeInclusive<usize>) -> Result<Shape> {
    if !count.contains(&inputs.len()) {
        let expected = if count.start() == count.end() { format!("{} inputs", count.start()) } else { "at least one input".to_owned() };
        return Err(Error::shape(who, expected, format!("{} inputs", inputs.len())));
    }
    let rank = inputs.iter().map(Shape::rank).max().unwrap_or(0);
    if let Some(scalar) = inputs.iter().find(|s| s.rank() == 0) {
        return Err(Error::shape(who, "inputs with a batch axis", scalar));
    }
    let together = || {
        let shapes: Vec<String> = inputs.iter().map(Shape::to_string).collect();
        Error::shape(who, "inputs whose shapes broadcast together", shapes.join(" and "))
    };
    let mut merged = lifted(&inputs[0], rank);
    for input in &inputs[1..] {
        for (place, (a, b)) in merged.iter_mut().zip(lifted(input, rank)).enumerate() {
            *a = match (*a, b) {
                (Some(x), Some(y)) if x == y => Some(x),
                // The batch axis must agree, even where one is 1.
                (Some(_), Some(_)) if place == 0 => return Err(together()),
                (x, None) | (None, x) if place == 0 => x,
                (Some(1), y) | (y, Some(1)) => y,
                (Some(_), Some(_)) => return Err(together()),
                _ => None,
            };
        }
    }
    Ok(Shape::new(merged))
}

fn lifted(shape: &Shape, rank: usize) -> Vec<Option<usize>> {
    let (batch, sample) = shape.axes().split_at(1);
    let ones = std::iter::repeat_n(Some(1), rank - shape.rank());
    batch.iter().copied().chain(ones).chain(sample.iter().copied()).collect()
}

/// The inputs with one rank, as floats, with the masks of those that had it: Keras loses the masks of those it lifts.
pub(super) fn same_rank(who: &str, inputs: Values) -> Result<Vec<Value>> {
    let shapes: Vec<Shape> = inputs.iter().map(|v| Shape::known(v.tensor.shape())).collect();
    merged_shape(who, &shapes, 1..=usize::MAX)?;
    let rank = shapes.iter().map(Shape::rank).max().unwrap_or(0);
    let lift = |value: Value| -> Result<Value> {
        let tensor = value.tensor.to_float();
        let shape = tensor.shape();
        if shape.len() == rank {
            return Ok(Value { tensor, mask: value.mask });
        }
        let axes: Vec<usize> = lifted(&Shape::known(&shape), rank).into_iter().flatten().collect();
        Ok(Value { tensor: reshape(&tensor, &axes)?, mask: None })
    };
    inputs.into_iter().map(lift).collect()
}

/// A mask for each value of `x`, from one for each step.
pub(super) fn for_each_value(who: &str, mask: &Tensor, x: &Tensor) -> Result<Tensor> {
    if mask.rank() + 1 != x.rank() {
        return Err(Error::shape(who, format!("a mask of {} axes", x.rank().saturating_sub(1)), tuple(&mask.shape())));
    }
    mask.expand_dims(-1)?.broadcast_to(x.shape())
}

/// Where one of the masks is true, if all inputs have one.
pub(super) fn any_mask(masks: &[Option<Tensor>]) -> Result<Option<Tensor>> {
    let mut joined: Option<Tensor> = None;
    for mask in masks {
        joined = match (joined, mask) {
            (_, None) => return Ok(None),
            (None, Some(mask)) => Some(mask.clone()),
            (Some(joined), Some(mask)) => Some(or(&joined, mask)?),
        };
    }
    Ok(joined)
}

/// Writes a layer without options that merges its inputs: the description, the module, and how they are called.
macro_rules! merge_layer {
    ($(#[$doc:meta])* $name:ident, $module:ident, $count:expr, $merge:path) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct $name {
            #[serde(flatten)]
            options: kiln_core::layer::Options,
        }

        impl $name {
            /// Without options.
            pub fn new() -> Self {
                Self::default()
            }
        }

        impl kiln_core::Layer for $name {
            const CLASS: &'static str = stringify!($name);
            type Module = $module;
            kiln_core::layer_options!();

            fn output_shape(&self, input: &kiln_core::Shape) -> kiln_core::Result<kiln_core::Shape> {
                $crate::merging::merge::merged_shape(Self::CLASS, std::slice::from_ref(input), $count)
            }

            fn output_shapes(&self, inputs: &[kiln_core::Shape]) -> kiln_core::Result<Vec<kiln_core::Shape>> {
                Ok(vec![$crate::merging::merge::merged_shape(Self::CLASS, inputs, $count)?])
            }

            fn build(&self, input: &kiln_core::Shape, cx: &kiln_core::build::Build) -> kiln_core::Result<$module> {
                self.build_many(std::slice::from_ref(input), cx)
            }

            fn build_many(&self, inputs: &[kiln_core::Shape], _: &kiln_core::build::Build) -> kiln_core::Result<$module> {
                self.output_shapes(inputs)?;
                Ok($module {})
            }
        }

        #[doc = concat!("A built [`", stringify!($name), "`].")]
        #[derive(burn::module::Module, Debug)]
        pub struct $module {}

        impl kiln_core::Call for $module {
            fn call(&self, x: kiln_core::Tensor, cx: &kiln_core::Context) -> kiln_core::Result<kiln_core::Tensor> {
                let outputs = self.call_many(kiln_core::value::one(x), cx)?;
                kiln_core::value::only(<$name as kiln_core::Layer>::CLASS, outputs).map(|value| value.tensor)
            }

            fn call_many(
                &self,
                inputs: kiln_core::value::Values,
                _: &kiln_core::Context,
            ) -> kiln_core::Result<kiln_core::value::Values> {
                let who = <$name as kiln_core::Layer>::CLASS;
                let masks: Vec<Option<kiln_core::Tensor>> = inputs.iter().map(|v| v.mask.clone()).collect();
                let tensor = $merge(who, $crate::merging::merge::same_rank(who, inputs)?)?;
                let mask = $crate::merging::merge::any_mask(&masks)?;
                Ok(kiln_core::value::one(kiln_core::value::Value { tensor, mask }))
            }
        }
    };
}
pub(super) use merge_layer;

/// The values joined two by two.
pub(super) fn reduce(who: &str, inputs: Vec<Value>, join: impl Fn(Tensor, Tensor) -> Result<Tensor>) -> Result<Tensor> {
    let mut tensors = inputs.into_iter().map(|v| v.tensor);
    let first = tensors.next().ok_or_else(|| Error::shape(who, "at least one input", "none"))?;
    tensors.try_fold(first, join)
}

/// Keras' way for maxima and minima, where no value stands for "hidden": a hidden value gives way to the other one.
pub(super) fn visible(who: &str, inputs: Vec<Value>, join: impl Fn(Tensor, Tensor) -> Result<Tensor>) -> Result<Tensor> {
    let mut merged: Option<(Tensor, Option<Tensor>)> = None;
    for Value { tensor: mut x, mask } in inputs {
        let mask = mask.map(|m| for_each_value(who, &m, &x)).transpose()?;
        merged = Some(match merged {
            None => (x, mask),
            Some((mut output, shown)) => {
                if let Some(mask) = &mask {
                    x = mask.select_where(x, &output)?;
                }
                if let Some(shown) = &shown {
                    output = shown.select_where(output, &x)?;
                }
                let shown = match (shown, mask) {
                    (Some(shown), Some(mask)) => Some(or(&shown, &mask)?),
                    _ => None,
                };
                (join(output, x)?, shown)
            }
        });
    }
    merged.map(|(output, _)| output).ok_or_else(|| Error::shape(who, "at least one input", "none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_broadcast_after_the_batch() {
        let of = |shapes: &[Shape]| merged_shape("Add", shapes, 1..=9);
        let open = Shape::new([None, None, Some(3)]);
        assert_eq!(of(&[Shape::batch_of([4, 3]), Shape::batch_of([3])]).unwrap(), Shape::batch_of([4, 3]));
        assert_eq!(of(&[open.clone(), Shape::batch_of([1, 3])]).unwrap(), open);
        assert_eq!(of(&[Shape::known([2, 3]), Shape::batch_of([3])]).unwrap(), Shape::known([2, 3]));
        let error = of(&[Shape::batch_of([4, 3]), Shape::batch_of([4, 2])]).unwrap_err();
        assert_eq!(error.to_string(), "Add: expected inputs whose shapes broadcast together, received (None, 4, 3) and (None, 4, 2)");
        let error = of(&[Shape::known([1, 3]), Shape::known([2, 3])]).unwrap_err();
        assert_eq!(error.to_string(), "Add: expected inputs whose shapes broadcast together, received (1, 3) and (2, 3)");
        let error = merged_shape("Subtract", &[Shape::batch_of([4])], 2..=2).unwrap_err();
        assert_eq!(error.to_string(), "Subtract: expected 2 inputs, received 1 inputs");
    }
}
