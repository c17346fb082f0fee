//! What holds for every loss: Keras' numbers, true gradients, NaN shown, a batch as good as its samples.

use super::*;
use crate::goldens::{close, data, number};
use kiln_core::Device;

struct Row {
    golden: &'static str,
    loss: Box<dyn Loss>,
    y: &'static str,
    p: &'static str,
}

fn rows() -> Vec<Row> {
    fn row(golden: &'static str, loss: impl Loss, y: &'static str, p: &'static str) -> Row {
        Row { golden, loss: Box::new(loss), y, p }
    }
    let (real, pred) = ("y_real", "pred_real");
    vec![
        row("MeanSquaredError", MeanSquaredError::new(), real, pred),
        row("MeanAbsoluteError", MeanAbsoluteError::new(), real, pred),
        row("MeanAbsolutePercentageError", MeanAbsolutePercentageError::new(), real, pred),
        row("MeanSquaredLogarithmicError", MeanSquaredLogarithmicError::new(), real, pred),
        row("CosineSimilarity", CosineSimilarity::new(), real, pred),
        row("Huber", Huber::new(), real, pred),
        row("LogCosh", LogCosh::new(), real, pred),
        row("Hinge", Hinge::new(), "binary", pred),
        row("SquaredHinge", SquaredHinge::new(), "binary", pred),
        row("CategoricalHinge", CategoricalHinge::new(), "onehot", pred),
        row("KLDivergence", KlDivergence::new(), "probs_norm", "probs"),
        row("Poisson", Poisson::new(), "binary", "probs"),
        row("BinaryCrossentropy", BinaryCrossentropy::new(), "binary", "probs"),
        row("BinaryCrossentropy_logits_ls0.1", BinaryCrossentropy::new().from_logits(true).label_smoothing(0.1), "binary", pred),
        row("CategoricalCrossentropy_unnormalised", CategoricalCrossentropy::new(), "onehot", "probs"),
        row("CategoricalCrossentropy_logits_ls0.1", CategoricalCrossentropy::new().from_logits(true).label_smoothing(0.1), "onehot", pred),
        row("SparseCategoricalCrossentropy_unnormalised", SparseCategoricalCrossentropy::new(), "int", "probs"),
        row("SparseCategoricalCrossentropy_logits", SparseCategoricalCrossentropy::new().from_logits(true), "int", pred),
        row("SparseCategoricalCrossentropy_ignore2", SparseCategoricalCrossentropy::new().ignore_class(2), "int", "probs"),
        row("BinaryFocalCrossentropy", BinaryFocalCrossentropy::new(), "binary", "probs"),
        row("BinaryFocalCrossentropy_bal", BinaryFocalCrossentropy::new().apply_class_balancing(true), "binary", "probs"),
        row("CategoricalFocalCrossentropy", CategoricalFocalCrossentropy::new(), "onehot", "probs_norm"),
        row("CategoricalGeneralizedCrossEntropy", CategoricalGeneralizedCrossEntropy::new(), "int", "probs_norm"),
        row("MSE_sum", MeanSquaredError::new().reduction("sum"), real, pred),
        row("MSE_mean_with_sample_weight", MeanSquaredError::new().reduction("mean_with_sample_weight"), real, pred),
    ]
}

#[test]
fn values_are_keras() {
    let weight = data("sample_weight");
    let mut worst: f64 = 0.0;
    for Row { golden, loss, y, p } in rows() {
        let (y, p) = (data(y), data(p));
        let value = compute(&*loss, &y, &p, None, None, None).unwrap().item();
        let weighted = compute(&*loss, &y, &p, None, Some(&weight), None).unwrap().item();
        worst = worst.max(close(golden, value, number(&["losses", golden, "value"])));
        worst = worst.max(close(golden, weighted, number(&["losses", golden, "weighted"])));
    }
    println!("losses: largest difference {worst:e}");
}

#[test]
fn gradients_are_those_of_the_values() {
    for Row { golden, loss, y, p } in rows() {
        let (y, p) = (data(y), data(p));
        let leaf = p.clone().float::<2>().unwrap().autodiff().require_grad();
        let value = compute(&*loss, &y, &Tensor::from(leaf.clone()), None, None, None).unwrap();
        let gradients = value.float::<1>().unwrap().backward();
        let gradient = Tensor::from(leaf.grad(&gradients).unwrap()).to_vec::<f32>();
        let at = p.to_vec::<f32>();
        for i in 0..at.len() {
            let moved = |by: f32| {
                let mut x = at.clone();
                x[i] += by;
                let x = Tensor::from_vec(x, p.shape()).unwrap();
                compute(&*loss, &y, &x, None, None, None).unwrap().item()
            };
            let step = 4e-3f32;
            let numeric = (moved(step) - moved(-step)) / (2.0 * f64::from(step));
            let ours = f64::from(gradient[i]);
            let scale = 1.0 + numeric.abs();
            assert!((numeric - ours).abs() < 1e-2 * scale, "{golden}[{i}]: numeric {numeric}, autodiff {ours}");
        }
    }
}

#[test]
fn nan_stays_nan() {
    for Row { golden, loss, y, p } in rows() {
        let (y, p) = (data(y), data(p));
        let mut broken = p.to_vec::<f32>();
        broken[0] = f32::NAN;
        let broken = Tensor::from_vec(broken, p.shape()).unwrap();
        assert!(compute(&*loss, &y, &broken, None, None, None).unwrap().item().is_nan(), "{golden}");
    }
}

#[test]
fn a_batch_is_the_mean_of_its_samples() {
    for Row { golden, loss, y, p } in rows() {
        let (y, p) = (data(y), data(p));
        let all = loss.call(&y, &p).unwrap();
        assert_eq!(all.shape(), [4], "{golden}");
        for (i, value) in all.to_vec::<f32>().into_iter().enumerate() {
            let single = loss.call(&y.rows(i..i + 1).unwrap(), &p.rows(i..i + 1).unwrap()).unwrap();
            // Whether hinge targets are binary is read from the whole batch, as Keras does; these are in every row.
            assert!((single.to_vec::<f32>()[0] - value).abs() <= 1e-5 * value.abs().max(1.0), "{golden} sample {i}");
        }
    }
}

#[test]
fn sequences_keep_their_steps() {
    let (y, p) = (Tensor::zeros([2, 5, 3]), Tensor::ones([2, 5, 3]));
    assert_eq!(MeanSquaredError::new().call(&y, &p).unwrap().shape(), [2, 5]);
    let weight = Tensor::constant([1.0, 0.0]);
    assert_eq!(compute(&MeanSquaredError::new(), &y, &p, None, Some(&weight), None).unwrap().item(), 0.5);
    let values = SparseCategoricalCrossentropy::new().call(&Tensor::zeros([2, 5]), &p).unwrap();
    assert_eq!(values.shape(), [2, 5]);
}

#[test]
fn a_mask_and_an_ignored_class_add_up() {
    let loss = SparseCategoricalCrossentropy::new().ignore_class(2);
    let mask = Tensor::constant([true, true, false, true]);
    let value = compute(&loss, &data("int"), &data("probs"), None, None, Some(&mask)).unwrap().item();
    let first = loss.call(&data("int"), &data("probs")).unwrap().to_vec::<f32>()[0];
    assert!((value - f64::from(first)).abs() < 1e-5);
}

#[test]
fn plain_targets_meet_recorded_predictions() {
    let p = data("probs").autodiff();
    for name in NAMES {
        if name.eq_ignore_ascii_case("ctc") {
            // Its predictions have an axis of steps; `options.rs` has them.
            continue;
        }
        let labels = ["parse", "eneralized", "ircle"].iter().any(|part| name.contains(part));
        let y = if labels { data("int") } else { data("onehot") };
        let loss = name.into_loss().unwrap();
        let value = compute(&*loss, &y, &p, None, Some(&data("sample_weight")), None).unwrap();
        assert!(value.is_autodiff() && value.rank() == 0, "{name}");
    }
    assert_eq!(Device::host().to_string(), "flex (CPU)");
}
