//! Sources that make their elements: an iterator, a function, a range of numbers.

use super::Dataset;
use super::cardinality::Cardinality;
use super::element::Element;
use super::stage::{Before, Pass, Run, Stage};
use kiln_core::{Result, Tensor};
use std::ops::Range;

struct Source<F> {
    start: F,
    cardinality: Cardinality,
}

impl<E: Element, F: Fn() -> Run<E> + Send + Sync> Stage<E> for Source<F> {
    fn run(&self, _: Pass) -> Run<E> {
        (self.start)()
    }

    fn cardinality(&self) -> Cardinality {
        self.cardinality
    }

    fn before(&self) -> Vec<&dyn Before> {
        Vec::new()
    }
}

impl<E: Element> Dataset<E> {
    /// The elements of whatever can be iterated again and again: a `Vec`, a range that is mapped, an iterator that can be cloned.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_data::{Cardinality, Dataset};
    /// let data = Dataset::from_iter((1..4).map(|n| Tensor::ones([n])));
    /// assert_eq!(data.iter().last().unwrap()?.shape(), [3]);
    /// assert_eq!(data.cardinality(), Cardinality::Known(3));
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    // The trait can't ask for what can be iterated twice.
    #[allow(clippy::should_implement_trait)]
    pub fn from_iter<I>(elements: I) -> Self
    where
        I: IntoIterator<Item = E> + Clone + Send + Sync + 'static,
        I::IntoIter: Send + 'static,
    {
        let cardinality = match elements.clone().into_iter().size_hint() {
            (low, Some(high)) if low == high => Cardinality::Known(low),
            (usize::MAX, None) => Cardinality::Infinite,
            _ => Cardinality::Unknown,
        };
        let start = move || -> Run<E> { Box::new(elements.clone().into_iter().map(Ok)) };
        Self::new(Source { start, cardinality })
    }

    /// The elements of the iterator that a function makes for each iteration, each a `Result`: tf.data's `from_generator`.
    ///
    /// ```
    /// use kiln_core::{Error, Tensor};
    /// use kiln_data::Dataset;
    /// let lines = "1\n2\nthree";
    /// let read = |line: &str| line.parse::<i32>().map(Tensor::constant).map_err(|e| Error::custom(e.to_string()));
    /// let data = Dataset::from_fn(move || lines.lines().map(read));
    /// assert_eq!(data.iter().filter(|x| x.is_ok()).count(), 2);
    /// assert!(data.iter().last().unwrap().is_err());
    /// ```
    pub fn from_fn<I>(start: impl Fn() -> I + Send + Sync + 'static) -> Self
    where
        I: IntoIterator<Item = Result<E>>,
        I::IntoIter: Send + 'static,
    {
        let start = move || -> Run<E> { Box::new(start().into_iter()) };
        Self::new(Source { start, cardinality: Cardinality::Unknown })
    }
}

impl<E: Element> Dataset<E> {
    /// Runs of so many elements, made anew for each pass.
    pub(crate) fn from_runs(start: impl Fn() -> Run<E> + Send + Sync + 'static, count: usize) -> Self {
        Self::new(Source { start, cardinality: Cardinality::Known(count) })
    }

    /// Runs of nobody knows how many elements.
    pub(crate) fn from_fn_of_runs(start: impl Fn() -> Run<E> + Send + Sync + 'static) -> Self {
        Self::new(Source { start, cardinality: Cardinality::Unknown })
    }
}

impl Dataset<Tensor> {
    /// The whole numbers of a range, `int64` scalars.
    ///
    /// ```
    /// use kiln_data::Dataset;
    /// let data = Dataset::range(3..6).batch(3);
    /// assert_eq!(data.iter().next().unwrap()?.to_vec::<i64>(), [3, 4, 5]);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn range(range: Range<i64>) -> Self {
        let count = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(0);
        let start = move || -> Run<Tensor> { Box::new(range.clone().map(|i| Ok(Tensor::constant(i)))) };
        Self::new(Source { start, cardinality: Cardinality::Known(count) })
    }
}

#[cfg(test)]
mod tests {
    use crate::{Cardinality, Dataset};
    use kiln_core::{DType, Tensor};

    #[test]
    fn sources_start_again() {
        let from_vec = Dataset::from_iter(vec![Tensor::constant(1), Tensor::constant(2)]);
        assert_eq!((from_vec.iter().count(), from_vec.iter().count()), (2, 2));
        assert_eq!(from_vec.repeat(3).cardinality(), Cardinality::Known(6));
        let endless = Dataset::from_iter(std::iter::repeat(Tensor::constant(1)));
        assert_eq!(endless.cardinality(), Cardinality::Infinite);
        let from_fn = Dataset::from_fn(|| (0..3).map(|i| Ok(Tensor::constant(i))));
        assert_eq!((from_fn.repeat(2).iter().count(), from_fn.cardinality()), (6, Cardinality::Unknown));
    }

    #[test]
    fn ranges_are_int64() {
        assert_eq!(Dataset::range(2..5).iter().next().unwrap().unwrap().dtype(), DType::I64);
        let (start, end) = (5, 2);
        assert_eq!(Dataset::range(start..end).cardinality(), Cardinality::Known(0));
        assert_eq!(Dataset::range(start..end).iter().count(), 0);
        assert_eq!(Dataset::range(-2..2).cardinality(), Cardinality::Known(4));
    }
}
