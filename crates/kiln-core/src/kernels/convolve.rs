//! Convolutions with the channels last.

use super::pool::slides;
use super::{Curve, Window, alike};
use crate::tensor::Tensor;
use kiln_kernels::DispatchTensor;
use kiln_kernels::conv::POOLED;

/// `curve(sum over the window and the channels of x · kernel, plus bias)` for `x` (batch, space, channels), `kernel` (window, channels /
/// groups, filters) and `bias` (filters), over 1 to 3 axes of space. `None` where there is no kernel for it, and for sizes that don't fit.
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
    if !fits(&x.shape(), &kernel.shape(), bias.as_ref().map(|b| b.dims()[0]), &window) {
        return None;
    }
    let (x, kernel, bias) = given(x, &kernel, bias.map(Tensor::from).as_ref())?;
    Some(Tensor::from_dispatch(kiln_kernels::conv::convolve(x, kernel, bias, window, curve)))
}

/// The maxima of `pool` over [`convolve`], without keeping what lies between. `None` also where that is too large for it to pay, and for a
/// single sample, whose rows [`convolve`] shares out among threads.
///
/// ```
/// use kiln_core::{Tensor, kernels::{Curve, Window, convolve_pooled}};
/// let (x, kernel) = (Tensor::constant([[[1.0], [2.0], [4.0]], [[4.0], [2.0], [1.0]]]), Tensor::constant([[[-1.0]], [[1.0]]]));
/// let y = convolve_pooled(&x, kernel, None, Window::of([2]), Curve::Linear, Window::of([2])).unwrap();
/// assert_eq!(y.to_vec::<f32>(), [2.0, -1.0]);
/// ```
pub fn convolve_pooled<const N: usize>(
    x: &Tensor,
    kernel: Tensor,
    bias: Option<burn::Tensor<1>>,
    window: Window<N>,
    curve: Curve,
    pool: Window<N>,
) -> Option<Tensor> {
    let shape = x.shape();
    if !fits(&shape, &kernel.shape(), bias.as_ref().map(|b| b.dims()[0]), &window) {
        return None;
    }
    let between: Vec<usize> = (0..N).map(|i| window.places(i, shape[i + 1])).collect();
    let filters = kernel.shape()[N + 1];
    if shape[0] == 1 || between.iter().product::<usize>().saturating_mul(filters) > POOLED || !slides(&pool, &between, true) {
        return None;
    }
    let (x, kernel, bias) = given(x, &kernel, bias.map(Tensor::from).as_ref())?;
    Some(Tensor::from_dispatch(kiln_kernels::conv::convolve_pooled(x, kernel, bias, window, curve, pool)))
}

/// As [`convolve`], of each channel by itself: `kernel` is (window, channels, 1). `None` for more filters of a channel, too.
///
/// ```
/// use kiln_core::{Tensor, kernels::{Curve, Window, convolve_depthwise}};
/// let x = Tensor::constant([[[1.0, 5.0], [2.0, 6.0]]]);
/// let kernel = Tensor::constant([[[1.0], [10.0]], [[1.0], [100.0]]]);
/// let y = convolve_depthwise(&x, &kernel, None, Window::of([2]), Curve::Linear).unwrap();
/// assert_eq!(y.to_vec::<f32>(), [3.0, 650.0]);
/// ```
pub fn convolve_depthwise<const N: usize>(
    x: &Tensor,
    kernel: &Tensor,
    bias: Option<&Tensor>,
    window: Window<N>,
    curve: Curve,
) -> Option<Tensor> {
    let (shape, of_kernel) = (x.shape(), kernel.shape());
    let channels = *shape.last()?;
    // As a kernel of as many groups as there are channels.
    let grouped = [of_kernel.get(..N)?, &[1, channels]].concat();
    let alone = of_kernel.get(N..) == Some(&[channels, 1][..]);
    let sizes = bias.map(|b| b.shape());
    if !alone || sizes.is_some_and(|b| b != [channels]) || !fits(&shape, &grouped, None, &Window { groups: channels, ..window }) {
        return None;
    }
    let (x, kernel, bias) = given(x, kernel, bias)?;
    Some(Tensor::from_dispatch(kiln_kernels::conv::convolve_depthwise(x, kernel, bias, window, curve)))
}

/// The transpose of a convolution: each cell of `x` (batch, space, inputs) adds `kernel` (window, outputs, inputs), times its value, to
/// the output (batch, `space`, outputs); then the bias (outputs) and the curve. `window` is that of the convolution from the output back
/// to `x`. `None` where there is no kernel for it, and for sizes that don't fit.
///
/// ```
/// use kiln_core::{Tensor, kernels::{Curve, Window, convolve_transposed}};
/// let (x, kernel) = (Tensor::constant([[[1.0], [2.0]]]), Tensor::constant([[[1.0]], [[10.0]]]));
/// let window = Window { strides: [2], ..Window::of([2]) };
/// let y = convolve_transposed(&x, &kernel, None, window, [4], Curve::Linear).unwrap();
/// assert_eq!(y.to_vec::<f32>(), [1.0, 10.0, 2.0, 20.0]);
/// ```
pub fn convolve_transposed<const N: usize>(
    x: &Tensor,
    kernel: &Tensor,
    bias: Option<&Tensor>,
    window: Window<N>,
    space: [usize; N],
    curve: Curve,
) -> Option<Tensor> {
    let (shape, of_kernel) = (x.shape(), kernel.shape());
    let &[outputs, inputs] = of_kernel.get(N..)? else { return None };
    let output = [&shape[..1], &space, &[outputs]].concat();
    let sizes = bias.map(|b| b.shape());
    let leads_back = shape.len() == N + 2
        && shape[N + 1] == inputs
        && sizes.is_none_or(|b| b == [outputs])
        && fits(&output, &of_kernel, None, &window)
        && (0..N).all(|i| window.places(i, space[i]) == shape[i + 1]);
    if !leads_back {
        return None;
    }
    let (x, kernel, bias) = given(x, kernel, bias)?;
    Some(Tensor::from_dispatch(kiln_kernels::conv::convolve_transposed(x, kernel, bias, window, space, curve)))
}

/// What an operation is given, recorded if one part is. `None` where there is no kernel for it.
fn given(x: &Tensor, kernel: &Tensor, bias: Option<&Tensor>) -> Option<(DispatchTensor, DispatchTensor, Option<DispatchTensor>)> {
    Some(match bias {
        Some(bias) => alike([x, kernel, bias]).map(|[x, kernel, bias]| (x, kernel, Some(bias)))?,
        None => alike([x, kernel]).map(|[x, kernel]| (x, kernel, None))?,
    })
}

fn fits<const N: usize>(x: &[usize], kernel: &[usize], bias: Option<usize>, window: &Window<N>) -> bool {
    if !matches!(N, 1..=3)
        || x.len() != N + 2
        || kernel.len() != N + 2
        || kernel[..N] != window.size
        || x.contains(&0)
        || kernel.contains(&0)
    {
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
    fn other_forms_that_do_not_fit() {
        let (x, window) = (Tensor::zeros([1, 5, 5, 4]), Window::of([3, 3]));
        let depthwise = |kernel: [usize; 4], bias: usize| {
            convolve_depthwise(&x, &Tensor::zeros(kernel), Some(&Tensor::zeros([bias])), window, Curve::Relu)
        };
        assert_eq!(depthwise([3, 3, 4, 1], 4).unwrap().shape(), [1, 3, 3, 4]);
        assert!(depthwise([3, 3, 4, 2], 4).is_none() && depthwise([3, 3, 2, 1], 4).is_none() && depthwise([3, 3, 4, 1], 3).is_none());
        let transposed = |kernel: [usize; 4], space| convolve_transposed(&x, &Tensor::zeros(kernel), None, window, space, Curve::Relu);
        assert_eq!(transposed([3, 3, 2, 4], [7, 7]).unwrap().shape(), [1, 7, 7, 2]);
        assert!(transposed([3, 3, 2, 4], [7, 8]).is_none() && transposed([3, 3, 2, 3], [7, 7]).is_none());
    }

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
