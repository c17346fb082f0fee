//! Targets, predictions and weights brought to shapes that belong together; never by a silent broadcast.

use kiln_core::shape::tuple;
use kiln_core::{Device, Error, Result, Tensor};

/// Drops or adds a last axis of size 1 where two ranks differ by one: `(n,)` and `(n, 1)` become `(n, 1)` twice.
///
/// Keras: `src/losses/loss.py`, `squeeze_or_expand_to_same_rank`.
///
/// ```
/// use kiln_core::Tensor;
/// use kiln_train::losses::squeeze_or_expand_to_same_rank;
/// let (a, b) = squeeze_or_expand_to_same_rank(Tensor::zeros([4]), Tensor::zeros([4, 1]))?;
/// assert_eq!((a.shape(), b.shape()), (vec![4, 1], vec![4, 1]));
/// let (a, b) = squeeze_or_expand_to_same_rank(Tensor::zeros([4, 3, 1]), Tensor::zeros([4, 3]))?;
/// assert_eq!((a.shape(), b.shape()), (vec![4, 3], vec![4, 3]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
///
/// # Errors
/// None for tensors of at most 8 axes.
pub fn squeeze_or_expand_to_same_rank(a: Tensor, b: Tensor) -> Result<(Tensor, Tensor)> {
    let ends_in_one = |t: &Tensor| t.shape().last() == Some(&1);
    Ok(match (a.rank(), b.rank()) {
        (2, 1) if ends_in_one(&a) => (a, b.expand_dims(-1)?),
        (1, 2) if ends_in_one(&b) => (a.expand_dims(-1)?, b),
        (ra, rb) if ra == rb + 1 && ends_in_one(&a) => (a.squeeze(-1)?, b),
        (ra, rb) if rb == ra + 1 && ends_in_one(&b) => (a, b.squeeze(-1)?),
        _ => (a, b),
    })
}

/// Targets and predictions as `float32`, on one device and of one shape.
pub(crate) fn aligned(who: &str, y_true: &Tensor, y_pred: &Tensor) -> Result<(Tensor, Tensor)> {
    let y_true = beside(y_true.clone().to_float(), y_pred);
    let (t, p) = squeeze_or_expand_to_same_rank(y_true, y_pred.clone().to_float())?;
    if t.shape() == p.shape() {
        return Ok((t, p));
    }
    let expected = format!("`y_true` of the shape of `y_pred`, {}", tuple(&y_pred.shape()));
    Err(Error::shape(who, expected, tuple(&t.shape())))
}

/// `tensor` on the device of `other`; whether operations are recorded stays as it was.
pub(crate) fn beside(tensor: Tensor, other: &Tensor) -> Tensor {
    let plain = |t: &Tensor| t.device().burn().clone().without_autodiff();
    let (here, there) = (plain(&tensor), plain(other));
    if here == there { tensor } else { tensor.to_device(&Device::from_burn(there)) }
}

/// Weights or a mask in a shape that broadcasts against values of shape `shape` axis by axis from the first: a weight per
/// sample applies to the whole sample.
pub(crate) fn weights_for(who: &str, weights: &Tensor, shape: &[usize]) -> Result<Tensor> {
    let given = weights.shape();
    let mut axes = given.clone();
    while axes.len() > shape.len() && axes.last() == Some(&1) {
        axes.pop();
    }
    let fits = axes.len() <= shape.len() && axes.iter().zip(shape).all(|(w, n)| w == n || *w == 1);
    if !fits {
        return Err(Error::shape(who, format!("a weight for each of the values {}", tuple(shape)), tuple(&given)));
    }
    axes.resize(shape.len(), 1);
    weights.reshape(axes.iter().map(|n| *n as isize).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unequal_shapes_never_broadcast() {
        let error = aligned("mean_squared_error", &Tensor::zeros([4, 1]), &Tensor::zeros([4, 3])).unwrap_err();
        assert_eq!(error.to_string(), "mean_squared_error: expected `y_true` of the shape of `y_pred`, (4, 3), received (4, 1)");
        let (t, p) = aligned("x", &Tensor::constant([1, 2]), &Tensor::zeros([2, 1])).unwrap();
        assert_eq!((t.shape(), p.shape()), (vec![2, 1], vec![2, 1]));
    }

    #[test]
    fn weights_apply_from_the_first_axis() {
        let w = weights_for("w", &Tensor::ones([3]), &[3, 3]).unwrap();
        assert_eq!(w.shape(), [3, 1]);
        assert_eq!(weights_for("w", &Tensor::ones([3, 1]), &[3]).unwrap().shape(), [3]);
        let error = weights_for("sample_weight", &Tensor::ones([2]), &[3]).unwrap_err();
        assert_eq!(error.to_string(), "sample_weight: expected a weight for each of the values (3,), received (2,)");
    }
}
