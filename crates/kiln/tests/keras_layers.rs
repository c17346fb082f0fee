//! Short trainings against those that Keras made (`testdata/layers.py`): normalization, attention, merging and their loss terms.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use kiln::prelude::*;
use serde_json::Value;

fn flat(value: &Value, out: &mut Vec<f32>) {
    match value {
        Value::Array(values) => values.iter().for_each(|v| flat(v, out)),
        number => out.push(number.as_f64().unwrap() as f32),
    }
}

fn numbers(value: &Value) -> Vec<f32> {
    let mut out = Vec::new();
    flat(value, &mut out);
    out
}

fn tensor(value: &Value) -> Tensor {
    let mut shape = Vec::new();
    let mut inner = value;
    while let Value::Array(values) = inner {
        shape.push(values.len());
        inner = &values[0];
    }
    Tensor::from_vec(numbers(value), shape).unwrap()
}

fn close(name: &str, got: &[f32], expected: &[f32]) {
    assert_eq!(got.len(), expected.len(), "{name}");
    for (g, e) in got.iter().zip(expected) {
        assert!((g - e).abs() <= 1e-5 * e.abs().max(0.3), "{name}: {g} {e}");
    }
}

fn values(model: &Model) -> Vec<Tensor> {
    Trainee::weights(model).unwrap().0.into_iter().map(|(_, value)| value).collect()
}

/// Trains `model` as the case did, and compares the losses, the weights and the state, and what comes after.
fn check(case: &str, model: &mut Model) -> kiln::Result<()> {
    let all: Value = serde_json::from_str(include_str!("../testdata/layers.json")).unwrap();
    let case = (case, &all[case]);
    let list = |key: &str| -> Vec<Tensor> { case.1[key].as_array().unwrap().iter().map(tensor).collect() };
    model.compile(Sgd::new().learning_rate(0.05).momentum(0.9), "mse", [] as [&str; 0])?;
    model.set_weights(list("weights"))?;
    let (x, y) = (tensor(&case.1["x"]), tensor(&case.1["y"]));
    let history = model.fit((&x, &y), Fit::new().epochs(4).batch_size(4).shuffle(false).verbose(0))?;
    let losses: Vec<f32> = history["loss"].iter().map(|v| *v as f32).collect();
    close(&format!("{}: loss", case.0), &losses, &numbers(&case.1["loss"]));
    for (i, (ours, keras)) in values(model).iter().zip(list("after")).enumerate() {
        close(&format!("{}: weight {i}", case.0), &ours.to_vec::<f32>(), &keras.to_vec::<f32>());
    }
    // From Keras' own weights, so that what comes now doesn't carry the rounding of the steps along.
    model.set_weights(list("after"))?;
    let scores = model.evaluate_with((&x, &y), Fit::new().batch_size(5).verbose(0))?;
    close(&format!("{}: evaluate", case.0), &[scores.loss as f32], &numbers(&case.1["evaluate"]));
    close(&format!("{}: predict", case.0), &model.predict(&x)?.to_vec::<f32>(), &numbers(&case.1["predict"]));
    Ok(())
}

#[test]
fn batch_normalization_and_activity_terms() -> kiln::Result<()> {
    let mut model = sequential![
        Dense::new(4).input_dim(3).activation("tanh").activity_regularizer("l2"),
        BatchNormalization::new().momentum(0.8).gamma_regularizer("l2").beta_constraint("non_neg"),
        ActivityRegularization::new().l1(0.01),
        Dense::new(1),
    ];
    check("normalized", &mut model)
}

#[test]
fn frozen_batch_normalization() -> kiln::Result<()> {
    let mut model = sequential![Dense::new(4).input_dim(3), BatchNormalization::new().trainable(false), PRelu::new(), Dense::new(1)];
    check("frozen", &mut model)
}

#[test]
fn transformer() -> kiln::Result<()> {
    let x = Input::new([5, 4]);
    let heads = MultiHeadAttention::new(2, 3).activity_regularizer("l2").kernel_regularizer("l2").use_causal_mask(true);
    let attended = heads.on([&x, &x])?;
    let y = LayerNormalization::new().on(&Add::new().on((&x, &attended))?)?;
    let y = EinsumDense::new("abc,cd->abd", [5, 2]).bias_axes("d").activation("relu").on(&y)?;
    let y = Dense::new(1).on(&Flatten::new().on(&y)?)?;
    check("transformer", &mut Model::new(&x, &y)?)
}

/// Keras on TensorFlow puts the normalized kernel in the kernel's place, and then takes the optimizer's step from there.
#[test]
fn spectral_normalization_starts_each_step_from_the_normalized_kernel() -> kiln::Result<()> {
    let mut model = sequential![SpectralNormalization::new(Dense::new(1).use_bias(false)).input_dim(2)];
    model.compile(Sgd::new().learning_rate(0.5), "mse", [] as [&str; 0])?;
    model.set_weights(&[Tensor::constant([[1.0]]), Tensor::constant([[3.0], [4.0]])])?;
    let (x, y) = (Tensor::constant([[1.0, 0.0]]), Tensor::constant([[0.0]]));
    model.fit((&x, &y), Fit::new().epochs(1).verbose(0))?;
    // (3, 4) / 5, minus 0.5 · 2 · (0.6 - 0) · (1, 0).
    close("kernel", &values(&model)[1].to_vec::<f32>(), &[0.0, 0.8]);
    close("vector", &values(&model)[0].to_vec::<f32>(), &[1.0]);
    Ok(())
}
