"""Writes preprocessing.json: feature preprocessing layers.

KERAS_BACKEND=jax python preprocessing.py > preprocessing.json   (Keras 3.15.1)
"""

import json

import numpy as np
from keras import layers

rng = np.random.default_rng(7)


def pack(x):
    x = np.asarray(x)
    return {"shape": list(x.shape), "values": [float(f"{v:.7g}") for v in x.astype("float64").ravel()]}


def config(layer):
    c = layer.get_config()
    return {k: v for k, v in c.items() if k not in ("dtype", "name")}


def normalization(x, adapt=None, **options):
    layer = layers.Normalization(**options)
    c = config(layer)
    if adapt is not None:
        layer.adapt(np.asarray(adapt))
    case = {"config": c, "x": pack(x), "y": pack(layer(x))}
    return case | ({"adapt": pack(adapt)} if adapt is not None else {})


x = rng.normal(2, 3, (4, 2, 3)).astype("float32")
constant = x.copy()
constant[..., 1] = 5.0
normalizations = [
    normalization(x),
    normalization(x, adapt=x),
    normalization(x, adapt=x, axis=None),
    normalization(x, adapt=x, axis=(1, 2)),
    normalization(x, adapt=x, axis=1),
    normalization(x, adapt=x, invert=True),
    normalization(constant + np.float32(1e-6), adapt=constant),
    normalization(x, mean=3.0, variance=2.0),
    normalization(x, mean=[1.0, 2.0, 3.0], variance=[4.0, 1.0, 0.0]),
    normalization(x, mean=[1.0, 2.0, 3.0], variance=[4.0, 1.0, 9.0], axis=(1, 2), invert=True),
]


def discretization(x, adapt=None, **options):
    layer = layers.Discretization(**options)
    c = config(layer)
    case = {"config": c, "x": pack(x)}
    if adapt is not None:
        # What `adapt` does with an array; it asks for TensorFlow before.
        layer.reset_state()
        layer.update_state(np.asarray(adapt))
        layer.finalize_state()
        case |= {"adapt": pack(adapt), "boundaries": pack(layer.bin_boundaries)}
    return case | {"y": pack(layer(x))}


small = np.array([[-1.5, 1.0, 3.4, 0.5], [0.0, 3.0, 1.3, 0.0]], dtype="float32")
many = rng.normal(0, 1, (500,)).astype("float32")
discretizations = [
    discretization(small, bin_boundaries=[0.0, 1.0, 2.0]),
    discretization(small, bin_boundaries=[0.0, 1.0, 2.0], output_mode="one_hot"),
    discretization(small[:, :1], bin_boundaries=[0.0, 1.0, 2.0], output_mode="one_hot"),
    discretization(small, bin_boundaries=[0.0, 1.0, 2.0], output_mode="multi_hot"),
    discretization(small, bin_boundaries=[0.0, 1.0, 2.0], output_mode="count"),
    discretization(small, adapt=small, num_bins=4),
    discretization(small, adapt=many, num_bins=5),
    discretization(small, adapt=many, num_bins=5, epsilon=0.1),
    discretization(small, adapt=many[:150], num_bins=20),
]


def encoding(x, weights=None, **options):
    layer = layers.CategoryEncoding(**options)
    x = np.array(x)
    if weights is None:
        return {"config": config(layer), "x": pack(x), "y": pack(layer(x))}
    w = np.array(weights, dtype="float32")
    return {"config": config(layer), "x": pack(x), "weights": pack(w), "y": pack(layer(x, count_weights=w))}


encodings = [
    encoding([[0, 1], [0, 0], [1, 2], [3, 1]], num_tokens=4),
    encoding([[3], [2], [0]], num_tokens=4, output_mode="one_hot"),
    encoding([[3, 1], [2, 0]], num_tokens=4, output_mode="one_hot"),
    encoding([[0, 1], [0, 0], [1, 2], [3, 1]], num_tokens=4, output_mode="count"),
    encoding([[0, 1], [0, 0], [1, 2]], [[0.1, 0.2], [0.1, 0.1], [0.2, 0.3]], num_tokens=4, output_mode="count"),
]

print(json.dumps({"normalization": normalizations, "discretization": discretizations, "category_encoding": encodings}))
