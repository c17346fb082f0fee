//! What a model was compiled with, both ways: Keras' `compile_config`.

use crate::load::Load;
use kiln_core::{Error, Result};
use kiln_models::{Compile, Model};
use kiln_train::outputs::{OutputKey, PerOutput};
use kiln_train::{AnyLoss, Config, IntoLoss, IntoMetric, IntoOptimizer, MetricSpec, losses, metrics, optimizers};
use serde_json::{Map, Value, json};

/// Keras' `compile_config`; an empty object for a model that isn't compiled.
pub(crate) fn describe(model: &Model) -> Result<Value> {
    let Some(compiled) = model.compilation() else { return Ok(json!({})) };
    let optimizer = compiled.optimizer.config().ok_or_else(|| compiled.optimizer.unsaved())?;
    let loss = |loss: &AnyLoss| {
        // As Keras does, a function of the user's is written by its name.
        losses::keras(&**loss).unwrap_or_else(
            || json!({ "module": "builtins", "class_name": "function", "config": loss.name(), "registered_name": "function" }),
        )
    };
    let metrics = |list: &Vec<MetricSpec>| -> Value {
        let one = |spec: &MetricSpec| {
            spec.keras().unwrap_or_else(
                || json!({ "module": "builtins", "class_name": "function", "config": spec.key(), "registered_name": "function" }),
            )
        };
        list.iter().map(one).collect()
    };
    let names = model.output_names();
    let mut weights = each(compiled.loss_weights, &names, |w| json!(w));
    if let Value::Object(some) = &mut weights {
        // Keras takes all or none.
        names.iter().for_each(|name| {
            some.entry(name.clone()).or_insert(json!(1.0));
        });
    }
    Ok(json!({
        "optimizer": optimizer.object("keras.optimizers"),
        "loss": each(compiled.losses, &names, loss),
        "loss_weights": weights,
        "metrics": each(compiled.metrics, &names, metrics),
        "weighted_metrics": each(compiled.weighted_metrics, &names, metrics),
        "run_eagerly": false, "steps_per_execution": 1, "jit_compile": false,
    }))
}

fn each<T>(all: &PerOutput<T>, names: &[String], write: impl Fn(&T) -> Value) -> Value {
    match all {
        PerOutput::None => Value::Null,
        PerOutput::One(one) => write(one),
        PerOutput::InOrder(list) => list.iter().map(write).collect(),
        PerOutput::Keyed(list) => {
            let name = |key: &OutputKey| match key {
                OutputKey::Name(name) => name.clone(),
                OutputKey::Place(place) => names.get(*place).cloned().unwrap_or_else(|| place.to_string()),
            };
            Value::Object(list.iter().map(|(key, value)| (name(key), write(value))).collect())
        }
    }
}

/// Compiles `model` as `compile_config` says; an empty or absent one leaves it as it is.
pub(crate) fn apply(model: &mut Model, config: &Value, load: &Load) -> Result<()> {
    let Some(config) = config.as_object().filter(|c| c.contains_key("optimizer")) else { return Ok(()) };
    let get = |key: &str| config.get(key).unwrap_or(&Value::Null);
    let optimizer = match get("optimizer") {
        Value::String(name) => name.as_str().into_optimizer()?,
        object => optimizers::from_config(&Config::of_object("optimizer", object)?)?,
    };
    let outputs = model.output_names().len();
    let losses = per_output(get("loss"), |v| loss(v, load))?;
    let weights = per_output(get("loss_weights"), |v| v.as_f64().ok_or_else(|| Error::option("compile", "loss_weights", "numbers", v)))?;
    let compile = Compile::new(optimizer, losses)
        .metrics(all_metrics(get("metrics"), outputs, load)?)
        .weighted_metrics(all_metrics(get("weighted_metrics"), outputs, load)?)
        .loss_weights(weights);
    model.compile_with(compile)
}

fn is_object(value: &Value) -> bool {
    value.get("class_name").is_some()
}

fn per_output<T>(value: &Value, read: impl Fn(&Value) -> Result<T>) -> Result<PerOutput<T>> {
    // Nothing for an output: `null`.
    let some = |value: &Value| if value.is_null() { Ok(None) } else { read(value).map(Some) };
    Ok(match value {
        Value::Null => PerOutput::None,
        Value::Array(list) => {
            let mut keyed = Vec::new();
            for (place, value) in list.iter().enumerate() {
                keyed.extend(some(value)?.map(|v| (OutputKey::Place(place), v)));
            }
            PerOutput::Keyed(keyed)
        }
        Value::Object(map) if !is_object(value) => {
            let mut keyed = Vec::new();
            for (name, value) in map {
                keyed.extend(some(value)?.map(|v| (OutputKey::from(name.as_str()), v)));
            }
            PerOutput::Keyed(keyed)
        }
        one => PerOutput::One(read(one)?),
    })
}

/// The name of a function that a file refers to.
fn function(value: &Value) -> Option<&str> {
    let object = value.as_object()?;
    (object.get("class_name")?.as_str()? == "function").then(|| object.get("config")?.as_str())?
}

/// The name of a class without the package it was registered under.
fn class(value: &Value) -> Option<&str> {
    value.get("class_name")?.as_str().and_then(|c| c.rsplit('>').next())
}

fn loss(value: &Value, load: &Load) -> Result<AnyLoss> {
    let name = value.as_str().or_else(|| function(value)).or_else(|| class(value)).unwrap_or_default();
    if let Some(own) = load.custom_loss(name) {
        return own;
    }
    let read = || match value.as_str().or_else(|| function(value)) {
        Some(name) => name.into_loss(),
        None => losses::from_config(&Config::of_object("loss", value)?),
    };
    read().map_err(|e| register(e, &format!("Load::new().loss(\"{name}\", ..)")))
}

fn metric(value: &Value, load: &Load) -> Result<MetricSpec> {
    let name = value.as_str().or_else(|| function(value)).or_else(|| class(value)).unwrap_or_default();
    if let Some(own) = load.custom_metric(name) {
        return own;
    }
    let read = || match (value.as_str().or_else(|| function(value)), class(value)) {
        (Some(name), _) => name.into_metric(),
        // A function of losses or metrics that Keras wrapped.
        (None, Some("MeanMetricWrapper")) => {
            let inner = value.pointer("/config/fn").unwrap_or(&Value::Null);
            let spec = metric(inner, load)?;
            Ok(match value.pointer("/config/name").and_then(Value::as_str) {
                Some(name) => spec.with_key(name),
                None => spec,
            })
        }
        _ => metrics::from_config(&Config::of_object("metric", value)?),
    };
    read().map_err(|e| register(e, &format!("Load::new().metric(\"{name}\", ..)")))
}

/// How to go on when a name is not known.
pub(crate) fn register(error: Error, how: &str) -> Error {
    match error {
        Error::Name(_) => error.hint(format!("if it is your own, load with `{how}`")),
        other => other,
    }
}

fn all_metrics(value: &Value, outputs: usize, load: &Load) -> Result<PerOutput<Vec<MetricSpec>>> {
    let list = |value: &Value| -> Result<Vec<MetricSpec>> {
        match value {
            Value::Null => Ok(Vec::new()),
            Value::Array(list) => list.iter().map(|v| metric(v, load)).collect(),
            one => Ok(vec![metric(one, load)?]),
        }
    };
    Ok(match value {
        Value::Null => PerOutput::None,
        // Of the only output, or a list for each.
        Value::Array(all) if outputs > 1 || all.first().is_some_and(Value::is_array) => {
            let of = |(place, value): (usize, &Value)| Ok((OutputKey::Place(place), list(value)?));
            PerOutput::Keyed(all.iter().enumerate().map(of).collect::<Result<_>>()?)
        }
        Value::Array(_) => PerOutput::One(list(value)?),
        Value::Object(map) if !is_object(value) => {
            let of = |(name, value): (&String, &Value)| Ok((OutputKey::from(name.as_str()), list(value)?));
            PerOutput::Keyed(map.iter().map(of).collect::<Result<_>>()?)
        }
        one => PerOutput::One(list(one)?),
    })
}

/// Keras' `training_config` of a legacy file as a `compile_config`.
pub(crate) fn of_training_config(mut config: Map<String, Value>) -> Value {
    if let Some(optimizer) = config.remove("optimizer_config") {
        config.insert("optimizer".to_owned(), optimizer);
    }
    // Keras 2 wrote metrics as lists of `{"class_name": .., "config": {"name", "fn"}}`, which are read as they are.
    Value::Object(config)
}
