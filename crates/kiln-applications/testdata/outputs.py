"""Writes what architectures of `keras.applications` make of two images when every weight is filled by a formula of its name.

    KERAS_BACKEND=jax python outputs.py   # Keras 3.15.1; writes outputs.json beside itself
"""
import json
import os

import keras
import numpy as np
from keras import applications

TOP = {"classes": 7, "classifier_activation": "linear"}
AVG = {"include_top": False, "pooling": "avg"}

CASES = [
    ("VGG16", {**AVG, "input_shape": [32, 32, 3]}),
    ("ResNet50", {**TOP, "input_shape": [33, 47, 3]}),
    ("ResNet50V2", {**AVG, "input_shape": [47, 33, 1]}),
    ("MobileNet", {**TOP, "alpha": 0.25, "input_shape": [45, 32, 3]}),
    ("MobileNetV2", {**TOP, "alpha": 0.35, "input_shape": [32, 45, 3]}),
    ("DenseNet121", {**TOP, "input_shape": [40, 33, 3]}),
    ("EfficientNetB0", {**TOP, "input_shape": [33, 40, 3]}),
    ("InceptionV3", {**TOP, "input_shape": [76, 75, 3]}),
    ("Xception", {**AVG, "input_shape": [71, 74, 3]}),
]


def uniform(name, count):
    """Numbers from -1 to 1 that depend on the name and the place."""
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = (seed ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    x = np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B1) + np.uint32(seed & 0xFFFFFFFF)
    x = (x ^ (x >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    x = (x ^ (x >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    x = x ^ (x >> np.uint32(16))
    return (x >> np.uint32(8)).astype("float32") / np.float32(1 << 23) - np.float32(1)


def fill(layer, variable):
    shape, kind = tuple(variable.shape), variable.name
    u = uniform(f"{layer.name}.{kind}", int(np.prod(shape))).reshape(shape)
    if kind in ("gamma", "moving_variance", "variance"):
        return 1 + u / 4
    if kind in ("beta", "bias", "moving_mean", "mean"):
        return u / 10
    fan = shape[0] * shape[1] if kind == "depthwise_kernel" else int(np.prod(shape[:-1]))
    return u * np.float32((6 / fan) ** 0.5)


def main():
    cases = []
    for name, kwargs in CASES:
        keras.utils.clear_session()
        model = getattr(applications, name)(weights=None, **kwargs)
        for layer in model.layers:
            for variable in layer.weights:
                if variable.name != "count":
                    variable.assign(fill(layer, variable))
        x = (uniform("images", 2 * int(np.prod(model.input_shape[1:]))) * 128 + 128).reshape((2, *model.input_shape[1:]))
        if name != "EfficientNetB0":
            x = x / 127.5 - 1
        y = np.asarray(model(x.astype("float32"), training=False))[:, :24]
        print(name, y.shape, y.std(), y[0, :4])
        cases.append({"architecture": name, "options": kwargs, "output": [[float(f"{v:.7g}") for v in row] for row in y]})
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "outputs.json")
    with open(path, "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")


main()
