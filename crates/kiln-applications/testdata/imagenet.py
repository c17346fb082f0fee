"""Writes what Keras' `preprocess_input` makes of two small images.

    KERAS_BACKEND=jax python imagenet.py   # Keras 3.15.1; writes imagenet.json beside itself
"""
import json
import os

import numpy as np
from keras.src.applications.imagenet_utils import preprocess_input

cases = []
for mode in ("caffe", "tf", "torch"):
    for data_format, shape in (("channels_last", (2, 2, 3)), ("channels_last", (2, 1, 2, 3)), ("channels_first", (3, 2, 2)), ("channels_first", (2, 3, 1, 2))):
        x = (np.arange(12) * 97 % 256).reshape(shape)
        y = preprocess_input(x.astype("float32"), data_format=data_format, mode=mode)
        cases.append({
            "mode": mode,
            "data_format": data_format,
            "shape": list(shape),
            "input": x.ravel().tolist(),
            "output": [float(f"{v:.7g}") for v in np.asarray(y).ravel()],
        })
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "imagenet.json")
with open(path, "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
