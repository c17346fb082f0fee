//! A number for each spatial axis.

use kiln_core::shape::tuple;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::fmt;

/// A number for each of `N` axes: of one integer, which counts for all of them, or of an array.
///
/// ```
/// use kiln_layers::spatial::Sizes;
/// assert_eq!(Sizes::<2>::from(3), Sizes::from([3, 3]));
/// assert_eq!(Sizes::from((3, 5)).to_string(), "(3, 5)");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes<const N: usize>(pub(crate) [usize; N]);

impl<const N: usize> From<usize> for Sizes<N> {
    fn from(size: usize) -> Self {
        Self([size; N])
    }
}

impl<const N: usize> From<[usize; N]> for Sizes<N> {
    fn from(sizes: [usize; N]) -> Self {
        Self(sizes)
    }
}

impl From<(usize, usize)> for Sizes<2> {
    fn from((a, b): (usize, usize)) -> Self {
        Self([a, b])
    }
}

impl From<(usize, usize, usize)> for Sizes<3> {
    fn from((a, b, c): (usize, usize, usize)) -> Self {
        Self([a, b, c])
    }
}

impl<const N: usize> fmt::Display for Sizes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&tuple(&self.0))
    }
}

/// A list, as Keras writes it.
impl<const N: usize> Serialize for Sizes<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_slice().serialize(serializer)
    }
}

/// An integer or a list.
impl<'de, const N: usize> Deserialize<'de> for Sizes<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            One(usize),
            All(Vec<usize>),
        }
        match Form::deserialize(deserializer)? {
            Form::One(size) => Ok(size.into()),
            Form::All(sizes) => {
                let found = sizes.len();
                <[usize; N]>::try_from(sizes).map(Self).map_err(|_| D::Error::custom(format!("{N} sizes are needed, {found} are given")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keras_spellings_are_read() {
        let read = |text: &str| serde_json::from_str::<Sizes<2>>(text);
        assert_eq!(read("3").unwrap(), Sizes([3, 3]));
        assert_eq!(read("[3, 4]").unwrap(), Sizes([3, 4]));
        assert_eq!(serde_json::to_string(&Sizes([3, 4])).unwrap(), "[3,4]");
        assert_eq!(read("[3]").unwrap_err().to_string(), "2 sizes are needed, 1 are given");
    }
}
