//! Histograms of images, on the host: no operation on tensors counts values without a table of all of them.

use super::warp::sizes;
use kiln_core::{Result, Tensor};

/// Images (n, h, w, c) changed channel by channel: `change` is given the values of one channel of one image.
pub(super) fn by_channel(images: &Tensor, change: impl Fn(&mut [f32])) -> Result<Tensor> {
    let [n, h, w, c] = sizes(images);
    let mut values = images.clone().inner().to_vec::<f32>();
    let mut channel = vec![0.0; h * w];
    for image in values.chunks_mut(h * w * c).take(n) {
        for k in 0..c {
            channel.iter_mut().zip(image.chunks(c)).for_each(|(v, pixel)| *v = pixel[k]);
            change(&mut channel);
            channel.iter().zip(image.chunks_mut(c)).for_each(|(v, pixel)| pixel[k] = *v);
        }
    }
    Ok(Tensor::from_vec(values, [n, h, w, c])?.to_device(&images.device()))
}

/// Sums of all counts up to each.
pub(super) fn running(counts: &[u32]) -> Vec<u32> {
    let sum = |total: &mut u32, count: &u32| {
        *total += count;
        Some(*total)
    };
    counts.iter().scan(0, sum).collect()
}
