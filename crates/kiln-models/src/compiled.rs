//! What `compile` chose, at work: the loss and the metrics of a batch, and their running values.

use kiln_core::{Error, Logits, Result, Tensor};
use kiln_train::losses::{AnyLoss, compute};
use kiln_train::metrics::Metric;
use kiln_train::{Logs, MetricSpec, Optimizer};

/// The optimizer, the loss and the metrics of a model.
#[derive(Debug, Clone)]
pub(crate) struct Compiled {
    pub(crate) optimizer: Optimizer,
    pub(crate) loss: AnyLoss,
    pub(crate) metrics: Vec<MetricSpec>,
    running: Running,
}

/// The running values of an epoch.
#[derive(Debug, Clone, Default)]
struct Running {
    loss: f64,
    samples: f64,
    metrics: Vec<(String, Box<dyn Metric>)>,
}

impl Compiled {
    pub(crate) fn new(optimizer: Optimizer, loss: AnyLoss, metrics: Vec<MetricSpec>) -> Self {
        Self { optimizer, loss, metrics, running: Running::default() }
    }

    /// The loss of a batch without the regularization terms.
    pub(crate) fn loss(
        &self,
        y: &Tensor,
        p: &Tensor,
        logits: Option<&Logits>,
        weight: Option<&Tensor>,
        mask: Option<&Tensor>,
    ) -> Result<Tensor> {
        let loss = compute(&*self.loss, y, p, logits, weight, mask)?;
        if loss.len() != 1 {
            return Err(Error::option("fit", "reduction", "one that gives a single number", "`none`"));
        }
        loss.reshape([1])
    }

    /// Forgets the running values.
    pub(crate) fn reset(&mut self) {
        (self.running.loss, self.running.samples) = (0.0, 0.0);
        self.running.metrics.iter_mut().for_each(|(_, m)| m.reset_state());
    }

    /// Takes in a batch and gives the running values. `p` is the model's output, or the logits that are left of it.
    pub(crate) fn update(&mut self, loss: f64, samples: usize, y: &Tensor, p: Tensor, logits: Option<Logits>) -> Result<Logs> {
        if self.running.metrics.len() != self.metrics.len() {
            let resolve = |m: &MetricSpec| (m.key().to_owned(), m.resolve(&y.shape(), &p.shape()));
            self.running.metrics = self.metrics.iter().map(resolve).collect();
        }
        // Keras weighs a batch's loss by its number of samples, whatever the sample weights.
        self.running.loss += loss * samples as f64;
        self.running.samples += samples as f64;
        let mut logs = Logs::new();
        logs.set("loss", f64::from((self.running.loss / self.running.samples) as f32));
        // Computed for the first metric that wants it.
        let mut prediction = if logits.is_none() { Some(p) } else { None };
        for (key, metric) in &mut self.running.metrics {
            if let Some(logits) = &logits {
                if let Some(done) = metric.update_logits(y, logits, None) {
                    done?;
                    logs.set(key, metric.result());
                    continue;
                }
                if prediction.is_none() {
                    prediction = Some(logits.probabilities()?);
                }
            }
            if let Some(prediction) = &prediction {
                metric.update_state(y, prediction, None)?;
            }
            logs.set(key, metric.result());
        }
        Ok(logs)
    }
}
