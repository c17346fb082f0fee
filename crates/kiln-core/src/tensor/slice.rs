//! The parts of axes that [`Tensor::slice`] cuts out.

use std::ops::{Range, RangeFrom, RangeFull, RangeTo};

#[cfg(doc)]
use super::Tensor;

/// One axis of [`Tensor::slice`]: `..`, `2..5`, `-3..`, `..4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    start: isize,
    end: Option<isize>,
}

impl From<RangeFull> for Slice {
    fn from(_: RangeFull) -> Self {
        Self { start: 0, end: None }
    }
}
impl From<Range<isize>> for Slice {
    fn from(r: Range<isize>) -> Self {
        Self { start: r.start, end: Some(r.end) }
    }
}
impl From<RangeFrom<isize>> for Slice {
    fn from(r: RangeFrom<isize>) -> Self {
        Self { start: r.start, end: None }
    }
}
impl From<RangeTo<isize>> for Slice {
    fn from(r: RangeTo<isize>) -> Self {
        Self { start: 0, end: Some(r.end) }
    }
}

impl Slice {
    /// Python's rule: negative counts from the end, and what lies outside is cut off.
    pub(super) fn bounds(self, n: usize) -> Range<usize> {
        let place = |i: isize| (if i < 0 { i + n as isize } else { i }).clamp(0, n as isize) as usize;
        let (start, end) = (place(self.start), self.end.map_or(n, place));
        start..end.max(start)
    }
}

/// The ranges of [`Tensor::slice`]: a tuple of them, `(.., 1..3, -2..)`, or an array or a vector of [`Slice`]s.
pub trait IntoSlices {
    /// A range for each of the first axes.
    fn into_slices(self) -> Vec<Slice>;
}

impl<const N: usize> IntoSlices for [Slice; N] {
    fn into_slices(self) -> Vec<Slice> {
        self.to_vec()
    }
}
impl IntoSlices for &[Slice] {
    fn into_slices(self) -> Vec<Slice> {
        self.to_vec()
    }
}
impl IntoSlices for Vec<Slice> {
    fn into_slices(self) -> Vec<Slice> {
        self
    }
}

macro_rules! tuples {
    ($($name:ident)*) => {
        impl<$($name: Into<Slice>),*> IntoSlices for ($($name,)*) {
            fn into_slices(self) -> Vec<Slice> {
                #[allow(non_snake_case)] // the types' names serve as those of the values
                let ($($name,)*) = self;
                vec![$($name.into()),*]
            }
        }
    };
}
tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tensor;

    #[test]
    fn slices_follow_python() {
        let x = Tensor::range(0..10);
        let take = |r: Slice| x.slice([r]).unwrap().to_vec::<i32>();
        assert_eq!(take((-3..).into()), [7, 8, 9]);
        assert_eq!(take((..-8).into()), [0, 1]);
        assert_eq!(take((5..100).into()), [5, 6, 7, 8, 9]);
        assert!(take(Slice { start: 7, end: Some(3) }).is_empty());
    }

    #[test]
    fn tuples_are_ranges_of_the_first_axes() {
        let x = Tensor::range(0..24).reshape([2, 3, 4]).unwrap();
        assert_eq!(x.slice((1..,)).unwrap().shape(), [1, 3, 4]);
        assert_eq!(x.slice((.., -1.., 1..3)).unwrap().to_vec::<i32>(), [9, 10, 21, 22]);
        assert_eq!(x.slice(vec![(..1).into()]).unwrap().shape(), [1, 3, 4]);
        let error = x.slice((.., .., .., ..)).unwrap_err().to_string();
        assert_eq!(error, "slice: expected at most 3 ranges for shape (2, 3, 4) of int32, received 4");
    }
}
