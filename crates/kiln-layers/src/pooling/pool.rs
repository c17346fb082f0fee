//! Pools themselves, on values with the channels behind the batch, for 1 to 3 spatial axes.

use crate::spatial::{Windows, select};
use burn::tensor::module::{adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d, avg_pool2d, max_pool2d};
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};
use kiln_core::{Result, Tensor};
use std::fmt::Debug;

/// What a pool makes of the values it covers: [`Max`] or [`Average`].
pub trait Reduction: Clone + Debug + PartialEq + Send + Sync + 'static {
    /// Whether it is the largest value; else it is the mean.
    const MAX: bool;
    /// Keras' classes of pools for 1 to 3 axes: of windows, over everything, with an output of a given size.
    const CLASSES: [[&'static str; 3]; 3];
}

/// The largest value.
#[derive(Clone, Debug, PartialEq)]
pub struct Max;

impl Reduction for Max {
    const MAX: bool = true;
    const CLASSES: [[&'static str; 3]; 3] = [
        ["MaxPooling1D", "MaxPooling2D", "MaxPooling3D"],
        ["GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D"],
        ["AdaptiveMaxPooling1D", "AdaptiveMaxPooling2D", "AdaptiveMaxPooling3D"],
    ];
}

/// The mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Average;

impl Reduction for Average {
    const MAX: bool = false;
    const CLASSES: [[&'static str; 3]; 3] = [
        ["AveragePooling1D", "AveragePooling2D", "AveragePooling3D"],
        ["GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D"],
        ["AdaptiveAveragePooling1D", "AdaptiveAveragePooling2D", "AdaptiveAveragePooling3D"],
    ];
}

/// A window along one axis: its size, its stride, the cells added before and after.
type Along = (usize, usize, (usize, usize));

/// An axis that is left alone.
const ALONE: Along = (1, 1, (0, 0));

/// The maxima or the means of windows over `x` (batch, channels, space), padded by `pads`. Added cells don't count.
pub(crate) fn pool<const N: usize>(max: bool, x: Tensor, windows: &Windows<N>, pads: [(usize, usize); N]) -> Result<Tensor> {
    let along = |i: usize| (windows.size[i], windows.strides[i], pads[i]);
    match N {
        1 => plane(max, x.expand_dims(-1)?, along(0), ALONE)?.squeeze(-1),
        2 => plane(max, x, along(0), along(1)),
        _ => {
            // Burn has no pool of volumes; a window's maximum (and its mean, also of the cells that count) can be taken of its
            // planes first, then along the depth.
            let shape = signed(&x);
            let (batch, channels, depth) = (shape[0], shape[1], shape[2]);
            let x = plane(max, x.reshape([batch, channels * depth, shape[3], shape[4]])?, along(1), along(2))?;
            let (height, width) = (signed(&x)[2], signed(&x)[3]);
            let x = plane(max, x.reshape([batch, channels, depth, height * width])?, along(0), ALONE)?;
            x.reshape([batch, channels, -1, height, width])
        }
    }
}

fn signed(x: &Tensor) -> Vec<isize> {
    x.shape().into_iter().map(|n| n as isize).collect()
}

fn plane(max: bool, x: Tensor, a: Along, b: Along) -> Result<Tensor> {
    let (size, strides, pads) = ([a.0, b.0], [a.1, b.1], [a.2, b.2]);
    Ok(match max {
        true => max_pool2d(x.float()?, MaxPoolOptions::new(size).with_stride(strides).with_padding_pairs(pads)).into(),
        false => {
            let options = AvgPoolOptions::new(size).with_stride(strides).with_padding_pairs(pads);
            avg_pool2d(x.float()?, options.with_count_include_pad(false)).into()
        }
    })
}

/// The maxima or the means of `x` (batch, channels, space) over windows that share each axis out into `sizes` parts: part i of
/// n cells goes from floor(i · n / size) to ceil((i + 1) · n / size).
pub(crate) fn adapt<const N: usize>(max: bool, x: Tensor, sizes: [usize; N]) -> Result<Tensor> {
    if !max {
        return Ok(match sizes.as_slice() {
            [a] => adaptive_avg_pool1d(x.float()?, *a).into(),
            [a, b] => adaptive_avg_pool2d(x.float()?, [*a, *b]).into(),
            _ => adaptive_avg_pool3d(x.float()?, std::array::from_fn(|i| sizes[i])).into(),
        });
    }
    sizes.into_iter().enumerate().try_fold(x, |x, (i, size)| share_out(x, i + 2, size))
}

/// The maximum of each part of an axis: parts are made equally long by naming their last cell again.
fn share_out(x: Tensor, axis: usize, size: usize) -> Result<Tensor> {
    let mut shape = signed(&x);
    let n = shape[axis] as usize;
    let part = |i: usize| (i * n / size, ((i + 1) * n).div_ceil(size));
    let longest = (0..size).map(|i| part(i).1 - part(i).0).max().unwrap_or(1);
    let cells = |i: usize| (0..longest).map(move |j| (part(i).0 + j).min(part(i).1 - 1));
    let indices: Vec<usize> = (0..size).flat_map(cells).collect();
    shape[axis] = size as isize;
    shape.insert(axis + 1, longest as isize);
    select(&x, axis, &indices)?.reshape(shape)?.max_axis(axis as isize + 1)
}

#[cfg(test)]
mod tests {
    use kiln_core::Tensor;

    #[test]
    fn all_pools_agree_with_keras() {
        crate::spatial::golden::agree(include_str!("../../testdata/pooling.json"));
    }

    #[test]
    fn not_a_number_is_kept() {
        let x = Tensor::constant([[[1.0, f32::NAN, 3.0, 4.0]]]);
        let y = super::adapt(true, x.clone(), [2]).unwrap().to_vec::<f32>();
        assert!(y[0].is_nan() && y[1] == 4.0, "{y:?}");
        let options = |size| super::max_pool2d(x.expand_dims(2).unwrap().float().unwrap(), super::MaxPoolOptions::new([1, size]));
        assert!(Tensor::from(options(4)).to_vec::<f32>()[0].is_nan());
    }
}
