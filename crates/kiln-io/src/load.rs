//! Options of loading: what the file can't know.

use crate::limits::Limits;
use kiln_core::{AnyLayer, Error, Layer, Result, Tensor};
use kiln_layers::Lambda;
use kiln_train::{AnyLoss, IntoLoss, IntoMetric, MetricSpec};
use serde_json::Value;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

type Function = Arc<dyn Fn(Tensor) -> Result<Tensor> + Send + Sync>;
type Reader = fn(Value) -> Result<AnyLayer>;

/// What [`load_model_with`](crate::load_model_with) is told: classes, losses and functions of your own, and what to leave out.
/// Keras: `custom_objects` and `compile` of `load_model`.
///
/// ```
/// use kiln_io::Load;
/// use kiln_train::loss_fn;
/// let load = Load::new()
///     .loss("cube", loss_fn("cube", |y, p| p.try_sub(y)?.abs().pow(3.0)?.mean_axis(-1)))
///     .function("double", |x| Ok(x * 2.0));
/// ```
#[derive(Clone, Default)]
pub struct Load {
    layers: HashMap<&'static str, Reader>,
    losses: HashMap<String, Result<AnyLoss>>,
    metrics: HashMap<String, Result<MetricSpec>>,
    functions: HashMap<String, Function>,
    pub(crate) uncompiled: bool,
    pub(crate) limits: Limits,
}

impl fmt::Debug for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layers: Vec<_> = self.layers.keys().collect();
        let functions: Vec<_> = self.functions.keys().collect();
        f.debug_struct("Load").field("layers", &layers).field("functions", &functions).finish_non_exhaustive()
    }
}

impl Load {
    /// Nothing of your own; the model is compiled if the file says how.
    pub fn new() -> Self {
        Self::default()
    }

    /// A layer of your own, found by its `CLASS`, whatever package Python registered it under.
    pub fn layer<L: Layer>(mut self) -> Self {
        self.layers.insert(L::CLASS, |config| {
            let layer: L =
                serde_json::from_value(config).map_err(|e| Error::option(L::CLASS, "config", "a configuration of this layer", e))?;
            Ok(layer.into())
        });
        self
    }

    /// What the file calls the loss `name`.
    pub fn loss(mut self, name: &str, loss: impl IntoLoss) -> Self {
        self.losses.insert(name.to_owned(), loss.into_loss());
        self
    }

    /// What the file calls the metric `name`.
    pub fn metric(mut self, name: &str, metric: impl IntoMetric) -> Self {
        self.metrics.insert(name.to_owned(), metric.into_metric());
        self
    }

    /// What the `Lambda` layer called `layer` does: files hold Python code there, which is never run.
    pub fn function(mut self, layer: &str, function: impl Fn(Tensor) -> Result<Tensor> + Send + Sync + 'static) -> Self {
        self.functions.insert(layer.to_owned(), Arc::new(function));
        self
    }

    /// Whether the model is compiled as the file says, with the state of the optimizer. Default true.
    pub fn compile(mut self, compile: bool) -> Self {
        self.uncompiled = !compile;
        self
    }

    /// How much a file may ask for.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    pub(crate) fn custom_layer(&self, class: &str, config: &Value) -> Option<Result<AnyLayer>> {
        self.layers.get(class).map(|read| read(config.clone()))
    }

    pub(crate) fn custom_loss(&self, name: &str) -> Option<Result<AnyLoss>> {
        self.losses.get(name).cloned()
    }

    pub(crate) fn custom_metric(&self, name: &str) -> Option<Result<MetricSpec>> {
        self.metrics.get(name).cloned()
    }

    pub(crate) fn lambda(&self, layer: &str) -> Option<AnyLayer> {
        let function = self.functions.get(layer)?.clone();
        Some(Lambda::new(move |x| function(x)).name(layer).into())
    }
}
