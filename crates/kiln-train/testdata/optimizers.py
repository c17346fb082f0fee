"""Trajectories of Keras' optimizers over weights of several ranks: writes optimizers.json beside itself.

    KERAS_BACKEND=jax python optimizers.py

Needs keras 3.15.1. Each row has the weights after each of four steps, and the names of the optimizer's variables.
"""
import json
import pathlib

import keras
import numpy as np
from keras import optimizers as O

STEPS = 4
rng = np.random.default_rng(7)
SHAPES = {"dense.kernel": (2, 3), "tall.kernel": (4, 2), "dense.bias": (3,), "embedding.embeddings": (4, 2), "conv.kernel": (2, 2, 3)}


def digits(x):
    return json.loads(json.dumps(np.asarray(x, "float32").tolist()), parse_float=lambda s: float("%.7g" % float(s)))


start = {name: digits(rng.normal(size=shape)) for name, shape in SHAPES.items()}
start["dense.bias"] = [0.0, 0.0, 0.0]
gradients = [{name: digits(rng.normal(size=shape)) for name, shape in SHAPES.items()} for _ in range(STEPS)]


def variable(name):
    layer, weight = name.split(".")
    with keras.name_scope(layer):
        return keras.Variable(np.array(start[name], "float32"), name=weight)


def excluding(optimizer, names):
    optimizer.exclude_from_weight_decay(var_names=names)
    return optimizer


def run(optimizer, names, broken=None):
    variables = [variable(name) for name in names]
    optimizer.build(variables)
    rows = []
    for step in range(STEPS):
        scale = float(optimizer.scale_loss(np.float32(1.0)))
        grads = [np.array(gradients[step][name], "float32") * np.float32(scale) for name in names]
        if step == broken:
            grads[0] = grads[0] * np.float32("inf")
        # JAX takes a step that may be left out only without side effects.
        new, state = optimizer.stateless_apply([v.value for v in optimizer.variables], grads, [v.value for v in variables])
        for v, value in zip(variables + optimizer.variables, list(new) + list(state)):
            v.assign(value)
        rows.append({name: digits(v.numpy()) for name, v in zip(names, variables)})
    out = {"weights": list(names), "steps": rows, "variables": [v.path for v in optimizer.variables]}
    if getattr(optimizer, "use_ema", False):
        optimizer.finalize_variable_values(variables)
        out["finalized"] = {name: digits(v.numpy()) for name, v in zip(names, variables)}
    if isinstance(optimizer, O.LossScaleOptimizer):
        out["loss_scale"] = [float(optimizer.dynamic_scale.numpy()), int(optimizer.step_counter.numpy())]
    return out


ALL = list(SHAPES)
TWO = ["dense.kernel", "dense.bias"]
ROWS = {
    "Adadelta": (O.Adadelta(0.5), TWO),
    "Adadelta_rho": (O.Adadelta(0.5, rho=0.5, epsilon=1e-3), TWO),
    "Adamax": (O.Adamax(0.1, beta_1=0.5, beta_2=0.9, epsilon=1e-2), TWO),
    "Nadam": (O.Nadam(0.1, beta_1=0.5, beta_2=0.9, epsilon=1e-2), TWO),
    "Nadam_accumulated": (O.Nadam(0.1, gradient_accumulation_steps=2), TWO),
    "Ftrl_default": (O.Ftrl(0.1), TWO),
    "Ftrl_power": (O.Ftrl(0.1, learning_rate_power=-0.7, initial_accumulator_value=0.3, beta=0.5), TWO),
    "Ftrl_shrinkage": (O.Ftrl(0.1, l1_regularization_strength=0.5, l2_regularization_strength=0.2, l2_shrinkage_regularization_strength=0.3), TWO),
    "Lion": (O.Lion(0.1, beta_1=0.5, beta_2=0.7, weight_decay=0.1), TWO),
    "Lamb": (O.Lamb(0.1, beta_1=0.5, beta_2=0.9, epsilon=1e-2), TWO),
    "Adafactor": (O.Adafactor(0.3), ALL),
    "Adafactor_options": (O.Adafactor(0.3, beta_2_decay=-0.5, epsilon_1=0.1, epsilon_2=0.5, clip_threshold=0.4), ALL),
    "Adafactor_fixed_step": (O.Adafactor(0.9, relative_step=False), TWO),
    "Adafactor_relative_step": (O.Adafactor(0.9, relative_step=True), TWO),
    "ScheduleFree_warm": (O.ScheduleFreeAdamW(0.1, warmup_steps=3, weight_decay=0.1), TWO),
    "ScheduleFree_options": (O.ScheduleFreeAdamW(0.1, beta_1=0.5, beta_2=0.9, epsilon=1e-2), TWO),
    "Muon": (O.Muon(0.1), ALL),
    "Muon_plain": (O.Muon(0.1, nesterov=False, rms_rate=None, momentum=0.5, ns_steps=3, weight_decay=0.2, exclude_embeddings=False), ALL),
    "Muon_adam": (O.Muon(0.1, adam_beta_1=0.5, adam_beta_2=0.9, epsilon=1e-2, adam_lr_ratio=0.5, adam_weight_decay=0.3, exclude_layers=["tall"]), ALL),
    "Muon_coefficients": (O.Muon(0.1, muon_a=1.5, muon_b=-0.6, muon_c=0.1, adam_weight_decay=None), ALL),
    "Adam_ema": (O.Adam(0.1, use_ema=True, ema_momentum=0.7), TWO),
    "SGD_ema_accumulated": (O.SGD(0.1, momentum=0.9, use_ema=True, ema_momentum=0.7, ema_overwrite_frequency=2, gradient_accumulation_steps=2), TWO),
    "SGD_accumulated_norm": (O.SGD(0.1, global_clipnorm=0.5, weight_decay=0.1, gradient_accumulation_steps=2), TWO),
    "SGD_accumulated_schedule": (O.SGD(O.schedules.CosineDecay(0.1, 4), gradient_accumulation_steps=2), TWO),
    "AdamW_excluding": (excluding(O.AdamW(0.1, weight_decay=0.5), ["bia", "embed"]), ALL),
    "SGD_scaled": (O.SGD(0.1, loss_scale_factor=8.0, clipnorm=0.5), TWO),
    "LossScale": (O.LossScaleOptimizer(O.SGD(0.1, momentum=0.9), initial_scale=16.0, dynamic_growth_steps=2), TWO),
    "LossScale_broken": (O.LossScaleOptimizer(O.Adam(0.1), initial_scale=16.0, dynamic_growth_steps=2), TWO, 1),
    "Multi": (O.MultiOptimizer(O.OptimizerMap(O.SGD(0.1), {"dense/.*": O.Adam(0.1), "tall/kernel": O.SGD(0.01, momentum=0.5)})), ALL),
}

out = {"keras": keras.__version__, "start": start, "gradients": gradients, "rows": {name: run(*row) for name, row in ROWS.items()}}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(out, separators=(",", ":")) + "\n")
print(path.stat().st_size)
