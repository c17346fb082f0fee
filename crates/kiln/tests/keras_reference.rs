//! A whole training against one that Keras made: the same initial weights, the same data, no shuffling.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use kiln::prelude::*;
use serde_json::Value;

fn flat(value: &Value, out: &mut Vec<f32>) {
    match value {
        Value::Array(values) => values.iter().for_each(|v| flat(v, out)),
        number => out.push(number.as_f64().unwrap() as f32),
    }
}

fn tensor(value: &Value) -> Tensor {
    let mut shape = Vec::new();
    let mut inner = value;
    while let Value::Array(values) = inner {
        shape.push(values.len());
        inner = &values[0];
    }
    let mut values = Vec::new();
    flat(value, &mut values);
    Tensor::from_vec(values, shape).unwrap()
}

fn close(name: &str, got: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(got.len(), expected.len(), "{name}");
    for (g, e) in got.iter().zip(expected) {
        assert!((g - e).abs() <= tolerance * e.abs().max(1e-2), "{name}: {g} {e}");
    }
}

/// A model, built and compiled, takes the reference's weights and trains as Keras did; the metric is `metric`.
fn follows(mut model: Sequential, reference: &Value, metric: &str, batch: usize) -> kiln::Result<()> {
    let weights: Vec<Tensor> = reference["weights"].as_array().unwrap().iter().map(tensor).collect();
    model.set_weights(&weights)?;
    let (x, y) = (tensor(&reference["x"]), tensor(&reference["y"]));
    let numbers = |value: &Value| {
        let mut out = Vec::new();
        flat(value, &mut out);
        out
    };
    close("before", &model.predict(&x)?.to_vec::<f32>(), &numbers(&reference["before"]), 1e-5);
    let history = model.fit((&x, &y), Fit::new().epochs(3).batch_size(batch).shuffle(false).verbose(0))?;
    for name in ["loss", metric] {
        let got: Vec<f32> = history[name].iter().map(|v| *v as f32).collect();
        close(name, &got, &numbers(&reference["history"][name]), 1e-5);
    }
    close("after", &model.predict(&x)?.to_vec::<f32>(), &numbers(&reference["after"]), 1e-4);
    let scores = model.evaluate_with((&x, &y), Fit::new().batch_size(batch).verbose(0))?;
    for name in ["loss", metric] {
        close(name, &[scores[name] as f32], &[reference["evaluate"][name].as_f64().unwrap() as f32], 1e-5);
    }
    Ok(())
}

#[test]
fn trains_as_keras_does() -> kiln::Result<()> {
    let reference: Value = serde_json::from_str(include_str!("../testdata/mlp.json")).unwrap();
    let mut model = sequential![
        Dense::new(12).input_dim(6).activation("relu").kernel_regularizer(Regularizer::l2(0.01)),
        Dense::new(3).activation("softmax"),
    ];
    model.compile(Adam::new().learning_rate(0.02), "sparse_categorical_crossentropy", ["accuracy"])?;
    follows(model, &reference, "accuracy", 12)
}

#[test]
fn trains_on_images_as_keras_does() -> kiln::Result<()> {
    let reference: Value = serde_json::from_str(include_str!("../testdata/images.json")).unwrap();
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
    follows(model, &reference, "mae", 8)
}
