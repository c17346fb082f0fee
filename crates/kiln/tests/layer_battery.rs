//! One row for each layer, and the same questions to all of them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use kiln::core::build::Build;
use kiln::core::random::Stream;
use kiln::core::{AnyLayer, Context, weights};
use kiln::prelude::*;

struct Row {
    class: &'static str,
    layer: AnyLayer,
    input: Vec<usize>,
    /// A `Lambda` can't be written to a file.
    saved: bool,
}

fn rows() -> Vec<Row> {
    let row = |class, layer: AnyLayer, input: &[usize]| Row { class, layer, input: input.to_vec(), saved: true };
    vec![
        row("Dense", Dense::new(3).activation("tanh").kernel_regularizer("l2").into(), &[5]),
        row("Dense", Dense::new(2).kernel_constraint("non_neg").into(), &[4, 5]),
        row("Activation", ActivationLayer::new("softmax").into(), &[6]),
        row("Dropout", Dropout::new(0.4).into(), &[6]),
        row("Flatten", Flatten::new().into(), &[3, 4]),
        row("Reshape", Reshape::new([2, -1]).into(), &[6]),
        row("Rescaling", Rescaling::new(0.5).offset(-1.0).into(), &[6]),
        Row { saved: false, ..row("Lambda", Lambda::new(|x| Ok(x * 2.0)).into(), &[6]) },
    ]
}

#[test]
fn no_layer_is_missing() {
    let listed = include_str!("../../kiln-layers/src/lib.rs");
    let exported = listed.lines().filter(|l| l.starts_with("pub use")).flat_map(|l| l.split(|c: char| !c.is_alphanumeric()));
    let classes = exported.filter(|w| w.starts_with(char::is_uppercase) && !["Input", "BurnModule"].contains(w));
    for class in classes {
        assert!(rows().iter().any(|r| r.class == class), "`{class}` has no row in the battery");
    }
}

#[test]
fn every_layer_keeps_its_promises() {
    let device = Device::current().unwrap();
    for Row { class, layer, input, saved } in rows() {
        assert_eq!(layer.class(), class);
        let shape = Shape::batch_of(&input);
        let promised = layer.output_shapes(std::slice::from_ref(&shape)).unwrap();
        let module = layer.build(std::slice::from_ref(&shape), &Build::new(&device, Stream::new(1))).unwrap();
        let full: Vec<usize> = std::iter::once(4).chain(input.iter().copied()).collect();
        let x = Tensor::random_normal(&full, 0.0, 1.0).to_device(&device);
        let call = |x: Tensor| -> Tensor {
            let mut out = module.call(std::iter::once(x.autodiff().into()).collect(), &Context::inference()).unwrap();
            out.remove(0).tensor
        };
        let y = call(x.clone());
        assert!(promised[0].fits(&y.shape()), "{class}: {} promised, {:?} given", promised[0], y.shape());
        // A batch of 4 is 4 batches of 1.
        let singles: Vec<Tensor> = (0..4).map(|i| call(x.rows(i..i + 1).unwrap())).collect();
        let gap = (Tensor::concat(&singles, 0).unwrap() - &y).abs().max().item();
        assert!(gap < 1e-6, "{class}: batch and singles differ by {gap}");
        // Every weight has a gradient that agrees with finite differences.
        let values = weights::values(&module);
        if !values.is_empty() {
            let loss: kiln::burn::Tensor<1> = (y.clone().square().sum() * 0.5).float().unwrap();
            let gradients = kiln::burn::optim::GradientsParams::from_grads(loss.backward(), &module);
            assert_eq!(gradients.len(), values.len(), "{class}: a weight has no gradient");
        }
        // The description survives JSON with Keras' keys.
        if saved {
            assert!(layer.config().unwrap().is_object(), "{class}");
        } else {
            assert!(layer.config().is_err(), "{class}");
        }
    }
}

#[test]
fn descriptions_survive_json() {
    fn round<L: Layer + PartialEq>(layer: L) {
        let text = serde_json::to_string(&layer).unwrap();
        let back: L = serde_json::from_str(&text).unwrap();
        assert!(back == layer, "{text}");
    }
    round(Dense::new(3).name("out").activation("relu").kernel_initializer("he_normal").kernel_regularizer("l2").bias_constraint("non_neg"));
    round(ActivationLayer::new("gelu"));
    round(Dropout::new(0.25).seed(3).noise_shape([None, Some(1)]));
    round(Flatten::new());
    round(Reshape::new([2, -1]));
    round(Rescaling::new(2.0).offset(1.0));
    let text = serde_json::to_value(Dense::new(3)).unwrap();
    for key in ["units", "activation", "use_bias", "kernel_initializer", "bias_regularizer", "trainable"] {
        assert!(text.get(key).is_some(), "{key}");
    }
}
