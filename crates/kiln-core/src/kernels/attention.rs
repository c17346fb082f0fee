//! Scaled dot-product attention of several heads.

use super::alike;
use crate::tensor::Tensor;

/// `softmax(scale · query · keyᵀ) · value` for each sample and head: `query` (batch, queries, heads, size), `key` (batch, keys, heads,
/// size), `value` (batch, keys, heads, width). Where `mask`, which broadcasts to (batch, queries, keys), is false, a score is -1e9.
/// `None` where there is no kernel for it, and for shapes that don't fit.
///
/// ```
/// use kiln_core::{Tensor, kernels::attention};
/// let (query, value) = (Tensor::ones([1, 2, 1, 1]), Tensor::constant([[[[1.0]], [[3.0]]]]));
/// let y = attention(&query, &query, &value, 1.0, None).unwrap();
/// assert_eq!((y.shape(), y.to_vec::<f32>()), (vec![1, 2, 1, 1], vec![2.0, 2.0]));
/// ```
pub fn attention(query: &Tensor, key: &Tensor, value: &Tensor, scale: f64, mask: Option<&Tensor>) -> Option<Tensor> {
    let (&[batch, queries, heads, size], &[_, keys, ..]) = (query.shape().as_slice(), key.shape().as_slice()) else { return None };
    let fits = key.shape() == [batch, keys, heads, size]
        && matches!(value.shape().as_slice(), [b, k, h, _] if [*b, *k, *h] == [batch, keys, heads]);
    if !fits || [query, key, value].iter().any(|t| t.shape().contains(&0)) {
        return None;
    }
    let mask = match mask {
        None => None,
        Some(mask) if mask.rank() <= 3 => {
            let samples = if mask.rank() == 3 && mask.shape()[0] != 1 { batch } else { 1 };
            Some(mask.broadcast_to([samples, queries, keys]).ok()?.to_vec::<bool>().into())
        }
        Some(_) => return None,
    };
    Some(Tensor::from_dispatch(kiln_kernels::attention::attention(alike([query, key, value])?, scale as f32, mask)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_key_gives_nothing() {
        let (query, value) = (Tensor::ones([2, 2, 1, 1]), Tensor::constant([[[[1.0]], [[3.0]]], [[[5.0]], [[9.0]]]]));
        let of = |mask: Tensor| attention(&query, &query, &value, 1.0, Some(&mask)).unwrap().to_vec::<f32>();
        assert_eq!(of(Tensor::constant([[[true, false]]])), [1.0, 1.0, 5.0, 5.0]);
        assert_eq!(of(Tensor::constant([[[true, false]], [[false, true]]])), [1.0, 1.0, 9.0, 9.0]);
        // A query that sees nothing shares itself among all keys, as Keras' does.
        assert_eq!(of(Tensor::constant([[[false, false]]])), [2.0, 2.0, 7.0, 7.0]);
        assert!(attention(&query, &query, &value, 1.0, Some(&Tensor::constant([true; 3]))).is_none());
        assert!(attention(&query, &Tensor::ones([2, 2, 2, 1]), &value, 1.0, None).is_none());
    }
}
