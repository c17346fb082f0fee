"""Samples a second with Keras: the networks of `src/networks.rs`, trained, evaluated or used. KERAS_BACKEND chooses tensorflow, jax or torch.

    KERAS_BACKEND=jax python keras_models.py [--evaluate | --predict | --latency] mlp cnn lstm

`--latency` gives the microseconds of a single prediction instead; `gan` is only trained.
"""
import os
import statistics
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import numpy as np
from keras import layers

import latency

ROUNDS, WARM = 5, 2


def chain(shape, *stack):
    return lambda: keras.Sequential([keras.Input(shape), *stack])


def softmax():
    return layers.Dense(10, activation="softmax")


def dense(*sizes):
    return [layers.Dense(n, activation="relu") for n in sizes]


def vgg():
    block = lambda filters: [layers.Conv2D(filters, 3, padding="same", activation="relu") for _ in range(2)] + [layers.MaxPooling2D(2)]
    return keras.Sequential(
        [keras.Input((28, 28, 1)), *block(32), *block(64), layers.Flatten(), *dense(128), layers.Dropout(0.5), softmax()]
    )


def normalized(x, filters, size, strides):
    return layers.BatchNormalization()(layers.Conv2D(filters, size, strides=strides, padding="same", use_bias=False)(x))


def resnet():
    inputs = keras.Input((28, 28, 1))
    x = layers.ReLU()(normalized(inputs, 16, 3, 1))
    for filters, strides in [(16, 1), (16, 1), (32, 2), (32, 1), (64, 2), (64, 1)]:
        inner = normalized(layers.ReLU()(normalized(x, filters, 3, strides)), filters, 3, 1)
        shortcut = x if strides == 1 else normalized(x, filters, 1, strides)
        x = layers.ReLU()(layers.Add()([inner, shortcut]))
    return keras.Model(inputs, softmax()(layers.GlobalAveragePooling2D()(x)))


def transformer():
    inputs = keras.Input((32, 64))
    x = layers.LayerNormalization()(inputs)
    for _ in range(2):
        x = layers.LayerNormalization()(layers.Add()([x, layers.MultiHeadAttention(4, 16)(x, x)]))
        x = layers.LayerNormalization()(layers.Add()([x, layers.Dense(64)(layers.Dense(128, activation="relu")(x))]))
    return keras.Model(inputs, softmax()(layers.GlobalAveragePooling1D()(x)))


MODELS = {
    "mlp": (32, 400, chain((784,), *dense(64, 128, 256), softmax())),
    "cnn": (
        64, 24,
        chain(
            (28, 28, 1),
            layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(2),
            layers.Flatten(), softmax(),
        ),
    ),
    "lstm": (64, 40, chain((28, 28), layers.LSTM(128), softmax())),
    "gru": (64, 40, chain((28, 28), layers.GRU(128), softmax())),
    "vgg": (64, 10, vgg),
    "resnet": (64, 10, resnet),
    "transformer": (64, 20, transformer),
    "autoencoder": (64, 200, chain((784,), *dense(128, 32, 128), layers.Dense(784, activation="sigmoid"))),
}


class Clock(keras.callbacks.Callback):
    """The time of each epoch."""

    def __init__(self):
        super().__init__()
        self.times = []

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.times.append(time.perf_counter() - self.start)


def compiled(model):
    """The model as one function of the backend, with its weights as they are; reads what it returns."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        weights, others = [v.value for v in model.trainable_variables], [v.value for v in model.non_trainable_variables]
        function = jax.jit(lambda x: model.stateless_call(weights, others, x, training=False)[0])
        return {"jax.jit": lambda x: np.asarray(function(x))}
    if backend == "torch":
        return {}
    import tensorflow as tf

    function = tf.function(lambda x: model(x, training=False))
    ways = {"tf.function": lambda x: function(x).numpy()}
    # Keras itself uses XLA on accelerators only.
    if all(layer.supports_jit for layer in model.layers):
        fused = tf.function(lambda x: model(x, training=False), jit_compile=True)
        ways["tf.function with XLA"] = lambda x: fused(x).numpy()
    return ways


def measure_latency(name):
    model = MODELS[name][2]()
    model.compile()
    sample = np.random.default_rng(0).random((1, *model.input_shape[1:]), dtype=np.float32)
    x = keras.ops.convert_to_tensor(sample)
    ways = {"model(x)": lambda x: keras.ops.convert_to_numpy(model(x, training=False)), **compiled(model)}
    taken = {way: latency.micros(lambda: call(x)) for way, call in ways.items()}
    latency.show(name, {**taken, "predict_on_batch": latency.micros(lambda: model.predict_on_batch(sample))})


def measure_gan(work):
    import keras_gan

    if work != "fit":
        raise SystemExit("gan is only trained")
    times = keras_gan.train(WARM + ROUNDS, Clock())
    samples = keras_gan.BATCH * keras_gan.STEPS
    print(f"gan, batches of {keras_gan.BATCH}: {samples / statistics.median(times[WARM:]):.0f} samples/s", flush=True)


def measure(name, work):
    if name == "gan":
        return measure_gan(work)
    if work == "latency":
        return measure_latency(name)
    batch, steps, build = MODELS[name]
    model = build()
    rng = np.random.default_rng(0)
    x = rng.random((batch * steps, *model.input_shape[1:]), dtype=np.float32)
    if name == "autoencoder":
        y = x
        model.compile("adam", "binary_crossentropy")
    else:
        y = (np.arange(batch * steps) % 10).astype("int32")
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    clock = Clock()
    if work == "fit":
        model.fit(x, y, batch_size=batch, epochs=WARM + ROUNDS, verbose=0, callbacks=[clock])
    for _ in range(WARM + ROUNDS if work != "fit" else 0):
        clock.on_epoch_begin(0)
        if work == "evaluate":
            model.evaluate(x, y, batch_size=batch, verbose=0)
        else:
            model.predict(x, batch_size=batch, verbose=0)
        clock.on_epoch_end(0)
    # The first rounds compile.
    print(f"{name}, batches of {batch}: {len(x) / statistics.median(clock.times[WARM:]):.0f} samples/s", flush=True)


chosen = [word for word in sys.argv[1:] if not word.startswith("--")]
works = [word[2:] for word in sys.argv[1:] if word.startswith("--")] or ["fit"]
for name in chosen or [*MODELS, *(["gan"] if works == ["fit"] else [])]:
    measure(name, works[0])
