"""Values of Keras' metrics with options that goldens.json lacks: writes metrics.json beside itself.

    KERAS_BACKEND=jax python metrics.py

Needs keras 3.15.1. A row has two batches of targets, predictions and weights, and the results without and with weights.
"""
import json
import pathlib

import keras
import numpy as np
from keras import metrics as M

rng = np.random.default_rng(5)


def digits(x):
    return json.loads(json.dumps(np.asarray(x, "float32").tolist()), parse_float=lambda s: float("%.7g" % float(s)))


def array(x):
    return np.array(digits(x), "float32")


def batches(y, p, weight=None):
    half = len(y) // 2 + 1
    weight = np.array([0.5, 1.0, 2.0, 0.25, 1.5, 3.0, 0.75, 1.0][: len(y)], "float32") if weight is None else weight
    return [(y[:half], p[:half], weight[:half]), (y[half:], p[half:], weight[half:])]


N = 8
multi = batches(array(rng.integers(0, 2, (N, 3))), array(rng.uniform(0.02, 0.98, (N, 3))))
# Multiples of a step of the thresholds meet them exactly.
grid = batches(array(rng.integers(0, 2, (N, 3))), array(rng.integers(1, 11, (N, 3)) / 10))
logits = batches(array(rng.integers(0, 2, (N, 3))), array(rng.normal(size=(N, 3))))
flat = batches(array(rng.integers(0, 2, (N,))), array(rng.uniform(0.02, 0.98, (N, 1))))
onehot = batches(np.eye(3, dtype="float32")[rng.integers(0, 3, N)], array(rng.uniform(0.02, 0.98, (N, 3))))
real = batches(array(rng.normal(size=(N, 3))), array(rng.normal(size=(N, 3))))
whole = np.array([1, 2, 0, 1, 3, 1, 0, 2], "float32")
ids = batches(array(rng.integers(0, 4, N)), array(rng.integers(0, 5, N)), whole)
maps = batches(array(rng.integers(0, 3, N)), array(rng.normal(size=(N, 3))), whole)
onehot_whole = batches(np.eye(3, dtype="float32")[rng.integers(0, 3, N)], array(rng.normal(size=(N, 3))), whole)
fractions = batches(array(rng.integers(0, 3, N)), array(rng.integers(0, 3, N)))
binary = batches(array(rng.integers(0, 2, N)), array(rng.uniform(0, 1, N)), whole)
sorted_ids = batches(array(rng.integers(0, 4, N)), array([rng.permutation(4) for _ in range(N)]))

ROWS = {
    "TruePositives": (M.TruePositives(thresholds=[0.7, 0.2]), multi),
    "FalsePositives_even": (M.FalsePositives(thresholds=[0.0, 0.5, 1.0]), grid),
    "TrueNegatives": (M.TrueNegatives(thresholds=0.3), multi),
    "FalseNegatives": (M.FalseNegatives(thresholds=[0.3, 0.6]), multi),
    "Precision": (M.Precision(thresholds=[0.4, 0.6, 0.1]), multi),
    "Precision_even": (M.Precision(thresholds=[i / 10 for i in range(11)]), grid),
    "Precision_top": (M.Precision(top_k=2), multi),
    "Precision_top_threshold": (M.Precision(top_k=2, thresholds=0.6), multi),
    "Precision_class": (M.Precision(class_id=1), multi),
    "Precision_top_class": (M.Precision(top_k=1, class_id=2), multi),
    "Recall": (M.Recall(thresholds=0.35), multi),
    "Recall_top": (M.Recall(top_k=1), multi),
    "Recall_class": (M.Recall(class_id=0, thresholds=[0.2, 0.9]), multi),
    "Recall_flat": (M.Recall(), flat),
    "PrecisionAtRecall": (M.PrecisionAtRecall(0.6, num_thresholds=11), grid),
    "PrecisionAtRecall_class": (M.PrecisionAtRecall(0.4, class_id=1), multi),
    "RecallAtPrecision": (M.RecallAtPrecision(0.4), multi),
    "RecallAtPrecision_few": (M.RecallAtPrecision(0.4, num_thresholds=3, class_id=2), multi),
    "SensitivityAtSpecificity": (M.SensitivityAtSpecificity(0.3, class_id=0), multi),
    "SensitivityAtSpecificity_one": (M.SensitivityAtSpecificity(0.3, num_thresholds=1), multi),
    "SpecificityAtSensitivity": (M.SpecificityAtSensitivity(0.4), multi),
    "SpecificityAtSensitivity_two": (M.SpecificityAtSensitivity(0.4, num_thresholds=2), multi),
    "AUC": (M.AUC(), multi),
    "AUC_grid": (M.AUC(num_thresholds=11), grid),
    "AUC_minoring": (M.AUC(summation_method="minoring", num_thresholds=7), multi),
    "AUC_majoring": (M.AUC(summation_method="majoring", num_thresholds=7), multi),
    "AUC_PR": (M.AUC(curve="PR", num_thresholds=20), multi),
    "AUC_PR_minoring": (M.AUC(curve="PR", summation_method="minoring", num_thresholds=20), multi),
    "AUC_PR_majoring": (M.AUC(curve="PR", summation_method="majoring", num_thresholds=20), multi),
    "AUC_PRGAIN": (M.AUC(curve="PRGAIN", num_thresholds=20), multi),
    "AUC_thresholds": (M.AUC(thresholds=[0.3, 0.6, 0.1]), multi),
    "AUC_thresholds_even": (M.AUC(thresholds=[0.5, 0.25, 0.75]), multi),
    "AUC_multi": (M.AUC(multi_label=True), multi),
    "AUC_multi_weights": (M.AUC(multi_label=True, num_labels=3, label_weights=[1.0, 2.0, 0.5], num_thresholds=50), multi),
    "AUC_multi_PR": (M.AUC(multi_label=True, curve="PR", label_weights=[1.0, 2.0, 0.5]), multi),
    "AUC_multi_thresholds": (M.AUC(multi_label=True, thresholds=[0.2, 0.3, 0.9]), multi),
    "AUC_label_weights": (M.AUC(label_weights=[1.0, 2.0, 0.5]), multi),
    "AUC_logits": (M.AUC(from_logits=True), logits),
    "F1Score": (M.F1Score(), onehot),
    "F1Score_micro": (M.F1Score(average="micro"), onehot),
    "F1Score_macro": (M.F1Score(average="macro", threshold=0.4), multi),
    "F1Score_weighted": (M.F1Score(average="weighted"), onehot),
    "FBetaScore": (M.FBetaScore(beta=2.0, threshold=0.4), multi),
    "FBetaScore_half": (M.FBetaScore(beta=0.5, average="weighted"), onehot),
    "IoU": (M.IoU(num_classes=4, target_class_ids=[0, 2]), ids),
    "IoU_ignore": (M.IoU(num_classes=4, target_class_ids=[1, 2, 3], ignore_class=1), ids),
    "IoU_dense": (M.IoU(num_classes=3, target_class_ids=[0, 1], sparse_y_pred=False), maps),
    "IoU_one_hot": (M.IoU(num_classes=3, target_class_ids=[0, 1], sparse_y_true=False, sparse_y_pred=False), onehot_whole),
    "MeanIoU": (M.MeanIoU(num_classes=4), ids),
    "MeanIoU_fractions": (M.MeanIoU(num_classes=3), fractions),
    "MeanIoU_float": (M.MeanIoU(num_classes=3, dtype="float32"), fractions),
    "MeanIoU_dense": (M.MeanIoU(num_classes=3, sparse_y_pred=False, ignore_class=0), maps),
    "OneHotIoU": (M.OneHotIoU(num_classes=3, target_class_ids=[1, 2]), onehot_whole),
    "OneHotMeanIoU": (M.OneHotMeanIoU(num_classes=3), onehot_whole),
    "BinaryIoU": (M.BinaryIoU(), binary),
    "BinaryIoU_one": (M.BinaryIoU(target_class_ids=[1], threshold=0.3), binary),
    "R2Score": (M.R2Score(), real),
    "R2Score_none": (M.R2Score(class_aggregation=None), real),
    "R2Score_variance": (M.R2Score(class_aggregation="variance_weighted_average"), real),
    "R2Score_adjusted": (M.R2Score(num_regressors=2), real),
    "PearsonCorrelation": (M.PearsonCorrelation(), real),
    "PearsonCorrelation_axis": (M.PearsonCorrelation(axis=0), real[:1]),
    "ConcordanceCorrelation": (M.ConcordanceCorrelation(), real),
    "ConcordanceCorrelation_axes": (M.ConcordanceCorrelation(axis=(0, 1)), real[:1]),
    "CosineSimilarity_axis": (M.CosineSimilarity(axis=0), real[:1]),
    "SparseTopK_sorted": (M.SparseTopKCategoricalAccuracy(k=2, from_sorted_ids=True), sorted_ids),
}
UNWEIGHTED = ("PearsonCorrelation_axis", "ConcordanceCorrelation_axes", "CosineSimilarity_axis")


def row(name, metric, data):
    out = {"batches": [[digits(part) for part in batch] for batch in data]}
    for key in ("value",) if name in UNWEIGHTED else ("value", "weighted"):
        metric.reset_state()
        for y, p, w in data:
            metric.update_state(y, p, sample_weight=w if key == "weighted" else None)
        out[key] = digits(metric.result())
    return out


rows = {name: row(name, *args) for name, args in ROWS.items()}
out = {"keras": keras.__version__, **{name: row for name, row in rows.items()}}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(out, separators=(",", ":")) + "\n")
print(path.stat().st_size)
