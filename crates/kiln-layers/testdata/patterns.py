"""What the scripts of the rooms over spatial axes share: a layer, filled with a pattern, and what Keras makes of it.

KERAS_BACKEND=jax python convolutional.py   (Keras 3.15.1; writes convolutional.json beside itself)
"""
import json
import os

import numpy as np


def pattern(shape, salt):
    i = np.arange(int(np.prod(shape)))
    return ((i * 37 + salt * 11 + 5) % 101 / 50.0 - 1.0).astype("float32").reshape(shape)


def case(layer, shape):
    x = pattern(shape, 0)
    layer(x)
    layer.set_weights([pattern(w.shape, i + 1) for i, w in enumerate(layer.weights)])
    y = np.asarray(layer(x))
    config = {k: v for k, v in layer.get_config().items() if k not in ("dtype", "name")}
    return {
        "class": type(layer).__name__,
        "config": config,
        "weights": [[w.name, list(w.shape)] for w in layer.weights],
        "input": list(shape),
        "shape": list(y.shape),
        "output": [float(f"{v:.7g}") for v in y.ravel()],
    }


def write(script, cases):
    with open(os.path.splitext(script)[0] + ".json", "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
