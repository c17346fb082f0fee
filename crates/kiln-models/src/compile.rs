//! The choices of `compile`.

use kiln_core::Result;
use kiln_train::outputs::PerOutput;
use kiln_train::{AnyLoss, IntoLossWeights, IntoLosses, IntoOptimizer, IntoOutputMetrics, MetricSpec, Optimizer};

/// What [`Model::compile_with`](crate::Model::compile_with) takes: optimizer, losses, metrics, weights of the losses.
///
/// Setters store and never fail; `compile_with` reports what is wrong with them.
///
/// ```
/// use kiln_core::symbol::On;
/// use kiln_core::{Layer, Tensor};
/// use kiln_layers::{Dense, Input};
/// use kiln_models::{Compile, Model};
/// let input = Input::new([4]);
/// let label = Dense::new(3).activation("softmax").name("label").on(&input)?;
/// let size = Dense::new(1).name("size").on(&input)?;
/// let mut model = Model::new(&input, [&label, &size])?;
/// model.compile_with(
///     Compile::new("adam", [("label", "sparse_categorical_crossentropy"), ("size", "mse")])
///         .metrics([("label", ["accuracy"])])
///         .loss_weights([("size", 0.3)]),
/// )?;
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Compile {
    pub(crate) optimizer: Result<Optimizer>,
    pub(crate) losses: Result<PerOutput<AnyLoss>>,
    pub(crate) metrics: Result<PerOutput<Vec<MetricSpec>>>,
    pub(crate) weighted_metrics: Result<PerOutput<Vec<MetricSpec>>>,
    pub(crate) loss_weights: PerOutput<f64>,
}

impl Compile {
    /// An optimizer and the loss of the only output, or the losses of all.
    pub fn new(optimizer: impl IntoOptimizer, losses: impl IntoLosses) -> Self {
        Self {
            optimizer: optimizer.into_optimizer(),
            losses: losses.into_losses(),
            metrics: Ok(PerOutput::None),
            weighted_metrics: Ok(PerOutput::None),
            loss_weights: PerOutput::None,
        }
    }

    /// Metrics, computed without sample weights. Default none.
    pub fn metrics(mut self, metrics: impl IntoOutputMetrics) -> Self {
        self.metrics = metrics.into_output_metrics();
        self
    }

    /// Metrics that count each sample by its weight. Default none.
    pub fn weighted_metrics(mut self, metrics: impl IntoOutputMetrics) -> Self {
        self.weighted_metrics = metrics.into_output_metrics();
        self
    }

    /// The factors of the losses in their sum. Default 1 each.
    pub fn loss_weights(mut self, weights: impl IntoLossWeights) -> Self {
        self.loss_weights = weights.into_loss_weights();
        self
    }
}
