//! Convolutions with the channels last.

use super::{Curve, Window};
use crate::tensor::Tensor;
use kiln_kernels::serves;

/// `curve(sum over the window and the channels of x · kernel, plus bias)` for `x` (batch, space, channels), `kernel` (window, channels /
/// groups, filters) and `bias` (filters), over 1 or 2 axes of space. `None` where there is no kernel for it, and for sizes that don't fit.
///
/// ```
/// use kiln_core::{Tensor, kernels::{Curve, Window, convolve}};
/// let x = Tensor::constant([[[1.0], [2.0], [4.0]]]);
/// let y = convolve(&x, Tensor::constant([[[1.0]], [[-1.0]]]), None, Window::of([2]), Curve::Linear).unwrap();
/// assert_eq!((y.shape(), y.to_vec::<f32>()), (vec![1, 2, 1], vec![-1.0, -2.0]));
/// ```
pub fn convolve<const N: usize>(
    x: &Tensor,
    kernel: Tensor,
    bias: Option<burn::Tensor<1>>,
    window: Window<N>,
    curve: Curve,
) -> Option<Tensor> {
    if !matches!(N, 1 | 2) || !fits(&x.shape(), &kernel.shape(), bias.as_ref().map(|b| b.dims()[0]), &window) {
        return None;
    }
    let (x, kernel, bias) = (x.clone().into_dispatch(), kernel.into_dispatch(), bias.map(|b| b.into_dispatch()));
    let served = serves(&[&x, &kernel]) && bias.iter().all(|b| serves(&[&x, b]));
    served.then(|| Tensor::from_dispatch(kiln_kernels::conv::convolve(x, kernel, bias, window, curve)))
}

fn fits<const N: usize>(x: &[usize], kernel: &[usize], bias: Option<usize>, window: &Window<N>) -> bool {
    if x.len() != N + 2 || kernel.len() != N + 2 || kernel[..N] != window.size || x.contains(&0) || kernel.contains(&0) {
        return false;
    }
    let (channels, depth, filters) = (x[N + 1], kernel[N], kernel[N + 1]);
    let groups = window.groups;
    let slides = (0..N).all(|i| window.strides[i] > 0 && window.dilation[i] > 0 && window.places(i, x[i + 1]) > 0);
    slides && groups > 0 && depth * groups == channels && filters.is_multiple_of(groups) && bias.is_none_or(|b| b == filters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_do_not_fit_are_left_to_others() {
        let of = |x: &[usize], kernel: &[usize], bias, window: Window<2>| fits(x, kernel, bias, &window);
        let (x, kernel, window) = ([1, 5, 5, 4], [3, 3, 4, 6], Window::of([3, 3]));
        assert!(of(&x, &kernel, Some(6), window));
        assert!(!of(&x, &kernel, Some(5), window));
        assert!(!of(&[1, 2, 5, 4], &kernel, None, window));
        assert!(!of(&x, &[3, 3, 2, 6], None, window));
        assert!(of(&x, &[3, 3, 2, 6], None, Window { groups: 2, ..window }));
        assert!(!of(&x, &[3, 3, 1, 6], None, Window { groups: 4, ..window }));
        assert!(!of(&x, &kernel, None, Window { strides: [0, 1], ..window }));
        let wide = burn::Tensor::<1>::zeros([6], crate::Device::flex().burn());
        assert!(convolve(&Tensor::zeros([1, 5, 5, 4]), Tensor::zeros([3, 3, 4, 6]), Some(wide), window, Curve::Relu).is_some());
        let double = Tensor::zeros([1, 5, 5, 4]).cast(burn::tensor::DType::F64);
        assert!(convolve(&double, Tensor::zeros([3, 3, 4, 6]).cast(burn::tensor::DType::F64), None, window, Curve::Relu).is_none());
    }
}
