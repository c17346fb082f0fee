//! A layer that does the next one's work at once does so only where nothing else reads what lies between.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use burn::module::Module;
use kiln::core::build::Build;
use kiln::core::layer::{Call, Layer, Options};
use kiln::core::{AnyModule, Context, Result, Shape, layer_options};
use kiln::prelude::*;
use serde::{Deserialize, Serialize};

/// Adds 1; together with another that follows it, 100.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Plus {
    #[serde(flatten)]
    options: Options,
    penalized: bool,
}

impl Layer for Plus {
    const CLASS: &'static str = "Plus";
    type Module = PlusModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, _: &Build) -> Result<PlusModule> {
        Ok(PlusModule {})
    }

    fn activity_regularizer(&self) -> Option<kiln::core::regularizer::Regularizer> {
        self.penalized.then(|| "l2".into())
    }
}

#[derive(Module, Debug)]
struct PlusModule {}

impl Call for PlusModule {
    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        Ok(x + 1.0)
    }

    fn call_joined(&self, x: &Tensor, next: &AnyModule, _: &Context) -> Result<Option<Tensor>> {
        Ok(next.downcast_ref::<Self>().map(|_| x + 100.0))
    }
}

fn outputs(mut model: Model) -> Vec<f32> {
    model.predict_all(Tensor::zeros([1, 1])).unwrap().iter().map(|y| y.item() as f32).collect()
}

#[test]
fn layers_are_joined_where_nothing_else_reads_what_lies_between() -> Result<()> {
    let plus = Plus::default;
    assert_eq!(outputs(sequential![Input::new([1]), plus()].into_model()), [1.0]);
    assert_eq!(outputs(sequential![Input::new([1]), plus(), plus()].into_model()), [100.0]);
    assert_eq!(outputs(sequential![Input::new([1]), plus(), plus(), plus()].into_model()), [101.0]);
    assert_eq!(outputs(sequential![Input::new([1]), plus(), Flatten::new(), plus()].into_model()), [2.0]);
    let penalized = Plus { penalized: true, ..plus() };
    assert_eq!(outputs(sequential![Input::new([1]), penalized, plus()].into_model()), [2.0]);
    let input = Input::new([1]);
    let first = plus().on(&input)?;
    let second = plus().on(&first)?;
    assert_eq!(outputs(Model::new(&input, &second)?), [100.0]);
    assert_eq!(outputs(Model::new(&input, [&first, &second])?), [1.0, 2.0]);
    let sum = Add::new().on([&first, &second])?;
    assert_eq!(outputs(Model::new(&input, &sum)?), [3.0]);
    Ok(())
}

/// Weights after some steps of training, and predictions.
fn trained(padding: &str, activation: &str, joined: bool) -> Vec<f32> {
    set_random_seed(3);
    let (x, y) = (Tensor::random_normal([20, 11, 12, 2], 0.0, 1.0), Tensor::random_normal([20, 3], 0.0, 1.0));
    let input = Input::new([11, 12, 2]);
    let convolved = Conv2d::new(9, 3).padding(padding).activation(activation).name("conv").on(&input).unwrap();
    // A layer between that does nothing.
    let between = if joined { convolved } else { Dropout::new(0.0).on(&convolved).unwrap() };
    let pooled = MaxPooling2d::new(3).strides(2).padding(padding).on(&between).unwrap();
    let out = Dense::new(3).name("out").on(&Flatten::new().on(&pooled).unwrap()).unwrap();
    let mut model = Model::new(&input, &out).unwrap();
    model.compile(Sgd::new().learning_rate(0.002), "mse", ()).unwrap();
    model.fit((&x, &y), Fit::new().batch_size(5).epochs(2).verbose(0)).unwrap();
    let mut all: Vec<f32> = model.get_weights().unwrap().iter().flat_map(|w| w.to_vec::<f32>()).collect();
    all.extend(model.predict(&x).unwrap().to_vec::<f32>());
    all
}

#[test]
fn a_convolution_and_its_pool_give_what_they_give_one_by_one() {
    for padding in ["valid", "same"] {
        for activation in ["relu", "tanh", "gelu"] {
            let (joined, apart) = (trained(padding, activation, true), trained(padding, activation, false));
            let close = joined.iter().zip(&apart).all(|(a, b)| (a - b).abs() < 1e-4);
            assert!(close && joined.len() == apart.len(), "{padding} {activation}");
        }
    }
}

#[test]
fn windows_that_do_not_fit_are_the_pools_mistake() {
    let image = Input::open([None, None, Some(1)]);
    let pooled = MaxPooling2d::new(4).name("pool").on(&Conv2d::new(2, 3).on(&image).unwrap()).unwrap();
    let mut model = Model::new(&image, &pooled).unwrap();
    let error = model.predict(Tensor::zeros([1, 5, 5, 1])).unwrap_err().to_string();
    assert!(error.contains("pool") && error.contains("at least 4"), "{error}");
    assert_eq!(model.predict(Tensor::zeros([1, 6, 6, 1])).unwrap().shape(), [1, 1, 1, 2]);
}
