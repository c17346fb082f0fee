//! The crossentropy of yes-or-no answers with less weight for easy ones.

use super::align::aligned;
use super::binary_crossentropy::smoothing;
use super::{EPSILON, Loss, focus};
use kiln_core::{Logits, LogitsOf, Result, Tensor};

loss! {
    /// The mean over `axis` of `(1 - q)^gamma` times the binary crossentropy, where `q = t p + (1 - t)(1 - p)` is the
    /// probability of the right answer; with class balancing also times `alpha t + (1 - alpha)(1 - t)`.
    ///
    /// Probabilities are clipped in the crossentropy as [`BinaryCrossentropy`](super::BinaryCrossentropy) does it, and the
    /// crossentropy of logits is exact.
    ///
    /// Keras: `src/losses/losses.py`, class `BinaryFocalCrossentropy`; Lin et al. 2018.
    BinaryFocalCrossentropy as "binary_focal_crossentropy" {
        /// Whether the two answers weigh `alpha` and `1 - alpha`, `false` at first.
        apply_class_balancing: bool = false,
        /// The weight of the answer 1, 0.25 at first; only with class balancing.
        alpha: f64 = 0.25,
        /// How strongly easy samples are weighed down, 2 at first; at least 0.
        gamma: f64 = 2.0,
        /// Whether predictions are logits, any numbers, instead of probabilities; `false` at first.
        from_logits: bool = false,
        /// How far targets move towards ½, 0 at first: `t (1 - s) + s / 2`.
        label_smoothing: f64 = 0.0,
        /// The axis the mean is taken over, the last at first.
        axis: isize = -1,
    }
}

impl BinaryFocalCrossentropy {
    fn options(&self) -> Result<()> {
        smoothing(&self.common.name, self.label_smoothing)?;
        focus::check(&self.common.name, self.gamma)
    }

    fn values(&self, y_true: &Tensor, y_pred: &Tensor, from_logits: bool) -> Result<Tensor> {
        let (t, p) = aligned(&self.common.name, y_true, y_pred)?;
        let t = match self.label_smoothing {
            0.0 => t,
            s => t * (1.0 - s) + s / 2.0,
        };
        let other = 1.0 - &t;
        let (yes, no, p) = if from_logits {
            (p.clone().log_sigmoid(), (-&p).log_sigmoid(), p.sigmoid())
        } else {
            let clipped = p.clone().clip(EPSILON, 1.0 - EPSILON);
            (clipped.clone().log(), (1.0 - clipped).log(), p)
        };
        let likelihood = yes.try_mul(&t)?.try_add(no.try_mul(&other)?)?;
        let right = p.try_mul(&t)?.try_add((1.0 - &p).try_mul(&other)?)?;
        let mut values = focus::weigh(-likelihood, right, self.gamma)?;
        if self.apply_class_balancing {
            values = values.try_mul(t * self.alpha + other * (1.0 - self.alpha))?;
        }
        values.mean_axis(self.axis)
    }
}

impl Loss for BinaryFocalCrossentropy {
    common!(options);

    fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        self.values(y_true, y_pred, self.from_logits)
    }

    fn call_logits(&self, y_true: &Tensor, logits: &Logits) -> Option<Result<Tensor>> {
        (!self.from_logits && logits.of == LogitsOf::Sigmoid).then(|| self.values(y_true, &logits.values, true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_focus_it_is_the_crossentropy() {
        let (t, p) = (Tensor::constant([[1.0, 0.0]]), Tensor::constant([[0.3, 0.6]]));
        let plain = super::super::BinaryCrossentropy::new().call(&t, &p).unwrap().item();
        assert_eq!(BinaryFocalCrossentropy::new().gamma(0.0).call(&t, &p).unwrap().item(), plain);
        let logits = Logits { values: Tensor::constant([[30.0]]), of: LogitsOf::Sigmoid };
        let exact = BinaryFocalCrossentropy::new().call_logits(&Tensor::constant([0]), &logits).unwrap().unwrap();
        assert_eq!(exact.item(), 30.0);
        assert!(BinaryFocalCrossentropy::new().from_logits(true).call_logits(&t, &logits).is_none());
    }
}
