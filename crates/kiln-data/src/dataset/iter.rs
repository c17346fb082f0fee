//! One iteration of a pipeline.

use super::element::Element;
use super::stage::Run;
use kiln_core::Result;
use std::fmt;
use std::iter::FusedIterator;

/// The elements of one iteration of a [`Dataset`](crate::Dataset), each a `Result`; the first error is the last item.
///
/// ```
/// use kiln_core::Tensor;
/// use kiln_data::Dataset;
/// let mut iter = Dataset::from_tensor_slices(Tensor::constant([5]))?.iter();
/// assert_eq!(iter.next().unwrap()?.item(), 5.0);
/// assert!(iter.next().is_none());
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub struct Iter<E> {
    /// `None` once it has ended, so that threads and buffers go at once.
    run: Option<Run<E>>,
}

impl<E: Element> Iter<E> {
    pub(super) fn new(run: Run<E>) -> Self {
        Self { run: Some(run) }
    }
}

impl<E: Element> Iterator for Iter<E> {
    type Item = Result<E>;

    fn next(&mut self) -> Option<Result<E>> {
        let next = self.run.as_mut()?.next();
        if !matches!(next, Some(Ok(_))) {
            self.run = None;
        }
        next
    }
}

impl<E: Element> FusedIterator for Iter<E> {}

impl<E> fmt::Debug for Iter<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iter").field("ended", &self.run.is_none()).finish()
    }
}
