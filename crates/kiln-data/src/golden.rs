//! Keras' own values for the tests.

use kiln_core::Tensor;
use serde_json::Value;

/// What `testdata/text.py` wrote.
pub(crate) struct Golden(Value);

impl Golden {
    pub(crate) fn read() -> Self {
        Self(serde_json::from_str(include_str!("../testdata/text.json")).unwrap())
    }

    pub(crate) fn cases(&self, name: &str) -> Vec<Value> {
        self.0[name].as_array().unwrap().clone()
    }

    pub(crate) fn words(&self, name: &str) -> Vec<String> {
        words(&self.0[name])
    }

    pub(crate) fn value(&self, name: &str) -> &Value {
        &self.0[name]
    }
}

pub(crate) fn words(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect()
}

pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

/// Compares shape and values, to 1e-6 of the largest.
pub(crate) fn close(ours: &Tensor, keras: &Value) {
    let shape: Vec<usize> = numbers(&keras["shape"]).into_iter().map(|n| n as usize).collect();
    let (ours_values, values) = (ours.to_vec::<f64>(), numbers(&keras["values"]));
    assert_eq!(ours.shape(), shape, "{ours_values:?}");
    let scale = values.iter().fold(1.0, |m: f64, v| m.max(v.abs()));
    let near = ours_values.iter().zip(&values).all(|(a, b)| (a - b).abs() <= 1e-6 * scale);
    assert!(near, "{ours_values:?} instead of {values:?}");
}
