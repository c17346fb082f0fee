//! Options of losses against Keras (`testdata/losses.py`).

use super::*;
use crate::goldens::{close, data, number, numbers, tensor};
use serde_json::Value;
use std::sync::LazyLock;

static KERAS: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(include_str!("../../testdata/losses.json")).unwrap());

fn rows() -> Vec<(&'static str, AnyLoss)> {
    fn row(name: &'static str, loss: impl IntoLoss) -> (&'static str, AnyLoss) {
        (name, loss.into_loss().unwrap())
    }
    let binary = || BinaryFocalCrossentropy::new().alpha(0.7);
    let categorical = CategoricalFocalCrossentropy::new;
    let circle = || Circle::new().gamma(3.0).margin(0.2);
    vec![
        row("BinaryFocal", binary().apply_class_balancing(true).gamma(1.5).label_smoothing(0.2)),
        row("BinaryFocal_alpha_alone", binary().axis(0)),
        row("BinaryFocal_logits", binary().from_logits(true).gamma(3.0)),
        row("CategoricalFocal", categorical().alpha([0.2, 0.5, 0.9]).gamma(1.5).label_smoothing(0.2)),
        row("CategoricalFocal_logits", categorical().alpha(0.6).from_logits(true)),
        row("CategoricalFocal_axis", categorical().axis(0).reduction("sum")),
        row("GeneralizedCrossEntropy", CategoricalGeneralizedCrossEntropy::new().q(0.8)),
        row("Dice_axis", Dice::new().axis([1, 2, 3])),
        row("Dice", Dice::new().reduction("mean_with_sample_weight")),
        row("Tversky_axis", Tversky::new().alpha(0.2).beta(0.9).axis(vec![1, 2, 3])),
        row("Tversky_one_axis", Tversky::new().alpha(0.2).beta(0.9).axis(-1)),
        row("Circle", circle()),
        row("Circle_diagonal", circle().remove_diagonal(false)),
        row("Circle_default", Circle::new()),
        row("Ctc", "ctc"),
        row("Ctc_sum", Ctc::new().reduction("sum")),
        row("Huber_delta", Huber::new().delta(0.4)),
        row("Cosine_axis", CosineSimilarity::new().axis(0)),
        row("MeanAbsoluteError_none", MeanAbsoluteError::new().reduction("none")),
    ]
}

fn value(loss: &dyn Loss, y: &Tensor, p: &Tensor, weight: Option<&Tensor>) -> Tensor {
    compute(loss, y, p, None, weight, None).unwrap()
}

#[test]
fn options_give_what_keras_gives() {
    assert_eq!(rows().len() + 1, KERAS.as_object().unwrap().len());
    let mut worst: f64 = 0.0;
    for (name, loss) in rows() {
        let keras = &KERAS[name];
        let (y, p) = (tensor(&keras["y"]), tensor(&keras["p"]));
        let weight = [0.5, 1.0, 2.0, 0.0, 1.5, 0.25][..y.shape()[0]].to_vec();
        let weight = Tensor::constant(weight);
        for (key, weight) in [("value", None), ("weighted", Some(&weight))] {
            let Some(expected) = keras.get(key) else { continue };
            let ours = value(&*loss, &y, &p, weight).to_vec::<f64>();
            let expected = numbers(expected);
            assert_eq!(ours.len(), expected.len(), "{name}");
            for (ours, expected) in ours.into_iter().zip(expected) {
                worst = worst.max(close(&format!("{name} {key}"), ours, expected));
            }
        }
    }
    println!("options of losses: largest difference {worst:e}");
}

#[test]
fn gradients_are_those_of_the_values() {
    for (name, loss) in rows() {
        let (y, p) = (tensor(&KERAS[name]["y"]), tensor(&KERAS[name]["p"]));
        let leaf = burn::Tensor::<1>::from_floats(p.to_vec::<f32>().as_slice(), p.device().burn()).autodiff().require_grad();
        let shape: Vec<isize> = p.shape().iter().map(|n| *n as isize).collect();
        let ours = value(&*loss, &y, &Tensor::from(leaf.clone()).reshape(&shape).unwrap(), None).sum();
        let gradients = ours.float::<1>().unwrap().backward();
        let gradient = Tensor::from(leaf.grad(&gradients).unwrap()).to_vec::<f32>();
        let at = p.to_vec::<f32>();
        for i in 0..at.len() {
            let moved = |by: f32| {
                let mut x = at.clone();
                x[i] += by;
                value(&*loss, &y, &Tensor::from_vec(x, p.shape()).unwrap(), None).to_vec::<f64>().into_iter().sum::<f64>()
            };
            let step = 2e-3f32;
            let numeric = (moved(step) - moved(-step)) / (2.0 * f64::from(step));
            let ours = f64::from(gradient[i]);
            // The default Circle bends sharply.
            assert!((numeric - ours).abs() < 2e-2 * (1.0 + numeric.abs()), "{name}[{i}]: numeric {numeric}, autodiff {ours}");
        }
    }
}

#[test]
fn nan_stays_nan() {
    for (name, loss) in rows() {
        let (y, p) = (tensor(&KERAS[name]["y"]), tensor(&KERAS[name]["p"]));
        let mut broken = p.to_vec::<f32>();
        broken[0] = f32::NAN;
        let values = value(&*loss, &y, &Tensor::from_vec(broken, p.shape()).unwrap(), None);
        assert!(values.to_vec::<f32>().iter().any(|v| v.is_nan()), "{name}");
    }
}

#[test]
fn values_for_the_whole_batch_are_keras() {
    let (y, p, weight) = (data("binary"), data("probs"), data("sample_weight"));
    let unit = {
        let x = data("pred_real");
        let length = x.clone().square().sum_axis(-1).unwrap().sqrt().expand_dims(-1).unwrap();
        x.try_div(length).unwrap()
    };
    let rows: [(&str, AnyLoss, &Tensor, &Tensor); 3] = [
        ("Dice", "dice".into_loss().unwrap(), &y, &p),
        ("Tversky", Tversky::new().alpha(0.3).beta(0.7).into_loss().unwrap(), &y, &p),
        ("Circle", "circle".into_loss().unwrap(), &data("int"), &unit),
    ];
    for (name, loss, y, p) in rows {
        close(name, value(&*loss, y, p, None).item(), number(&["losses", name, "value"]));
        close(name, value(&*loss, y, p, Some(&weight)).item(), number(&["losses", name, "weighted"]));
    }
}
