//! The crossentropy from logits.

use super::Targets;
use crate::tensor::Tensor;
use kiln_kernels::serves;

/// `-Σ t log softmax(logits)` over the last axis of `logits`, for each of their rows. `None` where there is no kernel for it, and for
/// targets of another number or labels that are no class.
///
/// ```
/// use kiln_core::{Tensor, kernels::{Targets, crossentropy}};
/// let logits = Tensor::constant([[40.0, 0.0], [0.0, 0.0]]);
/// let values = crossentropy(&logits, Targets::Labels([1, 0].into())).unwrap().to_vec::<f32>();
/// assert_eq!(values, [40.0, 2f32.ln()]);
/// ```
pub fn crossentropy(logits: &Tensor, targets: Targets) -> Option<Tensor> {
    let shape = logits.shape();
    let (classes, leading) = shape.split_last()?;
    let rows: usize = leading.iter().product();
    let fits = match &targets {
        Targets::Labels(labels) => labels.len() == rows && labels.iter().all(|label| (*label as usize) < *classes),
        Targets::Shares(shares) => shares.len() == rows * classes,
    };
    let logits = logits.clone().into_dispatch();
    let served = fits && rows > 0 && serves(&[&logits]);
    served.then(|| Tensor::from_dispatch(kiln_kernels::crossentropy::crossentropy(logits, targets)).reshape_to(leading))
}
