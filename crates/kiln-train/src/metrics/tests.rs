//! What holds for every metric: Keras' numbers, batches add up, forgetting forgets.

use super::*;
use crate::goldens::{close, data, golden, number};
use kiln_core::LogitsOf;

type Row = (&'static str, Box<dyn Metric>, &'static str, &'static str);

fn row(golden: &'static str, metric: impl Metric, y: &'static str, p: &'static str) -> Row {
    (golden, Box::new(metric), y, p)
}

fn rows() -> Vec<Row> {
    let (real, pred) = ("y_real", "pred_real");
    vec![
        row("MeanSquaredError", MeanSquaredError::new(), real, pred),
        row("RootMeanSquaredError", RootMeanSquaredError::new(), real, pred),
        row("MeanAbsoluteError", MeanAbsoluteError::new(), real, pred),
        row("MeanAbsolutePercentageError", MeanAbsolutePercentageError::new(), real, pred),
        row("MeanSquaredLogarithmicError", MeanSquaredLogarithmicError::new(), real, pred),
        row("CosineSimilarity", CosineSimilarity::new(), real, pred),
        row("LogCoshError", LogCoshError::new(), real, pred),
        row("BinaryAccuracy", BinaryAccuracy::new(), "binary", "probs"),
        row("BinaryCrossentropy", BinaryCrossentropy::new(), "binary", "probs"),
        row("CategoricalAccuracy", CategoricalAccuracy::new(), "onehot", "probs_norm"),
        row("SparseCategoricalAccuracy", SparseCategoricalAccuracy::new(), "int", "probs_norm"),
        row("TopKCategoricalAccuracy_2", TopKCategoricalAccuracy::new().k(2), "onehot", "probs_norm"),
        row("SparseTopK_2", SparseTopKCategoricalAccuracy::new().k(2), "int", "probs_norm"),
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
    let rows = [
        row("KLDivergence", KlDivergence::new(), "probs_norm", "probs"),
        row("Poisson", Poisson::new(), "binary", "probs"),
        row("Hinge", Hinge::new(), "binary", "pred_real"),
        row("SquaredHinge", SquaredHinge::new(), "binary", "pred_real"),
        row("CategoricalHinge", CategoricalHinge::new(), "onehot", "pred_real"),
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
