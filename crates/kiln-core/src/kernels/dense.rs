//! The product of a dense layer.

use super::{Curve, bend};
use crate::error::{Error, Result};
use crate::tensor::Tensor;
use kiln_kernels::serves;

/// `curve(x · kernel + bias)` over the last axis of `x` (..., features), for `kernel` (features, units) and `bias` (units).
///
/// ```
/// use kiln_core::{Tensor, kernels::{Curve, dense}};
/// let kernel = Tensor::constant([[1.0], [2.0]]).float()?;
/// let y = dense(Tensor::constant([[[1.0, 3.0]]]), kernel, None, Curve::Linear)?;
/// assert_eq!((y.shape(), y.to_vec::<f32>()), (vec![1, 1, 1], vec![7.0]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
///
/// # Errors
/// Sizes that don't fit.
pub fn dense(x: Tensor, kernel: burn::Tensor<2>, bias: Option<burn::Tensor<1>>, curve: Curve) -> Result<Tensor> {
    let (mut shape, [features, units]) = (x.shape(), kernel.dims());
    let fits = shape.last() == Some(&features) && bias.as_ref().is_none_or(|b| b.dims() == [units]);
    if !fits {
        return Err(Error::shape("dense", format!("last axis {features} and a bias of {units}"), x.describe()));
    }
    let (x, kernel, bias) = (x.into_dispatch(), kernel.into_dispatch(), bias.map(|b| b.into_dispatch()));
    if serves(&[&x, &kernel]) && bias.iter().all(|b| serves(&[&x, b])) {
        return Ok(Tensor::from_dispatch(kiln_kernels::dense::dense(x, kernel, bias, curve)));
    }
    let rows = shape[..shape.len() - 1].iter().product::<usize>();
    let x: burn::Tensor<2> = Tensor::from_dispatch(x).reshape_to(&[rows, features]).float()?;
    let (kernel, bias) = (burn::Tensor::from_dispatch(kernel), bias.map(burn::Tensor::from_dispatch));
    if let Some(last) = shape.last_mut() {
        *last = units;
    }
    Ok(bend(Tensor::from(burn::tensor::module::linear(x, kernel, bias)).reshape_to(&shape), curve))
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::DType;

    #[test]
    fn other_dtypes_take_burns_operations() {
        let (x, kernel, bias) = (Tensor::constant([[[-1.0, 0.5], [2.0, 1.0]]]), Tensor::constant([[1.0], [2.0]]), Tensor::constant([0.25]));
        for curve in [Curve::Linear, Curve::Relu, Curve::Tanh, Curve::Sigmoid] {
            let run = |dtype: DType| {
                let [x, kernel, bias] = [&x, &kernel, &bias].map(|t| t.clone().cast(dtype));
                dense(x, kernel.float().unwrap(), Some(bias.float().unwrap()), curve).unwrap()
            };
            let (ours, burns) = (run(DType::F32), run(DType::F64));
            assert_eq!((ours.shape(), burns.dtype()), (burns.shape(), DType::F64));
            for (a, b) in ours.to_vec::<f64>().into_iter().zip(burns.to_vec::<f64>()) {
                assert!((a - b).abs() < 1e-6, "{curve:?}: {a} {b}");
            }
        }
    }

    #[test]
    fn sizes_must_fit() {
        let kernel: burn::Tensor<2> = Tensor::zeros([3, 2]).float().unwrap();
        let error = dense(Tensor::zeros([1, 2]), kernel, None, Curve::Linear).unwrap_err();
        assert_eq!(error.to_string(), "dense: expected last axis 3 and a bias of 2, received shape (1, 2) of float32");
    }
}
