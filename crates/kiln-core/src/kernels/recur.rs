//! Recurrent cells over whole sequences.

use crate::tensor::Tensor;
use kiln_kernels::recur::{Cell, Walk, Weights};
use kiln_kernels::serves;

/// Repeats `cell` over `x` (batch, time, features), from `states` (batch, units), with `kernel` (features, gates · units), `recurrent`
/// (units, gates · units) and `bias` (gates · units), of a GRU (2, gates · units). Gives the outputs (batch, steps, units), of all steps or
/// the last, and behind them the last states, as `walk` asks. At a step that `mask` (batch, time) leaves out, a sample's states stay as they
/// are; its output is the one before, or 0. `None` where there is no operation for it, and for sizes that don't fit.
///
/// ```
/// use kiln_core::Tensor;
/// use kiln_core::kernels::{Cell, Curve, Walk, recur};
/// let one = || Tensor::ones([1, 1]);
/// let walk = Walk { sequences: true, ..Walk::default() };
/// let y = recur(Cell::Simple(Curve::Linear), walk, &Tensor::ones([1, 3, 1]), [one(), one()], None, &[one()], None).unwrap();
/// assert_eq!(y.to_vec::<f32>(), [2.0, 3.0, 4.0]);
/// ```
pub fn recur(
    cell: Cell,
    walk: Walk,
    x: &Tensor,
    weights: [Tensor; 2],
    bias: Option<Tensor>,
    states: &[Tensor],
    mask: Option<&Tensor>,
) -> Option<Tensor> {
    let [kernel, recurrent] = weights;
    let (&[batch, time, features], &[units, width]) = (x.shape().as_slice(), recurrent.shape().as_slice()) else { return None };
    let row = if cell == Cell::Gru { vec![2, width] } else { vec![width] };
    let fits = batch * time * features * units > 0
        && width == units * cell.gates()
        && kernel.shape() == [features, width]
        && bias.as_ref().is_none_or(|bias| bias.shape() == row)
        && mask.is_none_or(|mask| mask.shape() == [batch, time])
        && states.len() == cell.states()
        && states.iter().all(|state| state.shape() == [batch, units]);
    if !fits {
        return None;
    }
    let [x, kernel, recurrent] = [x.clone(), kernel, recurrent].map(Tensor::into_dispatch);
    let (bias, states) = (bias.map(Tensor::into_dispatch), states.iter().map(|s| s.clone().into_dispatch()).collect::<Vec<_>>());
    let served = serves(&[&x, &kernel, &recurrent]) && bias.iter().chain(&states).all(|t| serves(&[&x, t]));
    let mask = mask.filter(|_| served).map(|mask| mask.to_vec::<bool>().into());
    served.then(|| Tensor::from_dispatch(kiln_kernels::recur::recur(cell, walk, x, Weights { kernel, recurrent, bias }, states, mask)))
}
