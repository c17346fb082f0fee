//! How the outputs of both ways are merged.

use kiln_core::{Error, Result, Shape, Tensor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How [`Bidirectional`](crate::Bidirectional) merges its outputs.
#[derive(Clone, Debug, PartialEq)]
pub enum MergeMode {
    /// Joined on the last axis.
    Concat,
    /// Their sum.
    Sum,
    /// Their product.
    Mul,
    /// Their mean.
    Ave,
    /// Not at all: two outputs. Keras writes `None`.
    None,
    /// A name that isn't known.
    Unknown(String),
}

const NAMES: [&str; 5] = ["concat", "sum", "mul", "ave", "none"];

impl From<&str> for MergeMode {
    fn from(name: &str) -> Self {
        match name {
            "concat" => Self::Concat,
            "sum" => Self::Sum,
            "mul" => Self::Mul,
            "ave" => Self::Ave,
            "none" => Self::None,
            _ => Self::Unknown(name.to_owned()),
        }
    }
}

/// Keras' word, null for none.
impl Serialize for MergeMode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Concat => serializer.serialize_some("concat"),
            Self::Sum => serializer.serialize_some("sum"),
            Self::Mul => serializer.serialize_some("mul"),
            Self::Ave => serializer.serialize_some("ave"),
            Self::None => serializer.serialize_none(),
            Self::Unknown(name) => serializer.serialize_some(name),
        }
    }
}

impl<'de> Deserialize<'de> for MergeMode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<String>::deserialize(deserializer)?.map_or(Self::None, |name| name.as_str().into()))
    }
}

impl MergeMode {
    pub(super) fn check(&self) -> Result<()> {
        match self {
            Self::Unknown(name) => Err(Error::unknown("merge mode", name, NAMES)),
            _ => Ok(()),
        }
    }

    /// The shapes of the merged outputs.
    pub(super) fn shapes(&self, x: Shape, y: Shape) -> Result<Vec<Shape>> {
        if *self == Self::None {
            return Ok(vec![x, y]);
        }
        if let (Self::Concat, Some(a), Some(b)) = (self, x.last(), y.last()) {
            return match x.with_last(b) == y {
                true => {
                    let width = a.checked_add(b);
                    let width = width
                        .ok_or_else(|| Error::shape("Bidirectional", "outputs that some memory can hold", format!("{a} and {b} units")))?;
                    Ok(vec![x.with_last(width)])
                }
                false => Err(differ(&x, &y)),
            };
        }
        if x == y { Ok(vec![x]) } else { Err(differ(&x, &y)) }
    }

    pub(super) fn merge(&self, x: Tensor, y: Tensor) -> Result<Vec<Tensor>> {
        Ok(match self {
            Self::Concat => vec![Tensor::concat(&[x, y], -1)?],
            Self::Sum => vec![x.try_add(y)?],
            Self::Mul => vec![x.try_mul(y)?],
            Self::Ave => vec![x.try_add(y)?.try_div(2.0)?],
            Self::None => vec![x, y],
            Self::Unknown(name) => return Err(Error::unknown("merge mode", name, NAMES)),
        })
    }
}

fn differ(x: &Shape, y: &Shape) -> Error {
    Error::shape("Bidirectional", format!("a backward output like the forward one, {x}"), y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_beyond_counting_are_an_error() {
        let shape = Shape::batch_of([usize::MAX - 1]);
        let error = MergeMode::Concat.shapes(shape.clone(), shape).unwrap_err().to_string();
        assert!(
            error.starts_with("Bidirectional: expected outputs that some memory can hold, received 18446744073709551614 and"),
            "{error}"
        );
    }
}
