//! Draws from given chances.

use super::Tensor;
use crate::error::{Error, Result};
use crate::random::Stream;

impl Tensor {
    /// `num_samples` classes for each row of `(rows, classes)` logits, drawn with the chances `softmax(logits)`: an `int32` tensor of shape
    /// (rows, num_samples), from the generator that `set_random_seed` seeds. Keras' `random.categorical`.
    ///
    /// # Errors
    /// Another rank, or a row without a class to draw: no class at all, NaN, or each of them -infinite.
    ///
    /// ```
    /// # use kiln_core::Tensor;
    /// let logits = Tensor::constant([[0.0, -1e9], [-1e9, 0.0]]);
    /// assert_eq!(logits.random_categorical(2)?.to_vec::<i32>(), [0, 0, 1, 1]);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn random_categorical(&self, num_samples: usize) -> Result<Self> {
        let shape = self.shape();
        let [rows, classes] = shape[..] else {
            return Err(Error::shape("random_categorical", "logits of shape (rows, classes)", self.describe()));
        };
        let logits = self.to_vec::<f64>();
        let stream = Stream::next_global();
        let mut drawn = Vec::with_capacity(rows * num_samples);
        for row in 0..rows {
            let logits = &logits[row * classes..(row + 1) * classes];
            let highest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let mut sum = 0.0;
            let sums: Vec<f64> = logits
                .iter()
                .map(|l| {
                    sum += (l - highest).exp();
                    sum
                })
                .collect();
            if !sum.is_finite() || sum == 0.0 {
                return Err(Error::data("random_categorical", format!("row {row} of the logits has no class to draw")));
            }
            let places = (row * num_samples..(row + 1) * num_samples).map(|place| stream.unit(place as u64) * sum);
            drawn.extend(places.map(|place| sums.partition_point(|s| *s <= place).min(classes - 1) as i32));
        }
        Self::from_vec(drawn, [rows, num_samples])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::set_random_seed;

    #[test]
    fn classes_come_as_often_as_their_chances_say() {
        set_random_seed(3);
        let logits = Tensor::constant([[0.1, 0.2, 0.7], [0.5, 0.0, 0.5]]).log();
        let drawn = logits.random_categorical(20_000).unwrap();
        assert_eq!(drawn.shape(), [2, 20_000]);
        let shares = drawn.one_hot(3).mean_axis(1).unwrap().to_vec::<f32>();
        let wanted = [0.1, 0.2, 0.7, 0.5, 0.0, 0.5];
        assert!(shares.iter().zip(wanted).all(|(a, b): (&f32, f32)| (a - b).abs() < 0.02), "{shares:?}");
        assert_eq!(shares[4], 0.0);
        set_random_seed(3);
        assert_eq!(logits.random_categorical(20_000).unwrap().to_vec::<i32>(), drawn.to_vec::<i32>());
    }

    #[test]
    fn what_has_no_chances_is_refused() {
        let error = Tensor::zeros([3]).random_categorical(1).unwrap_err().to_string();
        assert_eq!(error, "random_categorical: expected logits of shape (rows, classes), received shape (3,) of float32");
        let minus = f32::NEG_INFINITY;
        for row in [[minus, minus], [f32::NAN, 0.0]] {
            let error = Tensor::constant([row]).random_categorical(1).unwrap_err().to_string();
            assert_eq!(error, "random_categorical: row 0 of the logits has no class to draw");
        }
        assert!(Tensor::zeros([2, 0]).random_categorical(1).is_err());
        assert_eq!(Tensor::zeros([2, 3]).random_categorical(0).unwrap().shape(), [2, 0]);
    }
}
