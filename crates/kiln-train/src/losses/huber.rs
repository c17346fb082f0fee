//! The Huber loss.

use super::Loss;
use super::align::aligned;
use kiln_core::{Error, Result, Tensor};

loss! {
    /// The mean over the last axis of `½ e²` where the error `e = |t - p|` is at most `delta`, and of `delta e - ½ delta²`
    /// beyond: large errors pull no harder than `delta`.
    ///
    /// Keras: `src/losses/losses.py`, class `Huber`.
    Huber as "huber" {
        /// Where the square turns into a line, 1 at first; greater than 0.
        delta: f64 = 1.0,
    }
}

impl Huber {
    fn options(&self) -> Result<()> {
        if self.delta > 0.0 && self.delta.is_finite() {
            return Ok(());
        }
        Err(Error::option(&self.common.name, "delta", "greater than 0", self.delta))
    }
}

impl Loss for Huber {
    common!(options);

    fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let (t, p) = aligned(&self.common.name, y_true, y_pred)?;
        let error = p.try_sub(t)?.abs();
        // The part of the error within delta counts squared, the rest in proportion.
        let near = error.minimum(self.delta)?;
        let far = error.try_sub(&near)? * self.delta;
        (near.square() * 0.5).try_add(far)?.mean_axis(-1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delta_is_where_the_line_begins() {
        let (t, p) = (Tensor::constant([[0.0], [0.0]]), Tensor::constant([[1.0], [3.0]]));
        assert_eq!(Huber::new().delta(2.0).call(&t, &p).unwrap().to_vec::<f32>(), [0.5, 4.0]);
        let error = Huber::new().delta(-1.0).check().unwrap_err();
        assert_eq!(error.to_string(), "huber: `delta` must be greater than 0, received -1");
        let error = Huber::new().reduction("avg").check().unwrap_err();
        assert!(error.to_string().starts_with("unknown reduction `avg`"));
    }
}
