//! Axes as an option of a layer or a weight.

use serde::{Deserialize, Serialize};

/// One axis, or several that are taken together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Axes {
    /// One.
    One(isize),
    /// Several: `[0, 1, 2]` for a kernel of a 2-D convolution.
    Several(Vec<isize>),
}

impl From<isize> for Axes {
    fn from(axis: isize) -> Self {
        Self::One(axis)
    }
}

impl<const N: usize> From<[isize; N]> for Axes {
    fn from(axes: [isize; N]) -> Self {
        Self::Several(axes.to_vec())
    }
}

impl From<Vec<isize>> for Axes {
    fn from(axes: Vec<isize>) -> Self {
        Self::Several(axes)
    }
}

impl From<Option<isize>> for Axes {
    fn from(axis: Option<isize>) -> Self {
        axis.map_or_else(|| Self::Several(Vec::new()), Self::One)
    }
}

impl Axes {
    /// The axes as they were given, negative ones counted from the end.
    pub fn list(&self) -> &[isize] {
        match self {
            Self::One(axis) => std::slice::from_ref(axis),
            Self::Several(axes) => axes,
        }
    }
}
