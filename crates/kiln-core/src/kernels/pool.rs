//! Pools with the channels last.

use super::Window;
use crate::tensor::Tensor;
use kiln_kernels::{pool::CELLS, serves};

/// The maximum (or the mean) of each window over `x` (batch, space, channels), over 1 to 3 axes of space; cells that pads add don't
/// count. `None` where there is no kernel for it, and for a window that doesn't fit.
///
/// ```
/// use kiln_core::{Tensor, kernels::{Window, pool}};
/// let x = Tensor::constant([[[1.0], [3.0], [2.0]]]);
/// assert_eq!(pool(&x, Window::of([2]), true).unwrap().to_vec::<f32>(), [3.0, 3.0]);
/// assert_eq!(pool(&x, Window::of([2]), false).unwrap().to_vec::<f32>(), [2.0, 2.5]);
/// ```
pub fn pool<const N: usize>(x: &Tensor, window: Window<N>, max: bool) -> Option<Tensor> {
    let shape = x.shape();
    if shape.len() != N + 2 || shape.contains(&0) || !slides(&window, &shape[1..=N], max) {
        return None;
    }
    let x = x.clone().into_dispatch();
    serves(&[&x]).then(|| Tensor::from_dispatch(kiln_kernels::pool::pool(x, window, max)))
}

/// Whether there is a kernel for a pool over so many cells.
pub(super) fn slides<const N: usize>(window: &Window<N>, space: &[usize], max: bool) -> bool {
    let numbered = !max || window.size.iter().product::<usize>() <= CELLS;
    let fits = |(i, n): (usize, &usize)| window.strides[i] > 0 && window.size[i] > 0 && window.places(i, *n) > 0;
    matches!(N, 1..=3) && numbered && space.iter().enumerate().all(fits)
}
