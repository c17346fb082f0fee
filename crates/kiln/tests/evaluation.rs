//! Evaluation and prediction compute several batches at once, and give what one after the other would.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use burn::module::Module;
use kiln::core::build::{Buffer, Build};
use kiln::core::initializer::Initializer;
use kiln::core::layer::{Call, Layer, Options};
use kiln::core::{Context, Result, Shape, layer_options};
use kiln::prelude::*;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex};

/// Adds the number of the calls before, in inference too: the batches depend on one another.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Counting {
    #[serde(flatten)]
    options: Options,
}

impl Layer for Counting {
    const CLASS: &'static str = "Counting";
    type Module = CountingModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, cx: &Build) -> Result<CountingModule> {
        Ok(CountingModule { calls: cx.buffer("calls", [1], &Initializer::Zeros {})? })
    }
}

#[derive(Module, Debug)]
struct CountingModule {
    calls: Buffer<1>,
}

impl Call for CountingModule {
    fn call(&self, x: Tensor, cx: &Context) -> Result<Tensor> {
        let calls = Tensor::from(self.calls.value()).inner();
        cx.update(self.calls.id(), &calls + 1.0);
        Ok(x + calls)
    }
}

fn data() -> (Tensor, Tensor) {
    (Tensor::linspace(0.0, 1.0, 200 * 6).reshape([200, 6]).unwrap(), Tensor::constant((0..200).map(|i| i % 3).collect::<Vec<i32>>()))
}

fn compiled(mut model: Sequential) -> Sequential {
    model.compile("sgd", "sparse_categorical_crossentropy", ["accuracy"]).unwrap();
    model
}

#[test]
fn groups_change_nothing() {
    let mut model = compiled(sequential![Dense::new(8).activation("relu"), BatchNormalization::new(), Dense::new(3).activation("softmax")]);
    let (x, y) = data();
    let options = || Fit::new().batch_size(7).verbose(0);
    model.fit((&x, &y), options()).unwrap();
    let scores = model.evaluate_with((&x, &y), options()).unwrap();
    let stream = Dataset::from_tensor_slices((&x, &y)).unwrap().batch(7);
    assert_eq!(scores, model.evaluate_with(&stream, Fit::new().verbose(0)).unwrap());
    let outputs = model.predict_with(&x, options()).unwrap();
    let alone: Vec<f32> =
        (0..200).step_by(7).flat_map(|i| model.predict_on_batch(x.rows(i..(i + 7).min(200)).unwrap()).unwrap().to_vec()).collect();
    assert_eq!(outputs.to_vec::<f32>(), alone);
    // Some steps of all.
    let few = model.predict_with(&x, options().steps_per_epoch(3)).unwrap();
    assert_eq!(few.to_vec::<f32>(), alone[..63]);
}

#[test]
fn what_depends_on_the_batch_before_goes_in_order() {
    let mut model = sequential![Input::new([6]), Counting::default()];
    let (x, _) = data();
    let outputs = model.predict_with(&(&x * 0.0), Fit::new().batch_size(20).verbose(0)).unwrap();
    let firsts: Vec<f32> = outputs.to_vec::<f32>().into_iter().step_by(120).collect();
    assert_eq!(firsts, (0..10).map(|i| i as f32).collect::<Vec<_>>());
    // A state that is carried from batch to batch.
    let mut carried = sequential![Input::new([6, 1]).batch_size(20), Lstm::new(2).stateful(true)];
    let x = x.reshape([200, 6, 1]).unwrap();
    let at_once = carried.predict_with(&x, Fit::new().batch_size(20).verbose(0)).unwrap();
    carried.reset_states();
    let alone: Vec<f32> = (0..10).flat_map(|i| carried.predict_on_batch(x.rows(i * 20..(i + 1) * 20).unwrap()).unwrap().to_vec()).collect();
    assert_eq!(at_once.to_vec::<f32>(), alone);
}

#[test]
fn random_numbers_are_drawn_in_order() {
    let mut model = sequential![Input::new([6]), Lambda::new(|x| Ok(x * 0.0 + Tensor::random_normal([1, 6], 0.0, 1.0)))];
    let (x, _) = data();
    // Building draws too, to see what the function gives.
    model.predict_on_batch(&x).unwrap();
    set_random_seed(9);
    let outputs = model.predict_with(&x, Fit::new().batch_size(50).verbose(0)).unwrap();
    set_random_seed(9);
    let expected: Vec<f32> = (0..4).flat_map(|_| Tensor::random_normal([1, 6], 0.0, 1.0).to_vec()).collect();
    let firsts: Vec<f32> = outputs.to_vec::<f32>().chunks(300).flat_map(|batch| batch[..6].to_vec()).collect();
    assert_eq!(firsts, expected);
}

#[test]
fn callbacks_hear_of_each_batch_and_can_stop() {
    let mut model = compiled(sequential![Input::new([6]), Dense::new(3).activation("softmax")]);
    let (x, y) = data();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let told = heard.clone();
    struct Listener(Arc<Mutex<Vec<String>>>);
    impl Callback for Listener {
        fn on_test_batch_begin(&mut self, batch: usize, _: &mut dyn Controls) -> Result<Flow> {
            self.0.lock().unwrap().push(format!("begin {batch}"));
            Ok(Flow::Continue)
        }
        fn on_test_batch_end(&mut self, batch: usize, _: &Logs, _: &mut dyn Controls) -> Result<Flow> {
            self.0.lock().unwrap().push(format!("end {batch}"));
            Ok(if batch == 2 { Flow::Stop("enough".to_owned()) } else { Flow::Continue })
        }
    }
    model.evaluate_with((&x, &y), Fit::new().batch_size(10).verbose(0).callback(Listener(told))).unwrap();
    assert_eq!(*heard.lock().unwrap(), ["begin 0", "end 0", "begin 1", "end 1", "begin 2", "end 2"]);
}
