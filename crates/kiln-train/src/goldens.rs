//! Values written by Keras (`crates/kiln-core/testdata/goldens.py`), for the tests.

use kiln_core::Tensor;
use serde_json::Value;
use std::sync::LazyLock;

static GOLDENS: LazyLock<Value> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../kiln-core/testdata/goldens.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
});

/// The value at a path of keys.
pub(crate) fn golden(keys: &[&str]) -> &'static Value {
    keys.iter().fold(&*GOLDENS, |value, key| value.get(key).unwrap_or_else(|| panic!("no golden `{key}`")))
}

/// A number.
pub(crate) fn number(keys: &[&str]) -> f64 {
    golden(keys).as_f64().unwrap()
}

/// All numbers of nested lists.
pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        value => vec![value.as_f64().unwrap()],
    }
}

/// An array of the section `data`.
pub(crate) fn data(name: &str) -> Tensor {
    tensor(golden(&["data", name]))
}

/// Nested lists as a tensor.
pub(crate) fn tensor(value: &Value) -> Tensor {
    let mut shape = Vec::new();
    let mut inner = value;
    while let Value::Array(items) = inner {
        shape.push(items.len());
        inner = &items[0];
    }
    Tensor::from_vec(numbers(value).into_iter().map(|v| v as f32).collect(), shape).unwrap()
}

/// Fails unless two numbers agree to 1e-5 relative; gives the relative difference.
#[track_caller]
pub(crate) fn close(what: &str, ours: f64, keras: f64) -> f64 {
    let difference = (ours - keras).abs() / keras.abs().max(1e-3);
    assert!(difference <= 1e-5, "{what}: {ours} is not Keras' {keras} ({difference:e})");
    difference
}
