//! torchvision's networks by name: each weight of the files is its place among torchvision's weights (`kiln-io/testdata/pytorch`).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use kiln::Model;
use kiln::applications::{ResNet18, ResNet34, Vgg16};
use kiln::optimizers::Trained;
use kiln::prelude::*;
use std::path::Path;

/// The only number in each weight of `model`, by path, after reading the file `name`.
fn read(model: &mut Model, name: &str) -> Vec<(String, f32)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kiln-io/testdata/pytorch").join(name);
    model.load_pt(path).unwrap_or_else(|e| panic!("{e}"));
    let paths = model.module().weights();
    let values = model.get_weights().unwrap();
    let one = |values: Vec<f32>| {
        assert!(values.iter().all(|v| *v == values[0]));
        values[0]
    };
    paths.into_iter().zip(values).map(|(weight, value)| (weight.path, one(value.to_vec()))).collect()
}

fn check(weights: &[(String, f32)], expected: &[(&str, f32)]) {
    for (path, place) in expected {
        let found = weights.iter().find(|(p, _)| p == path).unwrap_or_else(|| panic!("{path} of {weights:?}"));
        assert_eq!(found.1, *place, "{path}");
    }
    // None twice, none left as it was.
    let mut places: Vec<f32> = weights.iter().map(|(_, place)| *place).collect();
    places.sort_by(f32::total_cmp);
    assert!(places.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn vgg16() {
    let mut model = Vgg16::new().width(0.125).build().unwrap();
    let weights = read(&mut model, "vgg16.pt");
    assert_eq!(weights.len(), 32);
    let ends = [("block1_conv1.kernel", 0.0), ("block1_conv1.bias", 1.0), ("block5_conv3.bias", 25.0), ("fc1.kernel", 26.0)];
    check(&weights, &ends);
    check(&weights, &[("fc2.bias", 29.0), ("predictions.kernel", 30.0)]);
}

#[test]
fn residual_networks() {
    let mut small = ResNet18::new().width(0.125).build().unwrap();
    let weights = read(&mut small, "resnet18.pt");
    // conv1, bn1 (5 with the count), layer1 of two blocks with 12 each, layer2.0: conv1, bn1, conv2, bn2, downsample.
    assert_eq!(weights.len(), 20 + 4 * 20 + 2);
    check(&weights, &[("conv1_conv.kernel", 0.0), ("conv1_bn.moving_variance", 4.0), ("conv2_block1_1_conv.kernel", 6.0)]);
    check(&weights, &[("conv3_block1_1_conv.kernel", 30.0), ("conv3_block1_2_bn.gamma", 37.0), ("conv3_block1_0_conv.kernel", 42.0)]);
    check(&weights, &[("conv3_block1_0_bn.moving_mean", 45.0), ("predictions.kernel", 120.0), ("predictions.bias", 121.0)]);
    let mut large = ResNet34::new().width(0.125).build().unwrap();
    let weights = read(&mut large, "resnet34.pt");
    check(&weights, &[("conv5_block3_2_conv.kernel", 210.0), ("predictions.bias", 217.0)]);
}
