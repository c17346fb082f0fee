//! The table of Keras' public names in `docs/keras_parity.md` says what is there. `KILN_WRITE_PARITY=1 cargo test -p kiln --test parity`
//! writes it anew.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use kiln::layers::layer_classes;
use kiln::prelude::*;
use serde_json::Value;
use std::fmt::Write;

/// What a Keras user finds by value, but no lookup by name gives.
const BY_VALUE: &[(&str, &[&str])] = &[
    ("layers", &["InputLayer", "Layer"]),
    ("losses", &["Loss"]),
    ("metrics", &["IoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU", "BinaryIoU", "PrecisionAtRecall", "RecallAtPrecision"]),
    ("metrics", &["SensitivityAtSpecificity", "SpecificityAtSensitivity", "MeanMetricWrapper", "Metric"]),
    ("optimizers", &["LossScaleOptimizer", "MultiOptimizer", "OptimizerMap", "Optimizer"]),
    ("optimizers.schedules", &["CosineDecay", "CosineDecayRestarts", "ExponentialDecay", "InverseTimeDecay"]),
    ("optimizers.schedules", &["PiecewiseConstantDecay", "PolynomialDecay", "LearningRateSchedule"]),
    ("initializers", &["Initializer"]),
    ("regularizers", &["Regularizer"]),
    ("constraints", &["Constraint"]),
    ("callbacks", &["Callback", "EarlyStopping", "History", "LambdaCallback", "TerminateOnNaN", "ProgbarLogger", "BackupAndRestore"]),
    ("callbacks", &["CSVLogger", "LearningRateScheduler", "ModelCheckpoint", "ReduceLROnPlateau", "RemoteMonitor", "SwapEMAWeights"]),
    ("callbacks", &["TensorBoard"]),
    ("applications", &["DenseNet121", "DenseNet169", "DenseNet201", "InceptionV3", "MobileNet", "MobileNetV2", "Xception"]),
    ("applications", &["ResNet50", "ResNet101", "ResNet152", "ResNet50V2", "ResNet101V2", "ResNet152V2", "VGG16", "VGG19"]),
    ("applications", &["EfficientNetB0", "EfficientNetB1", "EfficientNetB2", "EfficientNetB3", "EfficientNetB4", "EfficientNetB5"]),
    ("applications", &["EfficientNetB6", "EfficientNetB7"]),
    ("datasets", &["mnist", "fashion_mnist", "cifar10", "cifar100", "imdb", "reuters", "boston_housing", "california_housing"]),
    ("layers", &["StringLookup", "TextVectorization", "Hashing"]),
    ("utils", &["normalize", "pad_sequences", "timeseries_dataset_from_array", "load_img"]),
    ("utils", &["get_file", "image_dataset_from_directory", "text_dataset_from_directory"]),
    ("utils", &["set_random_seed", "Progbar", "save_img", "to_categorical", "plot_model", "model_to_dot"]),
];

/// Why something is not there.
const REASONS: &[(&str, &str)] = &[
    ("FlaxLayer", "a bridge to another framework; `Model::from_module` takes any Burn module"),
    ("JaxLayer", "a bridge to another framework"),
    ("TFSMLayer", "a bridge to another framework"),
    ("TorchModuleWrapper", "a bridge to another framework"),
    ("InputSpec", "shapes are checked by `output_shape`"),
    ("Wrapper", "a layer that holds others says so by `Layer::parts`"),
    ("HashedCrossing", "join the strings and take `Hashing`"),
    ("MaxNumBoundingBoxes", "layers change no boxes"),
    ("MixUp", "layers change no labels"),
    ("CutMix", "layers change no labels"),
    ("CallbackList", "the loop holds the list"),
    ("OrbaxCheckpoint", "a format of JAX"),
];

/// How near Kiln's numbers are to Keras': the bound that the tests of the room hold, relative.
fn bound(module: &str) -> &'static str {
    match module {
        "layers" | "losses" | "metrics" | "activations" | "optimizers" | "optimizers.schedules" => "1e-5",
        "applications" => "1e-4",
        _ => "",
    }
}

/// The guides and prelude reach these by the lookups that files and strings use.
fn by_name(module: &str, name: &str) -> bool {
    match module {
        "layers" => layer_classes().contains(&name),
        "losses" => kiln::losses::NAMES.contains(&name),
        "metrics" => kiln::metrics::NAMES.contains(&name),
        "optimizers" => kiln::optimizers::NAMES.contains(&name) || kiln::optimizers::NAMES.contains(&name.to_lowercase().as_str()),
        "activations" => Activation::from(name).check().is_ok() || name == "threshold",
        "initializers" => reads::<Initializer>(name),
        "regularizers" => reads::<Regularizer>(name),
        "constraints" => reads::<Constraint>(name),
        _ => false,
    }
}

/// Whether Keras' object form with this class is read.
fn reads<T: serde::de::DeserializeOwned>(class: &str) -> bool {
    let config = match class {
        "VarianceScaling" => serde_json::json!({"scale": 1.0, "mode": "fan_in", "distribution": "uniform", "seed": null}),
        _ => serde_json::json!({}),
    };
    serde_json::from_value::<T>(serde_json::json!({"class_name": class, "config": config})).is_ok()
}

fn table() -> (String, Vec<(String, usize, usize)>) {
    let names: Value = serde_json::from_str(include_str!("../testdata/keras_names.json")).unwrap();
    let mut text = String::from(
        "# Keras' names in Kiln\n\nEvery public name of Keras 3.15.1 (`crates/kiln/testdata/keras_names.py` lists them) and whether Kiln has \
         it.\nWritten by `KILN_WRITE_PARITY=1 cargo test -p kiln --test parity`, which otherwise fails when the page is out of date.\n\
         Numbers are held against Keras' own by the tests of each room, to the bound given (relative to the largest value of a case);\n\
         where a room differs on purpose, [Where Kiln differs](keras_differences.md) says so.\n",
    );
    let mut counts = Vec::new();
    let mut body = String::new();
    for (module, list) in names.as_object().unwrap().iter().filter(|(k, _)| *k != "keras") {
        let list: Vec<&str> = list.as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
        let there = |name: &str| by_name(module, name) || BY_VALUE.iter().any(|(m, names)| m == module && names.contains(&name));
        let done = list.iter().filter(|name| there(name)).count();
        counts.push((module.clone(), done, list.len()));
        let bound = bound(module);
        let held = if bound.is_empty() { String::new() } else { format!(", numbers within {bound}") };
        writeln!(body, "\n## keras.{module}: {done} of {}{held}\n", list.len()).unwrap();
        let present: Vec<String> = list.iter().filter(|n| there(n)).map(|n| format!("`{n}`")).collect();
        writeln!(body, "There: {}", present.join(", ")).unwrap();
        let absent: Vec<&&str> = list.iter().filter(|n| !there(n)).collect();
        if !absent.is_empty() {
            writeln!(body, "\nNot there:\n").unwrap();
        }
        for name in absent {
            let reason = REASONS.iter().find(|(n, _)| n == name).map_or("not yet", |(_, r)| r);
            writeln!(body, "- `{name}`: {reason}").unwrap();
        }
    }
    text.push_str("\n| module | there | of |\n|---|---|---|\n");
    for (module, done, of) in &counts {
        writeln!(text, "| keras.{module} | {done} | {of} |").unwrap();
    }
    (text + &body, counts)
}

#[test]
fn the_table_is_up_to_date() {
    let (text, counts) = table();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/keras_parity.md");
    if std::env::var("KILN_WRITE_PARITY").is_ok() {
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), text, "write it anew: see the head of this file");
    let done = |module: &str| counts.iter().find(|(m, ..)| m == module).map(|(_, done, of)| (*done, *of)).unwrap();
    assert_eq!(done("losses"), (23, 23));
    assert_eq!(done("metrics"), (46, 46));
    assert_eq!(done("optimizers"), (18, 18));
    assert_eq!(done("activations"), (30, 30));
    assert_eq!(done("initializers"), (17, 17));
    assert!(done("layers").0 >= 126, "{:?}", done("layers"));
}
