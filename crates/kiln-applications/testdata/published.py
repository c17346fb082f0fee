"""Writes which files `weights="imagenet"` asks for in Keras: name, address and sum. Nothing is fetched.

    KERAS_BACKEND=numpy python published.py   # Keras 3.15.1; writes published.json beside itself
"""
import json
import os

import keras
from keras import applications
from keras.src.utils import file_utils


class Asked(Exception):
    pass


class Output:
    """What a layer makes, of which only the shape is asked for: no network is built."""

    shape = (None, 8, 8, 8)


def get_file(fname, origin, cache_subdir=None, file_hash=None):
    raise Asked(fname, origin, cache_subdir, file_hash)


NAMES = ["VGG16", "VGG19", "ResNet50", "ResNet101", "ResNet152", "ResNet50V2", "ResNet101V2", "ResNet152V2", "InceptionV3", "Xception"]
NAMES += ["DenseNet121", "DenseNet169", "DenseNet201", *(f"EfficientNetB{i}" for i in range(8))]
CASES = [(name, {"include_top": top}) for name in NAMES for top in (True, False)]
for alpha in (0.25, 0.5, 0.75, 1.0):
    CASES.append(("MobileNet", {"include_top": True, "alpha": alpha}))
for alpha in (0.35, 0.5, 0.75, 1.0, 1.3, 1.4):
    CASES.append(("MobileNetV2", {"include_top": True, "alpha": alpha}))
for side in (96, 128, 160, 192, 224, 225):
    CASES.append(("MobileNet", {"include_top": False, "alpha": 0.25, "input_shape": [side, side, 3]}))
    CASES.append(("MobileNetV2", {"include_top": False, "alpha": 0.35, "input_shape": [side, side, 3]}))
for name in ("MobileNet", "MobileNetV2"):
    CASES.append((name, {"include_top": True, "alpha": 0.5, "input_shape": [128, 128, 3]}))
    CASES.append((name, {"include_top": False, "alpha": 0.5, "input_shape": [128, 160, 3]}))


def main():
    file_utils.get_file = get_file
    keras.layers.Layer.__call__ = lambda *args, **kwargs: Output()
    for module in vars(keras.src.applications).values():
        if hasattr(module, "Functional"):
            module.Functional = lambda *args, **kwargs: None
    cases = []
    for name, options in CASES:
        try:
            getattr(applications, name)(weights="imagenet", **{k: tuple(v) if k == "input_shape" else v for k, v in options.items()})
        except Asked as asked:
            fname, origin, subdir, file_hash = asked.args
        assert origin.endswith("/" + fname) and subdir == "models"
        cases.append({"architecture": name, "options": options, "origin": origin, "file_hash": file_hash})
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "published.json")
    with open(path, "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")


main()
