//! Activations of whole tensors.

use crate::curve::{Curve, bend, unbend};
use crate::host::{Array, HostOp, Past, View, run};
use crate::threads::each_part;
use burn::backend::DispatchTensor;

/// `curve(x)`.
///
/// ```
/// use burn::Tensor;
/// use kiln_kernels::{Curve, elementwise::curve};
/// let x = Tensor::<1>::from_floats([-1.0, 2.0], &burn::tensor::Device::flex());
/// let y = Tensor::<1>::from_dispatch(curve(x.into_dispatch(), Curve::Relu));
/// assert_eq!(y.to_data().try_to_vec::<f32>().unwrap(), [0.0, 2.0]);
/// ```
///
/// # Panics
/// On a tensor that [`serves`](crate::serves) refuses.
pub fn curve(x: DispatchTensor, curve: Curve) -> DispatchTensor {
    run(Elementwise { curve }, [x])
}

#[derive(Debug)]
struct Elementwise {
    curve: Curve,
}

/// Numbers of a part.
const PART: usize = 1 << 14;

impl Elementwise {
    /// Operations for one number.
    fn work(&self) -> usize {
        match self.curve {
            Curve::Linear | Curve::Relu => 2,
            Curve::Tanh | Curve::Sigmoid => 16,
        }
    }
}

impl HostOp for Elementwise {
    type Saved = ();

    fn forward(&self, inputs: &[View<'_>], _: bool) -> (Array, ()) {
        let x = inputs[0].values;
        let mut y = Array::unwritten(inputs[0].shape);
        each_part(&mut y.values, PART, x.len() * self.work(), |i, y| {
            y.copy_from_slice(&x[i * PART..][..y.len()]);
            bend(y, self.curve);
        });
        (y, ())
    }

    fn backward(&self, past: &Past<'_, ()>) -> Vec<Option<Array>> {
        let mut dx = Array::unwritten(past.inputs[0].shape);
        let (g, y) = (past.gradient.values, past.output.values);
        each_part(&mut dx.values, PART, g.len() * 4, |i, dx| {
            let n = i * PART..i * PART + dx.len();
            unbend(dx, &g[n.clone()], &y[n], self.curve);
        });
        vec![Some(dx)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{agree, flat};
    use burn::tensor::activation;

    #[test]
    fn agrees_with_burn() {
        for n in [1, 7, 3 * PART + 5, 40 * PART] {
            agree(&[n], |t| flat(curve(t[0].clone().into_dispatch(), Curve::Relu)), |t| activation::relu(t[0].clone()));
            agree(&[n], |t| flat(curve(t[0].clone().into_dispatch(), Curve::Tanh)), |t| t[0].clone().tanh());
            agree(&[n], |t| flat(curve(t[0].clone().into_dispatch(), Curve::Sigmoid)), |t| activation::sigmoid(t[0].clone()));
        }
    }
}
