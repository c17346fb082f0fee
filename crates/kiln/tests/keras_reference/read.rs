//! Numbers out of the reference files.

use kiln::prelude::*;
use serde_json::Value;

fn flat(value: &Value, out: &mut Vec<f32>) {
    match value {
        Value::Array(values) => values.iter().for_each(|v| flat(v, out)),
        number => out.push(number.as_f64().unwrap() as f32),
    }
}

pub(crate) fn tensor(value: &Value) -> Tensor {
    let mut shape = Vec::new();
    let mut inner = value;
    while let Value::Array(values) = inner {
        shape.push(values.len());
        inner = &values[0];
    }
    let mut values = Vec::new();
    flat(value, &mut values);
    Tensor::from_vec(values, shape).unwrap()
}

pub(crate) fn close(name: &str, got: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(got.len(), expected.len(), "{name}");
    for (g, e) in got.iter().zip(expected) {
        assert!((g - e).abs() <= tolerance * e.abs().max(1e-2), "{name}: {g} {e}");
    }
}

pub(crate) fn numbers(value: &Value) -> Vec<f32> {
    let mut out = Vec::new();
    flat(value, &mut out);
    out
}
