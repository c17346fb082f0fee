"""Samples a second in training with Keras: the networks of `src/bin/models.rs`. KERAS_BACKEND chooses tensorflow, jax or torch.

    KERAS_BACKEND=jax python keras_models.py mlp cnn lstm gru
"""
import os
import statistics
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import numpy as np
from keras import layers

MODELS = {
    "mlp": ((784,), 32, 400, lambda: [layers.Dense(n, activation="relu") for n in (64, 128, 256)] + [layers.Dense(10, activation="softmax")]),
    "cnn": (
        (28, 28, 1), 64, 24,
        lambda: [
            layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(2),
            layers.Flatten(), layers.Dense(10, activation="softmax"),
        ],
    ),
    "lstm": ((28, 28), 64, 40, lambda: [layers.LSTM(128), layers.Dense(10, activation="softmax")]),
    "gru": ((28, 28), 64, 40, lambda: [layers.GRU(128), layers.Dense(10, activation="softmax")]),
}


class Clock(keras.callbacks.Callback):
    """The time of each epoch, but for the first two, which compile."""

    def __init__(self):
        super().__init__()
        self.times = []

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        if epoch > 1:
            self.times.append(time.perf_counter() - self.start)


for name in sys.argv[1:] or MODELS:
    shape, batch, steps, build = MODELS[name]
    rng = np.random.default_rng(0)
    x = rng.random((batch * steps, *shape), dtype=np.float32)
    y = (np.arange(batch * steps) % 10).astype("int32")
    model = keras.Sequential([keras.Input(shape), *build()])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    clock = Clock()
    model.fit(x, y, batch_size=batch, epochs=7, verbose=0, callbacks=[clock])
    print(f"{name}, batches of {batch}: {len(x) / statistics.median(clock.times):.0f} samples/s", flush=True)
