//! Two outputs, a shared layer, loss weights, sample weights, metrics by output.

use crate::read::{close, numbers, tensor};
use kiln::prelude::*;
use serde_json::Value;

#[test]
fn trains_as_keras_does() -> kiln::Result<()> {
    let reference: Value = serde_json::from_str(include_str!("../../testdata/functional.json")).unwrap();
    let input = Input::new([4]);
    let shared = Dense::new(4).activation("tanh").name("shared").kernel_regularizer(Regularizer::l2(0.01)).shared();
    let hidden = shared.on(&shared.on(&input)?)?;
    let label = Dense::new(3).activation("softmax").name("label").on(&hidden)?;
    let size = Dense::new(1).name("size").activity_regularizer(Regularizer::l1(0.1)).on(&hidden)?;
    let mut model = Model::new(&input, [&label, &size])?;
    model.compile_with(
        Compile::new(Sgd::new().learning_rate(0.1), ["sparse_categorical_crossentropy", "mse"])
            .loss_weights([("size", 0.3)])
            .metrics([("label", ["accuracy"]), ("size", ["mae"])])
            .weighted_metrics([("label", ["accuracy"])]),
    )?;
    let weights: Vec<Tensor> = reference["weights"].as_array().unwrap().iter().map(tensor).collect();
    model.set_weights(&weights)?;

    let [x, y1, y2, weight] = ["x", "label", "size", "weight"].map(|k| tensor(&reference[k]));
    let predictions = |model: &mut Model, key: &str, tolerance| -> kiln::Result<()> {
        for (i, p) in model.predict_all(&x)?.iter().enumerate() {
            close(key, &p.to_vec::<f32>(), &numbers(&reference[key][i]), tolerance);
        }
        Ok(())
    };
    predictions(&mut model, "before", 1e-5)?;
    let data = (&x, [&y1, &y2], &weight);
    let history = model.fit(data, Fit::new().epochs(3).batch_size(7).shuffle(false).verbose(0))?;
    let expected = reference["history"].as_object().unwrap();
    let mut names: Vec<&str> = history.names().iter().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, expected.keys().map(String::as_str).collect::<Vec<_>>());
    for (name, values) in expected {
        let got: Vec<f32> = history[name.as_str()].iter().map(|v| *v as f32).collect();
        close(name, &got, &numbers(values), 1e-5);
    }
    predictions(&mut model, "after", 1e-4)?;
    let scores = model.evaluate_with((&x, [&y1, &y2]), Fit::new().batch_size(7).verbose(0))?;
    for (name, value) in reference["evaluate"].as_object().unwrap() {
        close(name, &[scores[name.as_str()] as f32], &numbers(value), 1e-5);
    }
    Ok(())
}
