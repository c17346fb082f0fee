//! Arithmetic with broadcasting: operators, and `try_…` twins that return errors.

use super::place::together;
use super::{Kind, Tensor, with_rank};
use crate::error::{Error, Result};
use crate::shape::tuple;
use burn::tensor::DType;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// The right-hand side of an operation: a tensor, a reference to one, or a number, which takes the tensor's dtype.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant)] // lives for one call; a box would cost an allocation
pub enum Operand {
    /// A tensor.
    Tensor(Tensor),
    /// A float: turns an integer tensor into `float32`.
    Float(f64),
    /// An integer: keeps the dtype.
    Int(i64),
}

impl From<Tensor> for Operand {
    fn from(t: Tensor) -> Self {
        Self::Tensor(t)
    }
}
impl From<&Tensor> for Operand {
    fn from(t: &Tensor) -> Self {
        Self::Tensor(t.clone())
    }
}
macro_rules! numbers {
    ($($t:ty => $variant:ident as $wide:ty),*) => {$(
        impl From<$t> for Operand { fn from(v: $t) -> Self { Self::$variant(<$wide>::from(v)) } }
    )*};
}
numbers!(f32 => Float as f64, f64 => Float as f64, i32 => Int as i64, i64 => Int as i64, u8 => Int as i64, u32 => Int as i64);

/// What two tensors are joined by.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Op {
    Add,
    Sub,
    Mul,
    Div,
    Pow,
    Maximum,
    Minimum,
}

impl Op {
    fn word(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Sub => "subtract",
            Self::Mul => "multiply",
            Self::Div => "divide",
            Self::Pow => "pow",
            Self::Maximum => "maximum",
            Self::Minimum => "minimum",
        }
    }
}

/// NumPy's broadcast of two shapes.
pub(crate) fn broadcast(who: &str, a: &[usize], b: &[usize]) -> Result<Vec<usize>> {
    let rank = a.len().max(b.len());
    let axis = |shape: &[usize], i: usize| (i + shape.len()).checked_sub(rank).map_or(1, |j| shape[j]);
    (0..rank)
        .map(|i| match (axis(a, i), axis(b, i)) {
            (x, y) if x == y || y == 1 => Ok(x),
            (1, y) => Ok(y),
            _ => Err(Error::shape(who, "shapes that broadcast together", format!("{} and {}", tuple(a), tuple(b)))),
        })
        .collect()
}

/// Brings two tensors that broadcast to one device, dtype, rank and side (recording or plain), ready for an operation of Burn.
pub(crate) fn unify(who: &str, a: Tensor, b: Tensor) -> Result<(Tensor, Tensor)> {
    broadcast(who, &a.shape(), &b.shape())?;
    Ok(alike(a, b))
}

fn alike(a: Tensor, b: Tensor) -> (Tensor, Tensor) {
    let [a, b] = together([a, b]);
    let dtype = promote(a.dtype(), b.dtype());
    let (a, b) = (a.cast(dtype), b.cast(dtype));
    let rank = a.rank().max(b.rank());
    let (a, b) = (a.lift(rank), b.lift(rank));
    match (a.is_autodiff(), b.is_autodiff()) {
        (true, false) => (a, b.autodiff()),
        (false, true) => (a.autodiff(), b),
        _ => (a, b),
    }
}

/// The dtype of a result: bool < int < float, then the wider; `float32` for a mix of int and float.
fn promote(a: DType, b: DType) -> DType {
    let (ka, kb) = (super::kind_of(a), super::kind_of(b));
    match ka.cmp(&kb) {
        std::cmp::Ordering::Less => b,
        std::cmp::Ordering::Greater => a,
        std::cmp::Ordering::Equal if a.size() >= b.size() => a,
        std::cmp::Ordering::Equal => b,
    }
}

impl Tensor {
    /// Axes of size 1 in front, up to `rank`.
    pub(crate) fn lift(self, rank: usize) -> Self {
        let shape = self.shape();
        if shape.len() == rank {
            return self;
        }
        let mut lifted = vec![1; rank - shape.len()];
        lifted.extend(shape);
        self.reshape_to(&lifted)
    }

    fn binary(self, other: Operand, op: Op) -> Result<Self> {
        match other {
            Operand::Tensor(other) => self.with_tensor(other, op),
            Operand::Float(value) if self.kind() == Kind::Float => Ok(self.with_float(value, op)),
            Operand::Float(value) => Ok(self.to_float().with_float(value, op)),
            Operand::Int(value) if self.kind() == Kind::Float => Ok(self.with_float(value as f64, op)),
            Operand::Int(value) => {
                let dtype = if self.kind() == Kind::Int { self.dtype() } else { DType::I32 };
                self.with_tensor(Self::constant(value).cast(dtype), op)
            }
        }
    }

    fn with_float(self, v: f64, op: Op) -> Self {
        let scalar = self.rank() == 0;
        let out: Self = with_rank!(self.rank(), D => {
            let x = self.f::<D>();
            match op {
                Op::Add => x.add_scalar(v),
                Op::Sub => x.sub_scalar(v),
                Op::Mul => x.mul_scalar(v),
                Op::Div => x.div_scalar(v),
                Op::Pow => x.powf_scalar(v),
                Op::Maximum => x.clamp_min(v),
                Op::Minimum => x.clamp_max(v),
            }
            .into()
        });
        out.mark(scalar)
    }

    fn with_tensor(self, other: Self, op: Op) -> Result<Self> {
        let (mut a, mut b) = unify(op.word(), self, other)?;
        if a.kind() == Kind::Bool || (op == Op::Div && a.kind() == Kind::Int) || (op == Op::Pow && a.kind() == Kind::Int) {
            // Arithmetic on booleans counts; the quotient of integers is a float, as in NumPy.
            let dtype = if op == Op::Div || op == Op::Pow { DType::F32 } else { DType::I32 };
            (a, b) = (a.cast(dtype), b.cast(dtype));
        }
        let scalar = a.rank() == 0;
        let out: Self = with_rank!(a.rank(), D => match a.kind() {
            Kind::Float => {
                let (x, y) = (a.f::<D>(), b.f::<D>());
                let (x, y) = if matches!(op, Op::Maximum | Op::Minimum) { super::compare::same(x, y) } else { (x, y) };
                match op {
                    Op::Add => x.add(y),
                    Op::Sub => x.sub(y),
                    Op::Mul => x.mul(y),
                    Op::Div => x.div(y),
                    Op::Pow => x.powf(y),
                    // Burn's pairs drop a NaN of the second operand.
                    Op::Maximum => x.max_pair(y.clone()).mask_where(y.clone().is_nan(), y),
                    Op::Minimum => x.min_pair(y.clone()).mask_where(y.clone().is_nan(), y),
                }
                .into()
            }
            _ => {
                let (x, y) = (a.i::<D>(), b.i::<D>());
                match op {
                    Op::Add => x.add(y),
                    Op::Sub => x.sub(y),
                    Op::Mul => x.mul(y),
                    Op::Div | Op::Pow => x.div(y),
                    Op::Maximum => x.max_pair(y),
                    Op::Minimum => x.min_pair(y),
                }
                .into()
            }
        });
        Ok(out.mark(scalar))
    }

    /// `self + other`, element by element.
    ///
    /// # Errors
    /// Shapes that don't broadcast.
    pub fn try_add(&self, other: impl Into<Operand>) -> Result<Self> {
        self.clone().binary(other.into(), Op::Add)
    }

    /// `self - other`, element by element.
    ///
    /// # Errors
    /// Shapes that don't broadcast.
    pub fn try_sub(&self, other: impl Into<Operand>) -> Result<Self> {
        self.clone().binary(other.into(), Op::Sub)
    }

    /// `self * other`, element by element.
    ///
    /// # Errors
    /// Shapes that don't broadcast.
    pub fn try_mul(&self, other: impl Into<Operand>) -> Result<Self> {
        self.clone().binary(other.into(), Op::Mul)
    }

    /// `self / other`, element by element; integers give floats.
    ///
    /// # Errors
    /// Shapes that don't broadcast.
    pub fn try_div(&self, other: impl Into<Operand>) -> Result<Self> {
        self.clone().binary(other.into(), Op::Div)
    }

    /// `self` to the power of `other`, element by element.
    ///
    /// # Errors
    /// Shapes that don't broadcast.
    pub fn pow(&self, other: impl Into<Operand>) -> Result<Self> {
        self.clone().binary(other.into(), Op::Pow)
    }

    /// The larger of two, element by element.
    ///
    /// # Errors
    /// Shapes that don't broadcast.
    pub fn maximum(&self, other: impl Into<Operand>) -> Result<Self> {
        self.clone().binary(other.into(), Op::Maximum)
    }

    /// The smaller of two, element by element.
    ///
    /// # Errors
    /// Shapes that don't broadcast.
    pub fn minimum(&self, other: impl Into<Operand>) -> Result<Self> {
        self.clone().binary(other.into(), Op::Minimum)
    }

    /// The matrix product over the last two axes; the axes before broadcast.
    ///
    /// # Errors
    /// Inner sizes that differ, or an operand with fewer than two axes.
    ///
    /// ```
    /// # use kiln_core::Tensor;
    /// let error = Tensor::ones([2, 3]).matmul(&Tensor::ones([2, 3])).unwrap_err();
    /// assert_eq!(error.to_string(), "matmul: expected the last axis of the first to equal the last but one of the second, received (2, 3) and (2, 3)");
    /// ```
    pub fn matmul(&self, other: &Self) -> Result<Self> {
        let (a, b) = (self.shape(), other.shape());
        let fits = a.len() >= 2 && b.len() >= 2 && a[a.len() - 1] == b[b.len() - 2];
        if !fits {
            let expected = "the last axis of the first to equal the last but one of the second";
            return Err(Error::shape("matmul", expected, format!("{} and {}", tuple(&a), tuple(&b))));
        }
        broadcast("matmul", &a[..a.len() - 2], &b[..b.len() - 2])?;
        let (x, y) = alike(self.clone().at_least_float(), other.clone().at_least_float());
        Ok(with_rank!(x.rank(), D => x.f::<D>().matmul(y.f::<D>()).into()))
    }

    /// Integers and booleans as `float32`; floats as they are.
    pub(crate) fn at_least_float(self) -> Self {
        if self.kind() == Kind::Float { self } else { self.to_float() }
    }
}

/// The one panic of Kiln: an operator can't return a `Result`.
#[allow(clippy::panic)]
fn or_panic(result: Result<Tensor>) -> Tensor {
    match result {
        Ok(tensor) => tensor,
        Err(error) => panic!("{error}"),
    }
}

macro_rules! operators {
    ($($trait:ident $method:ident)*) => {$(
        impl<T: Into<Operand>> $trait<T> for Tensor {
            type Output = Tensor;
            fn $method(self, other: T) -> Tensor { or_panic(self.binary(other.into(), Op::$trait)) }
        }
        impl<T: Into<Operand>> $trait<T> for &Tensor {
            type Output = Tensor;
            fn $method(self, other: T) -> Tensor { or_panic(self.clone().binary(other.into(), Op::$trait)) }
        }
        impl $trait<Tensor> for f64 {
            type Output = Tensor;
            fn $method(self, other: Tensor) -> Tensor { from_number(self, other, Op::$trait) }
        }
        impl $trait<&Tensor> for f64 {
            type Output = Tensor;
            fn $method(self, other: &Tensor) -> Tensor { from_number(self, other.clone(), Op::$trait) }
        }
    )*};
}
operators!(Add add Sub sub Mul mul Div div);

fn from_number(number: f64, tensor: Tensor, op: Op) -> Tensor {
    let tensor = tensor.at_least_float();
    match op {
        Op::Sub => tensor.neg().with_float(number, Op::Add),
        Op::Div => tensor.recip().with_float(number, Op::Mul),
        op => tensor.with_float(number, op),
    }
}

impl Neg for Tensor {
    type Output = Tensor;
    fn neg(self) -> Tensor {
        self.negative()
    }
}

impl Neg for &Tensor {
    type Output = Tensor;
    fn neg(self) -> Tensor {
        self.clone().negative()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broadcasts_like_numpy() {
        let column = Tensor::constant([[1.0], [2.0]]);
        let row = Tensor::constant([10.0, 20.0, 30.0]);
        assert_eq!((&column + &row).to_vec::<f32>(), [11.0, 21.0, 31.0, 12.0, 22.0, 32.0]);
        assert_eq!((&row - Tensor::constant(1.0)).to_vec::<f32>(), [9.0, 19.0, 29.0]);
        let error = row.try_add(Tensor::zeros([2])).unwrap_err();
        assert_eq!(error.to_string(), "add: expected shapes that broadcast together, received (3,) and (2,)");
    }

    #[test]
    fn dtypes_promote_like_keras() {
        let int = Tensor::constant([1, 2]);
        assert_eq!((&int + 1).dtype(), DType::I32);
        assert_eq!((&int + 0.5).to_vec::<f32>(), [1.5, 2.5]);
        assert_eq!((&int / 2).to_vec::<f32>(), [0.5, 1.0]);
        assert_eq!((&int * Tensor::constant([0.5, 0.5])).dtype(), DType::F32);
        assert_eq!((Tensor::constant([true, true]) + Tensor::constant([true, false])).to_vec::<i32>(), [2, 1]);
    }

    #[test]
    fn the_larger_of_nan_is_nan() {
        let (x, nan) = (Tensor::constant([1.0, 2.0]), Tensor::constant(f64::NAN));
        assert!(x.maximum(&nan).unwrap().to_vec::<f32>().iter().all(|v| v.is_nan()));
        assert!(nan.minimum(&x).unwrap().to_vec::<f32>().iter().all(|v| v.is_nan()));
        assert_eq!(x.maximum(Tensor::constant([[1.5], [0.0]])).unwrap().to_vec::<f32>(), [1.5, 2.0, 1.0, 2.0]);
    }

    #[test]
    fn numbers_stand_on_either_side() {
        let x = Tensor::constant([1.0, 2.0]);
        assert_eq!((1.0 - &x).to_vec::<f32>(), [0.0, -1.0]);
        assert_eq!((2.0 / x).to_vec::<f32>(), [2.0, 1.0]);
    }
}
