//! Comparisons, which give boolean tensors, and choices between two tensors.

use super::arithmetic::unify;
use super::place::together;
use super::{Kind, Operand, Tensor, with_rank};
use crate::error::{Error, Result};
use burn::tensor::DType;

macro_rules! comparisons {
    ($($(#[$doc:meta])* $name:ident $burn:ident;)*) => {
        impl Tensor {$(
            $(#[$doc])*
            ///
            /// # Errors
            /// Shapes that don't broadcast.
            pub fn $name(&self, other: impl Into<Operand>) -> Result<Self> {
                let (a, b) = self.clone().operands(stringify!($name), other.into())?;
                let scalar = a.rank() == 0;
                let out: Self = with_rank!(a.rank(), D => match a.kind() {
                    Kind::Float => { let (x, y) = same::<D, _>(a.f::<D>(), b.f::<D>()); x.$burn(y).into() }
                    _ => { let (x, y) = same::<D, _>(a.i::<D>(), b.i::<D>()); x.$burn(y).into() }
                });
                Ok(out.mark(scalar))
            }
        )*}
    };
}

comparisons! {
    /// Where `self == other`.
    equal equal;
    /// Where `self != other`.
    not_equal not_equal;
    /// Where `self > other`.
    greater greater;
    /// Where `self >= other`.
    greater_equal greater_equal;
    /// Where `self < other`.
    less lower;
    /// Where `self <= other`.
    less_equal lower_equal;
}

/// Two tensors expanded to one shape.
pub(super) fn same<const D: usize, K: burn::tensor::kind::Basic>(
    a: burn::Tensor<D, K>,
    b: burn::Tensor<D, K>,
) -> (burn::Tensor<D, K>, burn::Tensor<D, K>) {
    let (da, db) = (a.dims(), b.dims());
    if da == db {
        return (a, b);
    }
    let shape: [usize; D] = std::array::from_fn(|i| if da[i] == 1 { db[i] } else { da[i] });
    (a.expand(shape), b.expand(shape))
}

impl Tensor {
    fn operands(self, who: &str, other: Operand) -> Result<(Self, Self)> {
        let other = match other {
            Operand::Tensor(t) => t,
            Operand::Float(v) => Self::constant(v),
            Operand::Int(v) => Self::constant(v).cast(DType::I32),
        };
        let (a, b) = unify(who, self, other)?;
        Ok(if a.kind() == Kind::Bool { (a.cast(DType::I32), b.cast(DType::I32)) } else { (a, b) })
    }

    /// `a` where this boolean tensor is true, else `b`: TensorFlow's `where`.
    ///
    /// # Errors
    /// A tensor that isn't boolean, or shapes that don't broadcast.
    ///
    /// ```
    /// # use kiln_core::Tensor;
    /// let x = Tensor::constant([-1.0, 2.0]);
    /// assert_eq!(x.greater(0.0)?.select_where(&x, 0.0)?.to_vec::<f32>(), [0.0, 2.0]);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn select_where(&self, a: impl Into<Operand>, b: impl Into<Operand>) -> Result<Self> {
        if self.kind() != Kind::Bool {
            return Err(Error::shape("select_where", "a bool tensor", self.describe()));
        }
        let as_tensor = |o: Operand| match o {
            Operand::Tensor(t) => t,
            Operand::Float(v) => Self::constant(v),
            Operand::Int(v) => Self::constant(v).cast(DType::I32),
        };
        let (a, b) = unify("select_where", as_tensor(a.into()), as_tensor(b.into()))?;
        let shape = super::arithmetic::broadcast("select_where", &a.shape(), &b.shape())?;
        let shape = super::arithmetic::broadcast("select_where", &self.shape(), &shape)?;
        let [mask, a, b] = together([self.clone(), a, b]).map(|t| t.expand(&shape));
        // A scalar has no axis to expand; its storage of one element fits as it is.
        let mask = if a.is_autodiff() { mask.autodiff() } else { mask.inner() };
        let out: Self = with_rank!(shape.len(), D => match a.kind() {
            Kind::Float => b.f::<D>().mask_where(mask.b(), a.f()).into(),
            Kind::Int => b.i::<D>().mask_where(mask.b(), a.i()).into(),
            Kind::Bool => b.b::<D>().mask_where(mask.b(), a.b()).into(),
        });
        Ok(out.mark(shape.is_empty()))
    }

    /// Where a boolean tensor is false.
    ///
    /// # Errors
    /// A tensor that isn't boolean.
    pub fn logical_not(&self) -> Result<Self> {
        if self.kind() != Kind::Bool {
            return Err(Error::shape("logical_not", "a bool tensor", self.describe()));
        }
        let out: Self = with_rank!(self.rank(), D => self.clone().b::<D>().bool_not().into());
        Ok(out.mark(self.rank() == 0))
    }

    /// Repeats axes of size 1 up to `shape`, which must be a broadcast of this shape.
    pub(crate) fn expand(self, shape: &[usize]) -> Self {
        let t = self.lift(shape.len());
        if t.shape() == shape {
            return t;
        }
        with_rank!(shape.len(), D => {
            let mut axes = [0; D];
            axes.copy_from_slice(shape);
            match t.kind() {
                Kind::Float => t.f::<D>().expand(axes).into(),
                Kind::Int => t.i::<D>().expand(axes).into(),
                Kind::Bool => t.b::<D>().expand(axes).into(),
            }
        })
    }

    /// Broadcasts to `shape`: TensorFlow's `broadcast_to`.
    ///
    /// # Errors
    /// A shape this one does not broadcast to.
    pub fn broadcast_to(&self, shape: impl AsRef<[usize]>) -> Result<Self> {
        let shape = shape.as_ref();
        let joined = super::arithmetic::broadcast("broadcast_to", &self.shape(), shape)?;
        if joined != shape {
            return Err(Error::shape(
                "broadcast_to",
                format!("a shape that broadcasts to {}", crate::shape::tuple(shape)),
                self.describe(),
            ));
        }
        Ok(self.clone().expand(shape))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons_broadcast() {
        let x = Tensor::constant([[1.0, 2.0], [3.0, 4.0]]);
        assert_eq!(x.greater(2.5).unwrap().to_vec::<bool>(), [false, false, true, true]);
        assert_eq!(x.equal(Tensor::constant([1.0, 4.0])).unwrap().to_vec::<bool>(), [true, false, false, true]);
        assert_eq!(Tensor::constant([1, 2]).less_equal(1).unwrap().to_vec::<bool>(), [true, false]);
    }

    #[test]
    fn a_choice_needs_a_boolean() {
        let error = Tensor::constant([1.0]).select_where(1.0, 0.0).unwrap_err();
        assert_eq!(error.to_string(), "select_where: expected a bool tensor, received shape (1,) of float32");
    }
}
