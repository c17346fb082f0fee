//! Reshaping, slicing and joining.

use super::{IntoSlices, Kind, MAX_RANK, Slice, Tensor, any_kind, with_rank};
use crate::error::{Error, Result};
use crate::shape::tuple;
use burn::tensor::DType;
use std::ops::Range;

impl Tensor {
    /// The same values in another shape; one axis may be `-1` and is computed.
    ///
    /// # Errors
    /// Another number of elements.
    ///
    /// ```
    /// # use kiln_core::Tensor;
    /// assert_eq!(Tensor::zeros([4, 6]).reshape([2, -1])?.shape(), [2, 12]);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn reshape(&self, shape: impl AsRef<[isize]>) -> Result<Self> {
        let shape = resolve(self.len(), shape.as_ref()).ok_or_else(|| {
            Error::shape("reshape", format!("{} elements as {}", self.len(), self.describe()), format!("{:?}", shape.as_ref()))
        })?;
        Ok(self.clone().reshape_to(&shape))
    }

    /// The same values in a shape of as many elements, which the caller has made sure of.
    pub(crate) fn reshape_to(self, shape: &[usize]) -> Self {
        if self.shape() == shape {
            return self;
        }
        let scalar = shape.is_empty();
        let shape = if scalar { &[1] } else { shape };
        let plain = self.mark(false);
        if plain.shape() == shape {
            // Only the mark differs; a reshape would be one more step to record.
            return plain.mark(scalar);
        }
        let reshaped: Self = with_rank!(shape.len(), TO => {
            let mut axes = [0usize; TO];
            axes.copy_from_slice(shape);
            let to = burn::tensor::Shape::from(axes);
            any_kind!(plain, D, |x| x.reshape::<TO, _>(to))
        });
        reshaped.mark(scalar)
    }

    /// The axes in another order; all of them reversed when `axes` is empty.
    ///
    /// # Errors
    /// Anything but a permutation of the axes.
    pub fn transpose(&self, axes: impl AsRef<[usize]>) -> Result<Self> {
        let rank = self.rank();
        let axes = match axes.as_ref() {
            [] => (0..rank).rev().collect(),
            axes => axes.to_vec(),
        };
        let mut sorted = axes.clone();
        sorted.sort_unstable();
        if sorted != (0..rank).collect::<Vec<_>>() {
            return Err(Error::option("transpose", "axes", format!("a permutation of 0..{rank}"), format!("{axes:?}")));
        }
        if rank == 0 {
            return Ok(self.clone());
        }
        Ok(any_kind!(self.clone(), D, |x| {
            let mut order = [0usize; D];
            order.copy_from_slice(&axes);
            x.permute(order)
        }))
    }

    /// A part of each axis: Python's `x[1:3, :, -2:]`. Axes not named are whole.
    ///
    /// # Errors
    /// More ranges than axes.
    ///
    /// ```
    /// # use kiln_core::Tensor;
    /// let x = Tensor::range(0..12).reshape([3, 4])?;
    /// assert_eq!(x.slice((1..3, -2..))?.to_vec::<i32>(), [6, 7, 10, 11]);
    /// assert_eq!(x.slice((.., ..1))?.to_vec::<i32>(), [0, 4, 8]);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn slice(&self, ranges: impl IntoSlices) -> Result<Self> {
        let (shape, ranges): (_, Vec<Slice>) = (self.shape(), ranges.into_slices());
        if ranges.len() > shape.len() {
            return Err(Error::shape("slice", format!("at most {} ranges for {}", shape.len(), self.describe()), ranges.len()));
        }
        let bounds: Vec<Range<usize>> = shape.iter().enumerate().map(|(i, &n)| ranges.get(i).map_or(0..n, |r| r.bounds(n))).collect();
        Ok(self.clone().slice_bounds(&bounds))
    }

    pub(crate) fn slice_bounds(self, bounds: &[Range<usize>]) -> Self {
        if bounds.iter().any(|b| b.is_empty()) {
            let shape: Vec<usize> = bounds.iter().map(|b| b.len()).collect();
            return Self::zeros(shape).cast(self.dtype()).to_device(&self.device());
        }
        if bounds.is_empty() {
            return self;
        }
        any_kind!(self, D, |x| {
            let ranges: [Range<usize>; D] = std::array::from_fn(|i| bounds[i].clone());
            x.slice(ranges)
        })
    }

    /// Rows `range` of the first axis; a view where the device allows it.
    ///
    /// # Errors
    /// A scalar, or a range past the end.
    pub fn rows(&self, range: Range<usize>) -> Result<Self> {
        let shape = self.shape();
        match shape.first() {
            Some(&n) if range.end <= n && range.start <= range.end => {
                let mut bounds: Vec<Range<usize>> = shape.iter().map(|&n| 0..n).collect();
                bounds[0] = range;
                Ok(self.clone().slice_bounds(&bounds))
            }
            _ => Err(Error::shape("rows", format!("a range within the first axis of {}", self.describe()), format!("{range:?}"))),
        }
    }

    /// Row `index` of the first axis, which goes away.
    ///
    /// # Errors
    /// An index past the end.
    ///
    /// ```
    /// # use kiln_core::Tensor;
    /// let x = Tensor::constant([[1, 2], [3, 4]]);
    /// assert_eq!(x.row(1)?.to_vec::<i32>(), [3, 4]);
    /// assert_eq!(x.row(2).unwrap_err().to_string(), "row: `index` must be below 2 for shape (2, 2) of int32, received 2");
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn row(&self, index: usize) -> Result<Self> {
        let shape = self.shape();
        let n = shape.first().copied().unwrap_or(0);
        if index >= n {
            return Err(Error::option("row", "index", format!("below {n} for {}", self.describe()), index));
        }
        Ok(self.rows(index..index + 1)?.reshape_to(&shape[1..]))
    }

    /// Rows of the first axis in the order of `indices`: TensorFlow's `gather`.
    ///
    /// # Errors
    /// An index past the end.
    pub fn gather(&self, indices: &[usize]) -> Result<Self> {
        let n = self.shape().first().copied().unwrap_or(0);
        if let Some(bad) = indices.iter().find(|i| **i >= n) {
            return Err(Error::option("gather", "indices", format!("below {n} for {}", self.describe()), bad));
        }
        if indices.is_empty() {
            return self.rows(0..0);
        }
        if self.kind() == Kind::Bool {
            // Burn's flex backend gives the rows of a bool tensor as bytes.
            return Ok(self.clone().cast(DType::I32).gather(indices)?.cast(self.dtype()));
        }
        let indices: Vec<i32> = indices.iter().map(|&i| i as i32).collect();
        let indices = Self::constant(indices).to_device(&self.device()).i::<1>();
        Ok(any_kind!(self.clone(), D, |x| x.select(0, indices)))
    }

    /// A new axis of size 1 at `axis`; -1 is after the last.
    ///
    /// # Errors
    /// A place the tensor doesn't have.
    pub fn expand_dims(&self, axis: isize) -> Result<Self> {
        let mut shape = self.shape();
        let rank = shape.len() as isize;
        let place = if axis < 0 { axis + rank + 1 } else { axis };
        if !(0..=rank).contains(&place) || shape.len() == MAX_RANK {
            return Err(Error::option("expand_dims", "axis", format!("in {}..{}", -rank - 1, rank + 1), axis));
        }
        shape.insert(place as usize, 1);
        Ok(self.clone().reshape_to(&shape))
    }

    /// Drops `axis`, which must be of size 1.
    ///
    /// # Errors
    /// An axis of another size.
    pub fn squeeze(&self, axis: isize) -> Result<Self> {
        let axis = self.axis("squeeze", axis)?;
        let mut shape = self.shape();
        if shape.remove(axis) != 1 {
            return Err(Error::shape("squeeze", format!("axis {axis} of size 1"), self.describe()));
        }
        Ok(self.clone().reshape_to(&shape))
    }

    /// Joins tensors along an axis they have.
    ///
    /// # Errors
    /// No tensor, or shapes that differ on another axis.
    pub fn concat<'a>(tensors: impl IntoIterator<Item = &'a Tensor>, axis: isize) -> Result<Self> {
        let tensors: Vec<&Tensor> = tensors.into_iter().collect();
        let Some(&first) = tensors.first() else {
            return Err(Error::shape("concat", "at least one tensor", "none"));
        };
        let axis = first.axis("concat", axis)?;
        let but_axis = |t: &Tensor| {
            let mut shape = t.shape();
            if axis < shape.len() {
                shape[axis] = 0;
            }
            shape
        };
        if let Some(odd) = tensors.iter().find(|t| but_axis(t) != but_axis(first) || t.dtype() != first.dtype()) {
            let expected = format!("tensors that differ from {} only on axis {axis}", first.describe());
            return Err(Error::shape("concat", expected, odd.describe()));
        }
        let autodiff = tensors.iter().any(|t| t.is_autodiff());
        let tensors = tensors.into_iter().filter(|t| !t.is_empty()).map(|t| if autodiff { t.clone().autodiff() } else { t.clone() });
        let tensors = super::place::together(tensors.collect::<Vec<_>>());
        if tensors.len() < 2 {
            return Ok(tensors.into_iter().next().unwrap_or_else(|| first.clone()));
        }
        Ok(with_rank!(first.rank(), D => match first.kind() {
            Kind::Float => burn::Tensor::cat(tensors.into_iter().map(|t| t.f::<D>()).collect(), axis).into(),
            Kind::Int => burn::Tensor::cat(tensors.into_iter().map(|t| t.i::<D>()).collect(), axis).into(),
            Kind::Bool => burn::Tensor::cat(tensors.into_iter().map(|t| t.b::<D>()).collect(), axis).into(),
        }))
    }

    /// Joins tensors of one shape along a new axis.
    ///
    /// # Errors
    /// No tensor, or shapes that differ.
    ///
    /// ```
    /// # use kiln_core::Tensor;
    /// let rows = [Tensor::constant([1, 2]), Tensor::constant([3, 4])];
    /// assert_eq!(Tensor::stack(&rows, 0)?.shape(), [2, 2]);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn stack<'a>(tensors: impl IntoIterator<Item = &'a Tensor>, axis: isize) -> Result<Self> {
        let tensors: Vec<&Tensor> = tensors.into_iter().collect();
        let Some(first) = tensors.first() else {
            return Err(Error::shape("stack", "at least one tensor", "none"));
        };
        if let Some(odd) = tensors.iter().find(|t| t.shape() != first.shape()) {
            return Err(Error::shape("stack", format!("tensors of shape {}", tuple(&first.shape())), odd.describe()));
        }
        let rank = first.rank() as isize;
        let place = if axis < 0 { axis + rank + 1 } else { axis };
        let expanded: Vec<Tensor> = tensors.iter().map(|t| t.expand_dims(place)).collect::<Result<_>>()?;
        Self::concat(&expanded, place)
    }
}

/// `shape` with its one `-1` replaced, if the number of elements then agrees.
fn resolve(len: usize, shape: &[isize]) -> Option<Vec<usize>> {
    if shape.len() > MAX_RANK || shape.iter().any(|&n| n < -1) || shape.iter().filter(|&&n| n == -1).count() > 1 {
        return None;
    }
    let known: usize = shape.iter().filter(|&&n| n >= 0).map(|&n| n as usize).product();
    let open = len.checked_div(known).unwrap_or(0);
    let axes: Vec<usize> = shape.iter().map(|&n| if n == -1 { open } else { n as usize }).collect();
    (axes.iter().product::<usize>() == len).then_some(axes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_check_shapes() {
        let (a, b) = (Tensor::zeros([2, 3]), Tensor::ones([1, 3]));
        assert_eq!(Tensor::concat([&a, &b], 0).unwrap().shape(), [3, 3]);
        let error = Tensor::concat([&a, &b], 1).unwrap_err();
        assert_eq!(
            error.to_string(),
            "concat: expected tensors that differ from shape (2, 3) of float32 only on axis 1, received shape (1, 3) of float32"
        );
        assert_eq!(a.transpose([1, 0]).unwrap().shape(), [3, 2]);
        let scalar = Tensor::constant(3.0).transpose([]).unwrap();
        assert_eq!((scalar.shape(), scalar.item()), (vec![], 3.0));
        assert!(a.transpose([0, 0]).is_err() && a.reshape([4, -1]).is_err() && a.reshape([-1, -1]).is_err());
        assert_eq!(a.gather(&[1, 1, 0]).unwrap().shape(), [3, 3]);
    }
}
