"""Writes pipeline.json: KERAS_BACKEND=jax python pipeline.py   (Keras 3.15.1)"""
import keras
from keras import layers

from cases import case, write


def pipeline(shape, *inner):
    keras.utils.clear_session()
    c = case(layers.Pipeline([make() for make in inner]), shape)
    for part in c["config"]["layers"]:
        part.pop("build_config", None)
        for key in ("name", "dtype", "quantization_config", "lora_rank", "lora_alpha"):
            part["config"].pop(key, None)
        for value in part["config"].values():
            if isinstance(value, dict):
                value["config"] = {k: v for k, v in value["config"].items() if not k.endswith("put_axes")}
        if part["class_name"] == "Dense":
            part["config"].setdefault("activity_regularizer", None)
    return c


CASES = [
    pipeline((2, 4, 5, 3), lambda: layers.Rescaling(0.5, offset=-1.0), lambda: layers.CenterCrop(2, 3)),
    pipeline((2, 6), lambda: layers.Rescaling(0.5), lambda: layers.Rescaling(2.0, offset=0.25)),
]

# Weights, by Keras' paths inside the layer.
for c, shape, inner in [(None, (3, 4), [lambda: layers.Dense(3, activation="tanh"), lambda: layers.Dense(2)])]:
    c = pipeline(shape, *inner)
    c["weights"] = [[f"{layer}.{name}", s] for layer, (name, s) in zip(["dense", "dense", "dense_1", "dense_1"], c["weights"])]
    CASES.append(c)

write(__file__, CASES)
