//! What holds for every metric: Keras' numbers, batches add up, forgetting forgets.

use super::*;
use crate::goldens::{close, data, golden, number};
use kiln_core::LogitsOf;

fn rows() -> Vec<(&'static str, Box<dyn Metric>, &'static str, &'static str)> {
    let (real, pred) = ("y_real", "pred_real");
    vec![
        ("MeanSquaredError", Box::new(MeanSquaredError::new()), real, pred),
        ("RootMeanSquaredError", Box::new(RootMeanSquaredError::new()), real, pred),
        ("MeanAbsoluteError", Box::new(MeanAbsoluteError::new()), real, pred),
        ("MeanAbsolutePercentageError", Box::new(MeanAbsolutePercentageError::new()), real, pred),
        ("MeanSquaredLogarithmicError", Box::new(MeanSquaredLogarithmicError::new()), real, pred),
        ("CosineSimilarity", Box::new(CosineSimilarity::new()), real, pred),
        ("LogCoshError", Box::new(LogCoshError::new()), real, pred),
        ("BinaryAccuracy", Box::new(BinaryAccuracy::new()), "binary", "probs"),
        ("BinaryCrossentropy", Box::new(BinaryCrossentropy::new()), "binary", "probs"),
        ("CategoricalAccuracy", Box::new(CategoricalAccuracy::new()), "onehot", "probs_norm"),
        ("SparseCategoricalAccuracy", Box::new(SparseCategoricalAccuracy::new()), "int", "probs_norm"),
        ("TopKCategoricalAccuracy_2", Box::new(TopKCategoricalAccuracy::new().k(2)), "onehot", "probs_norm"),
        ("SparseTopK_2", Box::new(SparseTopKCategoricalAccuracy::new().k(2)), "int", "probs_norm"),
    ]
}

#[test]
fn values_are_keras() {
    let weight = data("sample_weight");
    let mut worst: f64 = 0.0;
    for (name, mut metric, y, p) in rows() {
        let (y, p) = (data(y), data(p));
        metric.update_state(&y, &p, None).unwrap();
        worst = worst.max(close(name, metric.result(), number(&["metrics", name, "value"])));
        metric.reset_state();
        assert_eq!(metric.result(), 0.0);
        metric.update_state(&y, &p, Some(&weight)).unwrap();
        worst = worst.max(close(name, metric.result(), number(&["metrics", name, "weighted"])));
    }
    println!("metrics: largest difference {worst:e}");
}

#[test]
fn metrics_of_losses_are_their_means() {
    let rows: [(&str, Box<dyn Metric>, &str, &str); 5] = [
        ("KLDivergence", Box::new(KlDivergence::new()), "probs_norm", "probs"),
        ("Poisson", Box::new(Poisson::new()), "binary", "probs"),
        ("Hinge", Box::new(Hinge::new()), "binary", "pred_real"),
        ("SquaredHinge", Box::new(SquaredHinge::new()), "binary", "pred_real"),
        ("CategoricalHinge", Box::new(CategoricalHinge::new()), "onehot", "pred_real"),
    ];
    for (name, mut metric, y, p) in rows {
        metric.update_state(&data(y), &data(p), None).unwrap();
        close(name, metric.result(), number(&["losses", name, "value"]));
    }
    let mut ce = SparseCategoricalCrossentropy::new();
    ce.update_state(&data("int"), &data("probs"), None).unwrap();
    close("sparse", ce.result(), number(&["losses", "SparseCategoricalCrossentropy_unnormalised", "value"]));
    let mut ce = CategoricalCrossentropy::new().from_logits(true).label_smoothing(0.1);
    ce.update_state(&data("onehot"), &data("pred_real"), None).unwrap();
    close("categorical", ce.result(), number(&["losses", "CategoricalCrossentropy_logits_ls0.1", "value"]));
    assert!(golden(&["metrics"]).is_object());
}

#[test]
fn batches_add_up() {
    for (name, metric, y, p) in rows() {
        let (y, p) = (data(y), data(p));
        let (mut whole, mut parts) = (metric.boxed_clone(), metric);
        whole.update_state(&y, &p, None).unwrap();
        for range in [0..3, 3..4] {
            parts.update_state(&y.rows(range.clone()).unwrap(), &p.rows(range).unwrap(), None).unwrap();
        }
        assert!((whole.result() - parts.result()).abs() <= 1e-6 * whole.result().abs(), "{name}");
    }
}

#[test]
fn a_failed_update_changes_nothing() {
    for (name, mut metric, ..) in rows() {
        metric.update_state(&Tensor::zeros([4, 2]), &Tensor::zeros([3, 3]), None).unwrap_err();
        assert_eq!(metric.result(), 0.0, "{name}");
    }
}

#[test]
fn nan_shows_and_recorded_predictions_work() {
    let mut mse = MeanSquaredError::new();
    mse.update_state(&Tensor::zeros([1, 2]), &Tensor::constant([[1.0, 1.0]]).autodiff(), None).unwrap();
    assert_eq!(mse.result(), 1.0);
    mse.update_state(&Tensor::zeros([1, 1]), &Tensor::constant([[f64::NAN]]), None).unwrap();
    assert!(mse.result().is_nan());
}

#[test]
fn crossentropies_read_logits() {
    let logits = kiln_core::Logits { values: Tensor::constant([[40.0, 0.0]]), of: LogitsOf::Softmax };
    let mut ce = SparseCategoricalCrossentropy::new();
    ce.update_logits(&Tensor::constant([1]), &logits, None).unwrap().unwrap();
    assert_eq!(ce.result(), 40.0);
    assert!(BinaryCrossentropy::new().update_logits(&Tensor::constant([1]), &logits, None).is_none());
    assert!(MeanSquaredError::new().update_logits(&Tensor::constant([1]), &logits, None).is_none());
}

#[test]
fn an_ignored_class_counts_as_keras_has_it() {
    let mut ce = SparseCategoricalCrossentropy::new().ignore_class(2);
    let ones = Tensor::ones([4]);
    ce.update_state(&data("int"), &data("probs"), Some(&ones)).unwrap();
    let mean = ce.result();
    close("ignored", mean, number(&["losses", "SparseCategoricalCrossentropy_ignore2", "value"]));
    ce.reset_state();
    ce.update_state(&data("int"), &data("probs"), None).unwrap();
    close("diluted", ce.result(), mean / 2.0);
}
