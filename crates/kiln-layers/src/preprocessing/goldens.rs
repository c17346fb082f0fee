//! What Keras gives, for the tests of this room.

use kiln_core::Tensor;
use serde_json::Value;

/// The cases of a layer. `preprocessing.py` wrote them.
pub(super) fn goldens(layer: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../../testdata/preprocessing.json")).unwrap();
    all[layer].as_array().unwrap_or_else(|| panic!("no goldens for {layer}")).clone()
}

/// `{"shape": .., "values": ..}` as floats.
pub(super) fn tensor(value: &Value) -> Tensor {
    let shape: Vec<usize> = serde_json::from_value(value["shape"].clone()).unwrap();
    let values: Vec<f32> = serde_json::from_value(value["values"].clone()).unwrap();
    Tensor::from_vec(values, shape).unwrap()
}

/// Shape and values, to 1e-5 of a value or of the largest.
pub(super) fn check(y: &Tensor, expected: &Value, what: &Value) {
    let expected = tensor(expected);
    assert_eq!(y.shape(), expected.shape(), "{what}");
    let (values, expected) = (y.to_vec::<f32>(), expected.to_vec::<f32>());
    let largest = expected.iter().fold(0.0f32, |a, b| a.max(b.abs()));
    for (i, (y, e)) in values.iter().zip(&expected).enumerate() {
        assert!((y - e).abs() <= 1e-5 * e.abs().max(largest), "{what}: at {i} {y} {e}");
    }
}
