//! Layer normalization: each row by itself.

use crate::host::{Array, HostOp, Past, View, run};
use crate::rows::{add, each, total};
use crate::simd::vectorised;
use crate::threads::map_parts;
use burn::backend::DispatchTensor;

/// `(x - mean) / sqrt(variance + epsilon) · gamma + beta` with the moments of each row of `x` (..., features); `gamma` and `beta`
/// (features).
///
/// ```
/// use burn::Tensor;
/// use kiln_kernels::layer_norm::layer_norm;
/// let device = burn::tensor::Device::flex();
/// let x = Tensor::<2>::from_floats([[1.0, 3.0], [5.0, 5.0]], &device);
/// let (gamma, beta) = (Tensor::<1>::from_floats([2.0, 2.0], &device), Tensor::<1>::from_floats([0.0, 1.0], &device));
/// let y = layer_norm(x.into_dispatch(), gamma.into_dispatch(), beta.into_dispatch(), 1e-12);
/// assert_eq!(Tensor::<2>::from_dispatch(y).to_data().try_to_vec::<f32>().unwrap(), [-2.0, 3.0, 0.0, 1.0]);
/// ```
///
/// # Panics
/// On tensors that [`serves`](crate::serves) refuses, on shapes that don't fit, and on rows without features.
pub fn layer_norm(x: DispatchTensor, gamma: DispatchTensor, beta: DispatchTensor, epsilon: f32) -> DispatchTensor {
    run(LayerNorm { epsilon }, [x, gamma, beta])
}

#[derive(Debug)]
struct LayerNorm {
    epsilon: f32,
}

/// Numbers of a part, about.
const PART: usize = 1 << 14;
/// Operations for one number.
const WORK: usize = 8;

fn part(features: usize) -> usize {
    (PART / features).max(1) * features
}

vectorised! {
    /// Writes the normalized rows of `x`, and the mean and the inverse deviation of each.
    fn forward<'a>(y: &'a mut [f32], x: &'a [f32], gamma: &'a [f32], beta: &'a [f32], epsilon: f32) -> Vec<[f32; 2]> {
        let n = gamma.len();
        let rows = y.chunks_exact_mut(n).zip(x.chunks_exact(n)).map(|(y, x)| {
            let mean = total([x], |[x]| x) / n as f32;
            let inverse = 1.0 / (total([x], |[x]| (x - mean) * (x - mean)) / n as f32 + epsilon).sqrt();
            each(y, [x, gamma, beta], |_, [x, gamma, beta]| (x - mean) * inverse * gamma + beta);
            [mean, inverse]
        });
        rows.collect()
    }
}

vectorised! {
    /// Writes the gradient by `x`, and adds to those by `gamma` and `beta`.
    fn backward<'a>(
        dx: &'a mut [f32], g: &'a [f32], x: &'a [f32], gamma: &'a [f32], moments: &'a [[f32; 2]], dgamma: &'a mut [f32], dbeta: &'a mut [f32],
    ) {
        let n = gamma.len();
        for ((dx, [mean, inverse]), (g, x)) in dx.chunks_exact_mut(n).zip(moments).zip(g.chunks_exact(n).zip(x.chunks_exact(n))) {
            each(dgamma, [g, x], |sum, [g, x]| sum + g * ((x - mean) * inverse));
            each(dbeta, [g], |sum, [g]| sum + g);
            let level = total([g, gamma], |[g, gamma]| g * gamma) / n as f32;
            let slope = total([g, gamma, x], |[g, gamma, x]| g * gamma * ((x - mean) * inverse)) / n as f32;
            each(dx, [g, gamma, x], |_, [g, gamma, x]| (g * gamma - level - (x - mean) * inverse * slope) * inverse);
        }
    }
}

impl HostOp for LayerNorm {
    /// The mean and the inverse deviation of each row, by parts.
    type Saved = Vec<Vec<[f32; 2]>>;

    fn forward(&self, inputs: &[View<'_>], _: bool) -> (Array, Self::Saved) {
        let (x, gamma, beta) = (inputs[0].values, inputs[1].values, inputs[2].values);
        let mut y = Array::unwritten(inputs[0].shape);
        let size = part(gamma.len());
        let pieces = y.values.chunks_mut(size).zip(x.chunks(size)).collect();
        let saved = map_parts(pieces, x.len() * WORK, |_, (y, x)| forward(y, x, gamma, beta, self.epsilon));
        (y, saved)
    }

    fn backward(&self, past: &Past<'_, Self::Saved>) -> Vec<Option<Array>> {
        let (x, gamma, g) = (past.inputs[0].values, past.inputs[1].values, past.gradient.values);
        let (n, size) = (gamma.len(), part(gamma.len()));
        let mut dx = Array::unwritten(past.inputs[0].shape);
        let pieces = dx.values.chunks_mut(size).zip(x.chunks(size)).zip(g.chunks(size).zip(past.saved)).collect();
        let found = map_parts(pieces, x.len() * WORK, |_, ((dx, x), (g, moments))| {
            let (mut dgamma, mut dbeta) = (vec![0.0; n], vec![0.0; n]);
            backward(dx, g, x, gamma, moments, &mut dgamma, &mut dbeta);
            (dgamma, dbeta)
        });
        let (mut dgamma, mut dbeta) = (vec![0.0; n], vec![0.0; n]);
        for (gamma, beta) in found {
            add(&mut dgamma, &gamma);
            add(&mut dbeta, &beta);
        }
        vec![Some(dx), Some(Array::new(dgamma, past.inputs[1].shape)), Some(Array::new(dbeta, past.inputs[2].shape))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{agree, cases, flat};

    #[test]
    fn agrees_with_burn() {
        [(1, 1), (3, 5), (7, 64), (2000, 19), (2, PART + 3)].into_iter().for_each(check);
        cases(20, |draw| check((draw.size(1..=50), draw.size(1..=90))));
    }

    fn check((rows, n): (usize, usize)) {
        agree(
            &[rows * n, n, n],
            |t| {
                let [x, gamma, beta] = [t[0].clone(), t[1].clone(), t[2].clone()].map(|t| t.into_dispatch());
                let x = burn::Tensor::<1>::from_dispatch(x).reshape([rows, n]).into_dispatch();
                flat(layer_norm(x, gamma, beta, 1e-3))
            },
            |t| {
                let x = t[0].clone().reshape([rows, n]);
                let centred = x.clone() - x.mean_dim(1);
                let deviation = (centred.clone().powf_scalar(2.0).mean_dim(1) + 1e-3).sqrt();
                (centred / deviation * t[1].clone().reshape([1, n]) + t[2].clone().reshape([1, n])).reshape([rows * n])
            },
        );
    }
}
