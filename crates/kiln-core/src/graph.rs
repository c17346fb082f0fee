//! The one executor: every model, sequential or not, is a [`Graph`].

use crate::any_layer::AnyLayer;
use crate::blueprint::Blueprint;
use crate::constraint::Constraint;
use crate::context::Context;
use crate::erased::AnyModule;
use crate::error::{Error, Result};
use crate::layer::Call;
use crate::logits::Logits;
use crate::regularizer::Regularizer;
use crate::shape::{Shape, tuple};
use crate::tensor::Tensor;
use crate::value::{Value, Values};
use crate::weights::{self, Weight};
use burn::module::{Module, ModuleMapper, ModuleVisitor, ParamId};
use burn::tensor::Device;
use smallvec::SmallVec;
use std::sync::Arc;

/// A slot read by a node; at the last reading the value is moved, so that Burn may work in place.
#[derive(Clone, Copy, Debug)]
struct Edge {
    slot: usize,
    last: bool,
}

/// One use of a layer.
#[derive(Clone, Debug)]
struct Node {
    layer: usize,
    inputs: SmallVec<[Edge; 1]>,
    outputs: SmallVec<[usize; 1]>,
    /// Whether what it gives is an output of the model and nothing else.
    last: bool,
    /// Whether what it gives is read by the next node and by nothing else, so that both may be done at once.
    joined: bool,
}

/// What training doesn't change.
#[derive(Clone, Debug, Default)]
struct Plan {
    names: Vec<String>,
    nodes: Vec<Node>,
    inputs: Vec<Shape>,
    outputs: Vec<usize>,
    slots: usize,
    regularizers: Vec<(ParamId, Regularizer)>,
    constraints: Vec<(ParamId, Constraint)>,
    activity: Vec<Option<Regularizer>>,
}

/// Built layers and the order to call them in. A Burn module: its parameters are named `dense_1.kernel`.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    layers: Vec<AnyModule>,
    plan: Arc<Plan>,
}

impl Graph {
    pub(crate) fn new(blueprint: &Blueprint, modules: Vec<AnyModule>) -> Result<Self> {
        let layers: Vec<AnyModule> = modules.into_iter().zip(&blueprint.layers).map(|(module, l)| l.layer.freeze(module)).collect();
        let mut plan = Plan {
            names: blueprint.layers.iter().map(|l| l.name.clone()).collect(),
            activity: blueprint.layers.iter().map(|l| l.layer.activity_regularizer()).collect(),
            inputs: blueprint.shapes[..blueprint.inputs.len()].to_vec(),
            outputs: blueprint.outputs.clone(),
            slots: blueprint.shapes.len(),
            nodes: nodes(blueprint, |layer| blueprint.layers[layer].layer.activity_regularizer().is_some()),
            ..Plan::default()
        };
        for (named, module) in blueprint.layers.iter().zip(&layers) {
            let weights = weights::list(module);
            let id = |weight: &str| weights.iter().find(|w| w.path == weight).map(|w| w.id);
            plan.regularizers.extend(named.layer.regularizers().into_iter().filter_map(|(w, r)| Some((id(&w)?, r))));
            plan.constraints.extend(named.layer.constraints().into_iter().filter_map(|(w, c)| Some((id(&w)?, c))));
        }
        Ok(Self { layers, plan: Arc::new(plan) })
    }

    /// A graph of one layer that takes inputs of `shape`.
    pub fn of(module: AnyModule, shape: Shape) -> Self {
        let node = Node {
            layer: 0,
            inputs: SmallVec::from_iter([Edge { slot: 0, last: true }]),
            outputs: SmallVec::from_iter([1]),
            last: true,
            joined: false,
        };
        let plan = Plan {
            names: vec!["module".to_owned()],
            nodes: vec![node],
            inputs: vec![shape],
            outputs: vec![1],
            slots: 2,
            activity: vec![None],
            ..Plan::default()
        };
        Self { layers: vec![module], plan: Arc::new(plan) }
    }

    /// The name of the first layer whose output `valid` refuses, on these inputs.
    pub fn first_invalid(&self, inputs: Values, valid: impl Fn(&Tensor) -> bool) -> Option<String> {
        let graph = Module::valid(self);
        for last in 1..=graph.plan.nodes.len() {
            let nodes = graph.plan.nodes[..last].to_vec();
            let outputs: Vec<usize> = nodes[last - 1].outputs.to_vec();
            // Nothing may be moved away that is an output now.
            let inputs_of = |n: &Node| n.inputs.iter().map(|e| Edge { last: false, ..*e }).collect();
            let nodes = nodes.into_iter().map(|n| Node { inputs: inputs_of(&n), joined: false, ..n });
            let plan = Plan {
                names: graph.plan.names.clone(),
                nodes: nodes.collect(),
                inputs: graph.plan.inputs.clone(),
                outputs,
                slots: graph.plan.slots,
                activity: vec![None; graph.plan.names.len()],
                ..Plan::default()
            };
            let name = graph.plan.names[plan.nodes[last - 1].layer].clone();
            let part = Self { layers: graph.layers.clone(), plan: Arc::new(plan) };
            match part.run(inputs.clone(), &Context::inference()) {
                Ok(values) if values.iter().all(|v| valid(&v.tensor)) => {}
                _ => return Some(name),
            }
        }
        None
    }

    /// The layers' names.
    pub fn names(&self) -> &[String] {
        &self.plan.names
    }

    /// The built layer `index`.
    pub fn layer(&self, index: usize) -> Option<&AnyModule> {
        self.layers.get(index)
    }

    /// All weights and buffers, by path, in the order of the layers.
    pub fn weights(&self) -> Vec<Weight> {
        weights::list(self)
    }

    /// The output for one input.
    ///
    /// # Errors
    /// An input of the wrong shape; whatever a layer reports, with its name.
    pub fn call_one(&self, x: Tensor, cx: &Context) -> Result<Tensor> {
        let mut outputs = self.run(crate::value::one(x), cx)?;
        outputs.pop().map(|v| v.tensor).ok_or_else(|| Error::order("Graph", "the model has no layers"))
    }

    /// The outputs for all inputs.
    ///
    /// # Errors
    /// As [`Graph::call_one`].
    pub fn run(&self, inputs: Values, cx: &Context) -> Result<Values> {
        let plan = &*self.plan;
        if inputs.len() != plan.inputs.len() {
            return Err(Error::shape("Model", format!("{} inputs", plan.inputs.len()), format!("{} inputs", inputs.len())));
        }
        let mut slots: Vec<Option<Value>> = vec![None; plan.slots];
        for (i, (value, shape)) in inputs.into_iter().zip(&plan.inputs).enumerate() {
            slots[i] = Some(fit_input(value, shape)?);
        }
        let mut logits: Vec<(usize, Option<Logits>)> = Vec::new();
        let mut nodes = plan.nodes.iter().enumerate();
        while let Some((place, mut node)) = nodes.next() {
            let name = &plan.names[node.layer];
            let read = |edge: &Edge| if edge.last { slots[edge.slot].take() } else { slots[edge.slot].clone() };
            let inputs: Option<Values> = node.inputs.iter().map(read).collect();
            // The blueprint orders nodes so that every slot is written before it is read.
            let inputs = inputs.ok_or_else(|| Error::order(name, "an input was read before it was written"))?;
            let (layer, next) = (&self.layers[node.layer], plan.nodes.get(place + 1).filter(|_| node.joined));
            let outputs = cx.enter(place as u64, node.last, || {
                let both = next.map(|next| layer.call_joined(&inputs, &self.layers[next.layer], cx)).transpose()?.flatten();
                if both.is_some() {
                    (_, node) = nodes.next().unwrap_or((place, node));
                }
                both.map_or_else(|| layer.call(inputs, cx), Ok)
            });
            let outputs = outputs.map_err(|e| e.at(name))?;
            if let Some(regularizer) = &plan.activity[node.layer] {
                for output in &outputs {
                    // Keras takes the mean over the batch, so that the strength doesn't depend on its size.
                    let samples = output.tensor.shape().first().copied().unwrap_or(1).max(1);
                    let penalty = regularizer.penalty(&output.tensor).map_err(|e| e.at(name))?;
                    cx.add_loss(penalty / samples as f64);
                }
            }
            logits.extend(node.outputs.iter().copied().zip(cx.take_logits()));
            for (slot, output) in node.outputs.iter().zip(outputs) {
                slots[*slot] = Some(output);
            }
        }
        if !logits.is_empty() {
            let of = |slot: &usize| logits.iter().find(|(s, _)| s == slot).and_then(|(_, l)| l.clone());
            cx.leave_all_logits(plan.outputs.iter().map(of).collect());
        }
        let outputs: Option<Values> = plan.outputs.iter().map(|&slot| slots[slot].clone()).collect();
        outputs.ok_or_else(|| Error::order("Graph", "an output was never written"))
    }

    /// The sum of the weights' regularization terms, if any layer has one.
    ///
    /// # Errors
    /// A regularizer that can't take its weight.
    pub fn penalty(&self) -> Result<Option<Tensor>> {
        if self.plan.regularizers.is_empty() {
            return Ok(None);
        }
        let values = weights::values(self);
        let mut total: Option<Tensor> = None;
        for (id, regularizer) in &self.plan.regularizers {
            if let Some((_, value)) = values.iter().find(|(i, _)| i == id) {
                let term = regularizer.penalty(value)?;
                total = Some(match total {
                    Some(sum) => sum + term,
                    None => term,
                });
            }
        }
        Ok(total)
    }

    /// Applies the weights' constraints, after an optimizer's step.
    ///
    /// # Errors
    /// A constraint that can't take its weight.
    pub fn constrain(self) -> Result<Self> {
        if self.plan.constraints.is_empty() {
            return Ok(self);
        }
        let values = weights::values(&self);
        let mut changed = Vec::new();
        for (id, constraint) in &self.plan.constraints {
            if let Some((_, value)) = values.iter().find(|(i, _)| i == id) {
                changed.push((*id, constraint.apply(value.clone().inner())?));
            }
        }
        Ok(weights::replace(self, changed))
    }

    /// Zeroes what layers carry from one call to the next.
    pub fn reset_states(self) -> Self {
        weights::reset_states(self)
    }

    /// Writes the buffers' new values that a step left in its context.
    pub fn fold(self, updates: Vec<(ParamId, Tensor)>) -> Self {
        if updates.is_empty() { self } else { weights::replace(self, updates) }
    }
}

/// The uses of layers, each knowing where it reads a slot for the last time. The output of a layer that is `watched` counts as read.
fn nodes(blueprint: &Blueprint, watched: impl Fn(usize) -> bool) -> Vec<Node> {
    let mut nodes: Vec<Node> = blueprint
        .steps
        .iter()
        .map(|s| Node {
            layer: s.layer,
            inputs: s.inputs.iter().map(|&slot| Edge { slot, last: false }).collect(),
            outputs: s.outputs.iter().copied().collect(),
            last: !watched(s.layer) && s.outputs.iter().all(|o| blueprint.outputs.contains(o)),
            joined: !watched(s.layer) && s.outputs.len() == 1 && !blueprint.outputs.contains(&s.outputs[0]),
        })
        .collect();
    let inner: Vec<usize> = nodes.iter().flat_map(|n| n.inputs.iter().map(|e| e.slot)).collect();
    nodes.iter_mut().for_each(|n| n.last &= !n.outputs.iter().any(|o| inner.contains(o)));
    for i in 0..nodes.len() {
        let only_input = nodes.get(i + 1).filter(|next| next.inputs.len() == 1).map(|next| next.inputs[0].slot);
        let readers = inner.iter().filter(|slot| nodes[i].outputs.contains(slot)).count();
        nodes[i].joined &= readers == 1 && only_input == nodes[i].outputs.first().copied();
    }
    let mut read: Vec<bool> = vec![false; blueprint.shapes.len()];
    blueprint.outputs.iter().for_each(|&slot| read[slot] = true);
    for edge in nodes.iter_mut().rev().flat_map(|n| n.inputs.iter_mut().rev()) {
        edge.last = !std::mem::replace(&mut read[edge.slot], true);
    }
    nodes
}

/// Checks an input's shape; as Keras does, drops or adds a last axis of size 1 where that makes it fit.
fn fit_input(value: Value, shape: &Shape) -> Result<Value> {
    let real = value.tensor.shape();
    if shape.fits(&real) {
        return Ok(value);
    }
    let mut squeezed = real.clone();
    if real.len() == shape.rank() + 1 && squeezed.pop() == Some(1) && shape.fits(&squeezed) {
        return Ok(Value { tensor: value.tensor.reshape_to(&squeezed), mask: value.mask });
    }
    let mut expanded = real.clone();
    expanded.push(1);
    if shape.fits(&expanded) {
        return Ok(Value { tensor: value.tensor.reshape_to(&expanded), mask: value.mask });
    }
    Err(Error::shape("Model", format!("input of shape {shape}"), tuple(&real)))
}

impl Call for Graph {
    fn call(&self, x: Tensor, cx: &Context) -> Result<Tensor> {
        self.call_one(x, cx)
    }
    fn call_many(&self, inputs: Values, cx: &Context) -> Result<Values> {
        self.run(inputs, cx)
    }
}

/// What a graph does with the layers it was built of, given in its order.
impl Graph {
    /// Keeps the weights for the other models that have the layers.
    pub fn remember<'a>(&self, layers: impl Iterator<Item = &'a AnyLayer>) {
        layers.zip(&self.layers).for_each(|(layer, module)| layer.remember(module));
    }

    /// The graph with the weights that the layers had last, in whichever model.
    ///
    /// # Errors
    /// Weights of another shape.
    pub fn recall<'a>(self, layers: impl Iterator<Item = &'a AnyLayer>) -> Result<Self> {
        let modules = layers.zip(self.layers).zip(&self.plan.names);
        let modules = modules.map(|((layer, module), name)| layer.recall(module).map_err(|e| e.at(name)));
        Ok(Self { layers: modules.collect::<Result<_>>()?, plan: self.plan })
    }

    /// The graph with gradients for the layers that are trained and none for the others.
    pub fn freeze<'a>(self, layers: impl Iterator<Item = &'a AnyLayer>) -> Self {
        let layers = layers.zip(self.layers).map(|(layer, module)| layer.freeze(module)).collect();
        Self { layers, plan: self.plan }
    }

    /// Whether gradients flow to the layers that are trained, and to no others.
    pub fn is_frozen_as<'a>(&self, layers: impl Iterator<Item = &'a AnyLayer>) -> bool {
        layers.zip(&self.layers).all(|(layer, module)| layer.is_frozen_as(module))
    }
}

impl Graph {
    fn with_layers(self, change: impl FnMut(AnyModule) -> AnyModule) -> Self {
        Self { layers: self.layers.into_iter().map(change).collect(), plan: self.plan }
    }
}

impl Module for Graph {
    fn visit<V: ModuleVisitor>(&self, visitor: &mut V) {
        for (name, layer) in self.plan.names.iter().zip(&self.layers) {
            visitor.enter_module(name, "Struct:Graph");
            layer.visit(visitor);
            visitor.exit_module(name, "Struct:Graph");
        }
    }
    fn map<M: ModuleMapper>(self, mapper: &mut M) -> Self {
        let plan = self.plan.clone();
        let mut names = plan.names.iter();
        self.with_layers(|layer| {
            let name = names.next().map_or("", String::as_str);
            mapper.enter_module(name, "Struct:Graph");
            let layer = layer.map(mapper);
            mapper.exit_module(name, "Struct:Graph");
            layer
        })
    }
    fn valid(&self) -> Self {
        Self { layers: self.layers.iter().map(Module::valid).collect(), plan: self.plan.clone() }
    }
    fn train(self) -> Self {
        self.with_layers(Module::train)
    }
    fn materialize(self) -> Self {
        self.with_layers(Module::materialize)
    }
    fn fork(self, device: &Device) -> Self {
        self.with_layers(|layer| layer.fork(device))
    }
    fn to_device(self, device: &Device) -> Self {
        self.with_layers(|layer| layer.to_device(device))
    }
    fn collect_devices(&self, devices: Vec<Device>) -> Vec<Device> {
        self.layers.iter().fold(devices, |devices, layer| layer.collect_devices(devices))
    }
}
