//! Layers against Keras: its configurations and its numbers, from the scripts in `testdata`.

use crate::layer_from_config;
use kiln_core::build::Build;
use kiln_core::random::Stream;
use kiln_core::value::one;
use kiln_core::{AnyLayer, Context, Device, Shape, Tensor, weights};
use serde_json::Value;

/// The numbers the scripts fill weights and inputs with.
pub(crate) fn pattern(shape: &[usize], salt: usize) -> Vec<f32> {
    (0..shape.iter().product::<usize>()).map(|i| ((i * 37 + salt * 11 + 5) % 101) as f32 / 50.0 - 1.0).collect()
}

fn sizes(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect()
}

/// Every case of `text`: the layer is read from Keras' configuration, writes the same, has Keras' weights and gives Keras' output.
pub(crate) fn agree(text: &str) {
    let cases: Vec<Value> = serde_json::from_str(text).unwrap();
    let worst = cases.iter().map(case).fold(0.0, f64::max);
    println!("{} cases, largest error {worst:e}", cases.len());
}

fn case(case: &Value) -> f64 {
    let (class, config) = (case["class"].as_str().unwrap(), &case["config"]);
    let layer = layer_from_config(class, config.clone()).unwrap_or_else(|e| panic!("{class} {config}: {e}"));
    same_config(&layer, config);
    let device = Device::current().unwrap();
    let shape = sizes(&case["input"]);
    let input = Shape::batch_of(&shape[1..]);
    let module =
        layer.build(std::slice::from_ref(&input), &Build::new(&device, Stream::new(1))).unwrap_or_else(|e| panic!("{class} {config}: {e}"));
    let listed = weights::list(&module);
    let found: Vec<Value> = listed.iter().map(|w| serde_json::json!([w.path, w.shape])).collect();
    assert_eq!(&Value::from(found), &case["weights"], "{class} {config}");
    let filled =
        |(i, w): (usize, &weights::Weight)| (w.id, Tensor::from_vec(pattern(&w.shape, i + 1), &w.shape).unwrap().to_device(&device));
    let module = weights::replace(module, listed.iter().enumerate().map(filled).collect());
    let x = Tensor::from_vec(pattern(&shape, 0), &shape).unwrap().to_device(&device).autodiff();
    let y = module.call(one(x), &Context::inference()).unwrap_or_else(|e| panic!("{class} {config}: {e}")).remove(0).tensor;
    assert_eq!(y.shape(), sizes(&case["shape"]), "{class} {config}");
    assert!(layer.output_shapes(&[input]).unwrap()[0].fits(&y.shape()), "{class} {config}");
    let expected: Vec<f64> = case["output"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    let scale = expected.iter().fold(1.0f64, |m, v| m.max(v.abs()));
    let gap = |(a, b): (&f64, &f64)| (a - b).abs() / scale;
    let worst = y.to_vec::<f64>().iter().zip(&expected).map(gap).fold(0.0, f64::max);
    assert!(worst < 1e-5, "{class} {config}: relative error {worst:e}");
    worst
}

/// The same keys, and the same values but for the longer form Keras gives to initializers.
fn same_config(layer: &AnyLayer, keras: &Value) {
    let ours = layer.config().unwrap();
    let keys = |v: &Value| v.as_object().unwrap().keys().cloned().collect::<std::collections::BTreeSet<_>>();
    assert_eq!(keys(&ours), keys(keras), "{}", layer.class());
    for (key, value) in keras.as_object().unwrap().iter().filter(|(_, v)| !v.is_object()) {
        assert_eq!(&ours[key], value, "{}: `{key}`", layer.class());
    }
}
