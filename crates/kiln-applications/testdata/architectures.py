"""Writes what `keras.applications` builds: numbers of weights and layers, and a hash of all layers' names, classes, output shapes and sizes.

    KERAS_BACKEND=jax python architectures.py            # Keras 3.15.1; writes architectures.json beside itself
    KERAS_BACKEND=jax python architectures.py MobileNet  # prints the layers of the cases of that name instead
"""
import json
import os
import sys

import keras
from keras import applications

SMALL = {"classes": 10, "input_shape": [64, 64, 1], "classifier_activation": "linear"}
OPEN = {"include_top": False}
AVG = {"include_top": False, "pooling": "avg", "input_shape": [101, 75, 3]}
MAX = {"include_top": False, "pooling": "max", "input_shape": [None, None, 3]}

CASES = [
    ("VGG16", [{}, SMALL, OPEN, AVG]),
    ("VGG19", [SMALL, MAX]),
    ("ResNet50", [{}, SMALL, OPEN, AVG, MAX]),
    ("ResNet101", [{}, AVG]),
    ("ResNet152", [{}]),
    ("ResNet50V2", [{}, SMALL, OPEN, AVG, MAX]),
    ("ResNet101V2", [{}, AVG]),
    ("ResNet152V2", [{}]),
    ("MobileNet", [{}, SMALL, OPEN, AVG, {**MAX, "alpha": 0.25}, {"alpha": 0.75, "depth_multiplier": 2}]),
    ("MobileNetV2", [{}, SMALL, OPEN, AVG, MAX] + [{**SMALL, "alpha": a} for a in (0.35, 0.5, 0.75, 1.3, 1.4)]),
    ("DenseNet121", [{}, SMALL, OPEN, AVG, MAX]),
    ("DenseNet169", [{}, AVG]),
    ("DenseNet201", [{}, AVG]),
    ("EfficientNetB0", [{}, SMALL, OPEN, AVG, MAX]),
    *[(f"EfficientNetB{i}", [{}]) for i in range(1, 8)],
    ("InceptionV3", [{}, {**SMALL, "input_shape": [96, 80, 1]}, OPEN, {**AVG, "input_shape": [101, 75, 3]}, MAX]),
    ("Xception", [{}, {**SMALL, "input_shape": [96, 80, 1]}, OPEN, {**AVG, "input_shape": [101, 75, 3]}, MAX]),
]


def fnv(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def size(variables):
    return sum(int(v.value.size) for v in variables)


def layers(model):
    lines = []
    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        shape = ", ".join(str(n) for n in layer.output.shape)
        lines.append(f"{layer.name} {type(layer).__name__} ({shape}) {layer.count_params()}")
    return sorted(lines)


def main():
    cases = []
    for name, options in CASES:
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        for kwargs in options:
            keras.utils.clear_session()
            model = getattr(applications, name)(weights=None, **kwargs)
            lines = layers(model)
            if sys.argv[1:]:
                print(name, kwargs, *lines, sep="\n")
            cases.append({
                "architecture": name,
                "options": kwargs,
                "name": model.name,
                "params": size(model.weights),
                "trainable": size(model.trainable_variables),
                "layers": len(lines),
                "hash": fnv("\n".join(lines)),
                "output": list(model.output.shape),
            })
            del model
    if not sys.argv[1:]:
        path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "architectures.json")
        with open(path, "w") as file:
            file.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")


main()
