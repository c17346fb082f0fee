//! What whole networks compute, against `keras.applications`: every weight filled by the same formula of its name on both sides.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use burn::module::Module;
use kiln_applications::*;
use kiln_core::blueprint::Blueprint;
use kiln_core::build::Build;
use kiln_core::{Context, Device, Tensor, weights};
use serde_json::Value;

/// Numbers from -1 to 1 that depend on the name and the place.
fn uniform(name: &str, count: usize) -> Vec<f32> {
    let seed = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let at = |i: usize| {
        let x = (i as u32).wrapping_mul(0x9e37_79b1).wrapping_add(seed as u32);
        let x = (x ^ (x >> 16)).wrapping_mul(0x85eb_ca6b);
        let x = (x ^ (x >> 13)).wrapping_mul(0xc2b2_ae35);
        let x = x ^ (x >> 16);
        (x >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(at).collect()
}

fn fill(path: &str, shape: &[usize]) -> Tensor {
    let kind = path.rsplit('.').next().unwrap();
    let values = uniform(path, shape.iter().product());
    let scale = |by: fn(f32) -> f32| values.iter().map(|&u| by(u)).collect();
    let values: Vec<f32> = match kind {
        "gamma" | "moving_variance" | "variance" => scale(|u| 1.0 + u / 4.0),
        "beta" | "bias" | "moving_mean" | "mean" => scale(|u| u / 10.0),
        _ => {
            let depthwise = kind == "depthwise_kernel";
            let fan: usize = if depthwise { shape[0] * shape[1] } else { shape[..shape.len() - 1].iter().product() };
            let limit = (6.0 / fan as f64).sqrt() as f32;
            values.iter().map(|u| u * limit).collect()
        }
    };
    Tensor::from_vec(values, shape).unwrap()
}

/// The first numbers of the output for two images.
fn output(plan: &Blueprint, rescaled: bool) -> Vec<Vec<f32>> {
    let device = Device::current().unwrap();
    let graph = plan.build_at(&Build::sketch(&device)).unwrap();
    let filled = graph.weights().into_iter().filter(|w| !w.path.ends_with("count"));
    let filled = filled.map(|w| (w.id, fill(&w.path, &w.shape))).collect();
    let graph = weights::replace(graph, filled).valid();
    let shape: Vec<usize> = [2].into_iter().chain(plan.shapes[0].axes().iter().skip(1).map(|n| n.unwrap())).collect();
    let scale = |u: f32| u * 128.0 + 128.0;
    let pixels = uniform("images", shape.iter().product()).into_iter();
    let pixels = pixels.map(|u| if rescaled { scale(u) / 127.5 - 1.0 } else { scale(u) }).collect();
    let images = Tensor::from_vec(pixels, &shape).unwrap().to_device(&device);
    let output = graph.run(kiln_core::value::one(images), &Context::inference()).unwrap().remove(0).tensor;
    let width = output.shape()[1];
    output.to_vec::<f32>().chunks(width).map(|row| row[..width.min(24)].to_vec()).collect()
}

#[test]
fn outputs_are_those_of_keras() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("../testdata/outputs.json")).unwrap();
    assert!(cases.len() >= 9);
    let mut worst = 0.0f64;
    for case in &cases {
        let (name, options) = (case["architecture"].as_str().unwrap(), &case["options"]);
        let shape: Vec<usize> = serde_json::from_value(options["input_shape"].clone()).unwrap();
        // Two kinds of cases: the logits of seven classes, and the mean features.
        let top = options["include_top"].as_bool().unwrap_or(true);
        macro_rules! plan {
            ($new:expr) => {
                $new.include_top(top).classes(7).classifier_activation("linear").pooling("avg").input_shape(shape.clone()).blueprint()
            };
        }
        let plan = match name {
            "VGG16" => plan!(Vgg16::new()),
            "ResNet50" => plan!(ResNet50::new()),
            "ResNet50V2" => plan!(ResNet50V2::new()),
            "MobileNet" => plan!(MobileNet::new().alpha(0.25)),
            "MobileNetV2" => plan!(MobileNetV2::new().alpha(0.35)),
            "DenseNet121" => plan!(DenseNet121::new()),
            "EfficientNetB0" => plan!(EfficientNetB0::new()),
            "InceptionV3" => plan!(InceptionV3::new()),
            "Xception" => plan!(Xception::new()),
            _ => panic!("{name}"),
        };
        let expected: Vec<Vec<f64>> = serde_json::from_value(case["output"].clone()).unwrap();
        let output = output(&plan.unwrap(), name != "EfficientNetB0");
        let largest = expected.iter().flatten().fold(0.0f64, |a, v| a.max(v.abs()));
        let mut gap = 0.0f64;
        for (got, want) in output.iter().zip(&expected) {
            assert_eq!(got.len(), want.len(), "{name}");
            gap = got.iter().zip(want).fold(gap, |gap, (g, w)| gap.max((f64::from(*g) - w).abs() / largest));
        }
        println!("{name}: {gap:.1e} of {largest:.3}");
        assert!(gap < 1e-5, "{name}: {gap:e}\n{output:?}\n{expected:?}");
        worst = worst.max(gap);
    }
    println!("largest difference: {worst:.1e}");
}
