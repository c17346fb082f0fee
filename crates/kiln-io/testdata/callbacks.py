"""Drives Keras' ModelCheckpoint through epochs of two batches and writes what it saved and said.

KERAS_BACKEND=jax python callbacks.py > callbacks.json
"""

import contextlib
import io
import json
import os
import random
import tempfile

import keras
from keras import callbacks


class Model:
    """Writes down where it is saved."""

    def __init__(self):
        self.metrics, self.saved = [], []

    def save(self, path, overwrite):
        self.saved.append(path)

    save_weights = save


random.seed(6)
rows = []
for pattern, options in [
    ("a.keras", {}),
    ("sub/{epoch:02d}-{val_loss:.2f}.keras", {"verbose": 1}),
    ("{epoch}-{loss}-{val_loss}.keras", {}),
    ("{epoch:03d}_{loss:.3e}_{val_loss:8.4f}_{val_loss:<7.1f}.keras", {}),
    ("{epoch:>4}|{epoch:^5d}|{val_loss:+.1%}|{{}}.keras", {}),
    ("{epoch:02d}.keras", {"save_best_only": True, "verbose": 1}),
    ("{epoch:02d}.keras", {"save_best_only": True, "mode": "max", "verbose": 1}),
    ("{epoch:02d}.keras", {"save_best_only": True, "monitor": "loss"}),
    ("{epoch:02d}.keras", {"save_best_only": True, "initial_value_threshold": 0.7, "verbose": 1}),
    ("{epoch:02d}.weights.h5", {"save_weights_only": True}),
    ("{epoch:02d}-{batch:02d}.keras", {"save_freq": 1}),
    ("{epoch:02d}-{batch:02d}.keras", {"save_freq": 3, "verbose": 1}),
    ("{epoch:02d}-{batch}-{loss:.2f}.keras", {"save_freq": 5}),
    ("{epoch:02d}.keras", {"save_freq": 2, "save_best_only": True, "monitor": "loss", "mode": "min"}),
]:
    for _ in range(2):
        with tempfile.TemporaryDirectory() as folder:
            model, words = Model(), io.StringIO()
            callback = callbacks.ModelCheckpoint(os.path.join(folder, pattern), **options)
            callback.set_model(model)
            values = [round(random.uniform(0.2, 1.2), 3) for _ in range(6)]
            with contextlib.redirect_stdout(words):
                callback.on_train_begin()
                for epoch, value in enumerate(values):
                    callback.on_epoch_begin(epoch)
                    for batch in range(2):
                        callback.on_train_batch_begin(batch)
                        callback.on_train_batch_end(batch, {"loss": value / 4})
                    callback.on_epoch_end(epoch, {"loss": value / 4, "val_loss": value})
                callback.on_train_end()
            cut = folder + os.sep
            rows.append(
                {
                    "pattern": pattern,
                    "options": options,
                    "values": values,
                    "saved": [path.replace(cut, "") for path in model.saved],
                    "said": words.getvalue().replace(cut, ""),
                }
            )
print(json.dumps({"keras": keras.__version__, "rows": rows}))
