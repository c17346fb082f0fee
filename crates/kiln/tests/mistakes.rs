//! What beginners do wrong, and the whole text of what Kiln says.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use kiln::prelude::*;

fn says<T>(result: kiln::Result<T>, expected: &str) {
    match result {
        Ok(_) => panic!("no error, expected: {expected}"),
        Err(error) => assert_eq!(error.to_string(), expected),
    }
}

fn classifier() -> Sequential {
    let mut model = sequential![Dense::new(4).activation("relu"), Dense::new(3).activation("softmax")];
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"]).unwrap();
    model
}

fn quiet() -> Fit {
    Fit::new().verbose(0)
}

#[test]
fn names() {
    let mut model = sequential![Dense::new(3)];
    says(model.compile("adm", "mse", ()), "unknown optimizer `adm`, did you mean `adam`?");
    says(model.compile("adam", "mean_square_error", ()), "unknown loss `mean_square_error`, did you mean `mean_squared_error`?");
    says(model.compile("adam", "mse", ["acuracy"]), "unknown metric `acuracy`, did you mean `accuracy`?");
    let build = |layer: Dense| sequential![layer].build([2]);
    says(build(Dense::new(3).activation("reul")), "dense: unknown activation `reul`, did you mean `relu`?");
    says(build(Dense::new(3).kernel_initializer("he_nomal")), "dense: unknown initializer `he_nomal`, did you mean `he_normal`?");
    let twice = || Dense::new(1).name("a");
    says(sequential![twice(), twice()].build([2]), "Model: `name` must be unique in a model, received `a` twice");
    says(Device::from_name("gpu"), "unknown device `gpu`, did you mean `wgpu`?");
}

#[test]
fn shapes_and_order() {
    let (x, y) = (Tensor::zeros([6, 4]), Tensor::constant([0, 1, 2, 0, 1, 2]));
    let mut model = sequential![Dense::new(3)];
    says(model.fit((&x, &y), quiet()), "fit: the model is not compiled; call `compile(optimizer, loss, metrics)` first");
    says(Sequential::new().build([4]), "Sequential: the model has no layers; `add` one");
    says(model.summary(), "Model: the model is not built yet; give the first layer an `input_shape`, call `build`, or fit it first");
    says(
        classifier().fit((&x, &y.rows(0..5).unwrap()), quiet()),
        "data: `x` has 6 samples, but `y` has 5; each sample needs one row in both",
    );
    says(classifier().fit((&x.rows(0..0).unwrap(), &y.rows(0..0).unwrap()), quiet()), "data: there are no samples");
    says(classifier().fit(&x, quiet()), "fit: there is no target; pass `(&x, &y)`");
    let mut built = classifier();
    built.build([4]).unwrap();
    says(built.predict(Tensor::zeros([2, 5])), "Model: expected input of shape (None, 4), received (2, 5)");
    says(sequential![Dense::new(0)].build([4]), "dense (Dense): `units` must be at least 1, received 0");
    says(sequential![Dropout::new(1.5)].build([4]), "dropout (Dropout): `rate` must be from 0 to 1, received 1.5");
}

#[test]
fn labels() {
    let x = Tensor::zeros([3, 4]);
    says(
        classifier().fit((&x, &Tensor::constant([0, 1, 7])), quiet()),
        "sparse_categorical_crossentropy: labels must lie in 0..3, received 7 at sample 2; is `units` of the last layer too small?",
    );
    says(
        classifier().fit((&x, &Tensor::constant([0, -1, 1])), quiet()),
        "sparse_categorical_crossentropy: labels must lie in 0..3, received -1 at sample 1; is `units` of the last layer too small?",
    );
    says(
        classifier().fit((&x, &Tensor::constant([0.0, 0.5, 1.0])), quiet()),
        "sparse_categorical_crossentropy: labels must be whole numbers, received 0.5 at sample 1; is this a regression? use `mse`",
    );
    says(
        classifier().fit((&x, &Tensor::constant([0, 1, 2]).one_hot(3)), quiet()),
        "sparse_categorical_crossentropy: expected whole-number labels of shape (n,) or (n, 1), received one-hot targets of shape (3, 3); use `categorical_crossentropy`, or `y.argmax(-1)`",
    );
    let mut categorical = sequential![Dense::new(3).activation("softmax")];
    categorical.compile("adam", "categorical_crossentropy", ()).unwrap();
    says(
        categorical.fit((&x, &Tensor::constant([0, 1, 2])), quiet()),
        "categorical_crossentropy: expected one-hot targets of 3 columns, received targets of shape (3,); use `sparse_categorical_crossentropy`, or `y.one_hot(classes)`",
    );
    let mut one = sequential![Dense::new(1).activation("softmax")];
    one.compile("adam", "categorical_crossentropy", ()).unwrap();
    says(
        one.fit((&x, &Tensor::zeros([3, 1])), quiet()),
        "categorical_crossentropy: expected an output of at least 2 units, received (1, 1); a softmax over one unit is always 1; use `binary_crossentropy` with a sigmoid",
    );
    let mut binary = sequential![Dense::new(1).activation("sigmoid")];
    binary.compile("adam", "binary_crossentropy", ()).unwrap();
    says(
        binary.fit((&x, &Tensor::constant([0.0, 2.0, 1.0])), quiet()),
        "binary_crossentropy: targets must lie in 0..1, received 2 at value 1",
    );
}

#[test]
fn options_and_numbers() {
    let (x, y) = (Tensor::zeros([3, 4]), Tensor::constant([0, 1, 2]));
    let fit = |options: Fit| classifier().fit((&x, &y), options.verbose(0));
    says(fit(Fit::new().batch_size(0)), "fit: `batch_size` must be at least 1, received 0");
    says(fit(Fit::new().epochs(0)), "fit: `epochs` must be above `initial_epoch` 0, received 0");
    says(fit(Fit::new().validation_split(1.0)), "fit: `validation_split` must be from 0 to below 1, received 1");
    says(fit(Fit::new().class_weight([(0, -1.0)])), "fit: `class_weight` must be numbers from 0, received -1 for class 0");
    let mut model = sequential![Dense::new(3)];
    says(model.compile(Sgd::new().learning_rate(f64::NAN), "mse", ()).map(|()| 0), &{
        let error = sequential![Dense::new(1)].compile(Sgd::new().learning_rate(f64::NAN), "mse", ()).unwrap_err().to_string();
        assert!(error.contains("learning_rate"), "{error}");
        error
    });
    let holed = Tensor::constant([[0.0, f64::NAN], [1.0, 1.0]]);
    says(
        classifier().fit((&holed, &Tensor::constant([0, 1])), quiet()),
        "data: `x` holds NaN at sample 0; drop such samples or fill the gap",
    );
    says(load_csv("no/such.csv").map(|_| 0), &load_csv("no/such.csv").unwrap_err().to_string());
    assert!(load_csv("no/such.csv").unwrap_err().to_string().contains("no/such.csv"));
}

#[test]
fn a_diverging_training_names_its_place() {
    let (x, y) = (Tensor::ones([8, 2]) * 1e20, Tensor::zeros([8, 1]));
    let mut model = sequential![Dense::new(2).kernel_initializer("ones"), Dense::new(1).kernel_initializer("ones")];
    model.compile(Sgd::new(), "mse", ()).unwrap();
    let before = model.clone();
    says(
        model.fit((&x, &y), quiet()),
        "fit: the loss became inf in epoch 1, batch 0; lower the learning rate, clip the gradients, or look for NaN in the data",
    );
    let mut patient = before;
    let history = patient.fit((&x, &y), quiet().epochs(3).callback(TerminateOnNan::new())).unwrap();
    assert_eq!((history.stopped(), history.epochs()), (Some("batch 0: invalid loss"), [0].as_slice()));
}
