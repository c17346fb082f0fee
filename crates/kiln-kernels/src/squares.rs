//! The sum of the squares of a tensor.

use crate::host::serves;
use crate::rows::total;
use crate::simd::vectorised;
use crate::threads::map_parts;
use crate::update::read;
use burn::backend::DispatchTensor;

/// Numbers of a part.
const PART: usize = 1 << 13;

/// The sum of the squares of all elements. `None` for a tensor that [`serves`] refuses or that is recorded.
///
/// ```
/// use burn::Tensor;
/// let x = Tensor::<1>::from_floats([3.0, 4.0], &burn::tensor::Device::flex());
/// assert_eq!(kiln_kernels::squares(&x.into_dispatch()), Some(25.0));
/// ```
pub fn squares(tensor: &DispatchTensor) -> Option<f64> {
    if serves(&[tensor]) { read(tensor.clone(), sum) } else { None }
}

/// In parts, whose sums are added up as wider floats.
fn sum(values: &[f32]) -> f64 {
    map_parts(values.chunks(PART).collect(), values.len(), |_, part| f64::from(part_sum(part))).into_iter().sum()
}

vectorised! {
    fn part_sum<'a>(values: &'a [f32]) -> f32 {
        total([values], |[v]| v * v)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{numbers, on_threads};
    use burn::tensor::{Device, Tensor, TensorData};

    #[test]
    fn all_squares_are_added_whatever_the_threads() {
        for n in [0, 1, 9, PART, 150 * PART + 3] {
            let values = numbers(n, 1);
            let exact: f64 = values.iter().map(|v| f64::from(*v) * f64::from(*v)).sum();
            let run = || squares(&Tensor::<1>::from_data(TensorData::new(values.clone(), [n]), &Device::flex()).into_dispatch()).unwrap();
            let got = on_threads(1, run);
            assert_eq!(got, on_threads(3, run));
            assert!((got - exact).abs() <= 1e-5 * exact, "{got} {exact}");
        }
        let recorded = Tensor::<1>::ones([2], &Device::flex().autodiff()).into_dispatch();
        assert_eq!(squares(&recorded), None);
        let part = Tensor::<1>::from_floats([1.0, 2.0, 3.0], &Device::flex()).slice(1..2).into_dispatch();
        assert_eq!(squares(&part), Some(4.0));
    }
}
