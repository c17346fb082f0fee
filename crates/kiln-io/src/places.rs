//! Where each weight of a model stands in Keras' weight files.

use crate::order::{Operation, order};
use burn::module::ParamId;
use kiln_core::any_layer::snake_case;
use kiln_core::blueprint::Blueprint;
use kiln_core::weights::{self, Weight};
use kiln_core::{AnyLayer, AnyModule, Graph, Inner, Result};
use kiln_models::Model;
use serde_json::Value;
use std::collections::HashMap;

/// A weight in a group.
#[derive(Clone, Debug)]
pub(crate) struct Var {
    pub(crate) id: ParamId,
    /// Its path in the model, for errors.
    pub(crate) path: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) trainable: bool,
    /// Keras keeps a number without axes.
    pub(crate) scalar: bool,
    /// Keras keeps a whole number.
    pub(crate) whole: bool,
}

/// A group of a file: `layers/lstm/cell`, whose variables stand in `vars`.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) group: String,
    /// The name of what the group belongs to.
    pub(crate) name: String,
    pub(crate) vars: Vec<Var>,
    /// A layer met before, whose weights stand there.
    pub(crate) again: bool,
}

/// All groups of a built model, in Keras' order.
pub(crate) fn places(model: &Model, graph: &Graph) -> Result<Vec<Place>> {
    let mut all = Places::default();
    all.group("", model.name(), Vec::new(), false);
    match (model.chain(), model.blueprint()) {
        (Some((layers, _)), _) => all.chain("", layers, graph)?,
        (None, Some(plan)) => all.functional("", plan, graph)?,
        // A module of Burn: its parameters in a row.
        (None, None) => {
            let vars = weights::list(graph).into_iter().map(|w| var(w, "", "")).collect();
            all.group("", model.name(), vars, false);
            all.list.remove(0);
        }
    }
    Ok(all.list)
}

#[derive(Default)]
struct Places {
    list: Vec<Place>,
    seen: Vec<(AnyLayer, String)>,
}

/// Numbers behind a name that came before in the same list.
#[derive(Default)]
struct Keys(HashMap<String, usize>);

impl Keys {
    fn of(&mut self, class: &str) -> String {
        let name = snake_case(class);
        let count = self.0.entry(name.clone()).or_default();
        *count += 1;
        if *count == 1 { name } else { format!("{name}_{}", *count - 1) }
    }
}

fn join(group: &str, name: &str) -> String {
    if group.is_empty() { name.to_owned() } else { format!("{group}/{name}") }
}

impl Places {
    fn group(&mut self, group: &str, name: &str, vars: Vec<Var>, again: bool) {
        self.list.push(Place { group: group.to_owned(), name: name.to_owned(), vars, again });
    }

    fn chain(&mut self, group: &str, layers: &[AnyLayer], graph: &Graph) -> Result<()> {
        let mut keys = Keys::default();
        for (index, (name, layer)) in Blueprint::names(layers)?.iter().enumerate() {
            self.layer(&join(group, &format!("layers/{}", keys.of(layer.class()))), name, layer, graph.layer(index))?;
        }
        Ok(())
    }

    fn functional(&mut self, group: &str, plan: &Blueprint, graph: &Graph) -> Result<()> {
        let mut keys = Keys::default();
        for operation in order(plan) {
            match operation {
                Operation::Input(i) => {
                    let key = join(group, &format!("layers/{}", keys.of("InputLayer")));
                    self.group(&key, &plan.inputs[i], Vec::new(), false);
                }
                Operation::Layer(i) => {
                    let named = &plan.layers[i];
                    let key = join(group, &format!("layers/{}", keys.of(named.layer.class())));
                    self.layer(&key, &named.name, &named.layer, graph.layer(i))?;
                }
            }
        }
        Ok(())
    }

    fn layer(&mut self, group: &str, name: &str, layer: &AnyLayer, module: Option<&AnyModule>) -> Result<()> {
        let Some(module) = module else { return Ok(()) };
        let known = self.seen.iter().find(|(l, _)| l.is(layer)).map(|(_, group)| group.clone());
        let (group, again) = (known.clone().unwrap_or_else(|| group.to_owned()), known.is_some());
        let start = self.list.len();
        match (layer.model(), module.downcast_ref::<Graph>()) {
            (Some(inner), Some(graph)) => {
                self.group(&group, name, Vec::new(), false);
                match inner {
                    Inner::Chain(layers) => self.chain(&group, layers, graph)?,
                    Inner::Wired(plan) => self.functional(&group, plan, graph)?,
                }
            }
            _ => {
                let tree = Tree::of(weights::list(module));
                let config = layer.config().unwrap_or_default();
                self.parts(&group, name, name, layer.class(), &config, tree);
            }
        }
        if again {
            self.list[start..].iter_mut().for_each(|place| place.again = true);
        } else {
            self.seen.push((layer.clone(), group));
        }
        Ok(())
    }

    /// The weights of a layer and of the layers inside it, which Keras finds by the names of Python's attributes.
    fn parts(&mut self, group: &str, name: &str, path: &str, class: &str, config: &Value, tree: Tree) {
        let vars = tree.own.into_iter().map(|w| var(w, class, path)).collect();
        self.group(group, name, vars, false);
        let nested = |key: &str| config.get(key).cloned().unwrap_or_default();
        let mut keys = Keys::default();
        for (index, (segment, inner)) in tree.inner.into_iter().enumerate() {
            let (place, described) = match class {
                "SimpleRNN" | "LSTM" | "GRU" | "RNN" | "ConvLSTM1D" | "ConvLSTM2D" | "ConvLSTM3D" => ("cell".to_owned(), nested("cell")),
                "Bidirectional" if index == 0 => ("forward_layer".to_owned(), nested("layer")),
                "Bidirectional" => ("backward_layer".to_owned(), nested("layer")),
                "TimeDistributed" | "SpectralNormalization" => ("layer".to_owned(), nested("layer")),
                "StackedRNNCells" => {
                    let cell = config.pointer(&format!("/cells/{index}")).cloned().unwrap_or_default();
                    let class = cell.get("class_name").and_then(Value::as_str).unwrap_or(&segment);
                    (format!("cells/{}", keys.of(class)), cell)
                }
                "MultiHeadAttention" | "GroupedQueryAttention" | "GroupQueryAttention" => {
                    (format!("{}_dense", segment.strip_prefix("attention_").unwrap_or(&segment)), Value::Null)
                }
                _ => (segment.clone(), Value::Null),
            };
            let class = described.get("class_name").and_then(Value::as_str).unwrap_or_default().to_owned();
            let config = described.get("config").cloned().unwrap_or_default();
            self.parts(&join(group, &place), &segment, &format!("{path}.{segment}"), &class, &config, inner);
        }
    }
}

fn var(weight: Weight, class: &str, of: &str) -> Var {
    let one = weight.shape == [1];
    let whole = class == "Normalization" && weight.path == "count";
    let path = if of.is_empty() { weight.path } else { format!("{of}.{}", weight.path) };
    Var { id: weight.id, path, shape: weight.shape, trainable: weight.trainable, scalar: one && (whole || class == "Attention"), whole }
}

/// Weights by the segments of their paths.
#[derive(Default)]
struct Tree {
    own: Vec<Weight>,
    inner: Vec<(String, Tree)>,
}

impl Tree {
    fn of(weights: Vec<Weight>) -> Self {
        let mut tree = Self::default();
        for mut weight in weights {
            let path = std::mem::take(&mut weight.path);
            let mut segments: Vec<&str> = path.split('.').collect();
            weight.path = segments.pop().unwrap_or_default().to_owned();
            let mut at = &mut tree;
            for segment in segments {
                let place = match at.inner.iter().position(|(name, _)| name == segment) {
                    Some(place) => place,
                    None => {
                        at.inner.push((segment.to_owned(), Self::default()));
                        at.inner.len() - 1
                    }
                };
                at = &mut at.inner[place].1;
            }
            at.own.push(weight);
        }
        tree
    }
}

/// The weights that are trained, in the order in which Keras' optimizer knows them.
pub(crate) fn trained(model: &Model, graph: &Graph) -> Result<Vec<ParamId>> {
    Ok(listed(model, graph)?.into_iter().flat_map(|(_, vars)| vars).filter(|v| v.trainable).map(|v| v.id).collect())
}

/// The layers of a model in Keras' order, each with its weights in Kiln's order; a nested model is one layer.
pub(crate) fn listed(model: &Model, graph: &Graph) -> Result<Vec<(String, Vec<Var>)>> {
    let Some(plan) = model.blueprint() else {
        return Ok(vec![(model.name().to_owned(), weights::list(graph).into_iter().map(|w| var(w, "", "")).collect())]);
    };
    let order: Vec<usize> = match model.chain() {
        Some(_) => (0..plan.layers.len()).collect(),
        None => order(plan).into_iter().filter_map(|o| if let Operation::Layer(i) = o { Some(i) } else { None }).collect(),
    };
    let vars = |i: usize| -> Result<(String, Vec<Var>)> {
        let named = &plan.layers[i];
        let vars = graph.layer(i).map_or(Ok(Vec::new()), |module| inside(&named.name, &named.layer, module))?;
        Ok((named.name.clone(), vars))
    };
    order.into_iter().map(vars).collect()
}

/// The weights of a layer; those of a nested model in the order of Keras' list of its layers.
fn inside(name: &str, layer: &AnyLayer, module: &AnyModule) -> Result<Vec<Var>> {
    let all = |layers: Vec<(String, AnyLayer, usize)>, graph: &Graph| -> Result<Vec<Var>> {
        let mut vars = Vec::new();
        for (inner, layer, index) in layers {
            if let Some(module) = graph.layer(index) {
                vars.extend(inside(&format!("{name}.{inner}"), &layer, module)?);
            }
        }
        Ok(vars)
    };
    match (layer.model(), module.downcast_ref::<Graph>()) {
        (Some(Inner::Chain(layers)), Some(graph)) => {
            all(Blueprint::names(layers)?.into_iter().enumerate().map(|(i, (name, layer))| (name, layer, i)).collect(), graph)
        }
        (Some(Inner::Wired(plan)), Some(graph)) => {
            let layers = order(plan).into_iter().filter_map(|o| match o {
                Operation::Layer(i) => Some((plan.layers[i].name.clone(), plan.layers[i].layer.clone(), i)),
                Operation::Input(_) => None,
            });
            all(layers.collect(), graph)
        }
        _ => Ok(weights::list(module).into_iter().map(|w| var(w, layer.class(), name)).collect()),
    }
}
