//! What the tests of this room share: Keras' numbers, images and draws.

use super::draws::Draws;
use super::operation::Operation;
pub(super) use crate::preprocessing::goldens::{check, tensor};
use kiln_core::random::Stream;
use kiln_core::{Device, Result, Tensor};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The cases of an operation. `image.py` wrote them.
pub(super) fn goldens(name: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../../../testdata/image.json")).unwrap();
    all[name].as_array().unwrap_or_else(|| panic!("no goldens for {name}")).clone()
}

/// Runs an operation that needs no random numbers on its cases.
pub(super) fn plain<O: Operation + DeserializeOwned>(name: &str) {
    for case in goldens(name) {
        let layer: O = serde_json::from_value(case["config"].clone()).unwrap();
        layer.check().unwrap();
        check(&layer.plain(tensor(&case["x"])).unwrap(), &case["y"], &case["config"]);
    }
}

/// Runs an operation on its cases with the numbers that Keras drew: `run` is given the images and one number for each sample.
pub(super) fn drawn<O: Operation + DeserializeOwned>(name: &str, run: impl Fn(&O, Tensor, Vec<f64>) -> Result<Tensor>) {
    for case in goldens(name) {
        let layer: O = serde_json::from_value(case["config"].clone()).unwrap();
        layer.check().unwrap();
        let numbers = serde_json::from_value(case["draws"].clone()).unwrap();
        check(&run(&layer, tensor(&case["x"]), numbers).unwrap(), &case["y"], &case["config"]);
    }
}

/// Rising values, all different.
pub(super) fn ramp(shape: [usize; 4]) -> Tensor {
    Tensor::from_vec((0..shape.iter().product()).map(|i| i as f32).collect(), shape).unwrap()
}

/// Random numbers for `count` samples.
pub(super) fn draws(count: usize) -> Draws {
    Draws::new(Stream::new(3), count, Device::current().unwrap())
}

/// The draws as one column on the device of the tests.
pub(super) fn column(values: Vec<f64>) -> Tensor {
    draws(values.len()).column(values).unwrap()
}
