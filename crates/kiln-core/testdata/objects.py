"""Writes objects.json: activations with parameters, windows and the STFT initializer.

KERAS_BACKEND=jax python objects.py > objects.json   (Keras 3.15.1)
"""

import json

import numpy as np
import scipy.signal
from keras import activations, initializers, layers
from keras.saving import serialize_keras_object


def short(values):
    return [float(f"{v:.7g}") for v in np.asarray(values, dtype="float64").ravel()]


x = np.array([-7.5, -3.0, -1.2, -0.6, -0.4, 0.0, 0.05, 0.3, 0.7, 1.0, 2.5, 7.0], dtype="float32").reshape(3, 4)
relus = [
    {"negative_slope": 0.3},
    {"max_value": 2.0},
    {"max_value": 6.0, "negative_slope": 0.1},
    {"threshold": 0.5},
    {"threshold": 0.5, "negative_slope": 0.2, "max_value": 2.0},
]
functions = [("relu", o) for o in relus] + [
    ("leaky_relu", {"negative_slope": 0.3}),
    ("elu", {"alpha": 0.5}),
    ("celu", {"alpha": 0.5}),
    ("gelu", {"approximate": True}),
    ("soft_shrink", {"threshold": 0.2}),
    ("hard_shrink", {"threshold": 1.0}),
    ("threshold", {"threshold": 0.5, "default_value": -1.5}),
    ("squareplus", {"b": 2.0}),
    ("glu", {"axis": -1}),
    ("softmax", {"axis": 0}),
    ("log_softmax", {"axis": 0}),
]


def function(name, options):
    if hasattr(activations, name):
        return getattr(activations, name)
    from keras import ops

    return getattr(ops, name)


names = ["boxcar", "triang", "parzen", "bohman", "blackman", "nuttall", "blackmanharris", "flattop"]
names += ["bartlett", "hann", "tukey", "barthann", "hamming", "cosine", "exponential", "lanczos"]
windows = {}
for name in names:
    for length in (9, 16):
        for periodic in (False, True):
            key = f"{name} {length} {'periodic' if periodic else 'symmetric'}"
            windows[key] = short(scipy.signal.get_window(name, length, periodic))

stft = []
for options in [
    {},
    {"side": "imag", "scaling": "spectrum", "window": "hamming", "periodic": True},
    {"window": None},
    {"scaling": None, "window": [0.5, 1.0, 0.25, 2.0]},
]:
    one = initializers.STFT(**options)
    shape = [4 if isinstance(options.get("window"), list) else 16, 1, 9]
    stft.append({"object": serialize_keras_object(one), "shape": shape, "values": short(one(shape))})

layer_objects = [
    serialize_keras_object(l)
    for l in [layers.ReLU(max_value=2.0, negative_slope=0.25, threshold=0.5), layers.LeakyReLU(), layers.ELU(alpha=0.5), layers.Softmax(axis=1)]
]
print(
    json.dumps(
        {
            "x": short(x),
            "activations": [{"name": n, "options": o, "y": short(function(n, o)(x, **o))} for n, o in functions],
            "layers": layer_objects,
            "windows": windows,
            "stft": stft,
        }
    )
)
