//! From Keras' `config.json` to a model without trained weights.

use crate::compiled::register;
use crate::describe::CALL_OPTIONS;
use crate::load::Load;
use crate::operators;
use kiln_core::blueprint::Blueprint;
use kiln_core::symbol::Symbol;
use kiln_core::{AnyLayer, Error, Inner, Result, Shape};
use kiln_models::Model;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// The model of an object of class `Sequential` or `Functional`; its weights are zeros, `values` at most.
pub(crate) fn model(object: &Value, load: &Load, values: usize) -> Result<Model> {
    let config = config_of(object)?;
    let name = text(config, "name").unwrap_or("model");
    match class_of(object)? {
        "Sequential" => {
            let (layers, input) = chain(config, load)?;
            Model::restore_chain(name, layers, input, values)
        }
        "Functional" | "Model" => {
            let (inputs, outputs) = functional(config, load)?;
            Model::restore(name, &inputs, &outputs, values)
        }
        class if layer_class(class, load) => Err(Error::data("", format!("the file holds a layer of class `{class}`, not a model"))),
        class => Err(register(Error::unknown("model", class, ["Sequential", "Functional"]), "Load::new().layer::<..>()")
            .hint("models of a class of your own are written in Python; build it in Rust and use `load_weights`")),
    }
}

fn layer_class(class: &str, load: &Load) -> bool {
    kiln_layers::layer_classes().contains(&class) || load.custom_layer(class, &Value::Null).is_some()
}

fn config_of(object: &Value) -> Result<&Map<String, Value>> {
    object.get("config").and_then(Value::as_object).ok_or_else(|| Error::data("", "an object without a `config`"))
}

/// The class without the package that Python registered it under.
fn class_of(object: &Value) -> Result<&str> {
    let class = object.get("class_name").and_then(Value::as_str);
    class.and_then(|c| c.rsplit('>').next()).ok_or_else(|| Error::data("", "an object without a `class_name`"))
}

fn text<'a>(config: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    config.get(key).and_then(Value::as_str)
}

fn list<'a>(config: &'a Map<String, Value>, key: &str, load: &Load) -> Result<&'a Vec<Value>> {
    let list = config.get(key).and_then(Value::as_array).ok_or_else(|| Error::data("", format!("`{key}` is not a list")))?;
    if list.len() > load.limits.layers {
        return Err(Error::data("", format!("{} entries in `{key}`, more than the limit of {}", list.len(), load.limits.layers)));
    }
    Ok(list)
}

/// A shape with its batch axis.
fn shape(value: &Value) -> Option<Shape> {
    let axis = |value: &Value| match value {
        Value::Null => Some(None),
        // Larger than any memory is not a size.
        number => number.as_u64().filter(|n| *n < 1 << 40).and_then(|n| usize::try_from(n).ok()).map(Some),
    };
    let axes: Vec<Option<usize>> = value.as_array()?.iter().map(axis).collect::<Option<_>>()?;
    (!axes.is_empty() && axes.len() <= 32).then(|| Shape::new(axes))
}

/// The shape that an input layer, or the first layer in Keras 2, declares.
fn declared(config: &Map<String, Value>) -> Option<Shape> {
    config.get("batch_shape").or_else(|| config.get("batch_input_shape")).and_then(shape)
}

fn chain(config: &Map<String, Value>, load: &Load) -> Result<(Vec<AnyLayer>, Option<Shape>)> {
    let mut input = None;
    let mut layers = Vec::new();
    for object in list(config, "layers", load)? {
        let own = config_of(object)?;
        if layers.is_empty() && input.is_none() {
            input = declared(own);
        }
        if class_of(object)? != "InputLayer" {
            layers.push(layer(object, load, &Map::new())?);
        }
    }
    Ok((layers, input.or_else(|| config.get("build_input_shape").and_then(shape))))
}

/// Where a tensor comes from: layer, use, output.
type History = (String, usize, usize);

fn history(value: &Value) -> Option<History> {
    let parts = value.as_array()?;
    let number = |i: usize| parts.get(i).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    Some((parts.first()?.as_str()?.to_owned(), number(1)?, number(2)?))
}

/// The ends of a graph: one, a list or a dictionary of them.
fn ends(value: Option<&Value>, all: &mut Vec<History>) -> Result<()> {
    match value {
        Some(value) if history(value).is_some() => all.extend(history(value)),
        Some(Value::Array(list)) => list.iter().try_for_each(|v| ends(Some(v), all))?,
        Some(Value::Object(map)) => map.values().try_for_each(|v| ends(Some(v), all))?,
        other => return Err(Error::data("", format!("`{}` is not the place of a tensor", other.unwrap_or(&Value::Null)))),
    }
    Ok(())
}

/// An argument of a call.
enum Argument {
    Tensor(History),
    Plain(Value),
}

/// What a use of a layer reads.
fn arguments(value: &Value, all: &mut Vec<Argument>) {
    match value {
        Value::Array(list) => {
            // A pair of numbers is no list of tensors.
            if list.iter().any(|v| v.is_object() || v.is_array()) {
                list.iter().for_each(|v| arguments(v, all));
            } else {
                all.push(Argument::Plain(value.clone()));
            }
        }
        Value::Object(map) if map.get("class_name").and_then(Value::as_str) == Some("__keras_tensor__") => {
            match value.pointer("/config/keras_history").and_then(history) {
                Some(history) => all.push(Argument::Tensor(history)),
                None => all.push(Argument::Plain(value.clone())),
            }
        }
        Value::Null => {}
        other => all.push(Argument::Plain(other.clone())),
    }
}

/// A use of a layer as the file tells it.
struct Use {
    layer: usize,
    arguments: Vec<Argument>,
}

/// Inputs in the order that Kiln's layers take them.
const TENSORS: [&str; 6] = ["query", "value", "key", "x1", "x2", "initial_state"];

/// What the inbound nodes of Keras 3 and Keras 2 say: the arguments of each use, and options of the call.
fn uses(object: &Value, index: usize, load: &Load) -> Result<(Vec<Use>, Map<String, Value>)> {
    let mut options: Option<Map<String, Value>> = None;
    let mut uses = Vec::new();
    let nodes = object.get("inbound_nodes").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if nodes.len() > load.limits.layers {
        return Err(Error::data("", format!("a layer is used {} times", nodes.len())));
    }
    for node in nodes {
        let (mut all, mut own) = (Vec::new(), Map::new());
        let kwargs = match node {
            Value::Object(node) => {
                arguments(node.get("args").unwrap_or(&Value::Null), &mut all);
                node.get("kwargs").and_then(Value::as_object).cloned().unwrap_or_default()
            }
            // Keras 2: `[["layer", 0, 0, {kwargs}], ..]`.
            Value::Array(tensors) => {
                let tensors: Vec<&Value> = if history(node).is_some() { vec![node] } else { tensors.iter().collect() };
                for tensor in &tensors {
                    let history = history(tensor).ok_or_else(|| Error::data("", format!("`{tensor}` is not the place of a tensor")))?;
                    all.push(Argument::Tensor(history));
                }
                tensors.first().and_then(|t| t.get(3)).and_then(Value::as_object).cloned().unwrap_or_default()
            }
            other => return Err(Error::data("", format!("`{other}` is not a use of a layer"))),
        };
        for key in TENSORS {
            arguments(kwargs.get(key).unwrap_or(&Value::Null), &mut all);
        }
        for (key, value) in kwargs {
            match value {
                Value::Null | Value::Bool(false) => {}
                Value::Bool(true) if CALL_OPTIONS.contains(&key.as_str()) => {
                    own.insert(key, Value::Bool(true));
                }
                _ if TENSORS.contains(&key.as_str()) => {}
                other => {
                    return Err(Error::option("", &key, "left out when a layer is called", other)
                        .hint("Kiln takes no such argument; leave it out in Python and save again"));
                }
            }
        }
        if options.get_or_insert_with(|| own.clone()) != &own {
            return Err(Error::data("", "the layer is called with options that differ from one use to the next"));
        }
        uses.push(Use { layer: index, arguments: all });
    }
    Ok((uses, options.unwrap_or_default()))
}

fn functional(config: &Map<String, Value>, load: &Load) -> Result<(Vec<Symbol>, Vec<Symbol>)> {
    let mut graph = Wiring::default();
    for (index, object) in list(config, "layers", load)?.iter().enumerate() {
        let own = config_of(object)?;
        let name = text(own, "name").or_else(|| object.get("name").and_then(Value::as_str)).unwrap_or_default().to_owned();
        graph.read(&name, object, own, index, load).map_err(|e| e.at(&name))?;
    }
    if graph.uses.len() > load.limits.layers {
        return Err(Error::data("", format!("{} uses of layers, more than the limit of {}", graph.uses.len(), load.limits.layers)));
    }
    graph.wire()?;
    let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
    ends(config.get("input_layers"), &mut inputs)?;
    ends(config.get("output_layers"), &mut outputs)?;
    let symbols = |places: Vec<History>| places.iter().map(|place| graph.symbol(place)).collect::<Result<Vec<_>>>();
    Ok((symbols(inputs)?, symbols(outputs)?))
}

/// The layers of a functional model, and their outputs as far as they are known.
#[derive(Default)]
struct Wiring {
    names: Vec<String>,
    layers: Vec<Option<AnyLayer>>,
    uses: Vec<Use>,
    /// The use of each layer's name and number.
    places: HashMap<(String, usize), usize>,
    known: HashMap<(String, usize), Vec<Symbol>>,
    operators: HashMap<usize, Value>,
}

impl Wiring {
    fn read(&mut self, name: &str, object: &Value, own: &Map<String, Value>, index: usize, load: &Load) -> Result<()> {
        self.names.push(name.to_owned());
        if class_of(object)? == "InputLayer" {
            let shape = declared(own).ok_or_else(|| Error::data("InputLayer", "an input without a shape"))?;
            self.layers.push(None);
            self.known.insert((name.to_owned(), 0), vec![Symbol::input(Some(name.to_owned()), shape)]);
            return Ok(());
        }
        let (uses, options) = uses(object, index, load)?;
        if operators::is_operator(object) {
            self.operators.insert(index, object.clone());
            self.layers.push(None);
        } else {
            self.layers.push(Some(layer(object, load, &options)?));
        }
        for (number, one) in uses.into_iter().enumerate() {
            self.places.insert((name.to_owned(), number), self.uses.len());
            self.uses.push(one);
        }
        Ok(())
    }

    fn symbol(&self, (name, number, output): &History) -> Result<Symbol> {
        let outputs = self.known.get(&(name.clone(), *number));
        let missing = || Error::data("", format!("output {output} of use {number} of the layer `{name}` is not there"));
        outputs.and_then(|o| o.get(*output)).cloned().ok_or_else(missing)
    }

    /// Puts each layer on what it reads; what is read comes first.
    fn wire(&mut self) -> Result<()> {
        let mut order: Vec<((String, usize), usize)> = self.places.iter().map(|(key, at)| (key.clone(), *at)).collect();
        order.sort_by_key(|(_, at)| *at);
        let mut begun = vec![false; self.uses.len()];
        for (key, at) in order {
            let mut stack = vec![(key, at)];
            while let Some((key, at)) = stack.last().cloned() {
                if self.known.contains_key(&key) {
                    stack.pop();
                    continue;
                }
                let needed = self.uses[at].arguments.iter().filter_map(|a| match a {
                    Argument::Tensor((name, number, _)) => Some((name.clone(), *number)),
                    Argument::Plain(_) => None,
                });
                let needed: Vec<_> = needed.filter(|key| !self.known.contains_key(key)).collect();
                if needed.is_empty() {
                    let name = self.names[self.uses[at].layer].clone();
                    let outputs = self.apply(at).map_err(|e| if e.report().layer.is_some() { e } else { e.at(&name) })?;
                    self.known.insert(key, outputs);
                    stack.pop();
                    continue;
                }
                if std::mem::replace(&mut begun[at], true) {
                    return Err(Error::data("", format!("the layer `{}` depends on itself", key.0)));
                }
                for key in needed {
                    let Some(place) = self.places.get(&key).copied() else {
                        return Err(Error::data("", format!("use {} of the layer `{}` is not there", key.1, key.0)));
                    };
                    stack.push((key, place));
                }
            }
        }
        Ok(())
    }

    fn apply(&self, at: usize) -> Result<Vec<Symbol>> {
        let one = &self.uses[at];
        let (mut symbols, mut plain) = (Vec::new(), Vec::new());
        for argument in &one.arguments {
            match argument {
                Argument::Tensor(place) => symbols.push(self.symbol(place)?),
                Argument::Plain(value) => plain.push(value),
            }
        }
        if let Some(operator) = self.operators.get(&one.layer) {
            let first = matches!(one.arguments.first(), Some(Argument::Tensor(_)));
            return operators::layer(operator, &self.names[one.layer], &symbols, &plain, first).and_then(|l| Symbol::apply(&l, symbols));
        }
        match (self.layers.get(one.layer), plain.first()) {
            (Some(Some(layer)), None) => Symbol::apply(layer, symbols),
            (_, Some(value)) => Err(Error::data("", format!("the layer is called with `{value}`, which Kiln's layers don't take"))),
            _ => Err(Error::data("", "an input layer can't be called")),
        }
    }
}

/// A layer, or a model inside the model.
fn layer(object: &Value, load: &Load, options: &Map<String, Value>) -> Result<AnyLayer> {
    let (class, own) = (class_of(object)?, config_of(object)?);
    let name = text(own, "name").unwrap_or(class);
    described(object, class, own, load, options).map_err(|e| if e.report().layer.as_deref() == Some(name) { e } else { e.at(name) })
}

fn described(object: &Value, class: &str, own: &Map<String, Value>, load: &Load, options: &Map<String, Value>) -> Result<AnyLayer> {
    let name = text(own, "name").unwrap_or(class);
    let inner = match class {
        "Sequential" => Some(Inner::Chain(chain(own, load)?.0)),
        "Functional" | "Model" => {
            let (inputs, outputs) = functional(own, load)?;
            Some(Inner::Wired(Blueprint::trace(&inputs, &outputs)?))
        }
        _ => None,
    };
    if let Some(inner) = inner {
        let model = AnyLayer::nested(name, inner);
        return Ok(if own.get("trainable") == Some(&Value::Bool(false)) { model.frozen(true) } else { model });
    }
    float32(own, class)?;
    sizes(own, class)?;
    let mut config = own.clone();
    config.extend(options.clone());
    let config = Value::Object(config);
    if class == "Lambda" {
        let how = format!("load with `Load::new().function(\"{name}\", |x| ..)`");
        let refused = || Error::data("Lambda", "the file holds Python code, which is never run").hint(how);
        return load.lambda(name).ok_or_else(refused);
    }
    if let Some(own) = load.custom_layer(class, &config) {
        return own;
    }
    let foreign = object.get("module").is_some_and(|m| m.is_null() || m.as_str().is_some_and(|m| !m.starts_with("keras")));
    kiln_layers::layer_from_config(class, config).map_err(|e| match e {
        e @ Error::Name(_) if foreign => register(e, &format!("Load::new().layer::<{class}>()")),
        e => register(e, &format!("Load::new().layer::<{class}>()")),
    })
}

/// Options that may hold any whole number.
const ANY_NUMBER: [&str; 6] = ["shared_object_id", "seed", "vocabulary", "mask_token", "oov_token", "salt"];

/// Refuses sizes that no memory holds, with which layers could not count.
fn sizes(config: &Map<String, Value>, who: &str) -> Result<()> {
    fn check(value: &Value, who: &str, key: &str) -> Result<()> {
        match value {
            Value::Number(n) if n.as_i64().map_or(n.is_u64(), |n| n.unsigned_abs() >= 1 << 40) => {
                Err(Error::option(who, key, "less than 2⁴⁰", n))
            }
            Value::Array(list) => list.iter().try_for_each(|value| check(value, who, key)),
            Value::Object(config) => sizes(config, who),
            _ => Ok(()),
        }
    }
    config.iter().filter(|(key, _)| !ANY_NUMBER.contains(&key.as_str())).try_for_each(|(key, value)| check(value, who, key))
}

/// Other precisions than `float32` are refused, in the layer and in those inside it.
fn float32(config: &Map<String, Value>, who: &str) -> Result<()> {
    let name = |value: &'_ Value| -> Option<String> {
        let name = value.as_str().or_else(|| value.pointer("/config/name")?.as_str());
        name.map(str::to_owned)
    };
    match config.get("dtype").filter(|d| !d.is_null()) {
        None => {}
        Some(dtype) if name(dtype).as_deref() == Some("float32") => {}
        // Layers that give whole numbers say so.
        Some(dtype) if name(dtype).is_some_and(|n| n.starts_with("int") && who.ends_with("Lookup")) => {}
        Some(dtype) => {
            let received = name(dtype).unwrap_or_else(|| dtype.to_string());
            return Err(Error::option(who, "dtype", "`float32`", format!("`{received}`")).hint("set the policy in Python and save again"));
        }
    }
    for inner in ["layer", "backward_layer", "cell"]
        .iter()
        .filter_map(|key| config.get(*key))
        .chain(config.get("cells").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default())
    {
        if let Some(config) = inner.get("config").and_then(Value::as_object) {
            float32(config, inner.get("class_name").and_then(Value::as_str).unwrap_or(who))?;
        }
    }
    Ok(())
}
