//! Weight files of `keras.applications`: every value in its place, so that Kiln computes what Keras does; files that don't fit are
//! refused. `testdata/pretrained.py` writes them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use kiln_applications::*;
use kiln_core::{Result, Tensor};
use kiln_io::SaveModel;
use kiln_models::Model;
use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder that goes away.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("kiln-pretrained-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The committed file of a ResNet50, unpacked.
fn resnet(place: &Place) -> PathBuf {
    let packed = std::fs::File::open(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/resnet50.h5.gz")).unwrap();
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(packed).read_to_end(&mut bytes).unwrap();
    let path = place.0.join("resnet50.h5");
    std::fs::write(&path, bytes).unwrap();
    path
}

/// Two images of 0 to 255, the script's.
fn images(shape: &[usize]) -> Tensor {
    let count = 2 * shape.iter().product::<usize>();
    let pixel = |i: usize| (((i as u32).wrapping_mul(0x9e37_79b1) >> 16) % 256) as f32;
    Tensor::from_vec((0..count).map(pixel).collect(), [&[2], shape].concat()).unwrap()
}

fn build(case: &Value, file: &Path) -> Result<Model> {
    let options = &case["options"];
    let shape: Vec<usize> = serde_json::from_value(options["input_shape"].clone()).unwrap();
    let top = options["include_top"].as_bool().unwrap();
    macro_rules! model {
        ($new:expr) => {
            $new.include_top(top).classifier_activation("linear").pooling("avg").input_shape(shape).weights(file).build()
        };
    }
    match case["architecture"].as_str().unwrap() {
        "VGG16" => model!(Vgg16::new()),
        "ResNet50" => model!(ResNet50::new()),
        "ResNet50V2" => model!(ResNet50V2::new()),
        "MobileNet" => model!(MobileNet::new()),
        "MobileNetV2" => model!(MobileNetV2::new()),
        "DenseNet121" => model!(DenseNet121::new()),
        "EfficientNetB0" => model!(EfficientNetB0::new()),
        "InceptionV3" => model!(InceptionV3::new()),
        "Xception" => model!(Xception::new()),
        name => panic!("{name}"),
    }
}

/// How far Kiln's outputs are from Keras', by the largest.
fn gap(case: &Value, file: &Path) -> f64 {
    let shape: Vec<usize> = serde_json::from_value(case["options"]["input_shape"].clone()).unwrap();
    let name = case["architecture"].as_str().unwrap();
    let x = images(&shape);
    let x = if name.starts_with("EfficientNet") { x } else { x / 127.5 - 1.0 };
    let y = build(case, file).unwrap().predict(&x).unwrap();
    let width = y.shape()[1];
    let expected: Vec<Vec<f64>> = serde_json::from_value(case["output"].clone()).unwrap();
    let largest = expected.iter().flatten().fold(0.0f64, |a, v| a.max(v.abs()));
    assert_eq!(y.shape()[0], expected.len());
    let y = y.to_vec::<f32>();
    let pairs = y.chunks(width).zip(&expected).flat_map(|(got, want)| got.iter().zip(want));
    let gap = pairs.fold(0.0f64, |gap, (got, want)| gap.max((f64::from(*got) - want).abs() / largest));
    println!("{name}: {gap:.1e} of {largest:.3}");
    gap
}

#[test]
fn the_file_of_a_resnet_gives_keras_outputs() {
    let place = Place::new("resnet");
    let cases: Vec<Value> = serde_json::from_str(include_str!("../testdata/pretrained.json")).unwrap();
    let file = resnet(&place);
    assert!(gap(&cases[0], &file) < 1e-5);

    // What the file doesn't have, or has otherwise.
    let error = |model: Result<Model>| model.err().unwrap().to_string();
    let base = || ResNet50::new().include_top(false).input_shape([32, 32, 3]).weights(&file);
    let text = error(base().include_top(true).build());
    assert!(text.contains("the file has 106 layers with weights, the model has 107; the file must have the weights of ResNet50"), "{text}");
    let text = error(base().width(0.5).build());
    let what = "`conv1_conv.kernel`: expected a weight of shape (7, 7, 3, 32), received (7, 7, 3, 64); the file must have";
    assert!(text.starts_with(file.to_str().unwrap()) && text.contains(what), "{text}");
    let text = error(base().input_shape([32, 32, 1]).build());
    assert!(text.contains("`conv1_conv.kernel`: expected a weight of shape (7, 7, 1, 64)"), "{text}");
    let text = error(ResNet101::new().include_top(false).weights(&file).build());
    assert!(text.contains("the file has 106 layers with weights, the model has 208"), "{text}");
    let half = place.0.join("half.h5");
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&half, &bytes[..bytes.len() / 2]).unwrap();
    assert!(error(base().weights(&half).build()).starts_with(half.to_str().unwrap()));
}

/// `KILN_KERAS_WEIGHTS=FOLDER cargo test -p kiln-applications --test pretrained -- --nocapture`, where `pretrained.py` wrote FOLDER.
#[test]
fn files_of_keras_give_keras_outputs() {
    let Some(folder) = std::env::var_os("KILN_KERAS_WEIGHTS").map(PathBuf::from) else {
        println!("skipped: KILN_KERAS_WEIGHTS names no folder with the files that testdata/pretrained.py writes");
        return;
    };
    let cases = std::fs::read_to_string(folder.join("pretrained.json")).expect("the folder has no pretrained.json");
    let cases: Vec<Value> = serde_json::from_str(&cases).unwrap();
    assert!(cases.len() >= 7);
    let gaps: Vec<f64> = cases.iter().map(|case| gap(case, &folder.join(case["file"].as_str().unwrap()))).collect();
    assert!(gaps.iter().all(|gap| *gap < 1e-5), "{gaps:?}");
}

fn published() -> MobileNet {
    MobileNet::new().alpha(0.25).include_top(false).pooling("avg").input_shape([128, 128, 3])
}

#[test]
fn published_weights_come_from_the_folder_of_data() {
    let place = Place::new("cache");
    let mut model = published().build().unwrap();
    let file = place.0.join("saved.weights.h5");
    model.save_weights(&file).unwrap();
    std::fs::create_dir(place.0.join("models")).unwrap();
    std::fs::rename(&file, place.0.join("models/mobilenet_2_5_128_tf_no_top.h5")).unwrap();
    let expected = model.predict(images(&[128, 128, 3]) / 127.5 - 1.0).unwrap().sum().item();
    let line = ["--exact", "prints_what_published_weights_give", "--ignored", "--nocapture"];
    let child = Command::new(std::env::current_exe().unwrap()).args(line).env("KILN_DATA", &place.0).output().unwrap();
    let text = String::from_utf8(child.stdout).unwrap();
    assert!(text.contains(&format!("sum {expected:e}\n")), "expected {expected:e}, received {text}");
}

#[test]
#[ignore = "run by the test above, in a process with KILN_DATA"]
fn prints_what_published_weights_give() {
    let mut model = published().weights("imagenet").build().unwrap();
    let sum = model.predict(images(&[128, 128, 3]) / 127.5 - 1.0).unwrap().sum().item();
    println!("sum {sum:e}");
}

#[test]
fn mistakes_are_named_before_anything_is_fetched() {
    let error = |model: Result<Model>| model.err().unwrap().to_string();
    let with = |option: &str, rest: &str| format!("`{option}` must be {rest}");
    for (model, what) in [
        (ResNet50::new().weights("imagenet").classes(10).build(), with("classes", "1000 with the weights `imagenet`, received 10")),
        (
            Vgg16::new().weights("imagenet").classifier_activation("sigmoid").build(),
            with("classifier_activation", "`softmax` or `linear` with the weights `imagenet`, received `sigmoid`"),
        ),
        (
            Vgg16::new().weights("imagenet").input_shape([32, 32, 3]).build(),
            with("input_shape", "(224, 224, 3) with the weights `imagenet`, received (32, 32, 3); `include_top(false)` takes others"),
        ),
        (
            Xception::new().weights("imagenet").include_top(false).input_shape([None, None, Some(1)]).build(),
            with("input_shape", "of 3 channels with the weights `imagenet`, received (None, None, 1)"),
        ),
        (ResNet50::new().weights("imagenet").width(0.5).build(), with("width", "1 with the weights `imagenet`, received 0.5")),
        (
            Vgg19::new().weights("imagenet").batch_normalization(true).build(),
            with("batch_normalization", "false with the weights `imagenet`, received true"),
        ),
        (
            MobileNet::new().weights("imagenet").alpha(0.3).build(),
            with("alpha", "0.25, 0.5, 0.75 or 1 with the weights `imagenet`, received 0.3"),
        ),
        (
            MobileNet::new().weights("imagenet").depth_multiplier(2).build(),
            with("depth_multiplier", "1 with the weights `imagenet`, received 2"),
        ),
        (
            MobileNetV2::new().weights("imagenet").alpha(0.3).build(),
            with("alpha", "0.35, 0.5, 0.75, 1, 1.3 or 1.4 with the weights `imagenet`, received 0.3"),
        ),
        (
            Vgg11::new().weights("imagenet").build(),
            with("weights", "the path of a file, received `imagenet`; Keras publishes no weights of this network"),
        ),
        (
            AlexNet::new().weights("imagenet").build(),
            with("weights", "the path of a file, received `imagenet`; Keras publishes no weights of this network"),
        ),
    ] {
        let text = error(model);
        assert!(text.contains(&what), "{text}");
    }
    let text = error(ResNet50::new().weights("no/such.h5").build());
    assert_eq!(text, "no/such.h5: there is no such file with weights of ResNet50; `weights` takes `imagenet` or the path of a file");
}
