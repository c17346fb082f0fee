//! Numbers as an option of a layer: one, or nested lists of them.

use kiln_core::{Result, Tensor};
use serde::{Deserialize, Serialize};

/// A number, or a nested list of numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Numbers {
    /// One.
    One(f64),
    /// Several, or lists of them.
    Several(Vec<Numbers>),
}

impl From<f64> for Numbers {
    fn from(number: f64) -> Self {
        Self::One(number)
    }
}

impl<T: Into<Numbers>> From<Vec<T>> for Numbers {
    fn from(numbers: Vec<T>) -> Self {
        Self::Several(numbers.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Numbers>, const N: usize> From<[T; N]> for Numbers {
    fn from(numbers: [T; N]) -> Self {
        Self::Several(numbers.into_iter().map(Into::into).collect())
    }
}

impl Numbers {
    /// The sizes of the axes, if all lists of one depth are of one length.
    pub fn shape(&self) -> Option<Vec<usize>> {
        let Self::Several(list) = self else { return Some(Vec::new()) };
        let inner: Vec<Vec<usize>> = list.iter().map(Self::shape).collect::<Option<_>>()?;
        let first = inner.first().cloned().unwrap_or_default();
        inner.iter().all(|shape| *shape == first).then(|| std::iter::once(list.len()).chain(first).collect())
    }

    /// As a tensor of the shape `shape`, which has as many elements.
    pub(super) fn tensor(&self, shape: &[usize]) -> Result<Tensor> {
        let mut values = Vec::new();
        self.collect(&mut values);
        Tensor::from_vec(values, shape)
    }

    fn collect(&self, out: &mut Vec<f32>) {
        match self {
            Self::One(number) => out.push(*number as f32),
            Self::Several(list) => list.iter().for_each(|numbers| numbers.collect(out)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_found() {
        assert_eq!(Numbers::from(1.0).shape(), Some(vec![]));
        assert_eq!(Numbers::from([[1.0, 2.0], [3.0, 4.0]]).shape(), Some(vec![2, 2]));
        assert_eq!(Numbers::from(vec![vec![1.0], vec![2.0, 3.0]]).shape(), None);
        assert_eq!(serde_json::to_string(&Numbers::from([1.0, 2.5])).unwrap(), "[1.0,2.5]");
    }
}
