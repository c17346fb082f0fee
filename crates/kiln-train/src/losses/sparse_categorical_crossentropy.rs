//! The crossentropy between classes, for integer labels.

use super::categorical_crossentropy::place;
use super::labels::{Labels, column};
use super::{EPSILON, Loss};
use burn::tensor::Int;
use kiln_core::kernels::{Targets, crossentropy};
use kiln_core::{Device, Error, Logits, LogitsOf, Result, Tensor};

loss! {
    /// `-log p[label]`, for integer labels of shape `(n,)` or `(n, 1)`; floats that hold whole numbers will do.
    ///
    /// Probabilities are clipped to `[1e-7, 1 - 1e-7]`, then scaled to a sum of 1. After a last softmax of the model the values
    /// come from its input instead: exact, with the whole gradient. Labels out of range are an error.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_train::losses::{Loss, SparseCategoricalCrossentropy};
    /// let p = Tensor::constant([[0.5, 0.5], [0.25, 0.75]]);
    /// let values = SparseCategoricalCrossentropy::new().call(&Tensor::constant([0, 1]), &p)?;
    /// assert!((values.to_vec::<f32>()[1] + 0.75f32.ln()).abs() < 1e-6);
    /// let error = SparseCategoricalCrossentropy::new().call(&Tensor::constant([0, 2]), &p).unwrap_err();
    /// assert_eq!(error.to_string(), "sparse_categorical_crossentropy: labels must lie in 0..2, received 2 at sample 1; \
    ///     is `units` of the last layer too small?");
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    ///
    /// Keras: `src/losses/losses.py`, class `SparseCategoricalCrossentropy`.
    SparseCategoricalCrossentropy as "sparse_categorical_crossentropy" {
        /// Whether predictions are logits, any numbers, instead of probabilities; `false` at first.
        from_logits: bool = false,
        /// The axis of the classes, the last at first.
        axis: isize = -1,
    }
    own setter ignore_class: Option<i64> = None
}

impl SparseCategoricalCrossentropy {
    /// A label whose samples don't count, whatever its value; none at first.
    pub fn ignore_class(mut self, class: i64) -> Self {
        self.ignore_class = Some(class);
        self
    }

    fn values(&self, y_true: &Tensor, y_pred: &Tensor, from_logits: bool) -> Result<Tensor> {
        let p = self.classes_last(y_pred.clone().to_float())?;
        let shape = p.shape();
        let classes = shape.last().copied().unwrap_or(0);
        let leading = &shape[..shape.len() - 1];
        let Labels { labels, valid } = Labels::read(&self.common.name, y_true, leading, classes, self.ignore_class)?;
        let n = labels.len();
        if n == 0 {
            return p.sum_axis(-1);
        }
        let fused = || crossentropy(&p, Targets::Labels(labels.iter().map(|label| *label as u32).collect()));
        let values = match from_logits.then(fused).flatten() {
            Some(values) => values,
            None => {
                let p = p.reshape([n as isize, classes as isize])?.float::<2>()?;
                let index = column(labels, &p);
                let values = if from_logits { of_logits(p, index) } else { of_probabilities(p, index) };
                Tensor::from(values).reshape(leading.iter().map(|n| *n as isize).collect::<Vec<_>>())?
            }
        };
        match valid {
            Some(valid) => mask(valid, leading, &values)?.select_where(&values, 0.0),
            None => Ok(values),
        }
    }

    /// The axis of the classes moved to the end.
    fn classes_last(&self, p: Tensor) -> Result<Tensor> {
        let (axis, rank) = (place(self.axis, p.rank()), p.rank() as isize);
        if !(0..rank).contains(&axis) {
            return Err(Error::option(&self.common.name, "axis", format!("in {}..{rank}", -rank), self.axis));
        }
        if axis == rank - 1 {
            return Ok(p);
        }
        let mut order: Vec<usize> = (0..rank as usize).filter(|a| *a != axis as usize).collect();
        order.push(axis as usize);
        p.transpose(order)
    }
}

/// `-log_softmax(x)[label]`.
fn of_logits(x: burn::Tensor<2>, label: burn::Tensor<2, Int>) -> burn::Tensor<2> {
    -burn::tensor::activation::log_softmax(x, 1).gather(1, label)
}

/// `log Σ p - log p[label]`, of clipped probabilities.
fn of_probabilities(p: burn::Tensor<2>, label: burn::Tensor<2, Int>) -> burn::Tensor<2> {
    let p = p.clamp(EPSILON, 1.0 - EPSILON);
    p.clone().sum_dim(1).log() - p.gather(1, label).log()
}

/// Which values count, as a boolean tensor beside them.
fn mask(valid: Vec<bool>, shape: &[usize], beside: &Tensor) -> Result<Tensor> {
    let plain = Device::from_burn(beside.device().burn().clone().without_autodiff());
    Ok(Tensor::from_vec(valid, shape)?.to_device(&plain))
}

impl Loss for SparseCategoricalCrossentropy {
    common!();

    fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        self.values(y_true, y_pred, self.from_logits)
    }

    fn call_logits(&self, y_true: &Tensor, logits: &Logits) -> Option<Result<Tensor>> {
        let last = place(self.axis, logits.values.rank()) + 1 == logits.values.rank() as isize;
        (!self.from_logits && last && logits.of == LogitsOf::Softmax).then(|| self.values(y_true, &logits.values, true))
    }

    fn mask(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Option<Tensor>> {
        if self.ignore_class.is_none() {
            return Ok(None);
        }
        let mut shape = y_pred.shape();
        let axis = place(self.axis, shape.len());
        if !(0..shape.len() as isize).contains(&axis) {
            return Ok(None);
        }
        let classes = shape.remove(axis as usize);
        shape.push(classes);
        let labels = Labels::read(&self.common.name, y_true, &shape[..shape.len() - 1], classes, self.ignore_class)?;
        labels.valid.map(|valid| mask(valid, &shape[..shape.len() - 1], y_true)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(y: Tensor, p: Tensor) -> String {
        SparseCategoricalCrossentropy::new().call(&y, &p).unwrap_err().to_string()
    }

    #[test]
    fn labels_are_checked() {
        let p = Tensor::full([2, 3], 0.5);
        let who = "sparse_categorical_crossentropy: ";
        assert_eq!(message(Tensor::constant([0, -1]), p.clone()), format!("{who}labels must lie in 0..3, received -1 at sample 1"));
        let half = message(Tensor::constant([0.5, 1.0]), p.clone());
        assert_eq!(half, format!("{who}labels must be whole numbers, received 0.5 at sample 0"));
        assert_eq!(
            message(Tensor::zeros([2, 3]), p),
            format!("{who}expected labels of shape (2,) or (2, 1), received (2, 3); one-hot targets go with `categorical_crossentropy`")
        );
        let sequence = message(Tensor::constant([[0, 1], [1, 7]]), Tensor::full([2, 2, 3], 0.3));
        assert_eq!(sequence, format!("{who}labels must lie in 0..3, received 7 at sample 1; is `units` of the last layer too small?"));
    }

    #[test]
    fn both_shapes_of_labels_give_the_same() {
        let p = Tensor::constant([[0.2, 0.8], [0.6, 0.4]]);
        let loss = SparseCategoricalCrossentropy::new();
        let flat = loss.call(&Tensor::constant([1, 0]), &p).unwrap();
        let column = loss.call(&Tensor::constant([[1.0], [0.0]]), &p).unwrap();
        assert_eq!((flat.shape(), flat.to_vec::<f32>()), (column.shape(), column.to_vec::<f32>()));
        let first = loss.clone().axis(0).call(&Tensor::constant([1, 0]), &p.transpose([1, 0]).unwrap()).unwrap();
        assert_eq!(first.to_vec::<f32>(), flat.to_vec::<f32>());
    }

    #[test]
    fn a_last_softmax_is_undone() {
        let logits = Logits { values: Tensor::constant([[40.0, 0.0]]), of: LogitsOf::Softmax };
        let values = SparseCategoricalCrossentropy::new().call_logits(&Tensor::constant([1]), &logits);
        assert_eq!(values.unwrap().unwrap().to_vec::<f32>(), [40.0]);
    }
}
