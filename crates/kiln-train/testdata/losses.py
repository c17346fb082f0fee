"""Values of Keras' losses with options that goldens.json lacks: writes losses.json beside itself.

    KERAS_BACKEND=jax python losses.py

Needs keras 3.15.1. A row has targets, predictions, the value, and the value with sample weights.
"""
import json
import pathlib

import keras
import numpy as np
from keras import losses as L

rng = np.random.default_rng(11)


def digits(x):
    return json.loads(json.dumps(np.asarray(x, "float32").tolist()), parse_float=lambda s: float("%.7g" % float(s)))


def array(x):
    return np.array(digits(x), "float32")


binary = array(rng.integers(0, 2, (4, 3)))
probs = array(rng.uniform(0.05, 0.95, (4, 3)))
logits = array(rng.normal(size=(4, 3)))
onehot = np.eye(3, dtype="float32")[[0, 2, 1, 2]]
labels = np.array([0, 2, 1, 2], "float32")
regions = array(rng.integers(0, 2, (4, 2, 3, 1)))
region_probs = array(rng.uniform(0.05, 0.95, (4, 2, 3, 1)))
embeddings = rng.normal(size=(6, 4))
embeddings = array(embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True))
classes = np.array([1, 2, 1, 2, 2, 5], "float32")
words = np.array([[1, 2, 2, 3], [4, 1, 0, 0], [0, 0, 0, 0], [2, 2, 0, 0]], "float32")
speech = array(rng.normal(size=(4, 6, 5)))

ROWS = {
    "BinaryFocal": (L.BinaryFocalCrossentropy(apply_class_balancing=True, alpha=0.7, gamma=1.5, label_smoothing=0.2), binary, probs),
    "BinaryFocal_alpha_alone": (L.BinaryFocalCrossentropy(alpha=0.7, axis=0), binary, probs),
    "BinaryFocal_logits": (L.BinaryFocalCrossentropy(from_logits=True, gamma=3.0), binary, logits),
    "CategoricalFocal": (L.CategoricalFocalCrossentropy(alpha=[0.2, 0.5, 0.9], gamma=1.5, label_smoothing=0.2), onehot, probs),
    "CategoricalFocal_logits": (L.CategoricalFocalCrossentropy(alpha=0.6, from_logits=True), onehot, logits),
    "CategoricalFocal_axis": (L.CategoricalFocalCrossentropy(axis=0, reduction="sum"), onehot[:3], probs[:3]),
    "GeneralizedCrossEntropy": (L.CategoricalGeneralizedCrossEntropy(q=0.8), labels, probs),
    "Dice_axis": (L.Dice(axis=(1, 2, 3)), regions, region_probs),
    "Dice": (L.Dice(reduction="mean_with_sample_weight"), regions, region_probs),
    "Tversky_axis": (L.Tversky(alpha=0.2, beta=0.9, axis=(1, 2, 3)), regions, region_probs),
    "Tversky_one_axis": (L.Tversky(alpha=0.2, beta=0.9, axis=-1), binary, probs),
    "Circle": (L.Circle(gamma=3.0, margin=0.2), classes, embeddings),
    "Circle_diagonal": (L.Circle(gamma=3.0, margin=0.2, remove_diagonal=False), classes, embeddings),
    "Circle_default": (L.Circle(), classes, embeddings),
    "Ctc": (L.CTC(), words, speech),
    "Ctc_sum": (L.CTC(reduction="sum"), words, speech),
    "Huber_delta": (L.Huber(delta=0.4), binary, logits),
    "Cosine_axis": (L.CosineSimilarity(axis=0), binary, logits),
    "MeanAbsoluteError_none": (L.MeanAbsoluteError(reduction=None), binary, logits),
}


def row(loss, y, p):
    y, p = np.asarray(y), np.asarray(p)
    out = {"y": digits(y), "p": digits(p), "value": digits(loss(y, p))}
    # Over axis 0 there is no value per sample to weigh.
    if getattr(loss, "axis", loss.get_config().get("axis")) != 0 and not isinstance(loss, L.CosineSimilarity):
        weight = np.array([0.5, 1.0, 2.0, 0.0, 1.5, 0.25][: len(y)], "float32")
        out["weighted"] = digits(loss(y, p, sample_weight=weight))
    return out


out = {"keras": keras.__version__, **{name: row(*args) for name, args in ROWS.items()}}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(out, separators=(",", ":")) + "\n")
print(path.stat().st_size)
