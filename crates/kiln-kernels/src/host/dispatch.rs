//! From a tensor of any backend to the backend's operation.

use super::backend::HostBackend;
use super::op::{AnyOp, HostOp};
use super::record::{plain, recorded};
#[cfg(feature = "ndarray")]
use burn::backend::NdArray;
use burn::backend::autodiff::{Autodiff, checkpoint::strategy::CheckpointStrategy};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, DispatchTensor, DispatchTensorKind, Flex, TensorMetadata, backend_extension};
use burn::tensor::DType;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

type Op = Arc<dyn AnyOp>;

/// Calls of operations by their number of inputs: Burn's dispatch wants each tensor as an argument of its own.
#[backend_extension(Flex, NdArray: cfg(feature = "ndarray"), Autodiff)]
#[allow(unreachable_pub)] // the macro's code needs it
pub trait HostOps: Backend {
    fn host1(a: FloatTensor<Self>, op: Op) -> FloatTensor<Self>;
    fn host2(a: FloatTensor<Self>, b: FloatTensor<Self>, op: Op) -> FloatTensor<Self>;
    fn host3(a: FloatTensor<Self>, b: FloatTensor<Self>, c: FloatTensor<Self>, op: Op) -> FloatTensor<Self>;
    fn host4(a: FloatTensor<Self>, b: FloatTensor<Self>, c: FloatTensor<Self>, d: FloatTensor<Self>, op: Op) -> FloatTensor<Self>;
    fn host5(
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        c: FloatTensor<Self>,
        d: FloatTensor<Self>,
        e: FloatTensor<Self>,
        op: Op,
    ) -> FloatTensor<Self>;
    fn host6(
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        c: FloatTensor<Self>,
        d: FloatTensor<Self>,
        e: FloatTensor<Self>,
        f: FloatTensor<Self>,
        op: Op,
    ) -> FloatTensor<Self>;
}

/// Writes the calls of a backend: all of them do the same with their tensors.
macro_rules! calls {
    ($call:ident) => {
        calls!(@ $call host1(a) host2(a b) host3(a b c) host4(a b c d) host5(a b c d e) host6(a b c d e f));
    };
    (@ $call:ident $($name:ident($($tensor:ident)*))*) => {$(
        fn $name($($tensor: FloatTensor<Self>,)* op: Op) -> FloatTensor<Self> {
            $call!([$($tensor),*], op)
        }
    )*};
}

macro_rules! plainly {
    ($tensors:expr, $op:ident) => {
        plain::<Self>($tensors.into(), &*$op)
    };
}

macro_rules! recording {
    ($tensors:expr, $op:ident) => {
        recorded::<B, C, _>($tensors, $op)
    };
}

impl HostOps for Flex {
    calls!(plainly);
}

#[cfg(feature = "ndarray")]
impl HostOps for NdArray {
    calls!(plainly);
}

impl<B: HostBackend, C: CheckpointStrategy> HostOps for Autodiff<B, C> {
    calls!(recording);
}

static ENABLED: AtomicBool = AtomicBool::new(true);

/// Whether operations of this crate are used at all, as they are at first; without them everything is made of Burn's. For comparisons.
pub fn set_enabled(enabled: bool) {
    ENABLED.store(enabled, Ordering::Relaxed);
}

/// Whether operations can take these tensors: 32-bit floats in host memory, all on the same backend.
pub fn serves(tensors: &[&DispatchTensor]) -> bool {
    let Some(first) = tensors.first().filter(|_| ENABLED.load(Ordering::Relaxed)) else { return false };
    let home = home(&first.kind);
    home.is_some() && tensors.iter().all(|t| self::home(&t.kind) == home && t.dtype() == DType::F32)
}

/// The host backend of a tensor.
fn home(kind: &DispatchTensorKind) -> Option<u8> {
    match kind {
        DispatchTensorKind::Flex(_) => Some(0),
        #[cfg(feature = "ndarray")]
        DispatchTensorKind::NdArray(_) => Some(1),
        DispatchTensorKind::Autodiff(inner) => home(inner),
        #[allow(unreachable_patterns)] // other backends, when they are compiled in
        _ => None,
    }
}

/// Calls an operation on 1 to 6 tensors that [`serves`] says it can take; recorded for the gradient if one of them is.
///
/// # Panics
/// On other tensors. Their shapes are the operation's to check.
pub fn run<const N: usize>(op: impl HostOp, tensors: [DispatchTensor; N]) -> DispatchTensor {
    let op: Op = Arc::new(op);
    let mut tensors = tensors.into_iter();
    let mut next = || tensors.next().unwrap_or_else(|| unreachable!("there are N tensors"));
    match N {
        1 => Dispatch::host1(next(), op),
        2 => Dispatch::host2(next(), next(), op),
        3 => Dispatch::host3(next(), next(), next(), op),
        4 => Dispatch::host4(next(), next(), next(), next(), op),
        5 => Dispatch::host5(next(), next(), next(), next(), next(), op),
        6 => Dispatch::host6(next(), next(), next(), next(), next(), next(), op),
        _ => unreachable!("operations take 1 to 6 tensors"),
    }
}

/// [`run`] on an input and a kernel, and on a bias if there is one.
pub(crate) fn run_biased(op: impl HostOp, x: DispatchTensor, kernel: DispatchTensor, bias: Option<DispatchTensor>) -> DispatchTensor {
    match bias {
        Some(bias) => run(op, [x, kernel, bias]),
        None => run(op, [x, kernel]),
    }
}
