//! Files that PyTorch wrote, with its outputs (`testdata/pytorch/weights.py`).

use super::{Names, load, names};
use crate::SaveModel;
use crate::tests::{close, fixture, tensor};
use kiln_core::symbol::On;
use kiln_core::{Layer, Tensor};
use kiln_layers::*;
use kiln_models::{Model, Sequential, sequential};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::LazyLock;

static TORCH: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(include_str!("../../testdata/pytorch/outputs.json")).unwrap());

pub(crate) fn file(name: &str) -> PathBuf {
    fixture("pytorch").join(format!("{name}.pt"))
}

fn predicts_as_torch(model: &mut Model, name: &str) {
    let y = model.predict(tensor(&TORCH[name]["x"])).unwrap();
    close(name, &y, &tensor(&TORCH[name]["y"]), 1e-6);
}

pub(crate) fn mlp() -> Sequential {
    sequential![Input::new([4]), Dense::new(5).activation("tanh"), Dense::new(3)]
}

#[test]
fn dense_layers_of_every_container() {
    for name in ["mlp", "mlp_old", "mlp_checkpoint"] {
        let mut model = mlp();
        model.load_pt(file(name)).unwrap_or_else(|e| panic!("{e}"));
        predicts_as_torch(&mut model, "mlp");
    }
    let mut model = mlp();
    model.load_weights(file("mlp")).unwrap();
    predicts_as_torch(&mut model, "mlp");
    let expected = [("0.weight", vec![5, 4]), ("0.bias", vec![5]), ("2.weight", vec![3, 5]), ("2.bias", vec![3])];
    assert_eq!(names(file("mlp"), None).unwrap(), expected.map(|(n, s)| (n.to_owned(), s)));
}

#[test]
fn other_widths_and_views() {
    let mut exact = mlp();
    exact.load_pt(file("mlp")).unwrap();
    for (entry, tolerance) in [("teacher", 1e-3), ("student", 1e-2)] {
        let mut model = mlp();
        load(&mut model, file("mlp_halves"), &Names::new().entry(entry)).unwrap();
        for (ours, whole) in model.get_weights().unwrap().iter().zip(exact.get_weights().unwrap()) {
            close(entry, ours, &whole, tolerance);
        }
    }
    let error = mlp().load_pt(file("mlp_halves")).unwrap_err().to_string();
    assert!(error.ends_with("which has `teacher`, `student`; choose one with `Names::entry`"), "{error}");

    let mut model = mlp();
    model.load_pt(file("mlp_strided")).unwrap();
    let weights: Vec<Vec<f32>> = model.get_weights().unwrap().iter().map(|w| w.to_vec::<f32>()).collect();
    assert_eq!(weights[0], (0..20).map(|i| i as f32).collect::<Vec<_>>());
    assert_eq!(weights[1], [20.0, 22.0, 24.0, 26.0, 28.0]);
    assert_eq!(weights[2][..4], [1.0, 6.0, 11.0, 2.0]);
    assert_eq!(weights[3], [37.0, 38.0, 39.0]);
}

#[test]
fn pictures_are_flattened_in_pytorchs_order() {
    let model = || {
        sequential![
            Input::new([8, 8, 2]),
            Conv2d::new(4, 3).padding("same"),
            BatchNormalization::new(),
            Activation::new("relu"),
            MaxPooling2d::new(2),
            Conv2d::new(6, [3, 2]).groups(2).activation("relu"),
            Flatten::new(),
            BatchNormalization::new(),
            Dense::new(3),
        ]
    };
    let mut cnn = model();
    cnn.load_pt(file("cnn")).unwrap();
    predicts_as_torch(&mut cnn, "cnn");
    // The same network within another model, and one that flattens as the file has it.
    let input = Input::new([8, 8, 2]);
    let mut nested = Model::new(&input, &model().on(&input).unwrap()).unwrap();
    nested.load_pt(file("cnn")).unwrap();
    predicts_as_torch(&mut nested, "cnn");
    let mut last = model();
    load(&mut last, file("cnn"), &Names::new().channels_last(true)).unwrap();
    let y = last.predict(tensor(&TORCH["cnn"]["x"])).unwrap();
    assert!((y - tensor(&TORCH["cnn"]["y"])).abs().max().item() > 1e-3);
}

#[test]
fn every_kind_of_convolution() {
    let mut model = sequential![
        Input::new([4, 4, 2]),
        DepthwiseConv2d::new(3).depth_multiplier(3),
        Conv2dTranspose::new(3, 2).strides(2),
        PRelu::new().shared_axes([1, 2]),
        GroupNormalization::new().groups(3),
        Permute::new([3, 1, 2]),
        Reshape::new([3, 4, 4, 1]),
        Conv3d::new(2, 2),
        Reshape::new([18, 2]),
        Conv1d::new(3, 2),
        GlobalAveragePooling1d::new(),
        Dense::new(2),
    ];
    model.load_pt(file("kinds")).unwrap();
    predicts_as_torch(&mut model, "kinds");
}

#[test]
fn recurrent_layers_of_every_kind() {
    let head = |name: &str, layers: Vec<kiln_core::AnyLayer>| {
        let mut model = sequential![Input::new([5]), Embedding::new(9, 4)];
        for layer in layers {
            model.add(layer);
        }
        model.add(LayerNormalization::new());
        model.add(Dense::new(2));
        model.load_pt(file(name)).unwrap_or_else(|e| panic!("{e}"));
        predicts_as_torch(&mut model, name);
    };
    head("lstm", vec![Bidirectional::new(Lstm::new(3).return_sequences(true)).into(), Bidirectional::new(Lstm::new(3)).into()]);
    head("gru", vec![Bidirectional::new(Gru::new(3)).into()]);
    head("gru_deep", vec![Gru::new(3).return_sequences(true).into(), Gru::new(3).into()]);
    head("rnn", vec![SimpleRnn::new(3).into()]);

    let mut before = sequential![Input::new([5]), Embedding::new(9, 4), Bidirectional::new(Gru::new(3).reset_after(false))];
    before.add(LayerNormalization::new());
    before.add(Dense::new(2));
    let error = before.load_pt(file("gru")).unwrap_err().to_string();
    assert!(error.contains("the layer needs `reset_after(true)`"), "{error}");
}

/// Two blocks of attention.
fn attention() -> Model {
    let x = Input::new([4, 6]);
    let attended = MultiHeadAttention::new(2, 3).name("attention").on([&x, &x]).unwrap();
    let sum = Add::new().on([&attended, &Reshape::new([4, 6]).on(&x).unwrap()]).unwrap();
    let y = LayerNormalization::new().name("norm1").on(&sum).unwrap();
    let wide = Dense::new(8).activation("relu").name("up").on(&y).unwrap();
    let narrow = Dense::new(6).name("down").on(&wide).unwrap();
    let y = LayerNormalization::new().name("norm2").on(&Add::new().on([&y, &narrow]).unwrap()).unwrap();
    let cut = |n: isize| Lambda::new(move |x: Tensor| x.slice([(..).into(), (..).into(), (..n).into()])).on(&y).unwrap();
    let out = MultiHeadAttention::new(3, 2).name("crossing").on([&y, &cut(5), &cut(4)]).unwrap();
    Model::new(&x, &out).unwrap()
}

#[test]
fn attention_by_pairs_of_names() {
    let mut model = attention();
    let error = load(&mut model, file("attention"), &Names::new().pair("mlp", "dense")).unwrap_err().to_string();
    assert!(error.contains("unknown layer for the module `mlp.down`, `dense.down`"), "{error}");
    let names = Names::new().pair("cross", "crossing").pair("mlp", "");
    load(&mut model, file("attention"), &names).unwrap_or_else(|e| panic!("{e}"));
    predicts_as_torch(&mut model, "attention");
}

#[test]
fn what_does_not_fit_is_told_and_changes_nothing() {
    let mut model = mlp();
    model.build([4]).unwrap();
    let before = model.get_weights().unwrap();
    let mut error = |name: &str, names: Names| load(&mut model, file(name), &names).unwrap_err().to_string();
    let whole = error("mlp_whole", Names::new());
    assert!(
        whole.contains("is Python code, which is never run; in Python, save `model.state_dict()` instead of the whole model"),
        "{whole}"
    );
    let other = error("rnn", Names::new());
    assert!(
        other.contains("4 modules with weights are left in the file (`embedding`, `cell`, `norm`, `out`), 2 layers in the model"),
        "{other}"
    );
    let ignored = error("rnn", Names::new().ignore("embedding").ignore("cell"));
    let expected = "the module `norm` (weight (3,), bias (3,)) is none for the layer `dense` (Dense, kernel (4, 5), bias (5,)): \
                    `weight` is of shape (3,), where (5, 4) was expected; say what belongs together with `pytorch::Names`";
    assert!(ignored.ends_with(expected), "{ignored}");
    let unknown = error("mlp", Names::new().pair("0", "dens"));
    assert!(unknown.ends_with("unknown layer for the module `0`, `dens`, did you mean `dense`?"), "{unknown}");
    let entry = error("mlp", Names::new().entry("ema"));
    assert!(entry.ends_with("there is no dictionary `ema` in the file; it has `0.weight`, `0.bias`, `2.weight`, `2.bias`"), "{entry}");
    let foreign = load(&mut model, fixture("seq.keras"), &Names::new()).unwrap_err().to_string();
    assert!(foreign.ends_with("there is no `data.pkl` in the archive; is it a file of PyTorch?"), "{foreign}");
    for (a, b) in before.iter().zip(model.get_weights().unwrap()) {
        assert_eq!(a.to_vec::<f32>(), b.to_vec::<f32>());
    }

    // What is new may stay as it is.
    let mut model = sequential![Input::new([4]), Dense::new(5).activation("tanh"), Dense::new(7).name("head")];
    load(&mut model, file("mlp"), &Names::new().ignore("2").keep("head")).unwrap();
    let mut exact = mlp();
    exact.load_pt(file("mlp")).unwrap();
    assert_eq!(model.get_weights().unwrap()[0].to_vec::<f32>(), exact.get_weights().unwrap()[0].to_vec::<f32>());
}
