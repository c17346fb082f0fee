//! Sequential models.

use crate::read::{close, numbers, tensor};
use kiln::prelude::*;
use serde_json::Value;

/// Sets Keras' first weights, trains as Keras did and compares every number.
fn agrees(mut model: Sequential, text: &str, batch_size: usize, metrics: &[&str]) -> kiln::Result<()> {
    let reference: Value = serde_json::from_str(text).unwrap();
    let weights: Vec<Tensor> = reference["weights"].as_array().unwrap().iter().map(tensor).collect();
    model.set_weights(&weights)?;

    let (x, y) = (tensor(&reference["x"]), tensor(&reference["y"]));
    close("before", &model.predict(&x)?.to_vec::<f32>(), &numbers(&reference["before"]), 1e-5);
    let history = model.fit((&x, &y), Fit::new().epochs(3).batch_size(batch_size).shuffle(false).verbose(0))?;
    for name in metrics {
        let got: Vec<f32> = history[*name].iter().map(|v| *v as f32).collect();
        close(name, &got, &numbers(&reference["history"][*name]), 1e-5);
    }
    close("after", &model.predict(&x)?.to_vec::<f32>(), &numbers(&reference["after"]), 1e-4);
    let scores = model.evaluate_with((&x, &y), Fit::new().batch_size(batch_size).verbose(0))?;
    for name in metrics {
        close(name, &[scores[*name] as f32], &[reference["evaluate"][*name].as_f64().unwrap() as f32], 1e-5);
    }
    Ok(())
}

#[test]
fn a_perceptron_trains_as_in_keras() -> kiln::Result<()> {
    let mut model = sequential![
        Dense::new(12).input_dim(6).activation("relu").kernel_regularizer(Regularizer::l2(0.01)),
        Dense::new(3).activation("softmax"),
    ];
    model.compile(Adam::new().learning_rate(0.02), "sparse_categorical_crossentropy", ["accuracy"])?;
    agrees(model, include_str!("../../testdata/mlp.json"), 12, &["loss", "accuracy"])
}

#[test]
fn recurrent_layers_train_as_in_keras() -> kiln::Result<()> {
    let mut model = sequential![Gru::new(6).input_shape([5, 3]).return_sequences(true), Lstm::new(4), Dense::new(1)];
    model.compile(Sgd::new().learning_rate(0.05).momentum(0.9), "mse", ["mae"])?;
    agrees(model, include_str!("../../testdata/recurrent.json"), 8, &["loss", "mae"])
}

#[test]
fn convolutions_and_pools_train_as_in_keras() -> kiln::Result<()> {
    let mut model = sequential![
        ZeroPadding2d::new(((0, 1), (0, 0))).input_shape([9, 8, 2]),
        Conv2d::new(4, 3).padding("same").activation("relu").kernel_regularizer("l2"),
        MaxPooling2d::new(2),
        SeparableConv2d::new(6, 3).strides(2).padding("same").depth_multiplier(2).activation("tanh"),
        UpSampling2d::new(2).interpolation("bilinear"),
        Conv2dTranspose::new(3, 3).strides(2).padding("same").activation("relu"),
        DepthwiseConv2d::new(3).strides(2).padding("same"),
        AveragePooling2d::new(3).strides(1).padding("same"),
        GlobalAveragePooling2d::new(),
        Dense::new(2),
    ];
    model.compile(Adam::new().learning_rate(0.01), "mse", ["mae"])?;
    agrees(model, include_str!("../../testdata/images.json"), 8, &["loss", "mae"])
}
