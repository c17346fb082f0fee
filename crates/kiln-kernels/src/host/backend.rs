//! Backends whose tensors lie in host memory.

use super::op::{Array, View};
use crate::buffer;
use burn::backend::flex::{FlexTensor, Layout};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Flex};
use burn::tensor::{Bytes, DType, Shape};

/// A backend that can show its 32-bit floats as slices and take slices over.
#[allow(unreachable_pub)] // named by the dispatch, which is a public trait
pub trait HostBackend: Backend {
    /// The tensor with its numbers in order, without gaps.
    fn in_order(tensor: FloatTensor<Self>) -> FloatTensor<Self>;

    /// The numbers of a tensor that [`HostBackend::in_order`] gave.
    fn view(tensor: &FloatTensor<Self>) -> View<'_>;

    /// A tensor of these numbers.
    fn tensor(array: Array) -> FloatTensor<Self>;

    /// The memory of a tensor that nothing else needs.
    fn memory(tensor: FloatTensor<Self>) -> Option<Vec<f32>>;

    /// Keeps the memory of a tensor for later, if nothing else needs it.
    fn recycle(tensor: FloatTensor<Self>) {
        if let Some(memory) = Self::memory(tensor) {
            buffer::give(memory);
        }
    }
}

impl HostBackend for Flex {
    fn in_order(tensor: FlexTensor) -> FlexTensor {
        if tensor.layout().is_contiguous() { tensor } else { tensor.to_contiguous() }
    }

    fn view(tensor: &FlexTensor) -> View<'_> {
        let values = tensor.as_slice::<f32>();
        debug_assert!(values.is_some(), "32-bit floats in order");
        View { values: values.unwrap_or(&[]), shape: tensor.layout().shape() }
    }

    fn tensor(array: Array) -> FlexTensor {
        FlexTensor::new(Bytes::from_elems(array.values), Layout::contiguous(Shape::from(array.shape)), DType::F32)
    }

    fn memory(tensor: FlexTensor) -> Option<Vec<f32>> {
        // A view of a part must not be taken for the whole.
        if !tensor.is_unique() || !tensor.is_contiguous() {
            return None;
        }
        let (bytes, ..) = tensor.into_data().into_parts();
        bytes.try_into_vec().ok()
    }
}
