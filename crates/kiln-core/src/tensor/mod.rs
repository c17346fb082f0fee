//! Kiln's user tensor: rank and dtype are known at run time, as in NumPy and TensorFlow.
//!
//! This is the only module that names Burn's rank-erased `BridgeTensor`.

mod arithmetic;
mod categorical;
mod compare;
mod convert;
mod create;
mod display;
mod dtype;
mod layout;
mod math;
mod place;
mod rank;
mod record;
mod reduce;
mod slice;

pub use arithmetic::Operand;
pub(crate) use convert::read;
pub use create::{Nested, Scalar};
pub(crate) use dtype::Kind;
pub use dtype::dtype_name;
use dtype::kind_of;
pub(crate) use rank::{MAX_RANK, any_kind, with_rank};
pub use slice::{IntoSlices, Slice};

use crate::device::Device;
use crate::shape::tuple;
use burn::backend::DispatchTensor;
use burn::tensor::DType;
use burn::tensor::kind::{Basic, BridgeTensor};
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

    /// As one of Burn's tensors of any rank, for operations of their own.
    pub(crate) fn into_dispatch(self) -> DispatchTensor {
        self.inner.into()
    }

    /// From what an operation on floats gave.
    pub(crate) fn from_dispatch(tensor: DispatchTensor) -> Self {
        Self { inner: BridgeTensor::float(tensor), name: None, scalar: false }
    }

    /// Shape and dtype, for errors.
    pub fn describe(&self) -> String {
        format!("shape {} of {}", tuple(&self.shape()), dtype_name(self.dtype()))
    }

    /// Marks a tensor of one element as a scalar.
    pub(crate) fn mark(self, scalar: bool) -> Self {
        Self { scalar, ..self }
    }
}
