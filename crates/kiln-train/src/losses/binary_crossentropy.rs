//! The crossentropy of independent yes-or-no answers.

use super::align::aligned;
use super::{EPSILON, Loss};
use kiln_core::kernels::binary_crossentropy;
use kiln_core::{Error, Logits, LogitsOf, Result, Tensor};

loss! {
    /// The mean over `axis` of `-(t log p + (1 - t) log(1 - p))`; also `"bce"`.
    ///
    /// Probabilities are clipped to `[1e-7, 1 - 1e-7]`. After a last sigmoid of the model the values come from its input
    /// instead: exact, with the whole gradient.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_train::losses::{BinaryCrossentropy, Loss};
    /// let (y, logit) = (Tensor::constant([[0.0]]), Tensor::constant([[30.0]]));
    /// let exact = BinaryCrossentropy::new().from_logits(true).call(&y, &logit)?;
    /// let clipped = BinaryCrossentropy::new().call(&y, &logit.sigmoid())?;
    /// assert_eq!(exact.item(), 30.0);
    /// assert!((clipped.item() - 15.942385).abs() < 1e-5);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    ///
    /// Keras: `src/losses/losses.py`, class `BinaryCrossentropy`.
    BinaryCrossentropy as "binary_crossentropy" {
        /// Whether predictions are logits, any numbers, instead of probabilities; `false` at first.
        from_logits: bool = false,
        /// How far targets move towards ½, 0 at first: `t (1 - s) + s / 2`.
        label_smoothing: f64 = 0.0,
        /// The axis the mean is taken over, the last at first.
        axis: isize = -1,
    }
}

impl BinaryCrossentropy {
    fn options(&self) -> Result<()> {
        smoothing(&self.common.name, self.label_smoothing)
    }

    fn values(&self, y_true: &Tensor, y_pred: &Tensor, from_logits: bool) -> Result<Tensor> {
        let (t, p) = aligned(&self.common.name, y_true, y_pred)?;
        let t = match self.label_smoothing {
            0.0 => t,
            s => t * (1.0 - s) + s / 2.0,
        };
        let served = if from_logits { binary_crossentropy(&p, &t) } else { None };
        if let Some(values) = served {
            return values.mean_axis(self.axis);
        }
        let (yes, no) = if from_logits {
            (p.clone().log_sigmoid(), (-p).log_sigmoid())
        } else {
            let p = p.clip(EPSILON, 1.0 - EPSILON);
            (p.clone().log(), (1.0 - p).log())
        };
        let likelihood = yes.try_mul(&t)?.try_add(no.try_mul(1.0 - t)?)?;
        Ok(-likelihood.mean_axis(self.axis)?)
    }
}

impl Loss for BinaryCrossentropy {
    common!(options);

    fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        self.values(y_true, y_pred, self.from_logits)
    }

    fn call_logits(&self, y_true: &Tensor, logits: &Logits) -> Option<Result<Tensor>> {
        (!self.from_logits && logits.of == LogitsOf::Sigmoid).then(|| self.values(y_true, &logits.values, true))
    }
}

/// A label smoothing must lie in `[0, 1]`.
pub(crate) fn smoothing(who: &str, value: f64) -> Result<()> {
    if (0.0..=1.0).contains(&value) {
        return Ok(());
    }
    Err(Error::option(who, "label_smoothing", "in 0..=1", value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_last_sigmoid_is_undone() {
        let logits = Logits { values: Tensor::constant([[30.0]]), of: LogitsOf::Sigmoid };
        let y = Tensor::constant([0]);
        assert_eq!(BinaryCrossentropy::new().call_logits(&y, &logits).unwrap().unwrap().item(), 30.0);
        assert!(BinaryCrossentropy::new().from_logits(true).call_logits(&y, &logits).is_none());
        let softmax = Logits { of: LogitsOf::Softmax, ..logits };
        assert!(BinaryCrossentropy::new().call_logits(&y, &softmax).is_none());
    }

    #[test]
    fn a_logit_of_zero_has_a_gradient() {
        let x = burn::Tensor::<2>::zeros([1, 1], Tensor::zeros([1]).device().burn()).autodiff().require_grad();
        let loss = BinaryCrossentropy::new().from_logits(true).call(&Tensor::constant([[1.0]]), &Tensor::from(x.clone())).unwrap();
        let gradients = loss.float::<1>().unwrap().backward();
        assert_eq!(Tensor::from(x.grad(&gradients).unwrap()).item(), -0.5);
    }

    #[test]
    fn smoothing_has_a_range() {
        let error = BinaryCrossentropy::new().label_smoothing(1.5).check().unwrap_err();
        assert_eq!(error.to_string(), "binary_crossentropy: `label_smoothing` must be in 0..=1, received 1.5");
    }
}
