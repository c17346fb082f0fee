//! A closure as a metric.

use super::gathered;
use super::mean::{Running, Values, rounded};
use super::{Direction, Metric};
use kiln_core::{Result, Tensor};
use std::fmt;
use std::sync::Arc;

type Function = dyn Fn(&Tensor, &Tensor) -> Result<Tensor> + Send + Sync;

/// The running mean of a function's values per sample.
///
/// Keras: `src/metrics/reduction_metrics.py`, class `MeanMetricWrapper`.
///
/// ```
/// use kiln_core::Tensor;
/// use kiln_train::metrics::{Direction, MeanMetricWrapper, Metric};
/// let mut bias = MeanMetricWrapper::new("bias", |y, p| p.try_sub(y)?.mean_axis(-1)).better(Direction::Min);
/// bias.update_state(&Tensor::constant([[0.0], [0.0]]), &Tensor::constant([[1.0], [3.0]]), None)?;
/// assert_eq!(bias.result(), 2.0);
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone)]
pub struct MeanMetricWrapper {
    name: String,
    function: Arc<Function>,
    direction: Direction,
    running: Running,
}

impl MeanMetricWrapper {
    /// From a function of targets and predictions.
    pub fn new(name: &str, function: impl Fn(&Tensor, &Tensor) -> Result<Tensor> + Send + Sync + 'static) -> Self {
        Self { name: name.to_owned(), function: Arc::new(function), direction: Direction::Unknown, running: Running::default() }
    }

    /// Whether less or more is better, unknown at first.
    pub fn better(mut self, direction: Direction) -> Self {
        self.direction = direction;
        self
    }
}

impl fmt::Debug for MeanMetricWrapper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeanMetricWrapper").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Metric for MeanMetricWrapper {
    fn name(&self) -> &str {
        &self.name
    }

    fn update_state(&mut self, y_true: &Tensor, y_pred: &Tensor, sample_weight: Option<&Tensor>) -> Result<()> {
        let values = (self.function)(y_true, &y_pred.clone().inner())?;
        self.running.add(Values::of(values), sample_weight)
    }

    fn result(&self) -> f64 {
        rounded(self.running.mean())
    }

    fn reset_state(&mut self) {
        self.running = Running::default();
    }

    fn state(&self) -> Option<Vec<f64>> {
        Some(gathered::written(&self.running))
    }

    fn restore(&mut self, state: &[f64]) -> Result<()> {
        self.running = gathered::read(&self.name, state, |_| Ok(Running::default()))?;
        Ok(())
    }

    fn direction(&self) -> Direction {
        self.direction
    }

    fn boxed_clone(&self) -> Box<dyn Metric> {
        Box::new(self.clone())
    }
}
