//! Metrics with their options over two batches, against Keras (`testdata/metrics.py`).

use super::*;
use crate::goldens::{close, data, golden, numbers, tensor};
use burn::tensor::DType;
use serde_json::Value;
use std::sync::LazyLock;

static KERAS: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(include_str!("../../testdata/metrics.json")).unwrap());

type Row = (&'static str, Box<dyn Metric>);

fn row(name: &'static str, metric: impl Metric) -> Row {
    (name, Box::new(metric))
}

fn with_thresholds() -> Vec<Row> {
    let even: Vec<f64> = (0..11).map(|i| f64::from(i) / 10.0).collect();
    vec![
        row("TruePositives", TruePositives::new().thresholds([0.7, 0.2])),
        row("FalsePositives_even", FalsePositives::new().thresholds([0.0, 0.5, 1.0])),
        row("TrueNegatives", TrueNegatives::new().thresholds(0.3)),
        row("FalseNegatives", FalseNegatives::new().thresholds([0.3, 0.6])),
        row("Precision", Precision::new().thresholds([0.4, 0.6, 0.1])),
        row("Precision_even", Precision::new().thresholds(even)),
        row("Precision_top", Precision::new().top_k(2)),
        row("Precision_top_threshold", Precision::new().top_k(2).thresholds(0.6)),
        row("Precision_class", Precision::new().class_id(1)),
        row("Precision_top_class", Precision::new().top_k(1).class_id(2)),
        row("Recall", Recall::new().thresholds(0.35)),
        row("Recall_top", Recall::new().top_k(1)),
        row("Recall_class", Recall::new().class_id(0).thresholds([0.2, 0.9])),
        row("Recall_flat", Recall::new()),
        row("PrecisionAtRecall", PrecisionAtRecall::new(0.6).num_thresholds(11)),
        row("PrecisionAtRecall_class", PrecisionAtRecall::new(0.4).class_id(1)),
        row("RecallAtPrecision", RecallAtPrecision::new(0.4)),
        row("RecallAtPrecision_few", RecallAtPrecision::new(0.4).num_thresholds(3).class_id(2)),
        row("SensitivityAtSpecificity", SensitivityAtSpecificity::new(0.3).class_id(0)),
        row("SensitivityAtSpecificity_one", SensitivityAtSpecificity::new(0.3).num_thresholds(1)),
        row("SpecificityAtSensitivity", SpecificityAtSensitivity::new(0.4)),
        row("SpecificityAtSensitivity_two", SpecificityAtSensitivity::new(0.4).num_thresholds(2)),
    ]
}

fn areas() -> Vec<Row> {
    let auc = Auc::new;
    vec![
        row("AUC", auc()),
        row("AUC_grid", auc().num_thresholds(11)),
        row("AUC_minoring", auc().summation_method("minoring").num_thresholds(7)),
        row("AUC_majoring", auc().summation_method(Summation::Majoring).num_thresholds(7)),
        row("AUC_PR", auc().curve("PR").num_thresholds(20)),
        row("AUC_PR_minoring", auc().curve("PR").summation_method("minoring").num_thresholds(20)),
        row("AUC_PR_majoring", auc().curve(Curve::Pr).summation_method("majoring").num_thresholds(20)),
        row("AUC_PRGAIN", auc().curve("PRGAIN").num_thresholds(20)),
        row("AUC_thresholds", auc().thresholds([0.3, 0.6, 0.1])),
        row("AUC_thresholds_even", auc().thresholds(vec![0.5, 0.25, 0.75])),
        row("AUC_multi", auc().multi_label(true)),
        row("AUC_multi_weights", auc().multi_label(true).num_labels(3).label_weights([1.0, 2.0, 0.5]).num_thresholds(50)),
        row("AUC_multi_PR", auc().multi_label(true).curve("pr").label_weights([1.0, 2.0, 0.5])),
        row("AUC_multi_thresholds", auc().multi_label(true).thresholds([0.2, 0.3, 0.9])),
        row("AUC_label_weights", auc().label_weights(vec![1.0, 2.0, 0.5])),
        row("AUC_logits", auc().from_logits(true)),
    ]
}

fn others() -> Vec<Row> {
    vec![
        row("F1Score", F1Score::new()),
        row("F1Score_micro", F1Score::new().average("micro")),
        row("F1Score_macro", F1Score::new().average(Average::Macro).threshold(0.4)),
        row("F1Score_weighted", F1Score::new().average("weighted")),
        row("FBetaScore", FBetaScore::new().beta(2.0).threshold(0.4)),
        row("FBetaScore_half", FBetaScore::new().beta(0.5).average("weighted")),
        row("IoU", IoU::new(4, vec![0, 2])),
        row("IoU_ignore", IoU::new(4, vec![1, 2, 3]).ignore_class(1)),
        row("IoU_dense", IoU::new(3, vec![0, 1]).sparse_y_pred(false)),
        row("IoU_one_hot", IoU::new(3, vec![0, 1]).sparse_y_true(false).sparse_y_pred(false)),
        row("MeanIoU", MeanIoU::new(4)),
        row("MeanIoU_fractions", MeanIoU::new(3)),
        row("MeanIoU_float", MeanIoU::new(3).dtype(DType::F32)),
        row("MeanIoU_dense", MeanIoU::new(3).sparse_y_pred(false).ignore_class(0)),
        row("OneHotIoU", OneHotIoU::new(3, vec![1, 2])),
        row("OneHotMeanIoU", OneHotMeanIoU::new(3)),
        row("BinaryIoU", BinaryIoU::new()),
        row("BinaryIoU_one", BinaryIoU::new().target_class_ids([1]).threshold(0.3)),
        row("R2Score", R2Score::new()),
        row("R2Score_none", R2Score::new().class_aggregation(ClassAggregation::None)),
        row("R2Score_variance", R2Score::new().class_aggregation("variance_weighted_average")),
        row("R2Score_adjusted", R2Score::new().num_regressors(2)),
        row("PearsonCorrelation", PearsonCorrelation::new()),
        row("PearsonCorrelation_axis", PearsonCorrelation::new().axis(0)),
        row("ConcordanceCorrelation", ConcordanceCorrelation::new()),
        row("ConcordanceCorrelation_axes", ConcordanceCorrelation::new().axis([0, 1])),
        row("CosineSimilarity_axis", CosineSimilarity::new().axis(0)),
        row("SparseTopK_sorted", SparseTopKCategoricalAccuracy::new().k(2).from_sorted_ids(true)),
    ]
}

fn rows() -> Vec<Row> {
    with_thresholds().into_iter().chain(areas()).chain(others()).collect()
}

fn update(metric: &mut dyn Metric, batch: &Value, weighted: bool) {
    let weight = tensor(&batch[2]);
    metric.update_state(&tensor(&batch[0]), &tensor(&batch[1]), weighted.then_some(&weight)).unwrap();
}

fn compare(what: &str, metric: &dyn Metric, keras: &Value) -> f64 {
    let (ours, keras) = (metric.results(), numbers(keras));
    assert_eq!(ours.len(), keras.len(), "{what}");
    let mean = keras.iter().sum::<f64>() / keras.len() as f64;
    close(&format!("{what}, the mean"), metric.result(), mean);
    ours.into_iter().zip(keras).map(|(ours, keras)| close(what, ours, keras)).fold(0.0, f64::max)
}

#[test]
fn options_give_what_keras_gives() {
    assert_eq!(rows().len() + 1, KERAS.as_object().unwrap().len());
    let mut worst: f64 = 0.0;
    for (name, mut metric) in rows() {
        metric.check().unwrap();
        for (key, weighted) in [("value", false), ("weighted", true)] {
            let Some(expected) = KERAS[name].get(key) else { continue };
            metric.reset_state();
            KERAS[name]["batches"].as_array().unwrap().iter().for_each(|batch| update(&mut *metric, batch, weighted));
            worst = worst.max(compare(&format!("{name} {key}"), &*metric, expected));
        }
    }
    println!("options of metrics: largest difference {worst:e}");
}

#[test]
fn goldens_of_the_course_are_keras() {
    let (y, p, weight) = (data("binary"), data("probs"), data("sample_weight"));
    let rows = [
        row("Precision", Precision::new()),
        row("Recall", Recall::new()),
        row("AUC", Auc::new()),
        row("AUC_PR", Auc::new().curve("PR")),
        row("TruePositives", TruePositives::new()),
        row("FalsePositives", FalsePositives::new()),
        row("TrueNegatives", TrueNegatives::new()),
        row("FalseNegatives", FalseNegatives::new()),
        row("F1Score", F1Score::new()),
        row("F1_macro_0.5", F1Score::new().average("macro").threshold(0.5)),
        row("PrecisionAtRecall0.5", PrecisionAtRecall::new(0.5)),
        row("SensitivityAtSpecificity0.5", SensitivityAtSpecificity::new(0.5)),
        row("BinaryIoU", BinaryIoU::new()),
    ];
    let one_hot = [row("Precision_topk1", Precision::new().top_k(1))];
    let real = [
        row("R2Score", R2Score::new()),
        row("PearsonCorrelation", PearsonCorrelation::new()),
        row("ConcordanceCorrelation", ConcordanceCorrelation::new()),
    ];
    let (normal, real_y, real_p) = (data("probs_norm"), data("y_real"), data("pred_real"));
    let rows = rows.map(|row| (row, &y, &p)).into_iter();
    let one_hot_y = data("onehot");
    let rows = rows.chain(one_hot.map(|row| (row, &one_hot_y, &normal))).chain(real.map(|row| (row, &real_y, &real_p)));
    let (int, guess) = (data("int"), Tensor::constant([0, 1, 1, 2]));
    for ((name, mut metric), y, p) in rows.chain([(row("MeanIoU", MeanIoU::new(3)), &int, &guess)]) {
        for (key, weight) in [("value", None), ("weighted", Some(&weight))] {
            let Some(expected) = golden(&["metrics", name]).get(key) else { continue };
            metric.reset_state();
            metric.update_state(y, p, weight).unwrap();
            compare(&format!("{name} {key}"), &*metric, expected);
        }
    }
}

#[test]
fn a_failed_update_changes_nothing() {
    for (name, mut metric) in rows() {
        if name.contains("IoU") || name.contains("sorted") {
            // Any two lists of one length will do for them.
            continue;
        }
        let batch = &KERAS[name]["batches"][0];
        update(&mut *metric, batch, false);
        let before = metric.results();
        assert!(metric.update_state(&Tensor::zeros([4, 2]), &Tensor::zeros([3, 3]), None).is_err(), "{name}");
        assert_eq!(metric.results(), before, "{name}");
    }
}

#[test]
fn mistakes_are_told() {
    let message = |metric: &dyn Metric| metric.check().unwrap_err().to_string();
    assert_eq!(message(&Precision::new().thresholds([0.5, 1.5])), "precision: `thresholds` must be in 0..=1, received 1.5");
    assert_eq!(message(&Recall::new().thresholds(Vec::new())), "recall: `thresholds` must be at least one, received none");
    assert_eq!(message(&PrecisionAtRecall::new(2.0)), "precision_at_recall: `recall` must be in 0..=1, received 2");
    assert_eq!(
        message(&RecallAtPrecision::new(0.5).num_thresholds(0)),
        "recall_at_precision: `num_thresholds` must be at least 1, received 0"
    );
    assert_eq!(message(&Auc::new().num_thresholds(1)), "auc: `num_thresholds` must be at least 2, received 1");
    assert_eq!(message(&Auc::new().curve("RO")), "unknown curve `RO`, did you mean `ROC`?");
    assert!(message(&Auc::new().summation_method("mid")).starts_with("unknown summation method `mid`"));
    assert_eq!(message(&Auc::new().num_labels(3)), "auc: `num_labels` must be unset without `multi_label`, received 3");
    assert_eq!(message(&FBetaScore::new().beta(0.0)), "fbeta_score: `beta` must be greater than 0, received 0");
    assert_eq!(message(&F1Score::new().threshold(0.0)), "f1_score: `threshold` must be greater than 0 and at most 1, received 0");
    assert_eq!(message(&F1Score::new().average("makro")), "unknown average `makro`, did you mean `macro`?");
    assert_eq!(message(&IoU::new(2, vec![2])), "io_u: `target_class_ids` must be in 0..2, received 2");
    assert_eq!(message(&IoU::new(2, vec![])), "io_u: `target_class_ids` must be at least one class, received none");
    assert_eq!(message(&MeanIoU::new(0)), "mean_io_u: `num_classes` must be at least 1, received 0");

    let (y, p) = (Tensor::zeros([2, 3]), Tensor::zeros([2, 3]));
    let refused = |metric: &mut dyn Metric| metric.update_state(&y, &p, None).unwrap_err().to_string();
    assert_eq!(refused(&mut Precision::new().top_k(4)), "precision: `top_k` must be in 1..=3, received 4");
    assert_eq!(
        refused(&mut Precision::new().class_id(3)),
        "precision: `class_id` must be in 0..3, one of the predictions' last axis, received 3"
    );
    assert_eq!(refused(&mut Auc::new().label_weights([1.0])), "auc: `label_weights` must be 3 numbers, received 1");
    assert_eq!(
        refused(&mut Auc::new().multi_label(true).num_labels(2)),
        "auc: expected predictions of shape (n, 2) for `multi_label`, received shape (2, 3) of float32"
    );
    let one = Tensor::zeros([3]);
    let error = F1Score::new().update_state(&one, &one, None).unwrap_err();
    assert_eq!(error.to_string(), "f1_score: expected targets and predictions of shape (n, classes), received shape (3,) of float32");
    assert!(R2Score::new().update_state(&one, &one, None).unwrap_err().to_string().contains("(n, outputs)"));
    assert!(Auc::new().multi_label(true).update_state(&one, &one, None).is_err());
    let error = MeanIoU::new(2).update_state(&one, &Tensor::zeros([2]), None).unwrap_err();
    assert_eq!(error.to_string(), "mean_io_u: expected as many classes predicted as targets (3,), received (2,)");
}

#[test]
fn nothing_gathered_is_no_error() {
    for (name, metric) in rows() {
        let result = metric.result();
        assert!(result == 0.0 || name.starts_with("R2"), "{name}: {result}");
    }
}
