"""Writes images.json: the training of a small convolutional network, with its initial weights.

KERAS_BACKEND=jax python images.py   (Keras 3.15.1)
"""
import json
import os

import keras
import numpy as np
from keras import layers as L

rng = np.random.RandomState(3)
keras.utils.set_random_seed(11)
model = keras.Sequential([
    keras.Input((9, 8, 2)),
    L.ZeroPadding2D(((0, 1), (0, 0))),
    L.Conv2D(4, 3, padding="same", activation="relu", kernel_regularizer="l2"),
    L.MaxPooling2D(2),
    L.SeparableConv2D(6, 3, strides=2, padding="same", depth_multiplier=2, activation="tanh"),
    L.UpSampling2D(2, interpolation="bilinear"),
    L.Conv2DTranspose(3, 3, strides=2, padding="same", activation="relu"),
    L.DepthwiseConv2D(3, strides=2, padding="same"),
    L.AveragePooling2D(3, strides=1, padding="same"),
    L.GlobalAveragePooling2D(),
    L.Dense(2),
])
model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
x = np.round(rng.randn(24, 9, 8, 2), 3).astype("float32")
y = np.round(rng.randn(24, 2), 3).astype("float32")


def plain(values):
    if isinstance(values, list):
        return [plain(v) for v in values]
    return float(f"{values:.7g}") if np.ndim(values) == 0 else plain(list(values))


reference = {"weights": [plain(w) for w in model.get_weights()], "x": plain(x), "y": plain(y)}
reference["before"] = plain(model.predict(x, verbose=0))
history = model.fit(x, y, epochs=3, batch_size=8, shuffle=False, verbose=0).history
reference["history"] = {k: plain(v) for k, v in history.items()}
reference["after"] = plain(model.predict(x, verbose=0))
reference["evaluate"] = {k: plain(v) for k, v in model.evaluate(x, y, batch_size=8, verbose=0, return_dict=True).items()}
with open(os.path.splitext(os.path.abspath(__file__))[0] + ".json", "w") as file:
    json.dump(reference, file, separators=(",", ":"))
