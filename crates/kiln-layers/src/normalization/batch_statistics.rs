//! Mean and variance of each channel of a batch.

use crate::axes::reshape;
use kiln_core::build::Buffer;
use kiln_core::{Context, Result, Tensor};

/// A tensor seen as (places before, channels, places after).
pub(super) struct Channels {
    shape: Vec<usize>,
    three: [usize; 3],
}

impl Channels {
    pub(super) fn of(x: &Tensor, axis: usize) -> Self {
        let shape = x.shape();
        let three = [shape[..axis].iter().product(), shape[axis], shape[axis + 1..].iter().product()];
        Self { shape, three }
    }

    pub(super) fn split(&self, x: &Tensor) -> Result<burn::Tensor<3>> {
        reshape(&x.clone().to_float(), &self.three)?.float()
    }

    pub(super) fn join(self, y: burn::Tensor<3>) -> Result<Tensor> {
        reshape(&y.into(), &self.shape)
    }
}

/// One mean and one biased variance for each channel.
#[derive(Clone)]
pub(super) struct Statistics {
    pub(super) mean: burn::Tensor<1>,
    pub(super) variance: burn::Tensor<1>,
}

fn over_channels(mean: burn::Tensor<3>, variance: burn::Tensor<3>) -> Statistics {
    let channels = mean.dims()[1];
    Statistics { mean: mean.reshape([channels]), variance: variance.reshape([channels]) }
}

/// Over all places.
pub(super) fn plain(x: &burn::Tensor<3>) -> Statistics {
    let mean = x.clone().mean_dims(&[0, 2]);
    let variance = (x.clone() - mean.clone()).square().mean_dims(&[0, 2]);
    over_channels(mean, variance)
}

/// Over the places where `mask` is 1.
pub(super) fn masked(x: &burn::Tensor<3>, mask: burn::Tensor<3>) -> Statistics {
    let hidden = mask.clone().equal_scalar(0.0);
    // Keras adds its smallest number, so that a mask of zeros divides by no zero.
    let count = mask.sum_dims(&[0, 2]) + 1e-7;
    let mean = x.clone().mask_fill(hidden.clone(), 0.0).sum_dims(&[0, 2]) / count.clone();
    let distance = (x.clone() - mean.clone()).mask_fill(hidden, 0.0);
    let variance = distance.square().sum_dims(&[0, 2]) / count;
    over_channels(mean, variance)
}

/// Leaves `old * momentum + new * (1 - momentum)` for `buffer`, and returns it, unrecorded; a shared layer goes on from its last call.
pub(super) fn moving(buffer: &Buffer<1>, new: burn::Tensor<1>, momentum: f64, cx: &Context) -> Tensor {
    let old = cx.pending(buffer.id()).unwrap_or_else(|| Tensor::from(buffer.value()).inner());
    let value = old * momentum + Tensor::from(new).inner() * (1.0 - momentum);
    cx.update(buffer.id(), value.clone());
    value
}
