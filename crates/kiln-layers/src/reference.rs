//! Compares layers with what Keras wrote (`testdata/*.py`): outputs, masks, assigned state, losses and gradients.

use crate::layer_from_config;
use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use kiln_core::build::Build;
use kiln_core::random::Stream;
use kiln_core::value::{Value, Values};
use kiln_core::{AnyModule, Context, Device, GradientTape, Shape, Tensor, weights};
use serde_json::Value as Json;
use std::collections::HashMap;

fn list<'a>(value: &'a Json, key: &str) -> &'a Vec<Json> {
    value[key].as_array().unwrap_or_else(|| panic!("no list `{key}`"))
}

fn tensor(value: &Json) -> Tensor {
    let shape: Vec<usize> = list(value, "shape").iter().map(|n| n.as_u64().unwrap() as usize).collect();
    let tensor = match value.get("bool") {
        Some(bits) => Tensor::from_vec(bits.as_array().unwrap().iter().map(|b| b == 1).collect(), shape),
        None => Tensor::from_vec(list(value, "values").iter().map(|v| v.as_f64().unwrap() as f32).collect(), shape),
    };
    tensor.unwrap().to_device(&Device::current().unwrap())
}

/// The largest difference met so far, as a share of what is allowed.
#[derive(Debug, Default)]
struct Gaps(f64);

impl Gaps {
    fn close(&mut self, what: &str, ours: &Tensor, keras: &Json) {
        let keras = tensor(keras);
        // Burn has no rank 0: Keras' scalars are weights of one axis.
        assert!(ours.shape() == keras.shape() || ours.len() == 1, "{what}: shape {:?}, Keras {:?}", ours.shape(), keras.shape());
        let (ours, keras) = (ours.to_vec::<f64>(), keras.to_vec::<f64>());
        // Sums over many values lose digits where they cancel.
        let scale = keras.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        for (a, b) in ours.iter().zip(&keras) {
            let gap = (a - b).abs() / (1e-5 * b.abs() + 1e-6 * scale.max(1.0));
            assert!(gap <= 1.0, "{what}: {a} is not Keras' {b}\nours  {ours:?}\nkeras {keras:?}");
            self.0 = self.0.max(gap);
        }
    }
}

struct Reader<'a>(&'a GradientsParams, Vec<Option<Tensor>>);

impl ModuleVisitor for Reader<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<burn::Tensor<D>>) {
        self.1.push(self.0.get::<D>(param.id).map(Tensor::from));
    }
}

/// Runs all cases of a file, and gives the largest difference as a share of the one allowed (1e-5 relative).
pub(crate) fn check(file: &str) -> f64 {
    let file: Json = serde_json::from_str(file).unwrap();
    let mut gaps = Gaps::default();
    for case in list(&file, "cases") {
        let what = format!("{}, {}", case["class"].as_str().unwrap(), case["what"].as_str().unwrap());
        run(&what, case, &mut gaps);
    }
    gaps.0
}

fn run(what: &str, case: &Json, gaps: &mut Gaps) {
    let layer = layer_from_config(case["class"].as_str().unwrap(), case["config"].clone()).unwrap_or_else(|e| panic!("{what}: {e}"));
    let inputs: Vec<Tensor> = list(case, "inputs").iter().map(tensor).collect();
    let shapes: Vec<Shape> = inputs.iter().map(|x| Shape::batch_of(&x.shape()[1..])).collect();
    let built = layer.build(&shapes, &Build::new(&Device::current().unwrap(), Stream::new(1)));
    let module = fill(what, built.unwrap_or_else(|e| panic!("{what}: {e}")), case);
    let cx = if case["training"] == true { Context::training(Stream::new(1)) } else { Context::inference() };

    let tape = GradientTape::new();
    let watched: Vec<Tensor> = inputs.iter().map(|x| tape.watch(x).unwrap()).collect();
    let masks = list(case, "masks").iter().map(|m| (!m.is_null()).then(|| tensor(m).autodiff()));
    let values: Values = watched.iter().zip(masks).map(|(x, mask)| Value { tensor: x.clone(), mask }).collect();
    let outputs = module.call(values, &cx).unwrap_or_else(|e| panic!("{what}: {e}"));

    let promised = layer.output_shapes(&shapes).unwrap();
    assert_eq!(outputs.len(), list(case, "outputs").len(), "{what}: outputs");
    for (k, (output, keras)) in outputs.iter().zip(list(case, "outputs")).enumerate() {
        gaps.close(&format!("{what}: output {k}"), &output.tensor, keras);
        assert!(promised[k].fits(&output.tensor.shape()), "{what}: {} promised", promised[k]);
        match (&output.mask, &case["output_masks"][k]) {
            (None, Json::Null) => {}
            (Some(mask), keras) if !keras.is_null() => {
                assert_eq!(mask.shape(), tensor(keras).shape(), "{what}: shape of mask {k}");
                assert_eq!(mask.to_vec::<bool>(), tensor(keras).to_vec::<bool>(), "{what}: mask {k}");
            }
            (mask, keras) => panic!("{what}: mask {k} is {mask:?}, Keras' {keras}"),
        }
    }

    let listed = weights::list(&module);
    let mut assigned = case["assigned"].as_object().unwrap().clone();
    for (id, value) in cx.take_updates() {
        let path = &listed.iter().find(|w| w.id == id).unwrap_or_else(|| panic!("{what}: an unknown buffer")).path;
        if let Some(keras) = assigned.remove(&path.replace('.', "/")) {
            gaps.close(&format!("{what}: assigned {path}"), &value, &keras);
        }
    }
    assert!(assigned.is_empty(), "{what}: not assigned: {:?}", assigned.keys());

    let mut losses = cx.take_losses();
    let values = weights::values(&module);
    for (name, regularizer) in layer.regularizers() {
        let weight = listed.iter().find(|w| w.path == name).unwrap_or_else(|| panic!("{what}: no weight `{name}`"));
        losses.push(regularizer.penalty(&values.iter().find(|(id, _)| *id == weight.id).unwrap().1).unwrap());
    }
    if let Some(regularizer) = layer.activity_regularizer() {
        // What the graph adds.
        losses.extend(outputs.iter().map(|y| regularizer.penalty(&y.tensor).unwrap() / y.tensor.shape()[0] as f64));
    }
    let total = losses.iter().map(Tensor::item).sum::<f64>();
    let keras = list(case, "losses").iter().map(|v| v.as_f64().unwrap()).sum::<f64>();
    assert!((total - keras).abs() <= 1e-5 * keras.abs() + 1e-7, "{what}: losses {total}, Keras {keras}");

    let weighted = |y: &Tensor| {
        let factors: Vec<f32> = (0..y.len()).map(|i| (i as f32).cos()).collect();
        (y.clone() * Tensor::from_vec(factors, y.shape()).unwrap().to_device(&y.device())).sum()
    };
    let terms = outputs.iter().map(|y| weighted(&y.tensor)).chain(losses.iter().map(Tensor::sum));
    let loss: burn::Tensor<1> = terms.reduce(|a, b| a + b).unwrap().reshape([1]).unwrap().float().unwrap();
    let backward = loss.backward();
    for (k, (x, keras)) in watched.iter().zip(list(case, "input_gradients")).enumerate() {
        let gradient = input_gradient(x, &backward).unwrap_or_else(|| panic!("{what}: input {k} has no gradient"));
        gaps.close(&format!("{what}: gradient of input {k}"), &gradient, keras);
    }
    let gradients = GradientsParams::from_grads(backward, &module);
    let mut reader = Reader(&gradients, Vec::new());
    Module::visit(&module, &mut reader);
    let of: HashMap<String, Option<Tensor>> = listed.iter().map(|w| w.path.replace('.', "/")).zip(reader.1).collect();
    for (name, keras) in case["weight_gradients"].as_object().unwrap() {
        let gradient = of[name].clone().unwrap_or_else(|| panic!("{what}: `{name}` has no gradient"));
        gaps.close(&format!("{what}: gradient of {name}"), &gradient, keras);
    }
}

/// The module with the case's weights, whose names, order and shapes must be Keras'.
fn fill(what: &str, module: AnyModule, case: &Json) -> AnyModule {
    let keras = list(case, "weights");
    let ours = weights::list(&module);
    let mut names: [Vec<String>; 2] =
        [ours.iter().map(|w| w.path.replace('.', "/")).collect(), keras.iter().map(|w| w["name"].as_str().unwrap().to_owned()).collect()];
    if case["class"] == "SpectralNormalization" {
        // Keras counts the kernel as the wrapper's own there.
        names.iter_mut().for_each(|n| n.sort());
    }
    assert_eq!(names[0], names[1], "{what}: names of weights");
    let value = |w: &weights::Weight| {
        let keras = keras.iter().find(|k| k["name"] == w.path.replace('.', "/").as_str()).unwrap();
        let value = tensor(keras);
        let value = if value.rank() == 0 { value.expand_dims(0).unwrap() } else { value };
        assert_eq!(w.shape, value.shape(), "{what}: shape of {}", w.path);
        (w.id, value)
    };
    weights::replace(module, ours.iter().map(value).collect())
}

fn input_gradient(x: &Tensor, gradients: &burn::tensor::Gradients) -> Option<Tensor> {
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
