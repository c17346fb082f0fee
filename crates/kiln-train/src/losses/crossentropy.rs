//! `"crossentropy"`: the one of three that the shapes ask for.

use super::{BinaryCrossentropy, CategoricalCrossentropy, Loss, SparseCategoricalCrossentropy};
use kiln_core::{Logits, Result, Tensor};

/// What targets and predictions are, by their shapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Targets {
    /// One output per sample.
    Binary,
    /// Integer labels against one output per class.
    Sparse,
    /// A target per output.
    OneHot,
}

/// Reads the shapes as Keras does for `"accuracy"` and `"crossentropy"`: several independent sigmoid outputs count as classes.
///
/// Keras: `src/trainers/compile_utils.py`, `is_binary_or_sparse_categorical`.
pub(crate) fn targets(y_true: &[usize], y_pred: &[usize]) -> Targets {
    let (last_true, last_pred) = (y_true.last().copied(), y_pred.last().copied());
    if last_pred == Some(1) {
        Targets::Binary
    } else if y_true.len() < y_pred.len() || (last_true == Some(1) && last_pred > Some(1)) {
        Targets::Sparse
    } else {
        Targets::OneHot
    }
}

loss! {
    /// `"crossentropy"` or `"ce"`: binary for one output, sparse categorical for integer labels, categorical for one-hot targets.
    ///
    /// Keras: `src/trainers/compile_utils.py`, `get_loss`.
    Crossentropy as "crossentropy" {}
}

impl Crossentropy {
    fn chosen(&self, y_true: &Tensor, y_pred: &Tensor) -> Box<dyn Loss> {
        match targets(&y_true.shape(), &y_pred.shape()) {
            Targets::Binary => Box::new(BinaryCrossentropy::new()),
            Targets::Sparse => Box::new(SparseCategoricalCrossentropy::new()),
            Targets::OneHot => Box::new(CategoricalCrossentropy::new()),
        }
    }
}

impl Loss for Crossentropy {
    common!();

    fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        self.chosen(y_true, y_pred).call(y_true, y_pred)
    }

    fn call_logits(&self, y_true: &Tensor, logits: &Logits) -> Option<Result<Tensor>> {
        self.chosen(y_true, &logits.values).call_logits(y_true, logits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_decide() {
        assert_eq!(targets(&[4], &[4, 1]), Targets::Binary);
        assert_eq!(targets(&[4], &[4, 3]), Targets::Sparse);
        assert_eq!(targets(&[4, 1], &[4, 3]), Targets::Sparse);
        assert_eq!(targets(&[4, 3], &[4, 3]), Targets::OneHot);
        let p = Tensor::constant([[0.25, 0.75]]);
        let loss = Crossentropy::new();
        let sparse = loss.call(&Tensor::constant([1]), &p).unwrap().item();
        let one_hot = loss.call(&Tensor::constant([[0.0, 1.0]]), &p).unwrap().item();
        assert!((sparse - one_hot).abs() < 1e-6);
    }
}
