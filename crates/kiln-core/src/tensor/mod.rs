//! Kiln's user tensor: rank and dtype are known at run time, as in NumPy and TensorFlow.
//!
//! This is the only module that names Burn's rank-erased `BridgeTensor`.

mod arithmetic;
mod compare;
mod create;
mod display;
mod layout;
mod math;
mod rank;
mod reduce;

pub use arithmetic::Operand;
pub use create::{Nested, Scalar};
pub use layout::Slice;
pub(crate) use rank::{MAX_RANK, any_kind, with_rank};

use crate::device::Device;
use crate::error::{Error, Result};
use crate::shape::tuple;
use burn::tensor::kind::{Basic, BridgeTensor};
use burn::tensor::{Bool, DType, Element, Float, Int, TensorData};
use std::sync::Arc;

/// An array of numbers of one dtype, of any rank up to 8, on a device.
///
/// Operators broadcast as in NumPy and panic on shapes that can't be broadcast, as in every array library of Rust;
/// [`Tensor::try_add`] and its kin return the error instead. Everything else that can fail returns a `Result`.
///
/// ```
/// use kiln_core::Tensor;
/// let a = Tensor::constant([[1.0, 2.0], [3.0, 4.0]]);
/// let b = &a * 2.0 + 1.0;
/// assert_eq!(b.to_vec::<f32>(), [3.0, 5.0, 7.0, 9.0]);
/// assert_eq!(a.matmul(&b)?.shape(), [2, 2]);
/// assert_eq!(a.sum().item(), 10.0);
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Tensor {
    inner: BridgeTensor,
    name: Option<Arc<str>>,
    /// Burn has no rank 0: a scalar is stored as shape (1,) and marked here.
    scalar: bool,
}

/// The kind of a dtype, in the order of promotion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Bool,
    Int,
    Float,
}

impl<const D: usize, K: Basic> From<burn::Tensor<D, K>> for Tensor {
    fn from(tensor: burn::Tensor<D, K>) -> Self {
        let inner = tensor.into_bridge();
        // Burn tags what `equal` gives for integers as an integer tensor, though its dtype is bool.
        let inner = match inner.dtype() {
            DType::Bool(_) if !inner.is_bool() => BridgeTensor::bool(inner.into()),
            _ => inner,
        };
        Self { inner, name: None, scalar: false }
    }
}

macro_rules! try_from {
    ($kind:ty, $method:ident) => {
        impl<const D: usize> TryFrom<Tensor> for burn::Tensor<D, $kind> {
            type Error = Error;
            fn try_from(tensor: Tensor) -> Result<Self> {
                tensor.$method::<D>()
            }
        }
    };
}
try_from!(Float, float);
try_from!(Int, int);
try_from!(Bool, bool);

impl Tensor {
    /// The axes' sizes.
    pub fn shape(&self) -> Vec<usize> {
        if self.scalar { Vec::new() } else { self.inner.shape().to_vec() }
    }

    /// The number of axes.
    pub fn rank(&self) -> usize {
        if self.scalar { 0 } else { self.inner.rank() }
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.inner.shape().num_elements()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The dtype.
    pub fn dtype(&self) -> DType {
        self.inner.dtype()
    }

    /// The name given with [`Tensor::name`].
    pub fn label(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Gives the tensor a name, which its `Display` shows.
    pub fn name(mut self, name: &str) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The device the values are on.
    pub fn device(&self) -> Device {
        let tensor = self.clone();
        let device = match self.kind() {
            Kind::Float => with_rank!(self.rank(), D => tensor.f::<D>().device()),
            Kind::Int => with_rank!(self.rank(), D => tensor.i::<D>().device()),
            Kind::Bool => with_rank!(self.rank(), D => tensor.b::<D>().device()),
        };
        Device::from_burn(device)
    }

    /// Moves the values to another device.
    pub fn to_device(self, device: &Device) -> Self {
        let device = device.burn();
        any_kind!(self, D, |x| x.to_device(device))
    }

    /// The same values with another dtype; floats are truncated towards zero, a bool is whether a value differs from 0.
    pub fn cast(self, dtype: DType) -> Self {
        if self.dtype() == dtype {
            return self;
        }
        let name = self.name.clone();
        let (rank, self_scalar) = (self.rank(), self.scalar);
        let cast: Self = match (self.kind(), kind_of(dtype)) {
            (Kind::Float, Kind::Float | Kind::Int) => with_rank!(rank, D => {
                let x = self.f::<D>();
                if dtype.is_float() { x.cast(float_dtype(dtype)).into() } else { x.cast(int_dtype(dtype)).into() }
            }),
            (Kind::Int, Kind::Float | Kind::Int) => with_rank!(rank, D => {
                let x = self.i::<D>();
                if dtype.is_float() { x.cast(float_dtype(dtype)).into() } else { x.cast(int_dtype(dtype)).into() }
            }),
            (Kind::Bool, Kind::Float) => with_rank!(rank, D => self.b::<D>().float().cast(float_dtype(dtype)).into()),
            (Kind::Bool, Kind::Int) => with_rank!(rank, D => self.b::<D>().int().cast(int_dtype(dtype)).into()),
            (Kind::Float, Kind::Bool) => with_rank!(rank, D => self.f::<D>().not_equal_scalar(0.0f32).into()),
            (Kind::Int, Kind::Bool) => with_rank!(rank, D => self.i::<D>().not_equal_scalar(0i32).into()),
            (Kind::Bool, Kind::Bool) => self,
        };
        Self { name, scalar: self_scalar, ..cast }
    }

    /// The values as a 32-bit float tensor, Keras' `floatx`; no copy when they are.
    pub fn to_float(self) -> Self {
        self.cast(DType::F32)
    }

    /// The values in row-major order, converted to `T`.
    pub fn to_vec<T: Scalar>(&self) -> Vec<T> {
        T::read(self.to_data())
    }

    /// The first value as `f64`: the value of a scalar. NaN when there is none.
    pub fn item(&self) -> f64 {
        self.to_vec::<f64>().first().copied().unwrap_or(f64::NAN)
    }

    /// The values as Burn's `TensorData`, in the dtype they have.
    pub fn to_data(&self) -> TensorData {
        self.clone().into_data()
    }

    /// As [`Tensor::to_data`], without a copy where the values have no other owner.
    pub fn into_data(self) -> TensorData {
        match self.kind() {
            Kind::Float => with_rank!(self.rank(), D => self.f::<D>().into_data()),
            Kind::Int => with_rank!(self.rank(), D => self.i::<D>().into_data()),
            Kind::Bool => with_rank!(self.rank(), D => self.b::<D>().into_data()),
        }
    }

    /// From Burn's `TensorData`, with its dtype, on `device`.
    ///
    /// # Errors
    /// A rank over 8.
    pub fn from_data(data: TensorData, device: &Device) -> Result<Self> {
        let rank = data.rank();
        if rank > MAX_RANK {
            return Err(Error::shape("Tensor", format!("at most {MAX_RANK} axes"), format!("{rank} axes")));
        }
        let scalar = rank == 0;
        let data = if scalar { TensorData::from_bytes(data.bytes().clone(), [1], data.dtype()) } else { data };
        let dtype = data.dtype();
        let options = || (device.burn(), dtype);
        let tensor: Self = match kind_of(dtype) {
            Kind::Float => with_rank!(rank, D => burn::Tensor::<D>::from_data(data, options()).into()),
            Kind::Int => with_rank!(rank, D => burn::Tensor::<D, Int>::from_data(data, options()).into()),
            Kind::Bool => with_rank!(rank, D => burn::Tensor::<D, Bool>::from_data(data, options()).into()),
        };
        Ok(tensor.mark(scalar))
    }

    /// As a typed float tensor of Burn.
    ///
    /// # Errors
    /// Another rank or another kind of dtype.
    pub fn float<const D: usize>(self) -> Result<burn::Tensor<D>> {
        self.expect::<D>(Kind::Float, "float")?;
        Ok(self.f())
    }

    /// As a typed integer tensor of Burn.
    ///
    /// # Errors
    /// Another rank or another kind of dtype.
    pub fn int<const D: usize>(self) -> Result<burn::Tensor<D, Int>> {
        self.expect::<D>(Kind::Int, "int")?;
        Ok(self.i())
    }

    /// As a typed boolean tensor of Burn.
    ///
    /// # Errors
    /// Another rank or another kind of dtype.
    pub fn bool<const D: usize>(self) -> Result<burn::Tensor<D, Bool>> {
        self.expect::<D>(Kind::Bool, "bool")?;
        Ok(self.b())
    }

    fn expect<const D: usize>(&self, kind: Kind, word: &str) -> Result<()> {
        // Burn has no rank 0, so a scalar comes as rank 1.
        if self.rank().max(1) == D && self.kind() == kind {
            return Ok(());
        }
        Err(Error::shape("Tensor", format!("a {word} tensor of rank {D}"), self.describe()))
    }

    /// Shape and dtype, for errors.
    pub fn describe(&self) -> String {
        format!("shape {} of {}", tuple(&self.shape()), dtype_name(self.dtype()))
    }

    /// Marks a tensor of one element as a scalar.
    pub(crate) fn mark(self, scalar: bool) -> Self {
        Self { scalar, ..self }
    }

    pub(crate) fn kind(&self) -> Kind {
        kind_of(self.dtype())
    }

    // The three conversions below are for callers that have just matched on `kind()` and `rank()`.
    pub(crate) fn f<const D: usize>(self) -> burn::Tensor<D> {
        burn::Tensor::from_bridge(self.inner)
    }

    pub(crate) fn i<const D: usize>(self) -> burn::Tensor<D, Int> {
        burn::Tensor::from_bridge(self.inner)
    }

    pub(crate) fn b<const D: usize>(self) -> burn::Tensor<D, Bool> {
        burn::Tensor::from_bridge(self.inner)
    }

    /// Puts the tensor on the recording side of its device, where operations are remembered for the gradient.
    pub fn autodiff(self) -> Self {
        any_kind!(self, D, |x| x.autodiff())
    }

    /// The plain values of a recorded tensor.
    pub fn inner(self) -> Self {
        any_kind!(self, D, |x| x.without_autodiff())
    }

    /// Whether operations on the tensor are recorded.
    pub fn is_autodiff(&self) -> bool {
        self.device().burn().is_autodiff()
    }

    /// A recorded copy whose gradient can be asked for; `None` for integers and booleans.
    pub(crate) fn require_grad(&self) -> Option<Self> {
        let scalar = self.scalar;
        (self.kind() == Kind::Float)
            .then(|| with_rank!(self.rank(), D => Self::from(self.clone().f::<D>().detach().autodiff().require_grad()).mark(scalar)))
    }

    /// Whether a gradient can flow back from here.
    pub(crate) fn is_tracked(&self) -> bool {
        self.kind() == Kind::Float && self.is_autodiff() && with_rank!(self.rank(), D => self.clone().f::<D>().is_tracked())
    }

    /// The gradients of this tensor with respect to `sources`; it must be tracked.
    pub(crate) fn gradients<'a>(&self, sources: impl IntoIterator<Item = &'a Self>) -> Vec<Option<Self>> {
        let gradients = with_rank!(self.rank(), D => self.clone().f::<D>().backward());
        let of = |source: &Self| -> Option<Self> {
            if source.kind() != Kind::Float || !source.is_autodiff() {
                return None;
            }
            let gradient: Option<Self> = with_rank!(source.rank(), D => source.clone().f::<D>().grad(&gradients).map(Self::from));
            gradient.map(|g| g.mark(source.scalar))
        };
        sources.into_iter().map(of).collect()
    }

    /// The same values, through which no gradient flows: TensorFlow's `stop_gradient`.
    pub fn detach(self) -> Self {
        match self.kind() {
            Kind::Float => {
                let scalar = self.scalar;
                with_rank!(self.rank(), D => Self::from(self.f::<D>().detach()).mark(scalar))
            }
            _ => self,
        }
    }
}

/// Keras' name of a dtype: `float32`, `int64`, `bool`.
pub fn dtype_name(dtype: DType) -> &'static str {
    match dtype {
        DType::F64 => "float64",
        DType::F32 | DType::Flex32 => "float32",
        DType::F16 => "float16",
        DType::BF16 => "bfloat16",
        DType::I64 => "int64",
        DType::I32 => "int32",
        DType::I16 => "int16",
        DType::I8 => "int8",
        DType::U64 => "uint64",
        DType::U32 => "uint32",
        DType::U16 => "uint16",
        DType::U8 => "uint8",
        DType::Bool(_) => "bool",
        _ => "quantized",
    }
}

fn kind_of(dtype: DType) -> Kind {
    match dtype {
        DType::Bool(_) => Kind::Bool,
        d if d.is_int() || d.is_uint() => Kind::Int,
        _ => Kind::Float,
    }
}

fn float_dtype(dtype: DType) -> burn::tensor::FloatDType {
    use burn::tensor::FloatDType as F;
    match dtype {
        DType::F64 => F::F64,
        DType::F16 => F::F16,
        DType::BF16 => F::BF16,
        _ => F::F32,
    }
}

fn int_dtype(dtype: DType) -> burn::tensor::IntDType {
    use burn::tensor::IntDType as I;
    match dtype {
        DType::I64 => I::I64,
        DType::I16 => I::I16,
        DType::I8 => I::I8,
        DType::U64 => I::U64,
        DType::U32 => I::U32,
        DType::U16 => I::U16,
        DType::U8 => I::U8,
        _ => I::I32,
    }
}

/// The values of `data` converted to `T`.
pub(crate) fn read<T: Element>(data: TensorData) -> Vec<T> {
    data.convert::<T>().try_to_vec::<T>().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn burn_tensors_go_in_and_out() {
        let t = Tensor::constant([[1.0, 2.0]]);
        let burn: burn::Tensor<2> = t.clone().try_into().unwrap();
        assert_eq!(Tensor::from(burn).to_vec::<f32>(), [1.0, 2.0]);
        let error = t.float::<3>().unwrap_err();
        assert_eq!(error.to_string(), "Tensor: expected a float tensor of rank 3, received shape (1, 2) of float32");
    }

    #[test]
    fn casts_truncate_towards_zero() {
        let t = Tensor::constant([-1.7, 0.0, 2.9]);
        assert_eq!(t.clone().cast(DType::I32).to_vec::<i64>(), [-1, 0, 2]);
        assert_eq!(t.cast(DType::Bool(burn::tensor::BoolStore::Native)).to_vec::<f32>(), [1.0, 0.0, 1.0]);
    }
}
