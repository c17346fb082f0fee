//! A closure as a loss.

use super::Loss;
use kiln_core::{Result, Tensor};
use std::fmt;

/// A loss made of a closure by [`loss_fn`].
pub struct LossFn<F> {
    name: String,
    function: F,
}

/// A loss from a closure that gives a value per sample; the mean over the batch is taken as with every loss.
///
/// Keras: `src/losses/losses.py`, class `LossFunctionWrapper`.
///
/// ```
/// use kiln_core::Tensor;
/// use kiln_train::losses::{compute, loss_fn};
/// let cube = loss_fn("cube", |y, p| p.try_sub(y)?.abs().pow(3.0)?.mean_axis(-1));
/// let (y, p) = (Tensor::constant([[0.0], [0.0]]), Tensor::constant([[1.0], [2.0]]));
/// assert_eq!(compute(&cube, &y, &p, None, None, None)?.item(), 4.5);
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub fn loss_fn<F>(name: &str, function: F) -> LossFn<F>
where
    F: Fn(&Tensor, &Tensor) -> Result<Tensor> + Send + Sync + 'static,
{
    LossFn { name: name.to_owned(), function }
}

impl<F> fmt::Debug for LossFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LossFn").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<F> Loss for LossFn<F>
where
    F: Fn(&Tensor, &Tensor) -> Result<Tensor> + Send + Sync + 'static,
{
    fn name(&self) -> &str {
        &self.name
    }

    fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        (self.function)(y_true, y_pred)
    }
}
