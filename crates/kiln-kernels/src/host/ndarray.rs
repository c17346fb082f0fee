//! Burn's ndarray backend: its tensors hold arrays that can be borrowed and handed over.

use super::backend::HostBackend;
use super::op::{Array, View};
use burn::backend::NdArray;
use burn::backend::ndarray::NdArrayTensor;
use ndarray::{ArcArray, ArrayD, IxDyn};

impl HostBackend for NdArray {
    fn in_order(tensor: NdArrayTensor) -> NdArrayTensor {
        match tensor {
            NdArrayTensor::F32(storage) if !storage.view().is_standard_layout() => {
                let ordered: ArrayD<f32> = storage.view().as_standard_layout().into_owned();
                ordered.into_shared().into()
            }
            other => other,
        }
    }

    fn view(tensor: &NdArrayTensor) -> View<'_> {
        let NdArrayTensor::F32(storage) = tensor else {
            return View { values: &[], shape: &[] };
        };
        // The view's lifetime is the storage's.
        View { values: storage.view().to_slice().unwrap_or(&[]), shape: storage.shape() }
    }

    fn tensor(array: Array) -> NdArrayTensor {
        let shape = IxDyn(&array.shape);
        // As many numbers as the shape has, which `Array::new` sees to.
        let values = ArcArray::from_shape_vec(shape.clone(), array.values);
        values.unwrap_or_else(|_| ArcArray::from_elem(shape, f32::NAN)).into()
    }

    fn memory(tensor: NdArrayTensor) -> Option<Vec<f32>> {
        let NdArrayTensor::F32(storage) = tensor else { return None };
        if !storage.is_owned() || !storage.is_unique() || !storage.view().is_standard_layout() {
            return None;
        }
        let array = storage.into_owned().try_into_owned_nocopy().ok()?;
        let length = array.len();
        let (memory, offset) = array.into_raw_vec_and_offset();
        (offset.unwrap_or(0) == 0 && memory.len() == length).then_some(memory)
    }
}
