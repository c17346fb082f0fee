"""The step of `src/gan.rs` in Keras: a `train_step` of its own on TensorFlow, the loop of Keras' guide on JAX."""
import time

import keras
import numpy as np
from keras import layers, ops

BATCH, STEPS, NOISE = 64, 200, 64


def networks():
    generator = keras.Sequential([keras.Input((NOISE,)), layers.Dense(128, activation="relu"), layers.Dense(784, activation="sigmoid")])
    discriminator = keras.Sequential([keras.Input((784,)), layers.Dense(128), layers.LeakyReLU(negative_slope=0.2), layers.Dense(1)])
    return generator, discriminator


def adam(model):
    optimizer = keras.optimizers.Adam(4e-4, beta_1=0.5)
    optimizer.build(model.trainable_variables)
    return optimizer


def verdict(scores, truth):
    """How far scores are from calling every image real (1) or made (0)."""
    return keras.losses.BinaryCrossentropy(from_logits=True)(ops.full_like(scores, truth), scores)


class Gan(keras.Model):
    """Trained by `fit` on TensorFlow."""

    def __init__(self):
        super().__init__()
        self.generator, self.discriminator = networks()
        self.g_optimizer, self.d_optimizer = adam(self.generator), adam(self.discriminator)
        self.g_metric, self.d_metric = keras.metrics.Mean("g_loss"), keras.metrics.Mean("d_loss")
        self.seed = keras.random.SeedGenerator(0)

    @property
    def metrics(self):
        return [self.g_metric, self.d_metric]

    def train_step(self, data):
        import tensorflow as tf

        real = data[0] if isinstance(data, tuple) else data
        with tf.GradientTape() as g_tape:
            made = self.generator(keras.random.normal((BATCH, NOISE), seed=self.seed), training=True)
            with g_tape.stop_recording():
                with tf.GradientTape() as d_tape:
                    caught = verdict(self.discriminator(made, training=True), 0.0)
                    d_loss = verdict(self.discriminator(real, training=True), 1.0) + caught
                weights = self.discriminator.trainable_variables
                self.d_optimizer.apply(d_tape.gradient(d_loss, weights), weights)
            g_loss = verdict(self.discriminator(made, training=True), 1.0)
        weights = self.generator.trainable_variables
        self.g_optimizer.apply(g_tape.gradient(g_loss, weights), weights)
        self.g_metric.update_state(g_loss)
        self.d_metric.update_state(d_loss)
        return {m.name: m.result() for m in self.metrics}


def on_tensorflow(images, clock, epochs):
    gan = Gan()
    gan.compile()
    gan.fit(images, batch_size=BATCH, epochs=epochs, verbose=0, callbacks=[clock])
    return clock.times


def on_jax(images, epochs):
    """`fit` takes a model of one optimizer there."""
    import jax

    generator, discriminator = networks()
    g_optimizer, d_optimizer = adam(generator), adam(discriminator)
    of = lambda model, weights, x: model.stateless_call(weights, [], x, training=True)[0]

    def d_loss_of(weights, made, real):
        return verdict(of(discriminator, weights, real), 1.0) + verdict(of(discriminator, weights, made), 0.0)

    @jax.jit
    def step(state, real, key):
        g_weights, d_weights, g_slots, d_slots, total = state
        noise = jax.random.normal(key, (BATCH, NOISE))
        # The compiler sees that the generator's loss makes the same images again.
        made = of(generator, g_weights, noise)
        d_loss, gradients = jax.value_and_grad(d_loss_of)(d_weights, made, real)
        d_weights, d_slots = d_optimizer.stateless_apply(d_slots, gradients, d_weights)
        g_loss_of = lambda weights: verdict(of(discriminator, d_weights, of(generator, weights, noise)), 1.0)
        g_loss, gradients = jax.value_and_grad(g_loss_of)(g_weights)
        g_weights, g_slots = g_optimizer.stateless_apply(g_slots, gradients, g_weights)
        return g_weights, d_weights, g_slots, d_slots, total + d_loss + g_loss

    values = lambda variables: [variable.value for variable in variables]
    weights = [values(model.trainable_variables) for model in (generator, discriminator)]
    state = (*weights, values(g_optimizer.variables), values(d_optimizer.variables), 0.0)
    key, times = jax.random.key(0), []
    for _ in range(epochs):
        start = time.perf_counter()
        key, epoch_key = jax.random.split(key)
        keys, order = jax.random.split(epoch_key, STEPS), np.random.permutation(len(images))
        for number in range(STEPS):
            state = step(state, images[order[number * BATCH : (number + 1) * BATCH]], keys[number])
        float(state[-1])
        times.append(time.perf_counter() - start)
    return times


def train(epochs, clock):
    """The seconds of each epoch."""
    images = np.random.default_rng(0).random((BATCH * STEPS, 784), dtype=np.float32)
    backend = keras.backend.backend()
    if backend == "tensorflow":
        return on_tensorflow(images, clock, epochs)
    if backend == "jax":
        return on_jax(images, epochs)
    raise SystemExit(f"gan: there is no step for {backend} here")
