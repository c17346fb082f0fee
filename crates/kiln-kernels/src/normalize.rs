//! Batch normalization with the channels last.

use crate::host::{Array, HostOp, Past, View, run};
use crate::simd::vectorised;
use crate::threads::{each_part, map_parts};
use burn::backend::DispatchTensor;
use std::sync::{Arc, OnceLock};

/// The mean and the biased variance of each channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    /// The means.
    pub mean: Vec<f32>,
    /// The variances.
    pub variance: Vec<f32>,
}

/// `(x - mean) / sqrt(variance + epsilon) · gamma + beta` for `x` (..., channels), `gamma` and `beta` (channels), with the given moments,
/// which are constants, or those of `x`; and the moments.
///
/// ```
/// use burn::Tensor;
/// use kiln_kernels::normalize::normalize;
/// let of = |values: [f32; 2]| Tensor::<1>::from_floats(values, &burn::tensor::Device::flex()).into_dispatch();
/// let x = Tensor::<2>::from_floats([[1.0, 0.0], [3.0, 0.0]], &burn::tensor::Device::flex());
/// let (y, moments) = normalize(x.into_dispatch(), of([2.0, 1.0]), of([0.0, 5.0]), None, 1e-12);
/// assert_eq!((moments.mean, moments.variance), (vec![2.0, 0.0], vec![1.0, 0.0]));
/// assert_eq!(Tensor::<2>::from_dispatch(y).to_data().try_to_vec::<f32>().unwrap(), [-2.0, 5.0, 2.0, 5.0]);
/// ```
///
/// # Panics
/// On tensors that [`serves`](crate::serves) refuses, and on sizes that don't fit.
pub fn normalize(
    x: DispatchTensor,
    gamma: DispatchTensor,
    beta: DispatchTensor,
    moments: Option<Moments>,
    epsilon: f32,
) -> (DispatchTensor, Moments) {
    let found = Arc::new(OnceLock::new());
    let op = Normalize { fixed: moments.is_some(), epsilon, found: found.clone() };
    if let Some(moments) = moments {
        found.get_or_init(|| moments);
    }
    let y = run(op, [x, gamma, beta]);
    let moments = found.get().cloned().unwrap_or_else(|| unreachable!("the forward pass leaves them"));
    (y, moments)
}

#[derive(Debug)]
struct Normalize {
    /// Whether the moments were given.
    fixed: bool,
    epsilon: f32,
    found: Arc<OnceLock<Moments>>,
}

/// Numbers of a part: two passes over it find the second in the cache.
const PART: usize = 1 << 14;

/// Operations for one number, against which waking threads is weighed.
const WORK: usize = 4;

/// The sizes of a part: whole rows.
fn part(channels: usize) -> usize {
    (PART / channels).max(1) * channels
}

vectorised! {
    /// The sums of the channels, and those of the squares of what is left when the part's means are taken off.
    fn moments_of<'a>(x: &'a [f32], mean: &'a mut [f32], squares: &'a mut [f32]) {
        let channels = mean.len();
        for row in x.chunks_exact(channels) {
            mean.iter_mut().zip(row).for_each(|(mean, v)| *mean += *v);
        }
        let rows = (x.len() / channels) as f32;
        mean.iter_mut().for_each(|mean| *mean /= rows);
        for row in x.chunks_exact(channels) {
            for ((squares, v), mean) in squares.iter_mut().zip(row).zip(mean.iter()) {
                *squares += (*v - *mean) * (*v - *mean);
            }
        }
    }
}

vectorised! {
    /// `(x - mean) · scale + shift`.
    fn scale_rows<'a>(y: &'a mut [f32], x: &'a [f32], mean: &'a [f32], scale: &'a [f32], shift: &'a [f32]) {
        let channels = mean.len();
        for (y, x) in y.chunks_exact_mut(channels).zip(x.chunks_exact(channels)) {
            for ((((y, x), mean), scale), shift) in y.iter_mut().zip(x).zip(mean).zip(scale).zip(shift) {
                *y = (*x - *mean) * *scale + *shift;
            }
        }
    }
}

vectorised! {
    /// The sums of the gradient, and of the gradient times `x - mean`.
    fn gradient_sums<'a>(g: &'a [f32], x: &'a [f32], mean: &'a [f32], sum: &'a mut [f32], along: &'a mut [f32]) {
        let channels = mean.len();
        for (g, x) in g.chunks_exact(channels).zip(x.chunks_exact(channels)) {
            for ((((sum, along), g), x), mean) in sum.iter_mut().zip(along.iter_mut()).zip(g).zip(x).zip(mean) {
                *sum += *g;
                *along += *g * (*x - *mean);
            }
        }
    }
}

vectorised! {
    /// `(g - level - (x - mean) · slope) · scale`.
    fn gradient_rows<'a>(
        dx: &'a mut [f32], g: &'a [f32], x: &'a [f32], mean: &'a [f32], scale: &'a [f32], level: &'a [f32], slope: &'a [f32],
    ) {
        let channels = mean.len();
        for ((dx, g), x) in dx.chunks_exact_mut(channels).zip(g.chunks_exact(channels)).zip(x.chunks_exact(channels)) {
            for ((((((dx, g), x), mean), scale), level), slope) in
                dx.iter_mut().zip(g).zip(x).zip(mean).zip(scale).zip(level).zip(slope)
            {
                *dx = (*g - *level - (*x - *mean) * *slope) * *scale;
            }
        }
    }
}

/// The moments of all rows, put together part by part in their order (Chan, Golub and LeVeque, 1979).
fn moments(x: &[f32], channels: usize) -> Moments {
    let parts = map_parts(x.chunks(part(channels)).collect(), x.len() * WORK, |_, x| {
        let (mut mean, mut squares) = (vec![0.0; channels], vec![0.0; channels]);
        moments_of(x, &mut mean, &mut squares);
        (x.len() / channels, mean, squares)
    });
    let (mut rows, mut mean, mut squares) = (0.0f64, vec![0.0f64; channels], vec![0.0f64; channels]);
    for (n, part_mean, part_squares) in parts {
        let n = n as f64;
        let all = rows + n;
        for i in 0..channels {
            let apart = f64::from(part_mean[i]) - mean[i];
            mean[i] += apart * n / all;
            squares[i] += f64::from(part_squares[i]) + apart * apart * rows * n / all;
        }
        rows = all;
    }
    let single = |values: Vec<f64>, by: f64| values.into_iter().map(|v| (v / by) as f32).collect();
    Moments { mean: single(mean, 1.0), variance: single(squares, rows.max(1.0)) }
}

impl Normalize {
    fn inverse(&self, moments: &Moments) -> Vec<f32> {
        moments.variance.iter().map(|v| 1.0 / (v + self.epsilon).sqrt()).collect()
    }
}

fn times(a: &[f32], b: &[f32]) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| a * b).collect()
}

impl HostOp for Normalize {
    type Saved = ();

    fn forward(&self, inputs: &[View<'_>], _: bool) -> (Array, ()) {
        let (x, channels) = (inputs[0].values, inputs[1].values.len());
        let found = self.found.get_or_init(|| moments(x, channels));
        let scale = times(&self.inverse(found), inputs[1].values);
        let mut y = Array::unwritten(inputs[0].shape);
        let size = part(channels);
        each_part(&mut y.values, size, x.len() * WORK, |i, y| {
            scale_rows(y, &x[i * size..][..y.len()], &found.mean, &scale, inputs[2].values);
        });
        (y, ())
    }

    fn backward(&self, past: &Past<'_, ()>) -> Vec<Option<Array>> {
        let (x, g, channels) = (past.inputs[0].values, past.gradient.values, past.inputs[1].values.len());
        // The forward pass left them.
        let found = self.found.get_or_init(|| moments(x, channels));
        let inverse = self.inverse(found);
        let size = part(channels);
        let parts = map_parts(g.chunks(size).zip(x.chunks(size)).collect(), x.len() * WORK, |_, (g, x)| {
            let (mut sum, mut along) = (vec![0.0; channels], vec![0.0; channels]);
            gradient_sums(g, x, &found.mean, &mut sum, &mut along);
            (sum, along)
        });
        let (mut sum, mut along) = (vec![0.0f64; channels], vec![0.0f64; channels]);
        for (part_sum, part_along) in parts {
            sum.iter_mut().zip(part_sum).for_each(|(sum, v)| *sum += f64::from(v));
            along.iter_mut().zip(part_along).for_each(|(along, v)| *along += f64::from(v));
        }
        let dx = past.wanted[0].then(|| {
            let rows = (x.len() / channels).max(1) as f64;
            let scale = times(&inverse, past.inputs[1].values);
            // Moments that are constants have no part in the gradient.
            let by = |v: f64| if self.fixed { 0.0 } else { (v / rows) as f32 };
            let level: Vec<f32> = sum.iter().map(|v| by(*v)).collect();
            let slope: Vec<f32> = along.iter().zip(&inverse).map(|(v, inverse)| by(*v) * inverse * inverse).collect();
            let mut dx = Array::unwritten(past.inputs[0].shape);
            each_part(&mut dx.values, size, x.len() * WORK, |i, dx| {
                let n = i * size..i * size + dx.len();
                gradient_rows(dx, &g[n.clone()], &x[n], &found.mean, &scale, &level, &slope);
            });
            dx
        });
        let of = |values: Vec<f32>| Some(Array::new(values, past.inputs[1].shape));
        let dgamma = along.iter().zip(&inverse).map(|(v, inverse)| *v as f32 * inverse).collect();
        vec![dx, of(dgamma), of(sum.iter().map(|v| *v as f32).collect())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{agree, flat, numbers};
    use burn::Tensor;
    use burn::tensor::module::{batch_norm, batch_norm_train};

    #[test]
    fn agrees_with_burn() {
        for (rows, channels) in [(2, 1), (5, 3), (64, 16), (700, 33), (3_000, 12)] {
            let three = |t: &Tensor<1>| t.clone().reshape([rows, channels, 1]);
            agree(
                &[rows * channels, channels, channels],
                |t| {
                    let x = t[0].clone().reshape([rows, channels]).into_dispatch();
                    flat(normalize(x, t[1].clone().into_dispatch(), t[2].clone().into_dispatch(), None, 1e-3).0)
                },
                |t| batch_norm_train(three(&t[0]), t[1].clone(), t[2].clone(), 1e-3).output.reshape([rows * channels]),
            );
            let fixed = Moments { mean: numbers(channels, 7), variance: numbers(channels, 8).iter().map(|v| v.abs()).collect() };
            agree(
                &[rows * channels, channels, channels],
                |t| {
                    let x = t[0].clone().reshape([rows, channels]).into_dispatch();
                    let (gamma, beta) = (t[1].clone().into_dispatch(), t[2].clone().into_dispatch());
                    flat(normalize(x, gamma, beta, Some(fixed.clone()), 1e-3).0)
                },
                |t| {
                    let of = |values: &[f32]| Tensor::<1>::from_floats(values, &t[0].device());
                    let (mean, variance) = (of(&fixed.mean), of(&fixed.variance));
                    batch_norm(three(&t[0]), t[1].clone(), t[2].clone(), mean, variance, 1e-3).reshape([rows * channels])
                },
            );
        }
    }

    #[test]
    fn moments_far_from_zero_are_exact() {
        let x: Vec<f32> = (0..100_000).map(|i| 1000.0 + (i % 2) as f32).collect();
        let found = moments(&x, 1);
        assert!((found.mean[0] - 1000.5).abs() < 1e-4 && (found.variance[0] - 0.25).abs() < 1e-6, "{found:?}");
    }

    #[test]
    fn not_a_number_is_kept() {
        let of = |values: &[f32]| Tensor::<1>::from_floats(values, &burn::tensor::Device::flex()).into_dispatch();
        let x = Tensor::<2>::from_floats([[f32::NAN, 1.0], [0.0, 1.0]], &burn::tensor::Device::flex()).into_dispatch();
        let (y, _) = normalize(x, of(&[1.0, 1.0]), of(&[0.0, 0.0]), None, 1e-3);
        let y = Tensor::<2>::from_dispatch(y).into_data().try_to_vec::<f32>().unwrap();
        assert!(y[0].is_nan() && y[2].is_nan() && y[1] == 0.0 && y[3] == 0.0);
    }
}
