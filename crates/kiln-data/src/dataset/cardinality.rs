//! How many elements a pipeline gives.

/// The number of elements of a [`Dataset`](crate::Dataset), as far as it is known without running it.
///
/// ```
/// use kiln_core::Tensor;
/// use kiln_data::{Cardinality, Dataset};
/// let data = Dataset::from_tensor_slices(Tensor::range(0..10))?.batch(3);
/// assert_eq!(data.cardinality(), Cardinality::Known(4));
/// assert_eq!(data.repeat_forever().cardinality(), Cardinality::Infinite);
/// assert_eq!(data.filter(|_| Ok(true)).cardinality(), Cardinality::Unknown);
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cardinality {
    /// So many elements.
    Known(usize),
    /// The pipeline never ends.
    Infinite,
    /// It depends on the data.
    Unknown,
}

impl Cardinality {
    /// The number, when it is known.
    ///
    /// ```
    /// use kiln_data::Cardinality;
    /// assert_eq!(Cardinality::Known(3).known(), Some(3));
    /// assert_eq!(Cardinality::Infinite.known(), None);
    /// ```
    pub fn known(self) -> Option<usize> {
        match self {
            Self::Known(count) => Some(count),
            Self::Infinite | Self::Unknown => None,
        }
    }

    pub(crate) fn map(self, change: impl FnOnce(usize) -> usize) -> Self {
        match self {
            Self::Known(count) => Self::Known(change(count)),
            other => other,
        }
    }
}
