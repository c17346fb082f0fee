//! Whole workflows, and that every option of `fit` changes something.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use kiln::prelude::*;
use std::sync::{Mutex, MutexGuard};

/// The seed is the process's: tests that set it go one after another.
fn seeded(seed: u64) -> MutexGuard<'static, ()> {
    static SEED: Mutex<()> = Mutex::new(());
    let guard = SEED.lock().unwrap_or_else(|e| e.into_inner());
    set_random_seed(seed);
    guard
}

fn blobs() -> (Tensor, Tensor) {
    let labels: Vec<i32> = (0..120).map(|i| i % 3).collect();
    let noise = Tensor::random_normal([120, 2], 0.0, 0.4);
    let centres: Vec<f32> = labels.iter().flat_map(|l| [[0.0, 2.0], [2.0, -1.0], [-2.0, -1.0]][*l as usize]).collect();
    (Tensor::from_vec(centres, [120, 2]).unwrap() + noise, Tensor::constant(labels))
}

fn network() -> Sequential {
    let mut model = sequential![Dense::new(16).activation("relu"), Dropout::new(0.2), Dense::new(3).activation("softmax")];
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"]).unwrap();
    model
}

fn train(options: Fit) -> (History, Vec<f32>) {
    let (x, y) = blobs();
    let mut model = network();
    let history = model.fit((&x, &y), options.verbose(0)).unwrap();
    let weights = model.get_weights().unwrap().iter().flat_map(|w| w.to_vec::<f32>()).collect();
    (history, weights)
}

#[test]
fn learns_and_repeats_bit_for_bit() {
    let run = || {
        let _guard = seeded(3);
        train(Fit::new().epochs(30).batch_size(16))
    };
    let (first, second) = (run(), run());
    assert!(first.0["accuracy"].last() > Some(&0.9), "{:?}", first.0);
    assert_eq!(first, second);
    let _guard = seeded(4);
    assert_ne!(first.1, train(Fit::new().epochs(30).batch_size(16)).1);
}

#[test]
fn evaluate_and_history_agree() {
    let _guard = seeded(5);
    let (x, y) = blobs();
    let mut model = network();
    let history = model.fit((&x, &y), Fit::new().epochs(3).verbose(0).validation_data((&x, &y))).unwrap();
    let scores = model.evaluate((&x, &y)).unwrap();
    assert_eq!(history["val_loss"].last(), Some(&scores.loss));
    assert_eq!(history["val_accuracy"].last(), Some(&scores["accuracy"]));
    let predictions = model.predict(&x).unwrap();
    let right = predictions.argmax(-1).unwrap().equal(&y).unwrap().mean_axis(0).unwrap().item();
    assert!((right - scores["accuracy"]).abs() < 1e-6);
}

#[test]
fn each_option_of_fit_matters() {
    let run = |change: fn(Fit) -> Fit| {
        let _guard = seeded(6);
        train(change(Fit::new().epochs(2).batch_size(16)))
    };
    let plain = run(|f| f);
    type Change = fn(Fit) -> Fit;
    let changes: [(&str, Change); 8] = [
        ("epochs", |f| f.epochs(3)),
        ("initial_epoch", |f| f.initial_epoch(1)),
        ("batch_size", |f| f.batch_size(8)),
        ("shuffle", |f| f.shuffle(false)),
        ("validation_split", |f| f.validation_split(0.25)),
        ("steps_per_epoch", |f| f.steps_per_epoch(3)),
        ("class_weight", |f| f.class_weight([(1, 5.0)])),
        ("sample_weight", |f| f.sample_weight(Tensor::linspace(0.0, 2.0, 120))),
    ];
    for (name, change) in changes {
        assert_ne!(run(change).1, plain.1, "{name}");
    }
    let (history, _) = run(|f| f.epochs(5).initial_epoch(3));
    assert_eq!(history.epochs(), [3, 4]);
    let (history, _) = run(|f| f.epochs(4).validation_split(0.25).validation_freq(2));
    assert_eq!((history["loss"].len(), history["val_loss"].len()), (4, 2));
}

#[test]
fn early_stopping_puts_the_best_weights_back() {
    let _guard = seeded(7);
    let (x, y) = blobs();
    let mut model = network();
    model.fit((&x, &y), Fit::new().epochs(20).verbose(0)).unwrap();
    let good = model.evaluate((&x, &y)).unwrap().loss;
    model.set_learning_rate(0.5).unwrap(); // from here on it gets worse
    let stopping = EarlyStopping::new("val_loss").patience(2).restore_best_weights(true);
    let history = model.fit((&x, &y), Fit::new().epochs(20).verbose(0).validation_data((&x, &y)).callback(stopping)).unwrap();
    let best = history["val_loss"].iter().copied().fold(f64::INFINITY, f64::min);
    assert!(history.stopped().is_some() && history.epochs().len() < 20, "{good} {history:?}");
    assert!((model.evaluate((&x, &y)).unwrap().loss - best).abs() < 1e-6);
}

#[test]
fn frozen_layers_and_constraints() {
    let _guard = seeded(8);
    let (x, y) = blobs();
    let frozen = Dense::new(16).activation("relu").trainable(false);
    let mut model = sequential![frozen, Dense::new(3).activation("softmax").kernel_constraint(Constraint::max_norm(0.5))];
    model.compile("adam", "sparse_categorical_crossentropy", ()).unwrap();
    model.build([2]).unwrap();
    let before = model.get_weights().unwrap();
    model.fit((&x, &y), Fit::new().epochs(2).verbose(0)).unwrap();
    let after = model.get_weights().unwrap();
    assert_eq!(before[0].to_vec::<f32>(), after[0].to_vec::<f32>());
    assert_ne!(before[2].to_vec::<f32>(), after[2].to_vec::<f32>());
    let longest = after[2].clone().square().sum_axis(0).unwrap().sqrt().max().item();
    assert!(longest <= 0.5 + 1e-5, "{longest}");
}

#[test]
fn regularizers_are_part_of_the_loss() {
    let _guard = seeded(9);
    let (x, y) = blobs();
    let loss = |layer: Dense| {
        set_random_seed(9);
        let mut model = sequential![layer, Dense::new(3).activation("softmax")];
        model.compile("sgd", "sparse_categorical_crossentropy", ()).unwrap();
        model.evaluate((&x, &y)).unwrap().loss
    };
    let plain = loss(Dense::new(4));
    let kernel = Initializer::from("glorot_uniform");
    assert!(loss(Dense::new(4).kernel_regularizer("l2")) > plain);
    assert!(loss(Dense::new(4).activity_regularizer("l1")) > plain);
    let with = loss(Dense::new(4).bias_initializer("ones").bias_regularizer(Regularizer::l1(0.5)).kernel_initializer(kernel.clone()));
    let without = loss(Dense::new(4).bias_initializer("ones").kernel_initializer(kernel));
    assert!((with - without - 2.0).abs() < 1e-5, "four ones times 0.5: {with} {without}");
}

#[test]
fn steps_by_hand_and_burn_optimizers() {
    let _guard = seeded(10);
    let (x, y) = blobs();
    let mut model = sequential![Dense::new(8).activation("relu"), Dense::new(3).activation("softmax")];
    let adam = burn_adam();
    model.compile((adam, 0.01), "sparse_categorical_crossentropy", ["accuracy"]).unwrap();
    let first = model.train_on_batch((&x, &y)).unwrap().loss;
    for _ in 0..50 {
        model.train_on_batch((&x, &y)).unwrap();
    }
    let last = model.test_on_batch((&x, &y)).unwrap();
    assert!(last.loss < 0.5 * first, "{first} {}", last.loss);
    assert_eq!(model.predict_on_batch(&x).unwrap().to_vec::<f32>(), model.predict(&x).unwrap().to_vec::<f32>());
}

fn burn_adam() -> kiln::burn::optim::ModuleOptimizer {
    kiln::burn::optim::AdamConfig::new().init()
}

#[test]
fn functional_models_share_layers() -> kiln::Result<()> {
    let _guard = seeded(11);
    let (left, right) = (Input::new([2]), Input::new([2]));
    let shared = Dense::new(4).activation("tanh").shared();
    let (a, b) = (shared.on(&left)?, shared.on(&right)?);
    let both = Model::new([&left, &right], &a)?;
    assert_eq!(both.count_params()?, 12);
    let chained = Dense::new(1).on(&shared.on(&Input::new([2]))?)?;
    assert_eq!(chained.shape().to_string(), "(None, 1)");
    let mut model = Model::new([&left, &right], &Dense::new(1).on(&b)?)?;
    let x = Tensor::ones([5, 2]);
    assert_eq!(model.predict([&x, &x])?.shape(), [5, 1]);
    Ok(())
}
