//! Layers that prepare data, inside a model.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use kiln::prelude::*;

#[test]
fn a_model_starts_with_what_was_read_off_the_data() {
    set_random_seed(3);
    let x = Tensor::random_normal([64, 3], 50.0, 20.0);
    let y = x.sum_axis(1).unwrap().reshape([64, 1]).unwrap() / 60.0;
    let mut model = sequential![Normalization::new().adapt(&x).unwrap(), Dense::new(1)];
    model.compile(Sgd::new().learning_rate(0.1), "mse", ["mae"]).unwrap();
    let history = model.fit((&x, &y), Fit::new().epochs(30).verbose(0)).unwrap();
    let losses = &history["loss"];
    assert!(losses.last().unwrap() < &0.01, "{losses:?}");
}

#[test]
fn images_are_changed_in_training_alone() {
    set_random_seed(3);
    let x = Tensor::random_normal([8, 6, 6, 3], 100.0, 30.0);
    let y = Tensor::zeros([8, 1]);
    let mut model = sequential![
        Resizing::new(5, 5),
        RandomFlip::default(),
        RandomRotation::new(0.1),
        RandAugment::new(),
        Rescaling::new(1.0 / 255.0),
        Flatten::new(),
        Dense::new(1),
    ];
    model.compile("sgd", "mse", ["mae"]).unwrap();
    model.fit((&x, &y), Fit::new().epochs(1).verbose(0)).unwrap();
    let once = model.predict(&x).unwrap();
    assert_eq!(once.to_vec::<f32>(), model.predict(&x).unwrap().to_vec::<f32>());
}
