//! Sums, means and extremes over all elements or over one axis.

use super::{Kind, Tensor, with_rank};
use crate::error::{Error, Result};
use burn::tensor::DType;

impl Tensor {
    /// The position of an axis that may be counted from the end.
    pub(crate) fn axis(&self, who: &str, axis: isize) -> Result<usize> {
        let rank = self.rank() as isize;
        let position = if axis < 0 { axis + rank } else { axis };
        if (0..rank).contains(&position) {
            return Ok(position as usize);
        }
        Err(Error::option(who, "axis", format!("in {}..{rank} for {}", -rank, self.describe()), axis))
    }

    fn numbers(&self) -> Self {
        if self.kind() == Kind::Bool { self.clone().cast(DType::I32) } else { self.clone() }
    }

    /// The sum of all elements, a scalar.
    pub fn sum(&self) -> Self {
        let t = self.numbers();
        let sum: Self = with_rank!(t.rank(), D => match t.kind() {
            Kind::Float => t.f::<D>().sum().into(),
            _ => t.i::<D>().sum().into(),
        });
        sum.mark(true)
    }

    /// The mean of all elements, a scalar float.
    pub fn mean(&self) -> Self {
        let t = self.numbers().at_least_float();
        let mean: Self = with_rank!(t.rank(), D => t.f::<D>().mean().into());
        mean.mark(true)
    }

    /// The largest element, a scalar.
    pub fn max(&self) -> Self {
        let t = self.numbers();
        let max: Self = with_rank!(t.rank(), D => match t.kind() {
            Kind::Float => t.f::<D>().max().into(),
            _ => t.i::<D>().max().into(),
        });
        max.mark(true)
    }

    /// The smallest element, a scalar.
    pub fn min(&self) -> Self {
        let t = self.numbers();
        let min: Self = with_rank!(t.rank(), D => match t.kind() {
            Kind::Float => t.f::<D>().min().into(),
            _ => t.i::<D>().min().into(),
        });
        min.mark(true)
    }

    /// The sum over `axis`, which goes away; -1 is the last axis.
    ///
    /// # Errors
    /// An axis the tensor doesn't have.
    pub fn sum_axis(&self, axis: isize) -> Result<Self> {
        let (t, axis) = (self.numbers(), self.axis("sum_axis", axis)?);
        Ok(t.squeeze_after(axis, |t| {
            with_rank!(t.rank(), D => match t.kind() {
                Kind::Float => t.f::<D>().sum_dim(axis).into(),
                _ => t.i::<D>().sum_dim(axis).into(),
            })
        }))
    }

    /// The mean over `axis`, which goes away; -1 is the last axis.
    ///
    /// # Errors
    /// An axis the tensor doesn't have.
    pub fn mean_axis(&self, axis: isize) -> Result<Self> {
        let (t, axis) = (self.clone().at_least_float(), self.axis("mean_axis", axis)?);
        Ok(t.squeeze_after(axis, |t| with_rank!(t.rank(), D => t.f::<D>().mean_dim(axis).into())))
    }

    /// The largest over `axis`, which goes away; -1 is the last axis.
    ///
    /// # Errors
    /// An axis the tensor doesn't have.
    pub fn max_axis(&self, axis: isize) -> Result<Self> {
        let (t, axis) = (self.numbers(), self.axis("max_axis", axis)?);
        Ok(t.squeeze_after(axis, |t| {
            with_rank!(t.rank(), D => match t.kind() {
                Kind::Float => t.f::<D>().max_dim(axis).into(),
                _ => t.i::<D>().max_dim(axis).into(),
            })
        }))
    }

    /// The smallest over `axis`, which goes away; -1 is the last axis.
    ///
    /// # Errors
    /// An axis the tensor doesn't have.
    pub fn min_axis(&self, axis: isize) -> Result<Self> {
        let (t, axis) = (self.numbers(), self.axis("min_axis", axis)?);
        Ok(t.squeeze_after(axis, |t| {
            with_rank!(t.rank(), D => match t.kind() {
                Kind::Float => t.f::<D>().min_dim(axis).into(),
                _ => t.i::<D>().min_dim(axis).into(),
            })
        }))
    }

    /// The position of the largest element over `axis`, which goes away; the first of equals.
    ///
    /// # Errors
    /// An axis the tensor doesn't have.
    ///
    /// ```
    /// # use kiln_core::Tensor;
    /// assert_eq!(Tensor::constant([[0.1, 0.9], [0.8, 0.2]]).argmax(-1)?.to_vec::<i32>(), [1, 0]);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn argmax(&self, axis: isize) -> Result<Self> {
        let (t, axis) = (self.numbers(), self.axis("argmax", axis)?);
        Ok(t.squeeze_after(axis, |t| {
            with_rank!(t.rank(), D => match t.kind() {
                Kind::Float => t.f::<D>().argmax(axis).into(),
                _ => t.i::<D>().argmax(axis).into(),
            })
        }))
    }

    /// The position of the smallest element over `axis`, which goes away; the first of equals.
    ///
    /// # Errors
    /// An axis the tensor doesn't have.
    pub fn argmin(&self, axis: isize) -> Result<Self> {
        let (t, axis) = (self.numbers(), self.axis("argmin", axis)?);
        Ok(t.squeeze_after(axis, |t| {
            with_rank!(t.rank(), D => match t.kind() {
                Kind::Float => t.f::<D>().argmin(axis).into(),
                _ => t.i::<D>().argmin(axis).into(),
            })
        }))
    }

    /// The population variance over `axis`, which goes away.
    ///
    /// # Errors
    /// An axis the tensor doesn't have.
    pub fn variance_axis(&self, axis: isize) -> Result<Self> {
        let at = self.axis("variance_axis", axis)? as isize;
        let x = self.clone().at_least_float();
        let centred = &x - x.mean_axis(at)?.expand_dims(at)?;
        centred.square().mean_axis(at)
    }

    fn squeeze_after(self, axis: usize, reduce: impl FnOnce(Self) -> Self) -> Self {
        let mut shape = self.shape();
        shape.remove(axis);
        reduce(self).reshape_to(&shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reductions_drop_their_axis() {
        let x = Tensor::constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
        assert_eq!(x.sum().shape(), [0usize; 0]);
        assert_eq!(x.mean().item(), 3.5);
        assert_eq!(x.sum_axis(0).unwrap().to_vec::<f32>(), [5.0, 7.0, 9.0]);
        assert_eq!(x.mean_axis(-1).unwrap().to_vec::<f32>(), [2.0, 5.0]);
        assert_eq!((x.max().item(), x.min().item()), (6.0, 1.0));
        assert_eq!(x.variance_axis(0).unwrap().to_vec::<f32>(), [2.25; 3]);
        assert_eq!(Tensor::constant([true, true, false]).sum().item(), 2.0);
        assert_eq!(Tensor::constant([3.0, 3.0]).argmax(0).unwrap().item(), 0.0);
        let error = x.sum_axis(2).unwrap_err();
        assert_eq!(error.to_string(), "sum_axis: `axis` must be in -2..2 for shape (2, 3) of float32, received 2");
    }
}
