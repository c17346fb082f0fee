//! Files that Keras wrote, with its predictions (`testdata/fixtures.py`).

use crate::{Load, SaveModel, load_model, load_model_with, model_from_json};
use kiln_core::symbol::On;
use kiln_core::{Layer, Result, Tensor};
use kiln_layers::{Concatenate, Dense, Input, Lambda};
use kiln_models::{Compile, Model, sequential};
use kiln_train::{Fit, loss_fn, optimizers};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

static KERAS: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(include_str!("../testdata/fixtures.json")).unwrap());

pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name)
}

/// A file of its own for a test, gone at its end.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("kiln_io_{}_{name}", std::process::id())))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).ok();
    }
}

pub(crate) fn tensor(value: &Value) -> Tensor {
    let (mut shape, mut inner) = (Vec::new(), value);
    while let Value::Array(values) = inner {
        shape.push(values.len());
        inner = &values[0];
    }
    fn flat(value: &Value, out: &mut Vec<f32>) {
        match value {
            Value::Array(values) => values.iter().for_each(|v| flat(v, out)),
            number => out.push(number.as_f64().unwrap() as f32),
        }
    }
    let mut values = Vec::new();
    flat(value, &mut values);
    Tensor::from_vec(values, shape).unwrap()
}

pub(crate) fn close(what: &str, ours: &Tensor, keras: &Tensor, tolerance: f32) {
    assert_eq!(ours.shape(), keras.shape(), "{what}");
    for (a, b) in ours.to_vec::<f32>().into_iter().zip(keras.to_vec::<f32>()) {
        assert!((a - b).abs() <= tolerance * b.abs().max(1.0), "{what}: {a} {b}");
    }
}

fn predicts_as_keras(model: &mut Model, name: &str) {
    let (x, y) = (&KERAS[name]["x"], &KERAS[name]["y"]);
    if name == "func.keras" {
        let all = model.predict_all([&tensor(&x[0]), &tensor(&x[1])]).unwrap();
        all.iter().zip(y.as_array().unwrap()).for_each(|(ours, keras)| close(name, ours, &tensor(keras), 1e-6));
    } else {
        close(name, &model.predict(tensor(x)).unwrap(), &tensor(y), 1e-6);
    }
}

const FILES: [&str; 6] = ["seq.keras", "nested.keras", "mha.keras", "func.keras", "cnn.keras", "recurrent.keras"];

#[test]
fn files_of_keras_predict_as_in_keras() {
    for name in FILES {
        let mut model = load_model(fixture(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        predicts_as_keras(&mut model, name);
    }
}

#[test]
fn what_is_saved_is_loaded() {
    for name in FILES {
        let file = Temporary::new(name);
        let model = load_model(fixture(name)).unwrap();
        model.save(&file.0).unwrap();
        let mut again = load_model(&file.0).unwrap();
        predicts_as_keras(&mut again, name);
        assert_eq!(again.name(), model.name());
        assert_eq!(again.compilation().is_some(), model.compilation().is_some(), "{name}");
        let weights = Temporary::new(&format!("{name}.weights.h5"));
        let tensors = Temporary::new(&format!("{name}.safetensors"));
        again.save_weights(&weights.0).unwrap();
        again.save_weights(&tensors.0).unwrap();
        for file in [&weights, &tensors] {
            let mut fresh = model_from_json(&model.to_json().unwrap()).unwrap();
            fresh.load_weights(&file.0).unwrap();
            predicts_as_keras(&mut fresh, name);
        }
    }
}

#[test]
fn legacy_files_are_the_same_model() {
    for file in ["seq.h5", "old.h5"] {
        let mut model = load_model(fixture(file)).unwrap_or_else(|e| panic!("{e}"));
        predicts_as_keras(&mut model, "seq.keras");
        assert!(model.compilation().is_some());
        // Keras 2 kept no learning rate, so its state is left out.
        assert_eq!(model.optimizer_mut().unwrap().iterations() > 0, file == "seq.h5");
        let mut other = load_model_with(fixture("seq.keras"), &Load::new().compile(false)).unwrap();
        assert!(other.compilation().is_none());
        let zeros: Vec<Tensor> = other.get_weights().unwrap().iter().map(|w| w.zeros_like()).collect();
        other.set_weights(&zeros).unwrap();
        other.load_weights(fixture(file)).unwrap();
        predicts_as_keras(&mut other, "seq.keras");
    }
    let mut other = load_model(fixture("seq.keras")).unwrap();
    other.load_weights(fixture("seq.weights.h5")).unwrap();
    predicts_as_keras(&mut other, "seq.keras");
}

fn data() -> (Tensor, Tensor) {
    let x: Vec<f32> = (0..48).map(|i| (i as f32 * 0.7).sin()).collect();
    let y: Vec<f32> = (0..12).map(|i| (i as f32 * 0.3).cos()).collect();
    (Tensor::from_vec(x, [12, 4]).unwrap(), Tensor::from_vec(y, [12, 1]).unwrap())
}

/// A training that is saved and loaded in its middle ends with the same bits.
#[test]
fn training_goes_on_with_the_same_bits() {
    let rows: Vec<(&str, Result<kiln_train::Optimizer>)> = {
        use kiln_train::IntoOptimizer as _;
        use kiln_train::schedules::CosineDecay;
        use optimizers::*;
        vec![
            ("adam", Adam::new().amsgrad(true).clipnorm(1.0).into_optimizer()),
            ("schedule", Sgd::new().learning_rate(CosineDecay::new(0.1, 9)).momentum(0.9).nesterov(true).into_optimizer()),
            ("rmsprop", RmsProp::new().momentum(0.5).centered(true).into_optimizer()),
            ("averages", Adam::new().use_ema(true).ema_momentum(0.5).gradient_accumulation_steps(2).into_optimizer()),
            ("adafactor", Adafactor::new().into_optimizer()),
            ("muon", Muon::new().into_optimizer()),
            ("nadam", Nadam::new().into_optimizer()),
            ("scaled", LossScaleOptimizer::new(Ftrl::new()).initial_scale(64.0).dynamic_growth_steps(4).into_optimizer()),
        ]
    };
    let (x, y) = data();
    let fit = || Fit::new().epochs(3).batch_size(5).shuffle(false).verbose(0);
    for (name, optimizer) in rows {
        let mut model = sequential![Dense::new(5).input_dim(4).activation("tanh"), Dense::new(1)];
        model.compile(optimizer.unwrap(), "mse", ["mae"]).unwrap();
        model.fit((&x, &y), fit()).unwrap();
        let file = Temporary::new(&format!("{name}.keras"));
        model.save(&file.0).unwrap();
        let mut again = load_model(&file.0).unwrap_or_else(|e| panic!("{name}: {e}"));
        let (a, b) = (model.fit((&x, &y), fit()).unwrap(), again.fit((&x, &y), fit()).unwrap());
        assert_eq!(a["loss"], b["loss"], "{name}");
        assert_eq!(a["mae"], b["mae"], "{name}");
        let bits = |m: &Model| m.get_weights().unwrap().iter().map(|w| w.to_vec::<f32>()).collect::<Vec<_>>();
        assert_eq!(bits(&model), bits(&again), "{name}");
    }
}

#[test]
fn choices_of_several_outputs_survive() {
    let input = Input::new([4]);
    let a = Dense::new(3).activation("softmax").name("label").on(&input).unwrap();
    let b = Dense::new(1).name("size").trainable(false).on(&input).unwrap();
    let mut model = Model::new(&input, [&a, &b]).unwrap();
    let compile = Compile::new("sgd", [("label", "sparse_categorical_crossentropy"), ("size", "huber")]);
    let compile = compile.metrics([("label", ["accuracy"])]).weighted_metrics([("size", ["mse"])]).loss_weights([("size", 0.3)]);
    model.compile_with(compile).unwrap();
    let file = Temporary::new("several.keras");
    model.save(&file.0).unwrap();
    let mut again = load_model(&file.0).unwrap();
    let (x, y) = data();
    let labels = Tensor::from_vec((0..12).map(|i| (i % 3) as f32).collect::<Vec<_>>(), [12]).unwrap();
    let fit = || Fit::new().shuffle(false).verbose(0);
    let histories = [&mut model, &mut again].map(|m| m.fit((&x, [&labels, &y]), fit()).unwrap());
    assert_eq!(histories[0].names(), histories[1].names());
    for name in histories[0].names() {
        assert_eq!(histories[0][name.as_str()], histories[1][name.as_str()], "{name}");
    }
    assert!(!again.get_layer("size").unwrap().trainable());
}

#[test]
fn closures_need_a_name_to_come_back() {
    let cube = || loss_fn("cube", |y, p| p.try_sub(y)?.abs().pow(3.0)?.mean_axis(-1));
    let mut model = sequential![Dense::new(1).input_dim(4)];
    model.compile("sgd", cube(), ()).unwrap();
    let file = Temporary::new("cube.keras");
    model.save(&file.0).unwrap();
    let error = load_model(&file.0).unwrap_err().to_string();
    assert!(
        error.contains("unknown loss `cube`") && error.ends_with("if it is your own, load with `Load::new().loss(\"cube\", ..)`"),
        "{error}"
    );
    assert!(error.starts_with(&file.0.display().to_string()), "{error}");
    assert!(load_model_with(&file.0, &Load::new().loss("cube", cube())).unwrap().compilation().is_some());

    let lambda = sequential![Dense::new(2).input_dim(4), Lambda::new(|x| Ok(x * 2.0))];
    assert!(lambda.save(&file.0).unwrap_err().to_string().contains("a `Lambda` layer can't be saved"));
    let mut json: Value = serde_json::from_str(&sequential![Dense::new(2).input_dim(4)].to_json().unwrap()).unwrap();
    let lambda = serde_json::json!({"module": "keras.layers", "class_name": "Lambda", "config": {"name": "double", "function": {"class_name": "__lambda__", "config": {"code": "x"}}}});
    json["config"]["layers"].as_array_mut().unwrap().push(lambda);
    let error = model_from_json(&json.to_string()).unwrap_err().to_string();
    assert_eq!(
        error,
        "double (Lambda): the file holds Python code, which is never run; load with `Load::new().function(\"double\", |x| ..)`"
    );
    let load = Load::new().function("double", |x| Ok(x * 2.0));
    assert!(crate::model_from_json_with(&json.to_string(), &load).is_ok());
}

#[test]
fn what_does_not_fit_is_told_and_changes_nothing() {
    let error = |r: Result<Model>| r.unwrap_err().to_string();
    let json = |class: &str, config: &str| {
        format!(
            r#"{{"class_name": "Sequential", "config": {{"name": "m", "layers": [{{"module": null, "class_name": "{class}", "config": {config}}}]}}}}"#
        )
    };
    let unknown = error(model_from_json(&json("Custom>Dens", r#"{"name": "first"}"#)));
    assert!(unknown.starts_with("first: unknown layer `Dens`, did you mean `Dense`?; if it is your own, load with"), "{unknown}");
    let half = error(model_from_json(&json("Dense", r#"{"name": "d", "units": 2, "dtype": {"config": {"name": "mixed_float16"}}}"#)));
    assert!(half.starts_with("d (Dense): `dtype` must be `float32`, received `mixed_float16`"), "{half}");
    let huge = json("Dense", r#"{"name": "d", "units": 4000000000, "batch_input_shape": [null, 4000000000]}"#);
    assert!(error(model_from_json(&huge)).starts_with("d: expected a weight of at most"), "{}", error(model_from_json(&huge)));
    assert!(error(model_from_json("{")).starts_with("model_from_json: "));

    let mut model = sequential![Dense::new(3).input_dim(5), Dense::new(2)];
    model.build([5]).unwrap();
    let before = model.get_weights().unwrap();
    for name in ["seq.weights.h5", "seq.h5", "seq.keras", "fixtures.json", "absent.h5"] {
        let path = fixture(name);
        let error = model.load_weights(&path).unwrap_err().to_string();
        assert!(error.starts_with(&path.display().to_string()), "{error}");
    }
    let error = model.load_weights(fixture("seq.weights.h5")).unwrap_err().to_string();
    assert!(error.ends_with("`dense.kernel`: expected a weight of shape (5, 3), received (4, 3)"), "{error}");
    for (a, b) in before.iter().zip(model.get_weights().unwrap()) {
        assert_eq!(a.to_vec::<f32>(), b.to_vec::<f32>());
    }
    assert!(model.save("model.h5").is_err() && model.save_weights("model.npz").is_err());
}

#[test]
fn a_shared_layer_is_written_once() {
    let (a, b) = (Input::new([2]).name("a"), Input::new([2]).name("b"));
    let shared = Dense::new(3).name("both").shared();
    let (x, y) = (shared.on(&a).unwrap(), shared.on(&b).unwrap());
    let first = Dense::new(3).name("z").on(&x).unwrap();
    let out = Dense::new(1).on(&Concatenate::new().on([&first, &y]).unwrap()).unwrap();
    let mut model = Model::new([&a, &b], &out).unwrap();
    let file = Temporary::new("shared.keras");
    model.save(&file.0).unwrap();
    let mut again = load_model(&file.0).unwrap();
    let (x, y) = (Tensor::ones([3, 2]), Tensor::ones([3, 2]) * 0.5);
    assert_eq!(again.predict([&x, &y]).unwrap().to_vec::<f32>(), model.predict([&x, &y]).unwrap().to_vec::<f32>());
    assert_eq!(again.count_params().unwrap(), model.count_params().unwrap());
}
