//! A graphics adapter trains the same network as the CPU. Run by `.ci/gpu`, which also takes a software adapter.

#![cfg(feature = "wgpu")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use kiln::prelude::*;

/// Trains the course's network for some steps on `device`; its losses, accuracy and predictions.
fn train(device: Device) -> (Vec<f64>, f64, Vec<f32>) {
    set_device(device);
    set_random_seed(5);
    let ((x, y), _) = datasets::fashion_mnist::load_sample().unwrap();
    let (x, y) = (x.rows(0..256).unwrap().to_float() / 255.0, y.rows(0..256).unwrap());
    let mut model = sequential![
        Flatten::new(),
        Dense::new(64).activation("relu"),
        Dense::new(128).activation("relu"),
        Dropout::new(0.1),
        Dense::new(10).activation("softmax"),
    ];
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"]).unwrap();
    let history = model.fit((&x, &y), Fit::new().epochs(3).verbose(0)).unwrap();
    let scores = model.evaluate((&x, &y)).unwrap();
    (history["loss"].to_vec(), scores["accuracy"], model.predict(&x).unwrap().to_vec())
}

#[test]
fn a_gpu_trains_as_the_cpu_does() {
    let gpu = Device::wgpu().unwrap();
    println!("adapter: {gpu}");
    let (losses, accuracy, predictions) = train(gpu);
    let (expected, expected_accuracy, expected_predictions) = train(Device::flex());
    for (a, b) in losses.iter().zip(&expected) {
        assert!((a - b).abs() < 1e-3 * b, "{losses:?} {expected:?}");
    }
    assert!((accuracy - expected_accuracy).abs() < 0.02, "{accuracy} {expected_accuracy}");
    let gap = predictions.iter().zip(&expected_predictions).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(gap < 5e-3, "predictions differ by {gap}");
    assert!(expected[2] < expected[0]);
}
