//! The crossentropy of classes from logits: softmax, logarithm and choice in one pass, and a gradient that is a difference.

use crate::buffer;
use crate::host::{Array, HostOp, Past, View, run};
use crate::softmax::softmax;
use burn::backend::DispatchTensor;
use std::sync::Arc;

/// What the classes of a batch should be.
#[derive(Clone, Debug)]
pub enum Targets {
    /// The class of each row, below the number of classes.
    Labels(Arc<[u32]>),
    /// The share of each class in each row.
    Shares(Arc<[f32]>),
}

/// `-Σ t log softmax(logits)` over the last axis of `logits`, for each of their rows.
///
/// ```
/// use burn::Tensor;
/// use kiln_kernels::crossentropy::{Targets, crossentropy};
/// let logits = Tensor::<2>::from_floats([[40.0, 0.0]], &burn::tensor::Device::flex());
/// let y = crossentropy(logits.into_dispatch(), Targets::Labels([1].into()));
/// assert_eq!(Tensor::<1>::from_dispatch(y).into_scalar::<f32>(), 40.0);
/// ```
///
/// # Panics
/// On tensors that [`serves`](crate::serves) refuses, on other numbers of targets, and on labels that are no class.
pub fn crossentropy(logits: DispatchTensor, targets: Targets) -> DispatchTensor {
    run(Crossentropy { targets }, [logits])
}

#[derive(Debug)]
struct Crossentropy {
    targets: Targets,
}

impl HostOp for Crossentropy {
    /// The probabilities.
    type Saved = Vec<f32>;

    fn forward(&self, inputs: &[View<'_>], _: bool) -> (Array, Vec<f32>) {
        let (logits, classes) = (inputs[0].values, inputs[0].last());
        let mut shape = inputs[0].shape[..inputs[0].shape.len() - 1].to_vec();
        if shape.is_empty() {
            shape.push(1);
        }
        let mut probabilities = buffer::take(logits.len());
        let rows = logits.chunks_exact(classes.max(1)).zip(probabilities.chunks_exact_mut(classes.max(1)));
        let values = rows.enumerate().map(|(i, (row, out))| {
            let (log, most) = softmax(row, out);
            match &self.targets {
                Targets::Labels(labels) => log - (row[labels[i] as usize] - most),
                Targets::Shares(shares) => {
                    let shares = &shares[i * classes..(i + 1) * classes];
                    shares.iter().zip(row).filter(|(t, _)| **t != 0.0).map(|(t, v)| t * (log - (v - most))).sum()
                }
            }
        });
        (Array::new(values.collect(), &shape), probabilities)
    }

    fn backward(&self, past: &Past<'_, Vec<f32>>) -> Vec<Option<Array>> {
        let classes = past.inputs[0].last().max(1);
        let mut out = Array::unwritten(past.inputs[0].shape);
        out.values.copy_from_slice(past.saved);
        for (i, (row, g)) in out.values.chunks_exact_mut(classes).zip(past.gradient.values).enumerate() {
            match &self.targets {
                Targets::Labels(labels) => {
                    row[labels[i] as usize] -= 1.0;
                    row.iter_mut().for_each(|p| *p *= g);
                }
                Targets::Shares(shares) => {
                    let shares = &shares[i * classes..(i + 1) * classes];
                    let total: f32 = shares.iter().sum();
                    row.iter_mut().zip(shares).for_each(|(p, t)| *p = (*p * total - t) * g);
                }
            }
        }
        vec![Some(out)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{agree, flat, numbers};
    use burn::Tensor;
    use burn::tensor::activation::log_softmax;
    use burn::tensor::{Int, TensorData};

    #[test]
    fn agrees_with_burn() {
        for (n, classes) in [(1, 1), (5, 3), (32, 10), (3, 129)] {
            let labels: Vec<u32> = (0..n).map(|i| (i * 7 % classes) as u32).collect();
            let indices: Vec<i32> = labels.iter().map(|l| *l as i32).collect();
            agree(
                &[n * classes],
                |t| flat(crossentropy((t[0].clone() * 5.0).reshape([n, classes]).into_dispatch(), Targets::Labels(labels.clone().into()))),
                |t| {
                    let log = log_softmax((t[0].clone() * 5.0).reshape([n, classes]), 1);
                    let index = Tensor::<2, Int>::from_data(TensorData::new(indices.clone(), [n, 1]), &log.device());
                    -log.gather(1, index).reshape([n])
                },
            );
            let shares = numbers(n * classes, 5);
            agree(
                &[n * classes],
                |t| flat(crossentropy(t[0].clone().reshape([n, classes]).into_dispatch(), Targets::Shares(shares.clone().into()))),
                |t| {
                    let log = log_softmax(t[0].clone().reshape([n, classes]), 1);
                    let shares = Tensor::<2>::from_data(TensorData::new(shares.clone(), [n, classes]), &log.device());
                    -(log * shares).sum_dim(1).reshape([n])
                },
            );
        }
    }

    #[test]
    fn ends_are_what_they_should_be() {
        let of = |row: [f32; 3], label| {
            let logits = Tensor::<2>::from_floats([row], &burn::tensor::Device::flex());
            Tensor::<1>::from_dispatch(crossentropy(logits.into_dispatch(), Targets::Labels([label].into()))).into_scalar::<f32>()
        };
        assert_eq!(of([1e4, 0.0, 0.0], 0), 0.0);
        assert_eq!(of([1e4, 0.0, 0.0], 1), 1e4);
        assert_eq!(of([0.0, f32::NEG_INFINITY, f32::NEG_INFINITY], 0), 0.0);
        assert_eq!(of([0.0, f32::NEG_INFINITY, 0.0], 1), f32::INFINITY);
        for odd in [f32::NAN, f32::INFINITY] {
            assert!(!of([odd, 0.0, 0.0], 1).is_finite());
        }
        assert!(of([f32::NAN, 0.0, 0.0], 1).is_nan());
    }
}
