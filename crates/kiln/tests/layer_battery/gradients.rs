//! Gradients against finite differences: of every weight and every input, along random directions.

use crate::row::Row;
use kiln::burn::module::{ModuleVisitor, Param};
use kiln::burn::optim::GradientsParams;
use kiln::core::AnyModule;
use kiln::core::random::Stream;
use kiln::core::{Context, weights};
use kiln::prelude::*;

/// Half the step of a difference.
const STEP: f64 = 1e-2;
const DIRECTIONS: u64 = 3;

/// The gradients of a module's trained weights, in its order.
struct Reader<'a> {
    gradients: &'a GradientsParams,
    found: Vec<Option<Tensor>>,
}

impl ModuleVisitor for Reader<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<kiln::burn::Tensor<D>>) {
        self.found.push(self.gradients.get::<D>(param.id).map(Tensor::from));
    }
}

/// A direction of ones and minus ones.
fn direction(shape: &[usize], stream: Stream) -> Vec<f32> {
    stream.uniform(shape.iter().product()).map(|u| if u < 0.5 { -1.0 } else { 1.0 }).collect()
}

fn moved(x: &Tensor, along: &[f32], by: f64) -> Tensor {
    let values: Vec<f32> = x.to_vec::<f32>().iter().zip(along).map(|(v, d)| v + d * by as f32).collect();
    Tensor::from_vec(values, x.shape()).unwrap().to_device(&Device::current().unwrap())
}

/// A weighted sum of all outputs, summed in 64 bits, so that differences of it are exact enough.
fn loss(outputs: &[Tensor]) -> f64 {
    let sum = |(k, y): (usize, &Tensor)| -> f64 {
        let values = y.to_vec::<f32>();
        factors(k, values.len()).iter().zip(&values).map(|(c, v)| f64::from(*c) * f64::from(*v)).sum()
    };
    outputs.iter().enumerate().map(sum).sum()
}

fn factors(output: usize, count: usize) -> Vec<f32> {
    Stream::new(29).child(output as u64).uniform(count).map(|u| u as f32 * 2.0 - 1.0).collect()
}

fn agree(row: &Row, what: &str, gradient: &Tensor, value: &Tensor, at: impl Fn(Tensor) -> f64) {
    let gradient: Vec<f32> = gradient.to_vec();
    let norm = gradient.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
    for i in 0..DIRECTIONS {
        let along = direction(&value.shape(), Stream::new(41).child(i));
        let slope: f64 = gradient.iter().zip(&along).map(|(g, d)| f64::from(*g) * f64::from(*d)).sum();
        // A step that stays small in all, however many values there are.
        let step = STEP / (along.len() as f64).sqrt();
        let difference = (at(moved(value, &along, step)) - at(moved(value, &along, -step))) / (2.0 * step);
        let gap = (slope - difference).abs();
        assert!(gap <= 0.01 * norm + 2e-3, "{row}: {what} has the slope {slope}, differences say {difference}");
    }
}

pub(crate) fn gradients_agree(row: &Row) {
    let (module, inputs) = (row.module(), row.inputs());
    let cx = || Context::inference();
    let tape = GradientTape::new();
    let floats = row.integers.is_none();
    let recorded: Vec<Tensor> = inputs.iter().map(|x| if floats { tape.watch(x).unwrap() } else { x.clone() }).collect();
    let outputs = row.call(&module, &recorded, &cx());
    let weighted = |(k, y): (usize, &Tensor)| {
        let factors = Tensor::from_vec(factors(k, y.shape().iter().product()), y.shape()).unwrap().to_device(&y.device());
        (y.clone() * factors).sum()
    };
    let total = outputs.iter().enumerate().map(weighted).reduce(|a, b| a + b).unwrap();
    let scalar: kiln::burn::Tensor<1> = total.reshape([1]).unwrap().float().unwrap();
    let backward = scalar.backward();
    if floats {
        for (i, x) in recorded.iter().enumerate() {
            let gradient = gradient_of(x, &backward).unwrap_or_else(|| none(row, &format!("input {i}"), x));
            agree(row, &format!("input {i}"), &gradient, &inputs[i], |moved| {
                let mut inputs = inputs.clone();
                inputs[i] = moved;
                loss(&row.call(&module, &inputs, &cx()))
            });
        }
    }
    let gradients = GradientsParams::from_grads(backward, &module);
    let mut reader = Reader { gradients: &gradients, found: Vec::new() };
    kiln::burn::module::Module::visit(&module, &mut reader);
    for (weight, gradient) in weights::list(&module).iter().zip(reader.found) {
        if !weight.trainable {
            assert!(gradient.is_none(), "{row}: `{}` is not trained", weight.path);
            continue;
        }
        let (_, value) = weights::values(&module).into_iter().find(|(id, _)| *id == weight.id).unwrap();
        let gradient = gradient.unwrap_or_else(|| none(row, &weight.path, &value));
        agree(row, &weight.path, &gradient, &value.inner(), |moved| {
            let module: AnyModule = weights::replace(module.clone(), vec![(weight.id, moved)]);
            loss(&row.call(&module, &inputs, &cx()))
        });
    }
}

/// The gradient of what is not read, which differences must confirm.
fn none(row: &Row, what: &str, value: &Tensor) -> Tensor {
    assert!(row.partly, "{row}: `{what}` has no gradient");
    value.clone().inner().zeros_like()
}

fn gradient_of(x: &Tensor, gradients: &kiln::burn::tensor::Gradients) -> Option<Tensor> {
    macro_rules! ranks {
        ($($rank:literal)+) => {
            match x.rank() {
                $($rank => x.clone().float::<$rank>().ok()?.grad(gradients).map(Tensor::from),)+
                _ => None,
            }
        };
    }
    ranks!(1 2 3 4 5 6)
}
