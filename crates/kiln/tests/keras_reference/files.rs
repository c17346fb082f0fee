//! Keras' own compiled files: loaded, trained on, and compared with what Keras made of them.

use crate::read::{close, numbers, tensor};
use kiln::prelude::*;
use serde_json::Value;
use std::path::PathBuf;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../kiln-io/testdata").join(name)
}

fn weight(reference: &Value) -> Option<[(usize, f64); 2]> {
    let weights = reference["options"]["class_weight"].as_object()?;
    Some([0, 1].map(|class| (class, weights[&class.to_string()].as_f64().unwrap())))
}

/// Loads, predicts, trains as Keras did, and compares every number.
fn agrees(name: &str) -> kiln::Result<()> {
    let text = std::fs::read_to_string(fixture(&format!("{name}.json"))).unwrap();
    let reference: Value = serde_json::from_str(&text).unwrap();
    let mut model = load_model(fixture(&format!("{name}.keras")))?;
    let x: Vec<Tensor> = match name {
        "two_inputs" => reference["x"].as_array().unwrap().iter().map(tensor).collect(),
        _ => vec![tensor(&reference["x"])],
    };
    let y = tensor(&reference["y"]);
    let predict = |model: &mut Model| match &x[..] {
        [x] => model.predict(x),
        [a, b] => model.predict([a, b]),
        _ => unreachable!("one or two inputs"),
    };
    close("before", &predict(&mut model)?.to_vec::<f32>(), &numbers(&reference["before"]), 1e-5);

    let batch_size = reference["options"]["batch_size"].as_u64().unwrap() as usize;
    let mut fit = Fit::new().epochs(3).batch_size(batch_size).shuffle(false).verbose(0);
    if let Some(weight) = weight(&reference) {
        fit = fit.class_weight(weight);
    }
    let plain = Fit::new().batch_size(batch_size).verbose(0);
    let (history, scores) = match &x[..] {
        [x] => (model.fit((x, &y), fit)?, model.evaluate_with((x, &y), plain)?),
        [a, b] => (model.fit(([a, b], &y), fit)?, model.evaluate_with(([a, b], &y), plain)?),
        _ => unreachable!("one or two inputs"),
    };
    for (key, values) in reference["history"].as_object().unwrap() {
        let got: Vec<f32> = history[key.as_str()].iter().map(|v| *v as f32).collect();
        close(&format!("{name} {key}"), &got, &numbers(values), 1e-4);
    }
    close(&format!("{name} after"), &predict(&mut model)?.to_vec::<f32>(), &numbers(&reference["after"]), 1e-4);
    for (key, value) in reference["evaluate"].as_object().unwrap() {
        close(&format!("{name} {key}"), &[scores[key.as_str()] as f32], &numbers(value), 1e-4);
    }
    Ok(())
}

#[test]
fn a_perceptron() -> kiln::Result<()> {
    agrees("mlp")
}

#[test]
fn a_convolutional_network_with_batch_normalization() -> kiln::Result<()> {
    agrees("cnn")
}

#[test]
fn recurrent_layers() -> kiln::Result<()> {
    agrees("recurrent")
}

#[test]
fn two_inputs_and_a_shared_layer() -> kiln::Result<()> {
    agrees("two_inputs")
}
