//! The crossentropy of yes-or-no answers from logits.

use crate::host::{Array, HostOp, Past, View, run};
use crate::numbers::{exp, log1p, sigmoid};
use crate::rows::each;
use crate::simd::vectorised;
use crate::threads::each_part;
use burn::backend::DispatchTensor;

/// `max(z, 0) - z t + log(1 + exp(-|z|))` for each of the logits `z` and targets `t`, of one shape: exact for logits of any size.
///
/// ```
/// use burn::Tensor;
/// use kiln_kernels::binary_crossentropy::binary_crossentropy;
/// let device = burn::tensor::Device::flex();
/// let (z, t) = (Tensor::<1>::from_floats([30.0, 0.0], &device), Tensor::<1>::from_floats([0.0, 1.0], &device));
/// let y = binary_crossentropy(z.into_dispatch(), t.into_dispatch());
/// assert_eq!(Tensor::<1>::from_dispatch(y).to_data().try_to_vec::<f32>().unwrap(), [30.0, 2f32.ln()]);
/// ```
///
/// # Panics
/// On tensors that [`serves`](crate::serves) refuses, and on shapes that differ.
pub fn binary_crossentropy(logits: DispatchTensor, targets: DispatchTensor) -> DispatchTensor {
    run(BinaryCrossentropy, [logits, targets])
}

#[derive(Debug)]
struct BinaryCrossentropy;

/// Numbers of a part.
const PART: usize = 1 << 14;
/// Operations for one number.
const WORK: usize = 32;

vectorised! {
    fn values<'a>(out: &'a mut [f32], logits: &'a [f32], targets: &'a [f32]) {
        each(out, [logits, targets], |_, [z, t]| {
            let positive = if z < 0.0 { 0.0 } else { z };
            positive - z * t + log1p::<S>(exp::<S>(-z.abs()))
        });
    }
}

vectorised! {
    fn slopes<'a>(out: &'a mut [f32], logits: &'a [f32], targets: &'a [f32], gradient: &'a [f32]) {
        each(out, [logits, targets, gradient], |_, [z, t, g]| (sigmoid::<S>(z) - t) * g);
    }
}

impl HostOp for BinaryCrossentropy {
    type Saved = ();

    fn forward(&self, inputs: &[View<'_>], _: bool) -> (Array, ()) {
        let (logits, targets) = (inputs[0].values, inputs[1].values);
        let mut y = Array::unwritten(inputs[0].shape);
        each_part(&mut y.values, PART, logits.len() * WORK, |i, y| {
            let n = i * PART..i * PART + y.len();
            values(y, &logits[n.clone()], &targets[n]);
        });
        (y, ())
    }

    fn backward(&self, past: &Past<'_, ()>) -> Vec<Option<Array>> {
        let (logits, targets, gradient) = (past.inputs[0].values, past.inputs[1].values, past.gradient.values);
        let by = |input: usize, write: &(dyn Fn(&mut [f32], std::ops::Range<usize>) + Sync)| {
            past.wanted[input].then(|| {
                let mut array = Array::unwritten(past.inputs[input].shape);
                each_part(&mut array.values, PART, logits.len() * WORK, |i, out| {
                    let n = i * PART..i * PART + out.len();
                    write(out, n);
                });
                array
            })
        };
        let by_logits = by(0, &|out, n| slopes(out, &logits[n.clone()], &targets[n.clone()], &gradient[n]));
        let by_targets = by(1, &|out, n| each(out, [&logits[n.clone()], &gradient[n]], |_, [z, g]| -z * g));
        vec![by_logits, by_targets]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{agree, flat};
    use burn::Tensor;
    use burn::tensor::activation::log_sigmoid;

    #[test]
    fn agrees_with_burn() {
        for n in [1, 7, 3 * PART + 5] {
            agree(
                &[n, n],
                |t| flat(binary_crossentropy((t[0].clone() * 9.0).into_dispatch(), t[1].clone().into_dispatch())),
                |t| {
                    let z = t[0].clone() * 9.0;
                    -(log_sigmoid(z.clone()) * t[1].clone() + log_sigmoid(-z) * (-t[1].clone() + 1.0))
                },
            );
        }
    }

    #[test]
    fn ends_are_what_they_should_be() {
        let device = burn::tensor::Device::flex();
        let of = |z: f32, t: f32| {
            let (z, t) = (Tensor::<1>::from_floats([z], &device), Tensor::<1>::from_floats([t], &device));
            Tensor::<1>::from_dispatch(binary_crossentropy(z.into_dispatch(), t.into_dispatch())).into_scalar::<f32>()
        };
        assert_eq!((of(1e4, 0.0), of(1e4, 1.0) < 1e-30, of(-1e4, 1.0)), (1e4, true, 1e4));
        assert!((of(20.0, 1.0) / (-20f32).exp() - 1.0).abs() < 1e-5, "{}", of(20.0, 1.0));
        assert!(of(f32::NAN, 0.0).is_nan() && of(0.0, f32::NAN).is_nan());
    }
}
