//! The dense operation: `curve(x · kernel + bias)`.

use crate::buffer;
use crate::curve::{Curve, bend, bend_rows, unbend};
use crate::host::{Array, HostOp, Past, View, run_biased};
use crate::product::{Matrix, shared_product};
use crate::rows::add_rows;
use burn::backend::DispatchTensor;

/// `curve(x · kernel + bias)` over the last axis of `x` (..., features), for `kernel` (features, units) and `bias` (units).
///
/// ```
/// use burn::Tensor;
/// use kiln_kernels::{Curve, dense::dense};
/// let device = burn::tensor::Device::flex();
/// let x = Tensor::<2>::from_floats([[1.0, 2.0]], &device);
/// let kernel = Tensor::<2>::from_floats([[1.0, -1.0], [1.0, -1.0]], &device);
/// let bias = Tensor::<1>::from_floats([0.5, 0.5], &device);
/// let y = dense(x.into_dispatch(), kernel.into_dispatch(), Some(bias.into_dispatch()), Curve::Relu);
/// assert_eq!(Tensor::<2>::from_dispatch(y).to_data().try_to_vec::<f32>().unwrap(), [3.5, 0.0]);
/// ```
///
/// # Panics
/// On tensors that [`serves`](crate::serves) refuses, and on shapes that don't fit.
pub fn dense(x: DispatchTensor, kernel: DispatchTensor, bias: Option<DispatchTensor>, curve: Curve) -> DispatchTensor {
    run_biased(Dense { curve }, x, kernel, bias)
}

#[derive(Debug)]
struct Dense {
    curve: Curve,
}

/// `x` as rows, and the kernel.
fn matrices<'a>(inputs: &[View<'a>]) -> (Matrix<'a>, Matrix<'a>) {
    let (features, units) = (inputs[1].shape[0], inputs[1].last());
    let rows = inputs[0].values.len().checked_div(features).unwrap_or(0);
    (Matrix::new(inputs[0].values, rows, features), Matrix::new(inputs[1].values, features, units))
}

impl HostOp for Dense {
    type Saved = ();

    fn forward(&self, inputs: &[View<'_>], _: bool) -> (Array, ()) {
        let (x, kernel) = matrices(inputs);
        let mut shape = inputs[0].shape.to_vec();
        if let Some(last) = shape.last_mut() {
            *last = inputs[1].last();
        }
        let mut y = Array::unwritten(&shape);
        shared_product(&mut y.values, x, kernel);
        match inputs.get(2) {
            Some(bias) => bend_rows(&mut y.values, bias.values, self.curve),
            None => bend(&mut y.values, self.curve),
        }
        (y, ())
    }

    fn backward(&self, past: &Past<'_, ()>) -> Vec<Option<Array>> {
        let (x, kernel) = matrices(past.inputs);
        let mut straight = None;
        let gradient = match self.curve {
            Curve::Linear => past.gradient.values,
            curve => {
                let straight = straight.insert(buffer::take(past.gradient.values.len()));
                unbend(straight, past.gradient.values, past.output.values, curve);
                straight
            }
        };
        let rows = Matrix::new(gradient, past.gradient.values.len().checked_div(past.output.last()).unwrap_or(0), past.output.last());
        let by = |input: usize, write: &dyn Fn(&mut [f32])| {
            past.wanted[input].then(|| {
                let mut array = Array::unwritten(past.inputs[input].shape);
                write(&mut array.values);
                array
            })
        };
        let mut gradients = vec![by(0, &|dx| shared_product(dx, rows, kernel.t())), by(1, &|dkernel| shared_product(dkernel, x.t(), rows))];
        if past.inputs.len() > 2 {
            gradients.push(by(2, &|dbias| {
                dbias.fill(0.0);
                add_rows(dbias, gradient);
            }));
        }
        if let Some(straight) = straight {
            buffer::give(straight);
        }
        gradients
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{agree, cases, flat};
    use burn::tensor::{activation, module::linear};

    #[test]
    fn agrees_with_burn() {
        for (m, k, n) in [(1, 1, 1), (3, 5, 7), (32, 65, 33), (7, 1, 2), (5, 3, 1)] {
            for curve in [Curve::Linear, Curve::Relu, Curve::Tanh, Curve::Sigmoid] {
                check([m, k, n], true, curve);
                check([m, k, n], false, curve);
            }
        }
        cases(40, |draw| check([draw.size(1..=70), draw.size(1..=90), draw.size(1..=90)], draw.size(0..=1) == 0, draw.curve()));
    }

    fn check([m, k, n]: [usize; 3], with_bias: bool, curve: Curve) {
        let sizes = if with_bias { vec![m * k, k * n, n] } else { vec![m * k, k * n] };
        agree(
            &sizes,
            |t| {
                let (x, kernel) = (t[0].clone().reshape([m, 1, k]), t[1].clone().reshape([k, n]));
                let bias = t.get(2).map(|b| b.clone().into_dispatch());
                flat(dense(x.into_dispatch(), kernel.into_dispatch(), bias, curve))
            },
            |t| {
                let y = linear(t[0].clone().reshape([m, k]), t[1].clone().reshape([k, n]), t.get(2).cloned());
                let y = match curve {
                    Curve::Linear => y,
                    Curve::Relu => activation::relu(y),
                    Curve::Tanh => y.tanh(),
                    Curve::Sigmoid => activation::sigmoid(y),
                };
                y.reshape([m * n])
            },
        );
    }

    #[test]
    fn takes_transposed_inputs() {
        let (m, k, n) = (6, 4, 3);
        agree(
            &[m * k, k * n],
            |t| {
                let (x, kernel) = (t[0].clone().reshape([k, m]).transpose(), t[1].clone().reshape([n, k]).transpose());
                flat(dense(x.into_dispatch(), kernel.into_dispatch(), None, Curve::Tanh))
            },
            |t| t[0].clone().reshape([k, m]).transpose().matmul(t[1].clone().reshape([n, k]).transpose()).tanh().reshape([m * n]),
        );
    }

    #[test]
    fn not_a_number_is_kept() {
        let device = burn::tensor::Device::flex();
        let x = burn::Tensor::<2>::from_floats([[f32::NAN]], &device).into_dispatch();
        let kernel = burn::Tensor::<2>::from_floats([[1.0]], &device).into_dispatch();
        for curve in [Curve::Relu, Curve::Tanh, Curve::Sigmoid] {
            let y = burn::Tensor::<2>::from_dispatch(dense(x.clone(), kernel.clone(), None, curve));
            assert!(y.into_scalar::<f32>().is_nan(), "{curve:?}");
        }
    }
}
