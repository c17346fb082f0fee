//! Cells before and after each spatial axis.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A pair (before, after) for each of `N` axes: of one integer for all sides, of an array with one integer for each axis, or of
/// an array of pairs.
///
/// ```
/// use kiln_layers::spatial::Margins;
/// assert_eq!(Margins::<2>::from(1), Margins::from([(1, 1), (1, 1)]));
/// assert_eq!(Margins::<2>::from([1, 2]), Margins::from([(1, 1), (2, 2)]));
/// assert_eq!(Margins::<1>::from((0, 3)), Margins::from([(0, 3)]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Margins<const N: usize>(pub(crate) [(usize, usize); N]);

impl<const N: usize> From<usize> for Margins<N> {
    fn from(size: usize) -> Self {
        Self([(size, size); N])
    }
}

impl<const N: usize> From<[usize; N]> for Margins<N> {
    fn from(sizes: [usize; N]) -> Self {
        Self(sizes.map(|size| (size, size)))
    }
}

impl<const N: usize> From<[(usize, usize); N]> for Margins<N> {
    fn from(pairs: [(usize, usize); N]) -> Self {
        Self(pairs)
    }
}

impl From<(usize, usize)> for Margins<1> {
    fn from(pair: (usize, usize)) -> Self {
        Self([pair])
    }
}

impl From<((usize, usize), (usize, usize))> for Margins<2> {
    fn from((a, b): ((usize, usize), (usize, usize))) -> Self {
        Self([a, b])
    }
}

impl From<((usize, usize), (usize, usize), (usize, usize))> for Margins<3> {
    fn from((a, b, c): ((usize, usize), (usize, usize), (usize, usize))) -> Self {
        Self([a, b, c])
    }
}

/// A pair for one axis, else a list of pairs, as Keras writes it.
impl<const N: usize> Serialize for Margins<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [pair] => pair.serialize(serializer),
            pairs => pairs.serialize(serializer),
        }
    }
}

/// An integer, a pair for one axis, a list of integers or of pairs.
impl<'de, const N: usize> Deserialize<'de> for Margins<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            One(usize),
            Each(Vec<usize>),
            Pairs(Vec<(usize, usize)>),
        }
        let pairs = match Form::deserialize(deserializer)? {
            Form::One(size) => return Ok(size.into()),
            Form::Each(sizes) => match (N, sizes.as_slice()) {
                (1, [before, after]) => vec![(*before, *after)],
                _ => sizes.iter().map(|&size| (size, size)).collect(),
            },
            Form::Pairs(pairs) => pairs,
        };
        let found = pairs.len();
        <[_; N]>::try_from(pairs).map(Self).map_err(|_| D::Error::custom(format!("margins of {N} axes are needed, of {found} are given")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keras_spellings_are_read() {
        let two = |text: &str| serde_json::from_str::<Margins<2>>(text).unwrap();
        assert_eq!(two("3"), Margins::from(3));
        assert_eq!(two("[1, 2]"), Margins::from([1, 2]));
        assert_eq!(two("[[1, 2], [3, 4]]"), Margins::from(((1, 2), (3, 4))));
        assert_eq!(serde_json::to_string(&two("[1, 2]")).unwrap(), "[[1,1],[2,2]]");
        let one = |text: &str| serde_json::from_str::<Margins<1>>(text).unwrap();
        assert_eq!((one("2"), one("[1, 2]")), (Margins::from((2, 2)), Margins::from((1, 2))));
        assert_eq!(serde_json::to_string(&one("[1, 2]")).unwrap(), "[1,2]");
        assert!(serde_json::from_str::<Margins<3>>("[1, 2]").is_err());
    }
}
