//! Scaled dot-product attention of several heads.

use crate::buffer;
use crate::host::{Array, HostOp, Past, View, run};
use crate::product::{Into, Matrix, product, product_into};
use crate::rows::{each, total};
use crate::simd::vectorised;
use crate::softmax::softmax_rows;
use crate::threads::map_parts;
use burn::backend::DispatchTensor;
use std::sync::Arc;

/// `softmax(scale · query · keyᵀ) · value` for each sample and head: `query` (batch, queries, heads, size), `key` (batch, keys, heads,
/// size), `value` (batch, keys, heads, width); the result is (batch, queries, heads, width).
///
/// Where `mask` (batch or 1, queries, keys) is false, a score is -1e9, as if the key were not there.
///
/// ```
/// use burn::Tensor;
/// use kiln_kernels::attention::attention;
/// let one = Tensor::<4>::from_floats([[[[1.0]]]], &burn::tensor::Device::flex());
/// let value = Tensor::<4>::from_floats([[[[7.0]]]], &burn::tensor::Device::flex());
/// let y = attention([one.clone(), one, value].map(|t| t.into_dispatch()), 0.5, None);
/// assert_eq!(Tensor::<4>::from_dispatch(y).into_scalar::<f32>(), 7.0);
/// ```
///
/// # Panics
/// On tensors that [`serves`](crate::serves) refuses, and on shapes that don't fit.
pub fn attention(query_key_value: [DispatchTensor; 3], scale: f32, mask: Option<Arc<[bool]>>) -> DispatchTensor {
    run(Attention { scale, mask }, query_key_value)
}

#[derive(Debug)]
struct Attention {
    scale: f32,
    mask: Option<Arc<[bool]>>,
}

/// The score of a key that isn't there.
const HIDDEN: f32 = -1e9;

#[derive(Clone, Copy)]
struct Sizes {
    batch: usize,
    queries: usize,
    keys: usize,
    heads: usize,
    size: usize,
    width: usize,
}

impl Sizes {
    fn of(inputs: &[View<'_>]) -> Self {
        let (query, key, value) = (inputs[0].shape, inputs[1].shape, inputs[2].shape);
        Self { batch: query[0], queries: query[1], keys: key[1], heads: query[2], size: query[3], width: value[3] }
    }

    fn scores(&self) -> usize {
        self.queries * self.keys
    }

    fn work(&self) -> usize {
        self.batch * self.heads * self.scores() * (self.size + self.width + 16)
    }

    /// The head `head` of a sample's `rows` rows of numbers, `width` for each head.
    fn head<'a>(&self, sample: &'a [f32], head: usize, rows: usize, width: usize) -> Matrix<'a> {
        Matrix::strided(&sample[head * width..], rows, width, self.heads * width)
    }

    /// The same to be written.
    fn write<'a>(&self, sample: &'a mut [f32], head: usize, width: usize) -> Into<'a> {
        Into { values: &mut sample[head * width..], row_step: self.heads * width, width, add: false }
    }
}

/// The part of a sample.
fn sample<'a>(view: &View<'a>, number: usize) -> &'a [f32] {
    let size: usize = view.shape[1..].iter().product();
    &view.values[number * size..(number + 1) * size]
}

vectorised! {
    /// From the gradient of the weights that of the products, in place.
    fn unsoften<'a>(gradient: &'a mut [f32], weights: &'a [f32], keys: usize, scale: f32) {
        for (g, p) in gradient.chunks_exact_mut(keys).zip(weights.chunks_exact(keys)) {
            let along = total([g, p], |[g, p]| g * p);
            each(g, [p], |g, [p]| (g - along) * p * scale);
        }
    }
}

impl Attention {
    /// Which scores of a sample are hidden.
    fn hidden(&self, sizes: &Sizes, number: usize) -> Option<&[bool]> {
        let (mask, scores) = (self.mask.as_deref()?, sizes.scores());
        let number = if mask.len() == scores { 0 } else { number };
        Some(&mask[number * scores..(number + 1) * scores])
    }
}

fn hide(values: &mut [f32], seen: Option<&[bool]>, value: f32) {
    for (v, _) in values.iter_mut().zip(seen.unwrap_or_default()).filter(|(_, seen)| !**seen) {
        *v = value;
    }
}

impl HostOp for Attention {
    /// The weights of each sample (heads, queries, keys).
    type Saved = Vec<Vec<f32>>;

    fn forward(&self, inputs: &[View<'_>], recorded: bool) -> (Array, Self::Saved) {
        let sizes = Sizes::of(inputs);
        let Sizes { batch, queries, keys, heads, size, width } = sizes;
        let mut y = Array::unwritten(&[batch, queries, heads, width]);
        let pieces = y.values.chunks_mut((queries * heads * width).max(1)).collect();
        let saved = map_parts(pieces, sizes.work(), |i, y| {
            let [query, key, value] = [0, 1, 2].map(|input| sample(&inputs[input], i));
            let mut weights = buffer::take(heads * sizes.scores());
            for (head, weights) in weights.chunks_exact_mut(sizes.scores().max(1)).enumerate() {
                product(weights, sizes.head(query, head, queries, size), sizes.head(key, head, keys, size).t());
                weights.iter_mut().for_each(|score| *score *= self.scale);
                hide(weights, self.hidden(&sizes, i), HIDDEN);
                softmax_rows(weights, keys);
                let weights = Matrix::new(weights, queries, keys);
                product_into(sizes.write(y, head, width), weights, sizes.head(value, head, keys, width), false);
            }
            if !recorded {
                buffer::give(std::mem::take(&mut weights));
            }
            weights
        });
        (y, saved)
    }

    fn backward(&self, past: &Past<'_, Self::Saved>) -> Vec<Option<Array>> {
        let sizes = Sizes::of(past.inputs);
        let Sizes { queries, keys, heads, size, width, .. } = sizes;
        let [mut dquery, mut dkey, mut dvalue] = [0, 1, 2].map(|input| Array::unwritten(past.inputs[input].shape));
        let pieces = dquery.values.chunks_mut((queries * heads * size).max(1));
        let pieces = pieces.zip(dkey.values.chunks_mut((keys * heads * size).max(1)));
        let pieces = pieces.zip(dvalue.values.chunks_mut((keys * heads * width).max(1))).collect();
        map_parts(pieces, 2 * sizes.work(), |i, ((dquery, dkey), dvalue): ((&mut [f32], &mut [f32]), &mut [f32])| {
            let [query, key, value] = [0, 1, 2].map(|input| sample(&past.inputs[input], i));
            let gradient = sample(&past.gradient, i);
            let mut scores = buffer::take(sizes.scores());
            for (head, weights) in past.saved[i].chunks_exact(sizes.scores().max(1)).enumerate() {
                let gradient = sizes.head(gradient, head, queries, width);
                let matrix = Matrix::new(weights, queries, keys);
                product_into(sizes.write(dvalue, head, width), matrix.t(), gradient, false);
                product(&mut scores, gradient, sizes.head(value, head, keys, width).t());
                unsoften(&mut scores, weights, keys, self.scale);
                hide(&mut scores, self.hidden(&sizes, i), 0.0);
                let scores = Matrix::new(&scores, queries, keys);
                product_into(sizes.write(dquery, head, size), scores, sizes.head(key, head, keys, size), false);
                product_into(sizes.write(dkey, head, size), scores.t(), sizes.head(query, head, queries, size), false);
            }
            buffer::give(scores);
        });
        vec![Some(dquery), Some(dkey), Some(dvalue)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{agree, cases, flat};
    use burn::Tensor;
    use burn::tensor::{Bool, TensorData, activation};

    #[test]
    fn agrees_with_burn() {
        for sizes in [[1, 1, 1, 1, 1, 1], [2, 3, 5, 2, 4, 3], [5, 33, 40, 3, 16, 17], [3, 4, 4, 1, 2, 2]] {
            for masks in [0, 1, sizes[0]] {
                check(sizes, masks);
            }
        }
        cases(20, |draw| {
            let batch = draw.size(1..=4);
            let [queries, keys] = draw.sizes(1..=40);
            let [heads, size, width] = [draw.size(1..=3), draw.size(1..=20), draw.size(1..=20)];
            check([batch, queries, keys, heads, size, width], draw.one_of(&[0, 1, batch]));
        });
    }

    fn check([batch, queries, keys, heads, size, width]: [usize; 6], masks: usize) {
        let lengths = [batch * queries * heads * size, batch * keys * heads * size, batch * keys * heads * width];
        // The first key is always seen.
        let mask: Vec<bool> = (0..masks * queries * keys).map(|i| i % keys == 0 || i * 7 % 3 > 0).collect();
        let four = |t: &[Tensor<1>]| {
            let (q, k, v) = (t[0].clone(), t[1].clone(), t[2].clone());
            (q.reshape([batch, queries, heads, size]), k.reshape([batch, keys, heads, size]), v.reshape([batch, keys, heads, width]))
        };
        agree(
            &lengths,
            |t| {
                let (q, k, v) = four(t);
                let mask = (masks > 0).then(|| mask.clone().into());
                flat(attention([q, k, v].map(|t| t.into_dispatch()), 0.7, mask))
            },
            |t| {
                let (q, k, v) = four(t);
                let mut scores = q.swap_dims(1, 2).matmul(k.swap_dims(1, 2).swap_dims(2, 3)) * 0.7;
                if masks > 0 {
                    let hidden = mask.iter().map(|seen| !seen).collect();
                    let hidden = TensorData::new::<bool, _>(hidden, [masks, 1, queries, keys]);
                    let hidden = Tensor::<4, Bool>::from_data(hidden, &scores.device()).expand([batch, heads, queries, keys]);
                    scores = scores.mask_fill(hidden, HIDDEN);
                }
                let y = activation::softmax(scores, 3).matmul(v.swap_dims(1, 2));
                y.swap_dims(1, 2).reshape([batch * queries * heads * width])
            },
        );
    }
}
