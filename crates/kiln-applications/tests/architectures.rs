//! Names, shapes and sizes of all layers against `keras.applications`, and numbers of weights against the papers.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use kiln_applications::*;
use kiln_core::Result;
use kiln_core::blueprint::Blueprint;
use serde_json::Value;

/// Sets the options that all architectures have.
macro_rules! plan {
    ($new:expr, $options:expr) => {{
        let mut architecture = $new;
        let options: &Value = $options;
        if let Some(top) = options["include_top"].as_bool() {
            architecture = architecture.include_top(top);
        }
        if let Some(classes) = options["classes"].as_u64() {
            architecture = architecture.classes(classes as usize);
        }
        if let Some(shape) = options["input_shape"].as_array() {
            architecture = architecture.input_shape(shape.iter().map(|n| n.as_u64().map(|n| n as usize)));
        }
        if let Some(pooling) = options["pooling"].as_str() {
            architecture = architecture.pooling(pooling);
        }
        if let Some(activation) = options["classifier_activation"].as_str() {
            architecture = architecture.classifier_activation(activation);
        }
        architecture.blueprint()
    }};
}

fn plan(name: &str, options: &Value) -> Result<Blueprint> {
    let alpha = options["alpha"].as_f64().unwrap_or(1.0);
    let multiplier = options["depth_multiplier"].as_u64().unwrap_or(1) as usize;
    match name {
        "VGG16" => plan!(Vgg16::new(), options),
        "VGG19" => plan!(Vgg19::new(), options),
        "ResNet50" => plan!(ResNet50::new(), options),
        "ResNet101" => plan!(ResNet101::new(), options),
        "ResNet152" => plan!(ResNet152::new(), options),
        "ResNet50V2" => plan!(ResNet50V2::new(), options),
        "ResNet101V2" => plan!(ResNet101V2::new(), options),
        "ResNet152V2" => plan!(ResNet152V2::new(), options),
        "MobileNet" => plan!(MobileNet::new().alpha(alpha).depth_multiplier(multiplier), options),
        "MobileNetV2" => plan!(MobileNetV2::new().alpha(alpha), options),
        "DenseNet121" => plan!(DenseNet121::new(), options),
        "DenseNet169" => plan!(DenseNet169::new(), options),
        "DenseNet201" => plan!(DenseNet201::new(), options),
        "EfficientNetB0" => plan!(EfficientNetB0::new(), options),
        "EfficientNetB1" => plan!(EfficientNetB1::new(), options),
        "EfficientNetB2" => plan!(EfficientNetB2::new(), options),
        "EfficientNetB3" => plan!(EfficientNetB3::new(), options),
        "EfficientNetB4" => plan!(EfficientNetB4::new(), options),
        "EfficientNetB5" => plan!(EfficientNetB5::new(), options),
        "EfficientNetB6" => plan!(EfficientNetB6::new(), options),
        "EfficientNetB7" => plan!(EfficientNetB7::new(), options),
        "InceptionV3" => plan!(InceptionV3::new(), options),
        "Xception" => plan!(Xception::new(), options),
        _ => panic!("{name}"),
    }
}

/// The 64-bit hash of Fowler, Noll and Vo.
fn fnv(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

/// All and trained values, and a line for each layer, as the script beside the recorded ones writes it.
fn listed(plan: &Blueprint) -> (usize, usize, Vec<String>) {
    let weights = plan.weights().unwrap();
    let mut lines = Vec::new();
    for (index, layer) in plan.layers.iter().enumerate() {
        let prefix = format!("{}.", layer.name);
        let params: usize = weights.iter().filter(|w| w.path.starts_with(&prefix)).map(|w| w.len()).sum();
        let slot = plan.steps.iter().find(|s| s.layer == index).unwrap().outputs[0];
        lines.push(format!("{} {} {} {params}", layer.name, layer.layer.class(), plan.shapes[slot]));
    }
    lines.sort();
    let count = |trained: bool| weights.iter().filter(|w| w.trainable || !trained).map(|w| w.len()).sum();
    (count(false), count(true), lines)
}

#[test]
fn layers_are_those_of_keras() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("../testdata/architectures.json")).unwrap();
    assert!(cases.len() > 50);
    for case in &cases {
        let (name, options) = (case["architecture"].as_str().unwrap(), &case["options"]);
        let plan = plan(name, options).unwrap();
        let (all, trained, lines) = listed(&plan);
        let what = format!("{name} {options}");
        assert_eq!(lines.len() as u64, case["layers"].as_u64().unwrap(), "{what}: layers\n{}", lines.join("\n"));
        assert_eq!(all as u64, case["params"].as_u64().unwrap(), "{what}: weights\n{}", lines.join("\n"));
        assert_eq!(trained as u64, case["trainable"].as_u64().unwrap(), "{what}: trained weights");
        assert_eq!(fnv(&lines.join("\n")), case["hash"].as_str().unwrap(), "{what}:\n{}", lines.join("\n"));
        let output: Vec<Option<u64>> = case["output"].as_array().unwrap().iter().map(Value::as_u64).collect();
        let shape: Vec<Option<u64>> = plan.output_shape().unwrap().axes().iter().map(|n| n.map(|n| n as u64)).collect();
        assert_eq!(shape, output, "{what}");
    }
}

#[test]
fn weights_are_those_of_the_papers() {
    let count = |plan: Result<Blueprint>| listed(&plan.unwrap()).0;
    let trained = |plan: Result<Blueprint>| listed(&plan.unwrap()).1;
    assert_eq!(count(AlexNet::new().blueprint()), 60_965_224);
    // The numbers that PyTorch's models have.
    assert_eq!(count(Vgg11::new().blueprint()), 132_863_336);
    assert_eq!(count(Vgg13::new().blueprint()), 133_047_848);
    assert_eq!(trained(Vgg11::new().batch_normalization(true).blueprint()), 132_868_840);
    assert_eq!(trained(Vgg16::new().batch_normalization(true).blueprint()), 138_365_992);
    assert_eq!(trained(ResNet18::new().blueprint()), 11_689_512);
    assert_eq!(trained(ResNet34::new().blueprint()), 21_797_672);
    // Caffe's model.
    assert_eq!(count(GoogLeNet::new().blueprint()), 6_998_552);
    assert_eq!(count(GoogLeNet::new().auxiliary_heads(true).blueprint()), 13_378_280);
    // Table 6 of the paper says 0.27, 0.46, 0.66, 0.85 and 1.7 million.
    assert_eq!(trained(ResNet20::new().classes(10).blueprint()), 272_474);
    let millions = |plan: Result<Blueprint>| (trained(plan) as f64 / 1e4).round() / 100.0;
    assert_eq!(millions(ResNet32::new().classes(10).blueprint()), 0.47);
    assert_eq!(millions(ResNet44::new().classes(10).blueprint()), 0.66);
    assert_eq!(millions(ResNet56::new().classes(10).blueprint()), 0.86);
    assert_eq!(millions(ResNet110::new().classes(10).blueprint()), 1.73);
}

#[test]
fn images_shrink_as_in_the_papers() {
    let shape = |plan: &Blueprint, name: &str| {
        let index = plan.layers.iter().position(|l| l.name == name).unwrap();
        plan.shapes[plan.steps.iter().find(|s| s.layer == index).unwrap().outputs[0]].to_string()
    };
    let plan = AlexNet::new().blueprint().unwrap();
    assert_eq!((shape(&plan, "conv1"), shape(&plan, "pool5")), ("(None, 55, 55, 96)".into(), "(None, 6, 6, 256)".into()));
    let plan = GoogLeNet::new().auxiliary_heads(true).blueprint().unwrap();
    assert_eq!(shape(&plan, "inception_3b_output"), "(None, 28, 28, 480)");
    assert_eq!(shape(&plan, "inception_4e_output"), "(None, 14, 14, 832)");
    assert_eq!(shape(&plan, "inception_5b_output"), "(None, 7, 7, 1024)");
    assert_eq!(shape(&plan, "loss1_ave_pool"), "(None, 4, 4, 512)");
    let plan = ResNet34::new().blueprint().unwrap();
    let sizes =
        ["conv1_relu", "conv2_block3_out", "conv3_block4_out", "conv4_block6_out", "conv5_block3_out"].map(|name| shape(&plan, name));
    let expected = [(112, 64), (56, 64), (28, 128), (14, 256), (7, 512)].map(|(n, channels)| format!("(None, {n}, {n}, {channels})"));
    assert_eq!(sizes, expected);
    let plan = ResNet56::new().blueprint().unwrap();
    assert_eq!(shape(&plan, "conv4_block9_out"), "(None, 8, 8, 64)");
}
