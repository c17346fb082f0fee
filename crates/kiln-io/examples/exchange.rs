//! Writes models to a folder for Keras to read: `cargo run -p kiln-io --example exchange -- FOLDER`, then
//! `python crates/kiln-io/testdata/exchange.py FOLDER`. With `back` as a second word, reads what Keras wrote there.
//!
//! Each `.keras` file comes with a `.json` of an input, predictions, and what two more epochs of training give.

use kiln_core::regularizer::Regularizer;
use kiln_core::symbol::On;
use kiln_core::{Layer, Result, Tensor};
use kiln_io::{SaveModel, load_model};
use kiln_layers::*;
use kiln_models::{Compile, Model, sequential};
use kiln_train::Fit;
use kiln_train::losses::{Huber, SparseCategoricalCrossentropy};
use kiln_train::metrics::{Auc, MeanSquaredError};
use kiln_train::optimizers::{Adam, AdamW, LossScaleOptimizer, Nadam, RmsProp, Sgd};
use kiln_train::schedules::ExponentialDecay;
use serde_json::{Value, json};
use std::path::Path;

fn wave(shape: &[usize], step: f32) -> Tensor {
    let count = shape.iter().product::<usize>();
    Tensor::from_vec((0..count).map(|i| (i as f32 * step).sin()).collect::<Vec<_>>(), shape).unwrap_or_else(|_| Tensor::zeros(shape))
}

fn labels(n: usize, classes: usize) -> Tensor {
    Tensor::constant((0..n).map(|i| ((i * 7) % classes) as f32).collect::<Vec<_>>())
}

struct Row {
    name: &'static str,
    model: Model,
    x: Vec<Tensor>,
    y: Vec<Tensor>,
}

fn rows() -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut add = |name, model: Model, x: &[Tensor], y: &[Tensor]| rows.push(Row { name, model, x: x.to_vec(), y: y.to_vec() });

    let mut mlp = sequential![
        Dense::new(12).input_dim(6).activation("relu").kernel_regularizer(Regularizer::l2(0.01)),
        Dropout::new(0.0),
        Dense::new(3).activation("softmax"),
    ];
    mlp.compile(Adam::new().learning_rate(0.02).amsgrad(true), "sparse_categorical_crossentropy", ["accuracy"])?;
    add("mlp", mlp.into_model(), &[wave(&[20, 6], 0.3)], &[labels(20, 3)]);

    let mut cnn = sequential![
        Conv2d::new(4, 3).padding("same").activation("relu").input_shape([8, 8, 1]),
        BatchNormalization::new(),
        MaxPooling2d::new(2),
        DepthwiseConv2d::new(3),
        SeparableConv2d::new(3, 2),
        LeakyRelu::new(),
        Flatten::new(),
        Dense::new(2),
    ];
    let loss = SparseCategoricalCrossentropy::new().from_logits(true);
    cnn.compile(RmsProp::new().learning_rate(0.01).momentum(0.5).centered(true), loss, ["accuracy"])?;
    add("cnn", cnn.into_model(), &[wave(&[12, 8, 8, 1], 0.11)], &[labels(12, 2)]);

    let mut recurrent = sequential![
        Embedding::new(10, 4).input_shape([6]),
        Bidirectional::new(Lstm::new(3).return_sequences(true)),
        Gru::new(4).return_sequences(true),
        TimeDistributed::new(Dense::new(3).activation("tanh")),
        SimpleRnn::new(2),
        Dense::new(1),
    ];
    recurrent.compile(Sgd::new().learning_rate(ExponentialDecay::new(0.05, 4, 0.9)).momentum(0.9), "mse", ["mae"])?;
    add("recurrent", recurrent.into_model(), &[labels(60, 10).reshape([10, 6])?], &[wave(&[10, 1], 0.5)]);

    let mut stacked = sequential![
        Rnn::new(StackedRnnCells::new(vec![LstmCell::new(3).into(), GruCell::new(2).into(), LstmCell::new(2).into()])).input_shape([4, 2]),
        Dense::new(1),
    ];
    stacked.compile(Nadam::new(), Huber::new().delta(0.5), MeanSquaredError::new().name("square"))?;
    add("stacked", stacked.into_model(), &[wave(&[10, 4, 2], 0.4)], &[wave(&[10, 1], 0.5)]);

    let input = Input::new([5, 4]).name("sequence");
    let attended = MultiHeadAttention::new(2, 3).use_causal_mask(true).on([&input, &input])?;
    let normed = LayerNormalization::new().on(&Add::new().on((&input, &attended))?)?;
    let out = Dense::new(1).activation("sigmoid").on(&GlobalAveragePooling1d::new().on(&normed)?)?;
    let mut attention = Model::new(&input, &out)?;
    attention.compile(AdamW::new().weight_decay(0.01), "binary_crossentropy", Auc::new())?;
    add("attention", attention, &[wave(&[10, 5, 4], 0.21)], &[labels(10, 2).reshape([10, 1])?]);

    let (a, b) = (Input::new([3]).name("a"), Input::new([3]).name("b"));
    let shared = Dense::new(4).activation("tanh").name("shared").shared();
    let late = Dense::new(4).name("z_late").on(&shared.on(&b)?)?;
    let both = Concatenate::new().on((&shared.on(&a)?, &late))?;
    let label = Dense::new(3).activation("softmax").name("label").on(&both)?;
    let size = Dense::new(1).name("size").on(&Multiply::new().on((&late, &shared.on(&a)?))?)?;
    let mut functional = Model::new([&a, &b], [&label, &size])?;
    functional.compile_with(
        Compile::new(
            LossScaleOptimizer::new(Adam::new()).initial_scale(128.0),
            [("label", "sparse_categorical_crossentropy"), ("size", "mse")],
        )
        .loss_weights([("size", 0.3)])
        .metrics([("label", ["accuracy"])]),
    )?;
    add("functional", functional, &[wave(&[9, 3], 0.3), wave(&[9, 3], 0.7)], &[labels(9, 3), wave(&[9, 1], 0.2)]);

    let inner = sequential![Dense::new(3).name("first").activation("relu"), Dense::new(2)];
    let x = Input::new([4]);
    let deep = Model::new(&x, &(&*sequential![Dense::new(5), Dense::new(4).trainable(false)]).on(&x)?)?;
    let input = Input::new([4]);
    let out = Dense::new(1).on(&(&*inner).on(&(&deep).on(&input)?)?)?;
    let mut nested = Model::new(&input, &out)?;
    nested.compile(Sgd::new().learning_rate(0.1).momentum(0.9).use_ema(true).gradient_accumulation_steps(2), "mse", ["mae"])?;
    add("nested", nested, &[wave(&[12, 4], 0.3)], &[wave(&[12, 1], 0.6)]);
    Ok(rows)
}

fn plain(tensors: &[Tensor]) -> Value {
    tensors.iter().map(|t| json!({ "shape": t.shape(), "values": t.to_vec::<f32>() })).collect()
}

fn train(model: &mut Model, x: &[Tensor], y: &[Tensor]) -> Result<Vec<f64>> {
    let fit = || Fit::new().epochs(2).batch_size(4).shuffle(false).verbose(0);
    let history = match (x, y) {
        ([x], [y]) => model.fit((x, y), fit())?,
        ([a, b], [y, z]) => model.fit(([a, b], [y, z]), fit())?,
        _ => return Err("one or two".into()),
    };
    Ok(history["loss"].to_vec())
}

fn predict(model: &mut Model, x: &[Tensor]) -> Result<Vec<Tensor>> {
    match x {
        [x] => model.predict_all(x),
        [a, b] => model.predict_all([a, b]),
        _ => Err("one or two".into()),
    }
}

fn write(folder: &Path) -> Result<()> {
    for Row { name, mut model, x, y } in rows()? {
        train(&mut model, &x, &y)?;
        model.save(folder.join(format!("{name}.keras")))?;
        let before = predict(&mut model, &x)?;
        let loss = train(&mut model, &x, &y)?;
        let after = predict(&mut model, &x)?;
        let all = json!({ "x": plain(&x), "y": plain(&y), "before": plain(&before), "loss": loss, "after": plain(&after) });
        std::fs::write(folder.join(format!("{name}.json")), all.to_string()).map_err(|e| e.to_string())?;
    }
    Ok(())
}

/// The largest difference of numbers, as a part of those larger than 1.
fn apart(ours: &[Tensor], theirs: &Value) -> f64 {
    let pairs = ours.iter().zip(theirs.as_array().into_iter().flatten()).flat_map(|(t, v)| {
        let values: Vec<f64> = v["values"].as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
        t.to_vec::<f64>().into_iter().zip(values).map(|(a, b)| (a - b).abs() / b.abs().max(1.0)).collect::<Vec<_>>()
    });
    pairs.fold(0.0, f64::max)
}

fn read_back(folder: &Path) -> Result<()> {
    for Row { name, x, y, .. } in rows()? {
        let text = std::fs::read_to_string(folder.join(format!("{name}_back.json"))).map_err(|e| e.to_string())?;
        let keras: Value = serde_json::from_str(&text).map_err(|e| e.to_string())?;
        let mut model = load_model(folder.join(format!("{name}_back.keras")))?;
        let before = apart(&predict(&mut model, &x)?, &keras["before"]);
        train(&mut model, &x, &y)?;
        let after = apart(&predict(&mut model, &x)?, &keras["after"]);
        println!("{name}: predictions differ by {before:.1e}, after two more epochs by {after:.1e}");
        if before > 1e-6 || after > 1e-4 {
            return Err(format!("{name}: too far from Keras").into());
        }
    }
    Ok(())
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [folder] => write(Path::new(folder)),
        [folder, "back"] => read_back(Path::new(folder)),
        _ => Err("a folder is needed".into()),
    }
}
