//! A multi-layer perceptron.

use crate::read::{close, numbers, tensor};
use kiln::prelude::*;
use serde_json::Value;

#[test]
fn trains_as_keras_does() -> kiln::Result<()> {
    let reference: Value = serde_json::from_str(include_str!("../../testdata/mlp.json")).unwrap();
    let mut model = sequential![
        Dense::new(12).input_dim(6).activation("relu").kernel_regularizer(Regularizer::l2(0.01)),
        Dense::new(3).activation("softmax"),
    ];
    model.compile(Adam::new().learning_rate(0.02), "sparse_categorical_crossentropy", ["accuracy"])?;
    let weights: Vec<Tensor> = reference["weights"].as_array().unwrap().iter().map(tensor).collect();
    model.set_weights(&weights)?;

    let (x, y) = (tensor(&reference["x"]), tensor(&reference["y"]));
    close("before", &model.predict(&x)?.to_vec::<f32>(), &numbers(&reference["before"]), 1e-5);
    let history = model.fit((&x, &y), Fit::new().epochs(3).batch_size(12).shuffle(false).verbose(0))?;
    for name in ["loss", "accuracy"] {
        let got: Vec<f32> = history[name].iter().map(|v| *v as f32).collect();
        close(name, &got, &numbers(&reference["history"][name]), 1e-5);
    }
    close("after", &model.predict(&x)?.to_vec::<f32>(), &numbers(&reference["after"]), 1e-4);
    let scores = model.evaluate_with((&x, &y), Fit::new().batch_size(12).verbose(0))?;
    for name in ["loss", "accuracy"] {
        close(name, &[scores[name] as f32], &[reference["evaluate"][name].as_f64().unwrap() as f32], 1e-5);
    }
    Ok(())
}
