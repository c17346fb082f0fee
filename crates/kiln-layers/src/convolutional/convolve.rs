//! The convolutions themselves, on values with the channels behind the batch, for 1 to 3 spatial axes.

use crate::spatial::{Windows, pad};
use burn::tensor::module::{conv_transpose1d, conv_transpose2d, conv_transpose3d, conv1d, conv2d, conv3d};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};
use kiln_core::{Result, Tensor};

/// Slides `kernel` (outputs, inputs of a group, window) over `x` (batch, inputs, space), padded by `pads`.
pub(crate) fn convolve<const N: usize>(
    x: Tensor,
    kernel: Tensor,
    bias: Option<burn::Tensor<1>>,
    windows: &Windows<N>,
    pads: [(usize, usize); N],
    groups: usize,
) -> Result<Tensor> {
    Ok(match N {
        // As a plane of height 1: the kernel's gradient of Burn's grouped conv1d is wrong where a stride leaves cells over.
        1 if groups > 1 => {
            let (strides, dilation) = ([1, windows.strides[0]], [1, windows.dilation[0]]);
            let options = ConvOptions::new_with_padding(strides, [(0, 0), pads[0]], dilation, groups);
            let y: Tensor = conv2d(x.expand_dims(2)?.float()?, kernel.expand_dims(2)?.float()?, bias, options).into();
            y.squeeze(2)?
        }
        1 => conv1d(x.float()?, kernel.float()?, bias, options(windows, pads, groups)).into(),
        2 => conv2d(x.float()?, kernel.float()?, bias, options(windows, pads, groups)).into(),
        // Burn's 3-D convolution takes the same padding on both sides only.
        _ => conv3d(pad(x, &pads)?.float()?, kernel.float()?, bias, options(windows, [(0, 0); N], groups)).into(),
    })
}

/// The options for `M` axes, of which there are `N`: the compiler can't see that they are the same.
fn options<const N: usize, const M: usize>(windows: &Windows<N>, pads: [(usize, usize); N], groups: usize) -> ConvOptions<M> {
    ConvOptions::new_with_padding(same(windows.strides), same(pads), same(windows.dilation), groups)
}

fn same<T: Copy, const N: usize, const M: usize>(values: [T; N]) -> [T; M] {
    std::array::from_fn(|i| values[i])
}

/// The transpose of a convolution: each cell of `x` (batch, inputs, space) adds `kernel` (inputs, outputs, window), times its
/// value, to the output. `cuts` are the cells to drop before and after each axis; below 0, so many zeros are added.
pub(crate) fn convolve_transposed<const N: usize>(
    x: Tensor,
    kernel: Tensor,
    windows: &Windows<N>,
    cuts: [(usize, isize); N],
) -> Result<Tensor> {
    let full: Tensor = match N {
        1 => conv_transpose1d(x.float()?, kernel.float()?, None, transposed(windows)).into(),
        2 => conv_transpose2d(x.float()?, kernel.float()?, None, transposed(windows)).into(),
        _ => conv_transpose3d(x.float()?, kernel.float()?, None, transposed(windows)).into(),
    };
    let shape = full.shape();
    let mut ranges = vec![(..).into(), (..).into()];
    for ((before, after), n) in cuts.into_iter().zip(shape.into_iter().skip(2)) {
        ranges.push((before as isize..n as isize - after.max(0)).into());
    }
    pad(full.slice(ranges)?, &cuts.map(|(_, after)| (0, (-after).max(0) as usize)))
}

fn transposed<const N: usize, const M: usize>(windows: &Windows<N>) -> ConvTransposeOptions<M> {
    ConvTransposeOptions::new(same(windows.strides), [0; M], [0; M], same(windows.dilation), 1)
}

/// A kernel's axes from Keras' order, window first, to Burn's: `a`, `b`, window, both counted behind the window's `N` axes.
pub(crate) fn kernel_axes<const N: usize>(kernel: Tensor, a: usize, b: usize) -> Result<Tensor> {
    kernel.transpose([N + a, N + b].into_iter().chain(0..N).collect::<Vec<_>>())
}

/// Keras' shape of a kernel: the window, then two axes of channels.
pub(crate) fn kernel_shape<const N: usize, const D: usize>(window: [usize; N], a: usize, b: usize) -> [usize; D] {
    std::array::from_fn(|i| if i < N { window[i] } else { [a, b][usize::from(i > N)] })
}

/// A depthwise kernel (window, channels, multiplier) as Burn's grouped one (channels · multiplier, 1, window).
pub(crate) fn depthwise_kernel<const N: usize>(kernel: Tensor) -> Result<Tensor> {
    let kernel = kernel_axes::<N>(kernel, 0, 1)?;
    let window: Vec<isize> = kernel.shape().into_iter().skip(2).map(|n| n as isize).collect();
    kernel.reshape([-1, 1].into_iter().chain(window).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    #[test]
    fn all_convolutions_agree_with_keras() {
        crate::spatial::golden::agree(include_str!("../../testdata/convolutional.json"));
    }
}
