//! How whole numbers are written out: as they are, or as places of ones and counts.

use kiln_core::{DType, Error, Result, Shape, Tensor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The form of the output of a layer that gives whole numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputMode {
    /// The numbers themselves.
    Int,
    /// A one at the number's place, for each number.
    OneHot,
    /// A one at the places of all numbers of a sample.
    MultiHot,
    /// How often each number occurs in a sample.
    Count,
    /// The counts times the weight of each token.
    TfIdf,
    /// A name that isn't known.
    Unknown(String),
}

impl From<&str> for OutputMode {
    fn from(name: &str) -> Self {
        match name {
            "int" => Self::Int,
            "one_hot" => Self::OneHot,
            "multi_hot" | "binary" => Self::MultiHot,
            "count" => Self::Count,
            "tf_idf" | "tf-idf" => Self::TfIdf,
            _ => Self::Unknown(name.to_owned()),
        }
    }
}

impl OutputMode {
    fn name(&self) -> &str {
        match self {
            Self::Int => "int",
            Self::OneHot => "one_hot",
            Self::MultiHot => "multi_hot",
            Self::Count => "count",
            Self::TfIdf => "tf_idf",
            Self::Unknown(name) => name,
        }
    }

    /// Whether it is one of `known`.
    pub(super) fn check(&self, who: &str, known: &[Self]) -> Result<()> {
        if known.contains(self) {
            return Ok(());
        }
        let names: Vec<String> = known.iter().map(|mode| format!("`{}`", mode.name())).collect();
        Err(Error::option(who, "output_mode", format!("one of {}", names.join(", ")), format!("`{}`", self.name())))
    }

    /// The shape of the output for `depth` numbers.
    pub(super) fn shape(&self, who: &str, input: &Shape, depth: usize) -> Result<Shape> {
        let mut axes = input.axes().to_vec();
        match self {
            Self::Int | Self::Unknown(_) => return Ok(input.clone()),
            Self::OneHot if axes.len() > 1 && axes.last() == Some(&Some(1)) => {
                axes.pop();
            }
            Self::OneHot => {}
            Self::MultiHot | Self::Count | Self::TfIdf => {
                if axes.len() < 2 {
                    return Err(Error::shape(who, "an input of at least 2 axes, (batch, numbers)", input));
                }
                axes.remove(1);
            }
        }
        if axes.len() > 7 {
            return Err(Error::shape(who, "an input of at most 7 axes", input));
        }
        axes.push(Some(depth));
        Ok(Shape::new(axes))
    }

    /// Writes `numbers` (whole numbers from 0) out. A number outside `0..depth` leaves no trace. `weights` are what each number counts.
    pub(super) fn write(&self, numbers: Tensor, depth: usize, weights: Option<Tensor>) -> Result<Tensor> {
        if matches!(self, Self::Int | Self::Unknown(_)) {
            return Ok(numbers);
        }
        let shape = numbers.shape();
        let single = *self == Self::OneHot && shape.len() > 1 && shape.last() == Some(&1);
        let numbers = if single { numbers.squeeze(-1)? } else { numbers };
        let places = Tensor::range(0..depth as i32).to_device(&numbers.device());
        let ones = numbers.cast(DType::I32).expand_dims(-1)?.equal(places)?.to_float();
        let ones = match weights {
            Some(weights) => ones * weights.expand_dims(-1)?,
            None => ones,
        };
        match self {
            Self::OneHot => Ok(ones),
            Self::MultiHot => ones.max_axis(1),
            _ => ones.sum_axis(1),
        }
    }
}

impl Serialize for OutputMode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for OutputMode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(String::deserialize(deserializer)?.as_str().into())
    }
}

/// An option of Keras that is not there: read if it is off, refused if it is on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Off;

impl Serialize for Off {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(false)
    }
}

impl<'de> Deserialize<'de> for Off {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Option::<bool>::deserialize(deserializer)? {
            Some(true) => Err(serde::de::Error::custom("sparse outputs are not supported")),
            _ => Ok(Self),
        }
    }
}
