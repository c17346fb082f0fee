//! Numbers and nested arrays of JSON as the values of a tensor.

use kiln_core::{Result, Tensor};
use serde_json::Value;

/// Axes that a tensor may have.
const DEEPEST: usize = 8;

/// Values of one kind. Whole numbers are widened when a fraction joins them.
#[derive(Clone, Debug)]
pub(super) enum Values {
    Integers(Vec<i64>),
    Numbers(Vec<f64>),
    Bools(Vec<bool>),
}

impl Values {
    /// Whether others may join them: numbers don't mix with bools.
    pub(super) fn fits(&self, other: &Self) -> Result<(), String> {
        let is_bool = |values: &Self| match values {
            Self::Bools(_) => Some(true),
            Self::Integers(values) if values.is_empty() => None,
            _ => Some(false),
        };
        match (is_bool(self), is_bool(other)) {
            (Some(true), Some(false)) => Err("expected a bool as in the lines before, received a number".to_owned()),
            (Some(false), Some(true)) => Err("expected a number as in the lines before, received a bool".to_owned()),
            _ => Ok(()),
        }
    }

    pub(super) fn truncate(&mut self, count: usize) {
        match self {
            Self::Integers(values) => values.truncate(count),
            Self::Numbers(values) => values.truncate(count),
            Self::Bools(values) => values.truncate(count),
        }
    }
}

/// An array of any number of axes; a plain number has none.
#[derive(Clone, Debug)]
pub(super) struct Array {
    pub(super) shape: Vec<usize>,
    pub(super) values: Values,
}

/// What a value is called in errors.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a bool",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

impl Array {
    /// Reads a value; the error says what is wrong with it.
    pub(super) fn read(value: &Value) -> Result<Self, String> {
        let mut shape = Vec::new();
        let mut inside = value;
        while let Value::Array(items) = inside {
            shape.push(items.len());
            match items.first() {
                Some(first) => inside = first,
                None => break,
            }
        }
        if shape.len() > DEEPEST {
            return Err(format!("expected at most {DEEPEST} axes, received {}", shape.len()));
        }
        let mut values = Values::Integers(Vec::with_capacity(shape.iter().product()));
        fill(value, &shape, &mut values)?;
        Ok(Self { shape, values })
    }

    /// Adds the values of another array of the same shape, as a further row.
    pub(super) fn append(&mut self, other: Values) -> Result<(), String> {
        use Values::{Bools, Integers, Numbers};
        self.values.fits(&other)?;
        let floats = |values: Vec<i64>| values.into_iter().map(|value| value as f64);
        match (&mut self.values, other) {
            (Integers(all), Integers(more)) => all.extend(more),
            (Numbers(all), Numbers(more)) => all.extend(more),
            (Numbers(all), Integers(more)) => all.extend(floats(more)),
            (Bools(all), Bools(more)) => all.extend(more),
            (Integers(all), Numbers(more)) => self.values = Numbers(floats(std::mem::take(all)).chain(more).collect()),
            // Only an empty array fits the other kind.
            (Integers(_), more @ Bools(_)) => self.values = more,
            (Bools(_), _) | (Numbers(_), Bools(_)) => {}
        }
        Ok(())
    }

    /// The tensor: `int64`, `float32` or `bool`.
    pub(super) fn tensor(self) -> Result<Tensor> {
        match self.values {
            Values::Integers(values) => Tensor::from_vec(values, self.shape),
            Values::Numbers(values) => Tensor::from_vec(values.into_iter().map(|value| value as f32).collect(), self.shape),
            Values::Bools(values) => Tensor::from_vec(values, self.shape),
        }
    }
}

fn fill(value: &Value, shape: &[usize], out: &mut Values) -> Result<(), String> {
    match (value, shape) {
        (Value::Array(items), [size, inner @ ..]) if items.len() == *size => items.iter().try_for_each(|item| fill(item, inner, out)),
        (Value::Array(items), [size, ..]) => Err(format!("expected arrays of one length {size}, received one of {}", items.len())),
        (Value::Number(number), []) => {
            match (number.as_i64(), number.as_f64(), &mut *out) {
                (Some(value), _, Values::Integers(values)) => values.push(value),
                (_, Some(value), Values::Numbers(values)) => values.push(value),
                (None, Some(value), Values::Integers(values)) => {
                    *out = Values::Numbers(values.iter().map(|value| *value as f64).chain([value]).collect());
                }
                _ => return Err("expected a bool as before it, received a number".to_owned()),
            }
            Ok(())
        }
        (Value::Bool(value), []) => match out {
            Values::Bools(values) => {
                values.push(*value);
                Ok(())
            }
            Values::Integers(values) if values.is_empty() => {
                *out = Values::Bools(vec![*value]);
                Ok(())
            }
            _ => Err("expected a number as before it, received a bool".to_owned()),
        },
        (other, []) => Err(format!("expected a number or an array of numbers, received {}", kind(other))),
        (other, _) => Err(format!("expected an array as before it, received {}", kind(other))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Array, String> {
        Array::read(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn nested_arrays_become_shapes() {
        let tensor = |json: &str| read(json).unwrap().tensor().unwrap();
        assert_eq!((tensor("[[1, 2], [3, 4], [5, 6]]").shape(), tensor("7").item()), (vec![3, 2], 7.0));
        assert_eq!(tensor("[1, 2.5]").to_vec::<f32>(), [1.0, 2.5]);
        assert_eq!(tensor("[true, false]").to_vec::<bool>(), [true, false]);
        assert_eq!((tensor("[]").shape(), tensor("[[], []]").shape()), (vec![0], vec![2, 0]));
        assert_eq!(tensor("[9007199254740993]").to_vec::<i64>(), [9_007_199_254_740_993]);
    }

    #[test]
    fn mistakes_are_named() {
        let error = |json: &str| read(json).unwrap_err();
        assert_eq!(error("[[1, 2], [3]]"), "expected arrays of one length 2, received one of 1");
        assert_eq!(error("[1, [2]]"), "expected a number or an array of numbers, received an array");
        assert_eq!(error("[[1], 2]"), "expected an array as before it, received a number");
        assert_eq!(error("[1, \"2\"]"), "expected a number or an array of numbers, received a string");
        assert_eq!(error("null"), "expected a number or an array of numbers, received null");
        assert_eq!(error("[1, true]"), "expected a number as before it, received a bool");
        assert_eq!(error("[true, 1]"), "expected a bool as before it, received a number");
        assert_eq!(error("[[[[[[[[[1]]]]]]]]]"), "expected at most 8 axes, received 9");
    }
}
