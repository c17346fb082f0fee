"""Writes `layers.json`: short trainings in Keras, without shuffling, of models with normalization, attention and merging.

    KERAS_BACKEND=jax python layers.py
"""
import json
from pathlib import Path

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(3)


def draw(*shape):
    return np.round(rng.normal(size=shape), 3).astype("float32")


def lists(x):
    return np.vectorize(lambda v: float(f"{v:.7g}"))(np.asarray(x, dtype="float64")).tolist()


def train(model, x, y):
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), "mse")
    model.set_weights([w if "variance" in v.path else draw(*w.shape) * 0.5 for v, w in zip(model.weights, model.get_weights())])
    before = [lists(w) for w in model.get_weights()]
    history = model.fit(x, y, epochs=4, batch_size=4, shuffle=False, verbose=0)
    return {
        "x": lists(x), "y": lists(y), "weights": before, "loss": lists(history.history["loss"]),
        "after": [lists(w) for w in model.get_weights()], "evaluate": float(model.evaluate(x, y, batch_size=5, verbose=0)),
        "predict": lists(model.predict(x, verbose=0)),
    }


normalized = keras.Sequential([
    keras.Input((3,)),
    layers.Dense(4, activation="tanh", activity_regularizer="l2"),
    layers.BatchNormalization(momentum=0.8, gamma_regularizer="l2", beta_constraint="non_neg"),
    layers.ActivityRegularization(l1=0.01),
    layers.Dense(1),
])
frozen = keras.Sequential([
    keras.Input((3,)), layers.Dense(4), layers.BatchNormalization(trainable=False), layers.PReLU(), layers.Dense(1)])
x = keras.Input((5, 4))
attended = layers.MultiHeadAttention(2, 3, activity_regularizer="l2", kernel_regularizer="l2")(x, x, use_causal_mask=True)
y = layers.LayerNormalization()(layers.Add()([x, attended]))
y = layers.Dense(1)(layers.Flatten()(layers.EinsumDense("abc,cd->abd", (5, 2), bias_axes="d", activation="relu")(y)))
transformer = keras.Model(x, y)

out = {
    "keras": keras.__version__,
    "normalized": train(normalized, draw(10, 3), draw(10, 1)),
    "frozen": train(frozen, draw(10, 3), draw(10, 1)),
    "transformer": train(transformer, draw(10, 5, 4), draw(10, 1)),
}
path = Path(__file__).with_suffix(".json")
path.write_text(json.dumps(out, separators=(",", ":")) + "\n")
