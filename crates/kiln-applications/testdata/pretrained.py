"""Writes weight files as Keras publishes them, of random weights, and what Keras computes with them.

    KERAS_BACKEND=jax python pretrained.py          # Keras 3.15.1; writes resnet50.h5.gz and pretrained.json beside itself
    KERAS_BACKEND=jax python pretrained.py FOLDER   # writes the files of several architectures and pretrained.json to FOLDER

The files have the layout of those that `weights="imagenet"` fetches: Keras' `save_weights_to_hdf5_group`, layers in its order. In the
small one kernels are sparse and values rounded, so that a network of 24 million weights packs to half a megabyte.
`KILN_KERAS_WEIGHTS=FOLDER cargo test -p kiln-applications --test pretrained -- --nocapture` reads those of FOLDER.
"""
import gzip
import json
import os
import shutil
import sys

import h5py
import keras
import numpy as np
from keras import applications
from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

TOP = {"include_top": True, "classes": 1000}
NO_TOP = {"include_top": False, "pooling": "avg"}

CASES = [
    ("VGG16", {**TOP, "input_shape": [224, 224, 3]}),
    ("ResNet50", {**TOP, "input_shape": [224, 224, 3]}),
    ("ResNet50V2", {**NO_TOP, "input_shape": [64, 64, 3]}),
    ("MobileNet", {**TOP, "input_shape": [224, 224, 3]}),
    ("MobileNetV2", {**TOP, "input_shape": [224, 224, 3]}),
    ("DenseNet121", {**TOP, "input_shape": [224, 224, 3]}),
    ("EfficientNetB0", {**TOP, "input_shape": [224, 224, 3]}),
    ("InceptionV3", {**TOP, "input_shape": [299, 299, 3]}),
    ("Xception", {**NO_TOP, "input_shape": [96, 96, 3]}),
]


def images(shape):
    """Two images of 0 to 255."""
    count = 2 * int(np.prod(shape))
    x = np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B1)
    return ((x >> np.uint32(16)) % np.uint32(256)).astype("float32").reshape((2, *shape))


def fill(model, sparse):
    """Random weights of a size that keeps a deep network's values from growing or vanishing."""
    random = np.random.default_rng(1)
    for layer in model.layers:
        for variable in layer.weights:
            shape, kind = tuple(variable.shape), variable.name
            if kind == "count":
                continue
            values = random.uniform(-1, 1, shape).astype("float32")
            if kind in ("gamma", "moving_variance", "variance"):
                values = 1 + values / 4
            elif kind in ("beta", "bias", "moving_mean", "mean"):
                values = values / 10
            elif sparse:
                # Three inputs for each output.
                values = np.zeros((int(np.prod(shape[:-1])), shape[-1]), "float32")
                places = random.integers(0, len(values), (3, shape[-1]))
                values[places, np.arange(shape[-1])] = random.choice([-0.75, -0.5, 0.5, 0.75], places.shape)
                values = values.reshape(shape)
            else:
                fan = shape[0] * shape[1] if kind == "depthwise_kernel" else int(np.prod(shape[:-1]))
                values = values * np.float32((6 / fan) ** 0.5)
            variable.assign(np.round(values * 32) / 32 if sparse else values)


def case(name, kwargs, file, sparse=False):
    keras.utils.clear_session()
    model = getattr(applications, name)(weights=None, classifier_activation=None, **kwargs)
    fill(model, sparse)
    with h5py.File(file, "w") as f:
        save_weights_to_hdf5_group(f, model)
    x = images(kwargs["input_shape"])
    y = np.asarray(model(x if name.startswith("EfficientNet") else x / 127.5 - 1, training=False))
    print(name, y.shape, y.std(), y[0, :4], os.path.getsize(file))
    output = [[float(f"{v:.8g}") for v in row] for row in y[:, :32]]
    return {"architecture": name, "options": kwargs, "file": os.path.basename(file), "output": output}


def main():
    folder = sys.argv[1] if sys.argv[1:] else os.path.dirname(os.path.abspath(__file__))
    if sys.argv[1:]:
        found = [case(name, kwargs, os.path.join(folder, f"{name.lower()}.h5")) for name, kwargs in CASES]
    else:
        file = os.path.join(folder, "resnet50.h5")
        found = [case("ResNet50", {**NO_TOP, "input_shape": [32, 32, 3]}, file, sparse=True)]
        with open(file, "rb") as whole, gzip.GzipFile(file + ".gz", "wb", 9, mtime=0) as packed:
            shutil.copyfileobj(whole, packed)
        os.remove(file)
    with open(os.path.join(folder, "pretrained.json"), "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(c) for c in found) + "\n]\n")


main()
