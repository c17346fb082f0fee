"""Writes functional.json with Keras: a model of two outputs and a shared layer, trained with loss weights, sample weights,
metrics by output and weighted metrics; initial weights, history, evaluation and predictions.

usage: KERAS_BACKEND=jax python functional.py
"""
import json, os
import keras, numpy as np
from keras import Input, Model, layers as L, optimizers as O

rng = np.random.RandomState(3)
keras.utils.set_random_seed(11)
x = rng.randn(24, 4).astype("float32")
label = rng.randint(0, 3, (24,))
size = rng.randn(24, 1).astype("float32")
weight = rng.uniform(0.2, 2.0, (24,)).astype("float32")

a = Input((4,))
shared = L.Dense(4, activation="tanh", name="shared", kernel_regularizer=keras.regularizers.L2(0.01))
hidden = shared(shared(a))
o1 = L.Dense(3, activation="softmax", name="label")(hidden)
o2 = L.Dense(1, name="size", activity_regularizer=keras.regularizers.L1(0.1))(hidden)
m = Model(a, [o1, o2])
m.compile(O.SGD(0.1), loss=["sparse_categorical_crossentropy", "mse"], loss_weights=[1.0, 0.3],
          metrics=[["accuracy"], ["mae"]], weighted_metrics=[["accuracy"], []])
weights = [w.tolist() for w in m.get_weights()]
before = [p.tolist() for p in m.predict(x, verbose=0)]
history = m.fit(x, [label, size], sample_weight=[weight, weight], epochs=3, batch_size=7, shuffle=False, verbose=0).history
after = [p.tolist() for p in m.predict(x, verbose=0)]
evaluate = m.evaluate(x, [label, size], batch_size=7, verbose=0, return_dict=True)
out = {"keras": keras.__version__, "x": x.tolist(), "label": label.tolist(), "size": size.tolist(), "weight": weight.tolist(),
       "weights": weights, "before": before, "history": history, "after": after, "evaluate": evaluate}
json.dump(out, open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "functional.json"), "w"))
