//! Dropout.

use crate::random::Stream;
use crate::tensor::Tensor;
use kiln_kernels::serves;

/// 0 for a share `rate` of the numbers of `x`, `x / (1 - rate)` for the others: those at whose place the stream's
/// [unit](Stream::unit) isn't below the rate. `None` where there is no kernel for it.
///
/// ```
/// use kiln_core::{Tensor, kernels::dropout, random::Stream};
/// let y = dropout(&Tensor::ones([100]), Stream::new(1), 0.5).unwrap().to_vec::<f32>();
/// let kept = Stream::new(1).uniform(100).map(|unit| if unit < 0.5 { 0.0 } else { 2.0 });
/// assert!(y.into_iter().eq(kept));
/// ```
pub fn dropout(x: &Tensor, stream: Stream, rate: f64) -> Option<Tensor> {
    let scalar = x.rank() == 0;
    let x = x.clone().into_dispatch();
    serves(&[&x]).then(|| Tensor::from_dispatch(kiln_kernels::dropout::dropout(x, stream.key(), rate)).mark(scalar))
}
