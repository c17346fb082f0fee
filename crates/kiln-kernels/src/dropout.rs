//! Dropout: what falls is a function of a key and the place of the number, and so nothing is kept for the gradient.

use crate::counter::bits;
use crate::host::{Array, HostOp, Past, View, run};
use crate::simd::vectorised;
use crate::threads::each_part;
use burn::backend::DispatchTensor;

/// 0 for a share `rate` of the numbers, `x / (1 - rate)` for the others. The number at place n stays if the upper 53 bits of
/// [`bits`]`(key, n)`, as a fraction, are not below the rate.
///
/// ```
/// use burn::Tensor;
/// use kiln_kernels::dropout::dropout;
/// let x = Tensor::<1>::ones([1000], &burn::tensor::Device::flex());
/// let y = Tensor::<1>::from_dispatch(dropout(x.into_dispatch(), 7, 0.75)).to_data().try_to_vec::<f32>().unwrap();
/// assert!(y.iter().all(|y| *y == 0.0 || *y == 4.0));
/// assert!((200..300).contains(&y.iter().filter(|y| **y == 4.0).count()));
/// ```
///
/// # Panics
/// On a tensor that [`serves`](crate::serves) refuses.
pub fn dropout(x: DispatchTensor, key: u64, rate: f64) -> DispatchTensor {
    let scale = if rate < 1.0 { (1.0 / (1.0 - rate)) as f32 } else { 0.0 };
    run(Dropout { key, least: (rate * (1u64 << 53) as f64).ceil() as u64, scale }, [x])
}

#[derive(Debug)]
struct Dropout {
    key: u64,
    /// The least bits of a number that stays.
    least: u64,
    scale: f32,
}

/// Numbers of a part.
const PART: usize = 1 << 12;
/// Operations for one number.
const WORK: usize = 8;

vectorised! {
    /// Some numbers, of which the first is at the place `first`.
    fn some<'a>(out: &'a mut [f32], x: &'a [f32], key: u64, least: u64, scale: f32, first: u64) {
        for (place, (out, x)) in (first..).zip(out.iter_mut().zip(x)) {
            *out = if bits(key, place) >> 11 < least { 0.0 } else { *x * scale };
        }
    }
}

impl Dropout {
    fn apply(&self, x: &View<'_>) -> Array {
        let mut out = Array::unwritten(x.shape);
        each_part(&mut out.values, PART, x.values.len() * WORK, |i, out| {
            let first = i * PART;
            some(out, &x.values[first..first + out.len()], self.key, self.least, self.scale, first as u64);
        });
        out
    }
}

impl HostOp for Dropout {
    type Saved = ();

    fn forward(&self, inputs: &[View<'_>], _: bool) -> (Array, ()) {
        (self.apply(&inputs[0]), ())
    }

    fn backward(&self, past: &Past<'_, ()>) -> Vec<Option<Array>> {
        vec![Some(self.apply(&past.gradient))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{agree, flat};
    use burn::Tensor;
    use burn::tensor::TensorData;

    #[test]
    fn agrees_with_a_mask() {
        for (n, rate) in [(1, 0.5), (37, 0.3), (PART + 9, 0.9), (40 * PART, 0.1), (50, 1.0)] {
            let mask: Vec<f32> = (0..n as u64)
                .map(|i| if (bits(5, i) >> 11) as f64 / (1u64 << 53) as f64 >= rate { (1.0 / (1.0 - rate)) as f32 } else { 0.0 })
                .collect();
            agree(
                &[n],
                |t| flat(dropout(t[0].clone().into_dispatch(), 5, rate)),
                |t| t[0].clone() * Tensor::<1>::from_data(TensorData::new(mask.clone(), [n]), &t[0].device()),
            );
        }
    }
}
