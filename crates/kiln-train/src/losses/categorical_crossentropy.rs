//! The crossentropy between classes, for one-hot targets.

use super::align::aligned;
use super::binary_crossentropy::smoothing;
use super::{EPSILON, Loss};
use kiln_core::kernels::{Targets, crossentropy};
use kiln_core::{Logits, LogitsOf, Result, Tensor};

loss! {
    /// `-Σ t log p` over `axis`, for one-hot targets or distributions.
    ///
    /// Probabilities are divided by their sum and clipped to `[1e-7, 1 - 1e-7]`. After a last softmax of the model the values
    /// come from its input instead: exact, with the whole gradient.
    ///
    /// Keras: `src/losses/losses.py`, class `CategoricalCrossentropy`.
    CategoricalCrossentropy as "categorical_crossentropy" {
        /// Whether predictions are logits, any numbers, instead of probabilities; `false` at first.
        from_logits: bool = false,
        /// How far targets move towards equal shares, 0 at first: `t (1 - s) + s / classes`.
        label_smoothing: f64 = 0.0,
        /// The axis of the classes, the last at first.
        axis: isize = -1,
    }
}

impl CategoricalCrossentropy {
    fn options(&self) -> Result<()> {
        smoothing(&self.common.name, self.label_smoothing)
    }

    fn values(&self, y_true: &Tensor, y_pred: &Tensor, from_logits: bool) -> Result<Tensor> {
        let (t, p) = aligned(&self.common.name, y_true, y_pred).map_err(|error| match y_true.shape().last() {
            Some(1) => error.hint("one-hot targets are needed here; integer labels go with `sparse_categorical_crossentropy`"),
            _ if y_true.rank() < y_pred.rank() => error.hint("integer labels go with `sparse_categorical_crossentropy`"),
            _ => error,
        })?;
        let axis = place(self.axis, p.rank());
        let t = match self.label_smoothing {
            0.0 => t,
            s => {
                let classes = p.shape().get(axis.max(0) as usize).copied().unwrap_or(1);
                t * (1.0 - s) + s / classes as f64
            }
        };
        if from_logits
            && axis + 1 == p.rank() as isize
            && !t.is_autodiff()
            && let Some(values) = crossentropy(&p, Targets::Shares(t.to_vec::<f32>().into()))
        {
            return Ok(values);
        }
        let log = if from_logits {
            p.log_softmax(axis)?
        } else {
            let total = p.sum_axis(axis)?.expand_dims(axis)?;
            p.try_div(total)?.clip(EPSILON, 1.0 - EPSILON).log()
        };
        Ok(-log.try_mul(t)?.sum_axis(axis)?)
    }
}

impl Loss for CategoricalCrossentropy {
    common!(options);

    fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        self.values(y_true, y_pred, self.from_logits)
    }

    fn call_logits(&self, y_true: &Tensor, logits: &Logits) -> Option<Result<Tensor>> {
        let last = place(self.axis, logits.values.rank()) + 1 == logits.values.rank() as isize;
        (!self.from_logits && last && logits.of == LogitsOf::Softmax).then(|| self.values(y_true, &logits.values, true))
    }
}

/// An axis counted from the end as one counted from the start.
pub(crate) fn place(axis: isize, rank: usize) -> isize {
    if axis < 0 { axis + rank as isize } else { axis }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_last_softmax_is_undone() {
        let logits = Logits { values: Tensor::constant([[40.0, 0.0]]), of: LogitsOf::Softmax };
        let y = Tensor::constant([[0.0, 1.0]]);
        let loss = CategoricalCrossentropy::new();
        assert_eq!(loss.call_logits(&y, &logits).unwrap().unwrap().item(), 40.0);
        let clipped = loss.call(&y, &logits.values.clone().softmax(-1).unwrap()).unwrap();
        assert!((clipped.item() - 16.118095).abs() < 1e-5);
    }

    #[test]
    fn classes_may_stand_on_another_axis() {
        let p = Tensor::constant([[0.2, 0.5], [0.8, 0.5]]);
        let t = Tensor::constant([[0.0, 1.0], [1.0, 0.0]]);
        let ours = CategoricalCrossentropy::new().axis(0).call(&t, &p).unwrap().to_vec::<f32>();
        assert!((ours[0] + 0.8f32.ln()).abs() < 1e-6 && (ours[1] + 0.5f32.ln()).abs() < 1e-6);
    }

    #[test]
    fn integer_labels_are_told_where_to_go() {
        let error = CategoricalCrossentropy::new().call(&Tensor::zeros([4]), &Tensor::zeros([4, 3])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "categorical_crossentropy: expected `y_true` of the shape of `y_pred`, (4, 3), received (4,); \
             integer labels go with `sparse_categorical_crossentropy`"
        );
    }
}
