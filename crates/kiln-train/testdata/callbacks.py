"""Drives Keras' callbacks through epochs with given numbers and writes what they did.

KERAS_BACKEND=jax python callbacks.py > callbacks.json
"""

import contextlib
import io
import itertools
import json
import os
import random
import tempfile

import keras
from keras import callbacks


class Rate:
    """What a callback needs of an optimizer."""

    def __init__(self, rate):
        self.learning_rate = rate


class Model:
    """What a callback needs of a model."""

    def __init__(self, rate=0.1):
        self.metrics = []
        self.stop_training = False
        self.optimizer = Rate(rate)
        self.epoch = None
        self.restored = None

    def get_weights(self):
        return self.epoch

    def set_weights(self, weights):
        self.restored = weights


def run(callback, name, values, rate=0.1):
    """Epochs until it stops; what was printed, and the rates after each epoch."""
    model = Model(rate)
    callback.set_model(model)
    rates, stopped = [], None
    words = io.StringIO()
    with contextlib.redirect_stdout(words):
        callback.on_train_begin()
        for epoch, value in enumerate(values):
            model.epoch = epoch
            callback.on_epoch_begin(epoch)
            callback.on_epoch_end(epoch, {name: value})
            rates.append(float(model.optimizer.learning_rate))
            if model.stop_training:
                stopped = epoch + 1
                break
        callback.on_train_end()
    return {"stopped": stopped, "restored": model.restored, "rates": rates, "said": words.getvalue()}


random.seed(4)
out = {"keras": keras.__version__, "early_stopping": [], "reduce_lr_on_plateau": [], "csv_logger": []}


def numbers(count):
    value, values = 1.0, []
    for _ in range(count):
        value = round(value + random.choice([-0.2, -0.1, -0.05, 0.0, 0.0, 0.05, 0.1]), 2)
        values.append(value)
    return values


options = [
    {},
    {"patience": 2},
    {"patience": 3, "min_delta": 0.1},
    {"patience": 1, "min_delta": -0.05},
    {"patience": 2, "mode": "max"},
    {"patience": 2, "baseline": 0.8},
    {"patience": 1, "baseline": 0.8, "mode": "max"},
    {"patience": 2, "restore_best_weights": True, "verbose": 1},
    {"patience": 1, "start_from_epoch": 3, "restore_best_weights": True},
    {"patience": 30, "restore_best_weights": True},
]
for chosen, _ in itertools.product(options, range(4)):
    values = numbers(12)
    out["early_stopping"].append({"options": chosen, "values": values, **run(callbacks.EarlyStopping(**chosen), "val_loss", values)})

options = [
    {},
    {"patience": 1},
    {"patience": 2, "factor": 0.5},
    {"patience": 1, "factor": 0.5, "min_delta": 0.1},
    {"patience": 1, "factor": 0.5, "cooldown": 2},
    {"patience": 2, "factor": 0.5, "cooldown": 1, "verbose": 1},
    {"patience": 1, "factor": 0.25, "min_lr": 0.01},
    {"patience": 1, "factor": 0.5, "mode": "max"},
    {"patience": 0, "factor": 0.5},
]
for chosen, _ in itertools.product(options, range(3)):
    values = numbers(14)
    row = run(callbacks.ReduceLROnPlateau(**chosen), "val_loss", values)
    row["said"] = row["said"].count("reducing learning rate")
    out["reduce_lr_on_plateau"].append({"options": chosen, "values": values, **row})

rows = [
    [{"loss": 0.5, "accuracy": 0.25}, {"loss": 0.125, "accuracy": 0.5, "val_loss": 2.0}],
    [{"val_b": 0.5, "loss": 0.1}, {"loss": 1e-07}],
    [{"loss": 3.0, "val_loss": 4.0}, {"loss": 3.5, "val_loss": 4.5, "other": 1.0}],
]
for chosen, logs in itertools.product([{}, {"separator": ";"}, {"append": True}], rows):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "log.csv")
        for _ in range(2):
            callback = callbacks.CSVLogger(path, **chosen)
            callback.set_model(Model())
            callback.on_train_begin()
            for epoch, log in enumerate(logs):
                # As the list of callbacks hands them over.
                callback.on_epoch_end(epoch, dict(sorted(log.items())))
            callback.on_train_end()
        with open(path, newline="") as file:
            out["csv_logger"].append({"options": chosen, "logs": logs, "text": file.read()})

print(json.dumps(out))
