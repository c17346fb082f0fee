//! The root of the mean squared error over everything.

use super::mean::Values;
use crate::losses::aligned;

mean_metric! {
    /// `sqrt(mean((t - p)²))`, the root taken of the mean over all batches.
    ///
    /// Keras: `src/metrics/regression_metrics.py`, class `RootMeanSquaredError`.
    RootMeanSquaredError as "root_mean_squared_error", Min {}
    |this, y_true, y_pred| {
        let (t, p) = aligned(&this.name, y_true, y_pred)?;
        let shape = t.shape();
        let values = t.to_vec::<f32>().into_iter().zip(p.to_vec::<f32>()).map(|(t, p)| (t - p) * (t - p)).collect();
        Ok(Values::new(values, &shape))
    };
    result |mean| mean.sqrt()
}
