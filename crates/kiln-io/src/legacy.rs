//! The `.h5` files of Keras 2 and 3: whole models, and weights by name.

use crate::hdf5::{Fault, File, Group, Read};
use crate::load::Load;
use crate::places::{Var, listed, trained};
use crate::weights::{OptimizerState, State, of_datasets, tensor};
use crate::{architecture, compiled};
use kiln_core::{Error, Result};
use kiln_models::Model;
use kiln_train::optimizers::Trained;
use serde_json::Value;
use std::path::Path;

/// Whether the file has the layout of Keras 2.
pub(crate) fn is_legacy(file: &File) -> Read<bool> {
    Ok(file.root().find("model_weights")?.is_some() || file.root().split_texts("layer_names")?.is_some())
}

/// The whole model.
pub(crate) fn model(path: &Path, file: &File, load: &Load, worth: usize) -> Result<Model> {
    let damaged = |f: Fault| Error::file(path, f);
    let attribute = |name: &str| -> Result<Option<Value>> {
        let text = file.root().texts(name).map_err(damaged)?.and_then(|t| t.into_iter().next());
        text.map(|text| serde_json::from_str(&text)).transpose().map_err(|e| Error::file(path, format!("`{name}`: {e}")))
    };
    let Some(mut config) = attribute("model_config")? else {
        return Err(Error::file(path, "the file has weights and no model").hint("build the model and call `load_weights`"));
    };
    upgrade(&mut config);
    let mut model = architecture::model(&config, load, worth).map_err(|e| crate::save::within(path, e))?;
    if let (false, Some(Value::Object(training))) = (load.uncompiled, attribute("training_config")?) {
        let mut training = compiled::of_training_config(training);
        metrics(&mut training);
        compiled::apply(&mut model, &training, load).map_err(|e| crate::save::within(path, e))?;
    }
    if model.is_built() {
        weights(file, &model).map_err(damaged)?.install(&mut model);
    }
    Ok(model)
}

/// Old files differ in a few words.
fn upgrade(config: &mut Value) {
    if let Some(layers) = config.pointer_mut("/config/layers").and_then(Value::as_array_mut) {
        layers.iter_mut().for_each(upgrade);
    }
    let class = config.get("class_name").and_then(Value::as_str).unwrap_or_default().to_owned();
    if let Some(Value::Object(own)) = config.get_mut("config") {
        if ["LSTM", "GRU", "SimpleRNN"].contains(&class.as_str()) {
            // Speed, not numbers; Keras 3 has no such option.
            for key in ["implementation", "time_major"] {
                own.remove(key);
            }
        }
        if class == "BatchNormalization"
            && let Some(axis) = own.get("axis").and_then(Value::as_array).filter(|a| a.len() == 1).and_then(|a| a.first()).cloned()
        {
            own.insert("axis".to_owned(), axis);
        }
    }
}

/// Keras 2 wrote a list for each output, even for the only one.
fn metrics(training: &mut Value) {
    for key in ["metrics", "weighted_metrics"] {
        let Some(Value::Array(all)) = training.get(key) else { continue };
        if let [Value::Array(one)] = &all[..] {
            let one = one.clone();
            training[key] = Value::Array(one);
        }
    }
}

/// The weights for `model`, layer by layer in order, as Keras assigns them.
pub(crate) fn weights(file: &File, model: &Model) -> Read<State> {
    let root = file.root();
    let group = match root.find("model_weights")? {
        Some(group) => group,
        None => root.clone(),
    };
    let graph = model.module();
    let kiln = |e: Error| Fault(e.to_string());
    let layers: Vec<(String, Vec<Var>)> = listed(model, graph).map_err(kiln)?.into_iter().filter(|(_, vars)| !vars.is_empty()).collect();
    let mut saved: Vec<(String, Group<'_>, Vec<String>)> = Vec::new();
    for name in group.split_texts("layer_names")?.unwrap_or_default() {
        let Some(layer) = group.find(&name)? else { return Err(Fault(format!("there is no group for the layer `{name}`"))) };
        let names = names(&layer)?;
        if !names.is_empty() {
            saved.push((name, layer, names));
        }
    }
    if saved.len() != layers.len() {
        return Err(Fault(format!("the file has {} layers with weights, the model has {}", saved.len(), layers.len())));
    }
    let mut weights = Vec::new();
    for ((name, vars), (file_name, group, names)) in layers.into_iter().zip(saved) {
        if names.len() != vars.len() {
            let what = format!("the layer `{name}` has {} weights, `{file_name}` of the file has {}", vars.len(), names.len());
            return Err(Fault(what));
        }
        // Keras lists what is trained first.
        let (trained, rest): (Vec<Var>, Vec<Var>) = vars.into_iter().partition(|v| !is_state(v));
        for (var, dataset) in trained.into_iter().chain(rest).zip(&names) {
            weights.push((var.id, tensor(&group, dataset, &var)?));
        }
    }
    let optimizer = optimizer(file, model)?;
    Ok(State { weights, optimizer })
}

/// Statistics and counters, which no layer trains, frozen or not.
fn is_state(var: &Var) -> bool {
    let name = var.path.rsplit('.').next().unwrap_or_default();
    ["moving_mean", "moving_variance", "vector_u", "mean", "variance", "count"].contains(&name)
}

/// The names of the weights of a group; h5py writes an empty list as numbers.
fn names(group: &Group<'_>) -> Read<Vec<String>> {
    match group.split_texts("weight_names") {
        Ok(names) => Ok(names.unwrap_or_default()),
        Err(fault) if fault.0.contains("strings were expected") => Ok(Vec::new()),
        Err(fault) => Err(fault),
    }
}

fn optimizer(file: &File, model: &Model) -> Read<Option<OptimizerState>> {
    let (Some(compiled), Some(group)) = (model.compilation(), file.root().find("optimizer_weights")?) else { return Ok(None) };
    let names = names(&group)?;
    // Keras 2 saved no learning rate, and slots in an order of its own: such a state is left out, as Keras 3 does.
    if !names.first().is_some_and(|n| n.ends_with("/iteration")) {
        return Ok(None);
    }
    let graph = model.module();
    let order = trained(model, graph).map_err(|e| Fault(e.to_string()))?;
    of_datasets(&group, &names, compiled.optimizer, graph, &order)
}
