//! Every combination of a small window's options: the shape is the promised one, nothing panics, and the gradients fit.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer};
use kiln_core::random::Stream;
use kiln_core::{Context, Device, GradientTape, Shape, Tensor, weights};
use kiln_layers::*;

fn normal(shape: &[usize], seed: u64) -> Tensor {
    let values: Vec<f32> = Stream::new(seed).normal(shape.iter().product()).map(|v| v as f32).collect();
    Tensor::from_vec(values, shape).unwrap().to_device(&Device::current().unwrap())
}

/// A layer without bias, whose output doubles when the input or a weight does: so the gradient along each of them is the output.
/// Tells whether the layer takes the input.
fn doubles<L: Layer>(layer: &L, sample: &[usize]) -> bool {
    let shape: Vec<usize> = [2].into_iter().chain(sample.iter().copied()).collect();
    let Ok(promised) = layer.output_shape(&Shape::known(&shape)) else {
        return false;
    };
    let what = format!("{} {} on {shape:?}", L::CLASS, serde_json::to_string(layer).unwrap());
    let module = layer.build(&Shape::known(&shape), &Build::new(&Device::current().unwrap(), Stream::new(1))).unwrap();
    let tape = GradientTape::new();
    let x = tape.watch(&normal(&shape, 2)).unwrap();
    let y = module.call(x.clone(), &Context::inference()).unwrap_or_else(|e| panic!("{what}: {e}"));
    assert_eq!(Shape::known(y.shape()), promised, "{what}");
    let total = (y.clone() * normal(&y.shape(), 3)).sum();
    let scale = y.abs().sum().item().max(1.0);
    let sources: Vec<Tensor> = std::iter::once(x).chain(weights::values(&module).into_iter().map(|(_, value)| value)).collect();
    let gradients = tape.gradient(&total, &sources).unwrap();
    for (source, gradient) in sources.iter().zip(gradients) {
        let along = (gradient.unwrap() * source.clone().inner()).sum().item();
        assert!((along - total.item()).abs() < 1e-5 * scale, "{what}: {along} along {:?}, {total}", source.shape());
    }
    true
}

fn options() -> impl Iterator<Item = (usize, usize, usize, &'static str)> {
    let sizes = (1..=4).flat_map(|k| (1..=4).flat_map(move |s| (1..=3).map(move |d| (k, s, d))));
    sizes.flat_map(|(k, s, d)| ["valid", "same"].map(|padding| (k, s, d, padding)))
}

#[test]
fn convolutions_take_every_window() {
    let mut taken = 0;
    for (k, s, d, padding) in options() {
        let cube = Conv3d::new(4, [2, k, 1]).strides([1, s, 1]).dilation_rate([1, d, 1]).padding(padding);
        let mut all = vec![doubles(&cube.groups(2).use_bias(false), &[2, 5, 2, 2])];
        for n in [1, 2, 5, 8] {
            all.extend([
                doubles(&Conv1d::new(2, k).strides(s).dilation_rate(d).padding(padding).use_bias(false), &[n, 3]),
                doubles(&Conv1d::new(2, k).strides(s).dilation_rate(d).padding("causal").groups(2).use_bias(false), &[n, 4]),
                doubles(&Conv2d::new(2, [k, 2]).strides([s, 1]).dilation_rate([d, 1]).padding(padding).use_bias(false), &[n, 3, 2]),
                doubles(&DepthwiseConv2d::new([k, 1]).strides([s, 2]).dilation_rate([d, 1]).padding(padding).use_bias(false), &[n, 4, 3]),
                doubles(&SeparableConv1d::new(2, k).strides(s).dilation_rate(d).padding(padding).use_bias(false), &[n, 3]),
            ]);
        }
        taken += all.into_iter().filter(|t| *t).count();
    }
    assert!(taken > 900, "{taken}");
}

#[test]
fn transposed_convolutions_take_every_window() {
    let mut taken = 0;
    for (k, s, d, padding) in options() {
        let cube = Conv3dTranspose::new(1, [1, k, 2]).strides([1, s, 1]).dilation_rate([1, d, 1]).padding(padding);
        let mut all = vec![doubles(&cube.use_bias(false), &[1, 3, 2, 2])];
        for n in [1, 2, 4] {
            let line = Conv1dTranspose::new(2, k).strides(s).dilation_rate(d).padding(padding).use_bias(false);
            all.push(doubles(&line, &[n, 3]));
            all.extend((0..s).map(|extra| doubles(&line.clone().output_padding(extra), &[n, 3])));
            let plane = Conv2dTranspose::new(2, [k, 2]).strides([s, 1]).dilation_rate([d, 1]).padding(padding);
            all.push(doubles(&plane.use_bias(false), &[n, 3, 2]));
        }
        taken += all.into_iter().filter(|t| *t).count();
    }
    assert!(taken > 500, "{taken}");
}

#[test]
fn pools_take_every_window() {
    let mut taken = 0;
    for (k, s, _, padding) in options().filter(|(_, _, d, _)| *d == 1) {
        for n in [1, 2, 5, 8] {
            let all = [
                doubles(&MaxPooling1d::new(k).strides(s).padding(padding), &[n, 2]),
                doubles(&AveragePooling1d::new(k).strides(s).padding(padding), &[n, 2]),
                doubles(&MaxPooling2d::new([k, 2]).strides([s, 1]).padding(padding), &[n, 3, 2]),
                doubles(&AveragePooling2d::new([2, k]).strides([1, s]).padding(padding), &[3, n, 2]),
                doubles(&MaxPooling3d::new([k, 2, 1]).strides([s, 1, 2]).padding(padding), &[n, 3, 3, 1]),
                doubles(&AveragePooling3d::new([k, 1, 2]).strides([s, 1, 2]).padding(padding), &[n, 2, 3, 1]),
                doubles(&AdaptiveMaxPooling1d::new(k), &[n, 2]),
                doubles(&AdaptiveAveragePooling2d::new([k, s]), &[n, 3, 2]),
            ];
            taken += all.into_iter().filter(|t| *t).count();
        }
    }
    assert!(taken > 800, "{taken}");
}
