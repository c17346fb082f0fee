//! Every layer of this room against Keras: its configuration, weights, input and mask in, its outputs out.

use crate::layer_from_config;
use kiln_core::build::Build;
use kiln_core::random::Stream;
use kiln_core::value::{Value, Values};
use kiln_core::{AnyLayer, AnyModule, Context, Device, Result, Shape, Tensor, weights};
use serde_json::Value as Json;

/// A nested list as a tensor.
pub(crate) fn tensor(json: &Json) -> Tensor {
    fn flat(json: &Json, out: &mut Vec<f32>) {
        match json {
            Json::Array(all) => all.iter().for_each(|v| flat(v, out)),
            Json::Bool(b) => out.push(f32::from(u8::from(*b))),
            number => out.push(number.as_f64().unwrap() as f32),
        }
    }
    let (mut shape, mut inner) = (Vec::new(), json);
    while let Json::Array(all) = inner {
        shape.push(all.len());
        inner = &all[0];
    }
    let mut values = Vec::new();
    flat(json, &mut values);
    Tensor::from_vec(values, shape).unwrap().to_device(&Device::current().unwrap())
}

/// The largest difference, over the largest expected value.
pub(crate) fn gap(got: &Tensor, expected: &Tensor) -> f64 {
    assert_eq!(got.shape(), expected.shape());
    let scale = expected.clone().abs().max().item().max(1e-3);
    (got.clone().inner() - expected).abs().max().item() / scale
}

/// Builds `layer` on inputs of these shapes with these weights, which must have Keras' paths.
pub(crate) fn built(layer: &AnyLayer, shapes: &[Shape], values: &Json) -> Result<AnyModule> {
    let module = layer.build(shapes, &Build::new(&Device::current()?, Stream::new(1)))?;
    let list = weights::list(&module);
    let values = values.as_array().unwrap();
    let paths: Vec<String> = list.iter().map(|w| w.path.replace('.', "/")).collect();
    let expected: Vec<&str> = values.iter().map(|pair| pair[0].as_str().unwrap()).collect();
    assert_eq!(paths, expected);
    let new = list.iter().zip(values).map(|(w, pair)| (w.id, tensor(&pair[1])));
    Ok(weights::replace(module, new.collect()))
}

fn inputs(case: &Json) -> Values {
    let mask = (!case["mask"].is_null()).then(|| tensor(&case["mask"]).greater(0.5).unwrap());
    let x = Value { tensor: tensor(&case["x"]).autodiff(), mask };
    let states = case["states"].as_array().unwrap().iter().map(|state| Value::from(tensor(state).autodiff()));
    std::iter::once(x).chain(states).collect()
}

pub(crate) fn agree(text: &str) {
    let reference: Json = serde_json::from_str(text).unwrap();
    let mut worst = (0.0, String::new());
    for case in reference["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let layer = layer_from_config(case["class"].as_str().unwrap(), case["config"].clone()).unwrap_or_else(|e| panic!("{name}: {e}"));
        let shapes: Vec<Shape> = inputs(case).iter().map(|v| Shape::known(v.tensor.shape())).collect();
        let mut module = built(&layer, &shapes, &case["weights"]).unwrap_or_else(|e| panic!("{name}: {e}"));
        let mut outputs = Vec::new();
        for _ in 0..case["calls"].as_u64().unwrap() {
            let cx = Context::inference();
            let values = module.call(inputs(case), &cx).unwrap_or_else(|e| panic!("{name}: {e}"));
            module = weights::replace(module, cx.take_updates());
            outputs.extend(values.into_iter().map(|v| v.tensor));
        }
        let expected = case["outputs"].as_array().unwrap();
        assert_eq!(outputs.len(), expected.len(), "{name}");
        for (got, expected) in outputs.iter().zip(expected) {
            let gap = gap(got, &tensor(expected));
            assert!(gap < 1e-5, "{name}: {gap}\n{got}\n{}", tensor(expected));
            if gap > worst.0 {
                worst = (gap, name.to_owned());
            }
        }
        // What Keras wrote, written by Kiln, is the same layer.
        let again = layer_from_config(layer.class(), layer.config().unwrap()).unwrap();
        assert_eq!(again.config().unwrap(), layer.config().unwrap(), "{name}");
    }
    eprintln!("largest relative error: {} in {}", worst.0, worst.1);
}

#[test]
fn layers_agree_with_keras() {
    agree(include_str!("../../testdata/recurrent.json"));
}

#[test]
fn convolutional_layers_agree_with_keras() {
    agree(include_str!("../../testdata/conv_lstm.json"));
}
