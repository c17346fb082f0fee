//! Updating weights in place: one pass over a weight, its gradient and what an optimizer remembers of it.

use crate::host::{Array, HostBackend, View, serves};
use crate::number::Number;
use crate::simd::dispatch;
use crate::threads;
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{BackendTensor, DispatchTensor, DispatchTensorKind, Flex, TensorMetadata};
#[cfg(feature = "ndarray")]
use burn::backend::{NdArray, ndarray::NdArrayTensor};
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

/// The arithmetic of an optimizer for one element of a weight: from the weight, its gradient and the `N` slots, the new weight and the
/// new slots.
///
/// It is written for any [`Number`], and so stands once for numbers in memory and for tensors on any device.
pub trait Formula<const N: usize>: Sync {
    /// One update. To be marked `#[inline(always)]`, so that loops over it are vectorised.
    fn each<T: Number>(&self, weight: T, gradient: T, slots: [T; N]) -> (T, [T; N]);
}

/// Applies `formula` to all elements in place. Tensors that [`serves`] refuses, that are recorded or that differ in size are left as they
/// are, and the gradient is given back.
///
/// ```
/// use burn::Tensor;
/// use kiln_kernels::{Formula, Number, update};
///
/// struct Descent;
/// impl Formula<0> for Descent {
///     #[inline(always)]
///     fn each<T: Number>(&self, weight: T, gradient: T, _: [T; 0]) -> (T, [T; 0]) {
///         (weight - gradient * 0.5, [])
///     }
/// }
/// let device = burn::tensor::Device::flex();
/// let mut weight = Tensor::<1>::from_floats([1.0, 2.0], &device).into_dispatch();
/// let gradient = Tensor::<1>::from_floats([2.0, -2.0], &device).into_dispatch();
/// assert!(update(&Descent, &mut weight, gradient, []).is_ok());
/// assert_eq!(Tensor::<1>::from_dispatch(weight).to_data().try_to_vec::<f32>().unwrap(), [0.0, 3.0]);
/// ```
#[allow(clippy::result_large_err)] // the gradient goes back by value, so that the other way can work in place
pub fn update<const N: usize>(
    formula: &impl Formula<N>,
    weight: &mut DispatchTensor,
    gradient: DispatchTensor,
    slots: [&mut DispatchTensor; N],
) -> Result<(), DispatchTensor> {
    let plain = |tensor: &DispatchTensor| !matches!(tensor.kind, DispatchTensorKind::Autodiff(_));
    let size = weight.shape().num_elements();
    let fits = |tensor: &DispatchTensor| serves(&[&*weight, tensor]) && plain(tensor) && tensor.shape().num_elements() == size;
    if !plain(weight) || !fits(&gradient) || !slots.iter().all(|slot| fits(slot)) {
        return Err(gradient);
    }
    let run = |gradient: &[f32]| {
        let weight = numbers(weight)?;
        let slots: Vec<&mut [f32]> = slots.into_iter().map(numbers).collect::<Option<_>>()?;
        let slots = <[&mut [f32]; N]>::try_from(slots).ok()?;
        walk(formula, weight, gradient, slots);
        Some(())
    };
    let done = read(gradient, run).flatten();
    debug_assert!(done.is_some(), "tensors that were looked at before");
    Ok(())
}

/// Shows the elements of a tensor that is not recorded, and keeps its memory for later if nothing else needs it.
pub(crate) fn read<T>(tensor: DispatchTensor, run: impl FnOnce(&[f32]) -> T) -> Option<T> {
    fn on<B: HostBackend, T>(tensor: FloatTensor<B>, run: impl FnOnce(&[f32]) -> T) -> T {
        let tensor = B::in_order(tensor);
        let result = run(B::view(&tensor).values);
        B::recycle(tensor);
        result
    }
    match tensor.kind {
        DispatchTensorKind::Flex(BackendTensor::Float(tensor)) => Some(on::<Flex, T>(tensor, run)),
        #[cfg(feature = "ndarray")]
        DispatchTensorKind::NdArray(BackendTensor::Float(tensor)) => Some(on::<NdArray, T>(tensor, run)),
        _ => None,
    }
}

/// The elements of a tensor that is not recorded, to be changed; copied first if something else holds them.
fn numbers(tensor: &mut DispatchTensor) -> Option<&mut [f32]> {
    match &mut tensor.kind {
        DispatchTensorKind::Flex(BackendTensor::Float(tensor)) => {
            if !whole(tensor) {
                let ordered = Flex::in_order(tensor.clone());
                let View { values, shape } = Flex::view(&ordered);
                *tensor = Flex::tensor(Array::new(values.to_vec(), shape));
            }
            Some(tensor.storage_mut())
        }
        #[cfg(feature = "ndarray")]
        DispatchTensorKind::NdArray(BackendTensor::Float(tensor)) => {
            *tensor = NdArray::in_order(tensor.clone());
            match tensor {
                NdArrayTensor::F32(storage) => storage.ensure_owned().as_slice_mut(),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether a tensor's memory holds its elements in order and nothing else.
fn whole(tensor: &FlexTensor) -> bool {
    let layout = tensor.layout();
    layout.is_contiguous() && layout.start_offset() == 0 && tensor.bytes().len() == layout.num_elements() * size_of::<f32>()
}

/// Elements that one thread updates at a time, when several do.
const PART: usize = 1 << 14;

fn walk<const N: usize>(formula: &impl Formula<N>, weight: &mut [f32], gradient: &[f32], slots: [&mut [f32]; N]) {
    if weight.len() < threads::UPDATE {
        return dispatch(Walk { formula, weight, gradient, slots });
    }
    let mut rest = slots.map(|slot| slot.chunks_mut(PART));
    let parts: Vec<_> = weight
        .chunks_mut(PART)
        .zip(gradient.chunks(PART))
        .map(|(weight, gradient)| Walk { formula, weight, gradient, slots: rest.each_mut().map(|slot| slot.next().unwrap_or_default()) })
        .collect();
    parts.into_par_iter().for_each(dispatch);
}

struct Walk<'a, F, const N: usize> {
    formula: &'a F,
    weight: &'a mut [f32],
    gradient: &'a [f32],
    slots: [&'a mut [f32]; N],
}

impl<F: Formula<N>, const N: usize> WithSimd for Walk<'_, F, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { formula, weight, gradient, mut slots } = self;
        let n = weight.len();
        // Slices of one length that the compiler can see, so that the loop needs no checks.
        let gradient = &gradient[..n];
        for slot in &mut slots {
            *slot = &mut std::mem::take(slot)[..n];
        }
        for i in 0..n {
            let (new, left) = formula.each(weight[i], gradient[i], slots.each_ref().map(|slot| slot[i]));
            weight[i] = new;
            for (slot, value) in slots.iter_mut().zip(left) {
                slot[i] = value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{numbers, on_threads};
    use burn::Tensor;
    use burn::tensor::{Device, TensorData};

    struct Averaged;

    impl Formula<2> for Averaged {
        #[inline(always)]
        fn each<T: Number>(&self, weight: T, gradient: T, [m, v]: [T; 2]) -> (T, [T; 2]) {
            let m = m * 0.9 + gradient.clone() * 0.1;
            let v = v.larger(gradient.clone() * gradient);
            (weight - m.clone() / (v.clone().root() + 1e-3), [m, v])
        }
    }

    fn tensor(values: &[f32]) -> DispatchTensor {
        Tensor::<1>::from_data(TensorData::new(values.to_vec(), [values.len()]), &Device::flex()).into_dispatch()
    }

    fn values(tensor: &DispatchTensor) -> Vec<f32> {
        Tensor::<1>::from_dispatch(tensor.clone()).into_data().try_to_vec().unwrap()
    }

    #[test]
    fn elements_are_updated_each_by_itself() {
        for n in [0, 1, 7, 100, threads::UPDATE + PART + 3] {
            let start = [numbers(n, 1), numbers(n, 2), numbers(n, 3), numbers(n, 4).iter().map(|v| v * v).collect()];
            let run = || {
                let [mut w, g, mut m, mut v] = start.each_ref().map(|t| tensor(t));
                assert!(update(&Averaged, &mut w, g, [&mut m, &mut v]).is_ok());
                [values(&w), values(&m), values(&v)]
            };
            let got = on_threads(1, run);
            assert_eq!(got, on_threads(3, run));
            for i in 0..n {
                let (w, [m, v]) = Averaged.each(start[0][i], start[1][i], [start[2][i], start[3][i]]);
                assert_eq!([got[0][i], got[1][i], got[2][i]], [w, m, v]);
            }
        }
    }

    #[test]
    fn what_others_hold_is_left_alone() {
        let mut weight = tensor(&[1.0, 2.0]);
        let held = weight.clone();
        let (mut m, mut v) = (tensor(&[0.0; 2]), tensor(&[0.0; 2]));
        assert!(update(&Averaged, &mut weight, tensor(&[1.0, 1.0]), [&mut m, &mut v]).is_ok());
        assert_eq!(values(&held), [1.0, 2.0]);
        assert_ne!(values(&weight), [1.0, 2.0]);
        let part = Tensor::<1>::from_dispatch(held.clone()).slice(1..2).into_dispatch();
        let (mut weight, mut m, mut v) = (part, tensor(&[0.0]), tensor(&[0.0]));
        assert!(update(&Averaged, &mut weight, tensor(&[1.0]), [&mut m, &mut v]).is_ok());
        assert_eq!((values(&weight).len(), values(&held)), (1, vec![1.0, 2.0]));
        assert!(update(&Averaged, &mut weight, tensor(&[1.0, 1.0]), [&mut m, &mut v]).is_err());
    }
}
