//! The layers of a Kiln model that take weights, in order.

use super::flat::flattened;
use burn::module::ParamId;
use kiln_core::blueprint::Blueprint;
use kiln_core::weights;
use kiln_core::{AnyLayer, AnyModule, Error, Graph, Inner, Result, Shape};
use kiln_models::Model;
use kiln_train::optimizers::Trained;
use serde_json::Value;

/// What a layer's weights are to PyTorch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Dense,
    /// A convolution, also a transposed one: the axes are turned alike.
    Conv,
    Depthwise,
    Norm,
    Embedding,
    Recurrent,
    Gru,
    Bidirectional {
        gru: bool,
    },
    Attention,
    PRelu,
    /// A layer without a counterpart in PyTorch that Kiln knows.
    Other,
}

/// A weight of a slot.
#[derive(Clone, Debug)]
pub(super) struct Want {
    /// Its name in the layer: `kernel`, `query.kernel`.
    pub(super) name: String,
    pub(super) id: ParamId,
    pub(super) shape: Vec<usize>,
}

/// A layer, or the part of one, that takes the weights of one module.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// `encoder.dense_1`.
    pub(super) path: String,
    pub(super) class: String,
    pub(super) kind: Kind,
    pub(super) wants: Vec<Want>,
    /// The axes, as PyTorch orders them, of what was flattened before the layer: channels first.
    pub(super) flat: Option<Vec<usize>>,
}

impl Slot {
    pub(super) fn describe(&self) -> String {
        let wants = self.wants.iter().map(|w| format!("{} {}", w.name, kiln_core::shape::tuple(&w.shape)));
        format!("{}, {}", self.class, wants.collect::<Vec<_>>().join(", "))
    }
}

/// The slots of a built model.
pub(super) fn slots(model: &Model) -> Result<Vec<Slot>> {
    let mut slots = Vec::new();
    match model.blueprint() {
        Some(plan) => of_plan("", plan, model.module(), &mut slots)?,
        None => return Err(Error::data(model.name(), "a module of Burn, whose layers Kiln doesn't know")),
    }
    Ok(slots)
}

fn of_plan(path: &str, plan: &Blueprint, graph: &Graph, slots: &mut Vec<Slot>) -> Result<()> {
    for (index, named) in plan.layers.iter().enumerate() {
        let Some(module) = graph.layer(index) else { continue };
        let path = if path.is_empty() { named.name.clone() } else { format!("{path}.{}", named.name) };
        let read = plan.steps.iter().find(|step| step.layer == index).map(|step| step.inputs.clone()).unwrap_or_default();
        let inputs: Vec<Shape> = read.iter().filter_map(|slot| plan.shapes.get(*slot).cloned()).collect();
        match (named.layer.model(), module.downcast_ref::<Graph>()) {
            (Some(inner), Some(graph)) => of_plan(&path, &planned(inner, &inputs)?, graph, slots)?,
            _ => {
                let flat = read.first().and_then(|slot| flattened(plan, *slot));
                of_layer(&path, &named.layer, module, flat, slots);
            }
        }
    }
    Ok(())
}

fn planned(inner: &Inner, inputs: &[Shape]) -> Result<Blueprint> {
    match (inner, inputs) {
        (Inner::Chain(layers), [shape, ..]) => Blueprint::chain(layers, shape.clone()),
        (Inner::Chain(layers), []) => Blueprint::chain(layers, Shape::default()),
        (Inner::Wired(plan), _) => Ok(plan.clone()),
    }
}

fn of_layer(path: &str, layer: &AnyLayer, module: &AnyModule, flat: Option<Vec<usize>>, slots: &mut Vec<Slot>) {
    let all = weights::list(module);
    if all.is_empty() {
        return;
    }
    let config = layer.config().unwrap_or_default();
    let (class, kind) = kind(layer.class(), &config);
    let first = all.first().and_then(|w| w.path.split('.').next()).unwrap_or_default().to_owned();
    let name = |weight: &str| -> String {
        let last = weight.rsplit('.').next().unwrap_or_default();
        match kind {
            Kind::Bidirectional { .. } if weight.starts_with(&format!("{first}.")) => format!("forward.{last}"),
            Kind::Bidirectional { .. } => format!("backward.{last}"),
            Kind::Attention => weight.rsplitn(3, '.').take(2).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("."),
            _ => last.to_owned(),
        }
    };
    let wants: Vec<Want> = all.into_iter().map(|w| Want { name: name(&w.path), id: w.id, shape: w.shape }).collect();
    if class.starts_with("SeparableConv") {
        let (depthwise, pointwise) = wants.into_iter().partition(|w| w.name == "depthwise_kernel");
        for (part, kind, mut wants) in [("depthwise", Kind::Depthwise, depthwise), ("pointwise", Kind::Conv, pointwise)] {
            let wants_of: &mut Vec<Want> = &mut wants;
            wants_of.iter_mut().filter(|w| w.name.ends_with("_kernel")).for_each(|w| w.name = "kernel".to_owned());
            slots.push(Slot { path: format!("{path}.{part}"), class: class.clone(), kind, wants, flat: None });
        }
        return;
    }
    slots.push(Slot { path: path.to_owned(), class, kind, wants, flat });
}

/// The class that the weights are of, which may stand inside another, and what it is to PyTorch.
fn kind(class: &str, config: &Value) -> (String, Kind) {
    let inner = |key: &str| -> (String, Value) {
        let inner = config.get(key).cloned().unwrap_or_default();
        let class = inner.get("class_name").and_then(Value::as_str).unwrap_or_default().to_owned();
        (class, inner.get("config").cloned().unwrap_or_default())
    };
    let kind = match class {
        "Dense" => Kind::Dense,
        "DepthwiseConv1D" | "DepthwiseConv2D" => Kind::Depthwise,
        "Conv1D" | "Conv2D" | "Conv3D" | "Conv1DTranspose" | "Conv2DTranspose" | "Conv3DTranspose" => Kind::Conv,
        "BatchNormalization" | "LayerNormalization" | "GroupNormalization" | "RMSNormalization" => Kind::Norm,
        "Embedding" => Kind::Embedding,
        "SimpleRNN" | "LSTM" | "SimpleRNNCell" | "LSTMCell" => Kind::Recurrent,
        "GRU" | "GRUCell" => Kind::Gru,
        "MultiHeadAttention" => Kind::Attention,
        "PReLU" => Kind::PRelu,
        "TimeDistributed" => {
            let (class, config) = inner("layer");
            return self::kind(&class, &config);
        }
        "RNN" => {
            let (class, config) = inner("cell");
            return self::kind(&class, &config);
        }
        "Bidirectional" => {
            let (class, config) = inner("layer");
            let kind = match self::kind(&class, &config).1 {
                Kind::Recurrent => Kind::Bidirectional { gru: false },
                Kind::Gru => Kind::Bidirectional { gru: true },
                _ => Kind::Other,
            };
            return ("Bidirectional".to_owned(), kind);
        }
        _ => Kind::Other,
    };
    (class.to_owned(), kind)
}
