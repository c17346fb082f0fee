//! A model's architecture in Keras' words: `config.json`.

use crate::order::{Operation, order};
use kiln_core::blueprint::Blueprint;
use kiln_core::{AnyLayer, Error, Inner, Result, Shape};
use kiln_models::Model;
use serde_json::{Map, Value, json};

/// Layers that take a list of inputs as one argument.
pub(crate) const MERGING: [&str; 10] =
    ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot", "Attention", "AdditiveAttention"];
/// Layers whose further inputs are first states.
pub(crate) const RECURRENT: [&str; 8] = ["SimpleRNN", "LSTM", "GRU", "RNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "Bidirectional"];
/// What Keras takes when a layer is called, and Kiln when it is described.
pub(crate) const CALL_OPTIONS: [&str; 2] = ["use_causal_mask", "return_attention_scores"];

/// The whole model, without weights and without what it was compiled with.
pub(crate) fn model(model: &Model) -> Result<Value> {
    match (model.chain(), model.blueprint()) {
        (Some((layers, input)), plan) => {
            let input = input.or_else(|| plan.and_then(|p| p.shapes.first()));
            chain(model.name(), layers, input, true)
        }
        (None, Some(plan)) => functional(model.name(), plan, true),
        (None, None) => Err(Error::order("save", "a module of Burn has no architecture that Keras knows").hint("use `save_weights`")),
    }
}

fn dtype() -> Value {
    json!({ "module": "keras", "class_name": "DTypePolicy", "config": { "name": "float32" }, "registered_name": null })
}

fn shape(shape: &Shape) -> Value {
    json!(shape.axes())
}

fn input_layer(name: &str, of: &Shape) -> Value {
    json!({
        "module": "keras.layers", "class_name": "InputLayer", "registered_name": null,
        "config": { "batch_shape": shape(of), "dtype": "float32", "sparse": false, "ragged": false, "name": name, "optional": false },
    })
}

fn chain(name: &str, layers: &[AnyLayer], input: Option<&Shape>, trainable: bool) -> Result<Value> {
    let mut list: Vec<Value> = input.map(|shape| input_layer("input_layer", shape)).into_iter().collect();
    let names = Blueprint::names(layers)?;
    let mut shapes = input.cloned();
    for layer in layers {
        let name = names.iter().find(|(_, l)| l.is(layer)).map_or("", |(name, _)| name.as_str());
        list.push(describe(name, layer, shapes.as_ref().map(std::slice::from_ref))?.0);
        shapes = match shapes {
            Some(shape) => layer.output_shapes(&[shape])?.into_iter().next(),
            None => None,
        };
    }
    let mut config = json!({ "name": name, "trainable": trainable, "dtype": dtype(), "layers": list });
    let mut object = json!({ "module": "keras", "class_name": "Sequential", "registered_name": null });
    if let Some(input) = input {
        config["build_input_shape"] = shape(input);
        object["build_config"] = json!({ "input_shape": shape(input) });
    }
    object["config"] = config;
    Ok(object)
}

fn functional(name: &str, plan: &Blueprint, trainable: bool) -> Result<Value> {
    // Where each slot comes from: Keras' history of a tensor.
    let mut history: Vec<Value> = vec![Value::Null; plan.shapes.len()];
    for (slot, name) in plan.inputs.iter().enumerate() {
        history[slot] = json!([name, 0, 0]);
    }
    let mut uses = vec![0usize; plan.layers.len()];
    for step in &plan.steps {
        for (i, slot) in step.outputs.iter().enumerate() {
            history[*slot] = json!([plan.layers[step.layer].name, uses[step.layer], i]);
        }
        uses[step.layer] += 1;
    }
    let tensor = |slot: &usize| {
        json!({ "class_name": "__keras_tensor__",
            "config": { "shape": shape(&plan.shapes[*slot]), "dtype": "float32", "keras_history": history[*slot] } })
    };
    let mut layers = Vec::new();
    for operation in order(plan) {
        match operation {
            Operation::Input(i) => {
                let mut object = input_layer(&plan.inputs[i], &plan.shapes[i]);
                object["name"] = json!(plan.inputs[i]);
                object["inbound_nodes"] = json!([]);
                layers.push(object);
            }
            Operation::Layer(i) => {
                let named = &plan.layers[i];
                let steps: Vec<_> = plan.steps.iter().filter(|s| s.layer == i).collect();
                let shapes: Vec<Shape> =
                    steps.first().map_or(Vec::new(), |s| s.inputs.iter().map(|slot| plan.shapes[*slot].clone()).collect());
                let (mut object, options) = describe(&named.name, &named.layer, Some(&shapes))?;
                let node = |inputs: &Vec<usize>| {
                    let mut tensors: Vec<Value> = inputs.iter().map(tensor).collect();
                    let (class, mut kwargs) = (named.layer.class(), options.clone());
                    let args = if MERGING.contains(&class) || (named.layer.model().is_some() && tensors.len() > 1) {
                        json!([tensors])
                    } else {
                        if RECURRENT.contains(&class) && tensors.len() > 1 {
                            kwargs.insert("initial_state".to_owned(), tensors.split_off(1).into());
                        }
                        json!(tensors)
                    };
                    json!({ "args": args, "kwargs": kwargs })
                };
                object["name"] = json!(named.name);
                object["inbound_nodes"] = steps.iter().map(|s| node(&s.inputs)).collect();
                layers.push(object);
            }
        }
    }
    let ends = |slots: &mut dyn Iterator<Item = usize>| {
        let mut all: Vec<Value> = slots.map(|slot| history[slot].clone()).collect();
        if all.len() == 1 { all.remove(0) } else { Value::Array(all) }
    };
    Ok(json!({
        "module": "keras.src.models.functional", "class_name": "Functional", "registered_name": "Functional",
        "config": {
            "name": name, "trainable": trainable, "layers": layers,
            "input_layers": ends(&mut (0..plan.inputs.len())), "output_layers": ends(&mut plan.outputs.iter().copied()),
        },
        "build_config": { "input_shape": null },
    }))
}

/// A layer, and those of its options that Keras takes in the call.
fn describe(name: &str, layer: &AnyLayer, inputs: Option<&[Shape]>) -> Result<(Value, Map<String, Value>)> {
    match layer.model() {
        Some(Inner::Chain(layers)) => {
            let shape = inputs.and_then(|s| s.first());
            return Ok((chain(name, layers, shape, layer.trainable()).map_err(|e| e.at(name))?, Map::new()));
        }
        Some(Inner::Wired(plan)) => return Ok((functional(name, plan, layer.trainable()).map_err(|e| e.at(name))?, Map::new())),
        None => {}
    }
    let mut config = layer.config().map_err(|e| e.at(name))?;
    let mut options = Map::new();
    if let Value::Object(config) = &mut config {
        config.insert("name".to_owned(), json!(name));
        config.insert("trainable".to_owned(), json!(layer.trainable()));
        for option in CALL_OPTIONS {
            if let Some(value) = config.remove(option).filter(|v| v == &json!(true)) {
                options.insert(option.to_owned(), value);
            }
        }
    }
    let known = kiln_layers::layer_classes().contains(&layer.class());
    let (module, registered) = if known { (json!("keras.layers"), Value::Null) } else { (Value::Null, json!(layer.class())) };
    let mut object = json!({ "module": module, "class_name": layer.class(), "config": config, "registered_name": registered });
    if let Some([one]) = inputs {
        object["build_config"] = json!({ "input_shape": shape(one) });
    }
    Ok((object, options))
}
