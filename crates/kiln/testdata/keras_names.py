"""Writes keras_names.json: the public names of Keras' modules, each once, under the class it is an alias of.

usage: KERAS_BACKEND=jax python keras_names.py
"""
import inspect, json, os
import keras

modules = ["layers", "losses", "metrics", "optimizers", "optimizers.schedules", "activations", "initializers", "regularizers",
           "constraints", "callbacks", "applications", "datasets", "utils"]
out = {"keras": keras.__version__}
for name in modules:
    module = keras
    for part in name.split("."):
        module = getattr(module, part)
    found = {}
    for public in sorted(dir(module)):
        if public.startswith("_"):
            continue
        thing = getattr(module, public)
        if name == "datasets":
            if inspect.ismodule(thing):
                found[public] = public
            continue
        if inspect.ismodule(thing) or public in ("deserialize", "serialize", "get"):
            continue
        if name in ("activations", "utils"):
            if callable(thing):
                found.setdefault(thing.__name__, public)
        elif name == "applications":
            if callable(thing):
                found[public] = public
        elif inspect.isclass(thing):
            found.setdefault(thing.__name__, public)
    out[name] = sorted(found)
json.dump(out, open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "keras_names.json"), "w"), indent=0)
