"""Writes what Keras' layers give for fixed weights and inputs, for the tests of `kiln-layers`.

    KERAS_BACKEND=jax python normalization.py    # and so on, one script a room

A case holds the layer's own configuration, its weights, inputs and masks, what came out, the masks of the outputs, the
values that the call assigned to weights that are not trained, the losses it added, and the gradients of a weighted sum of all outputs.
"""
import json
import jax
import jax.numpy as jnp
import keras
import numpy as np
from keras.src import backend

CASES = []


def numbers(x):
    x = np.asarray(x)
    if x.dtype == bool:
        return {"shape": list(x.shape), "bool": x.astype(int).ravel().tolist()}
    return {"shape": list(x.shape), "values": [float(f"{v:.7g}") for v in x.astype("float64").ravel()]}


def draw(rng, shape, scale=1.0):
    return np.round(rng.normal(size=shape) * scale, 3).astype("float32")


def short(config):
    """The configuration without what no layer of Kiln reads."""
    return {k: v for k, v in config.items() if k not in ("dtype", "quantization_config", "lora_rank", "lora_alpha")}


def name_of(variable, layer):
    path = variable.path
    if hasattr(layer, "layer"):
        path = path.replace(layer.layer.name + "/", "layer/")
    return path[len(layer.name) + 1:] if path.startswith(layer.name + "/") else path


def case(what, layer, *inputs, masks=None, training=False, many=None, call=None, weights=None, order=None, extra=None, scale=1.0,
         assigns=False):
    """`many`: the inputs are one list; `call`: arguments of the call; `weights`: values by name; `extra`: settings of Kiln.

    `assigns`: the call assigns trained weights, through which no gradient flows (as on TensorFlow; JAX differentiates them)."""
    rng = np.random.default_rng(len(CASES) + 1)
    call = dict(call or {})
    xs = [draw(rng, x, scale) if isinstance(x, tuple) else np.asarray(x, dtype="float32") for x in inputs]
    many = len(xs) > 1 if many is None else many
    config = short(layer.get_config())
    takes_training = layer._call_has_training_arg

    def arguments(tensors):
        for t, m in zip(tensors, masks or []):
            if m is not None:
                backend.set_keras_mask(t, jnp.asarray(np.array(m, dtype=bool)))
        return [list(tensors)] if many else list(tensors)

    if takes_training:
        call["training"] = training
    layer(*arguments([jnp.asarray(x) for x in xs]), **call)
    own = [v for v in layer.weights if "seed" not in v.path]
    for v in own:
        name = name_of(v, layer)
        if weights and name in weights:
            v.assign(np.asarray(weights[name], dtype="float32"))
        elif "variance" in name or "stddev" in name:
            v.assign(np.round(rng.uniform(0.5, 2.0, size=v.shape), 3))
        else:
            v.assign(draw(rng, v.shape, 0.5))
    before = {name_of(v, layer): np.asarray(v) for v in own}
    if assigns:
        layer(*arguments([jnp.asarray(x) for x in xs]), **call)
        call["training"] = False
    trained = [v.value for v in layer.trainable_variables]
    kept = [v.value for v in layer.non_trainable_variables]

    def run(trained, tensors):
        # Not `stateless_call`, which passes by what hands masks to the layer.
        values = list(zip(layer.trainable_variables, trained)) + list(zip(layer.non_trainable_variables, kept))
        with backend.StatelessScope(state_mapping=values, collect_losses=True) as scope:
            out = layer(*arguments(tensors), **call)
            losses = list(layer.losses)
            state = [v if (new := scope.get_current_value(v)) is None else new for v in layer.non_trainable_variables]
        outs = list(out) if isinstance(out, (list, tuple)) else [out]
        masks = [backend.get_keras_mask(o) for o in outs]
        return outs, state, losses, masks

    outs, state, losses, out_masks = run(trained, [jnp.asarray(x) for x in xs])

    def weighted(trained, tensors):
        outs, _, losses, _ = run(trained, tensors)
        return sum(jnp.sum(o * jnp.cos(jnp.arange(o.size, dtype="float32")).reshape(o.shape)) for o in outs) + sum(losses)

    dw, dx = jax.grad(weighted, argnums=(0, 1))(trained, [jnp.asarray(x) for x in xs])
    names = [name_of(v, layer) for v in layer.trainable_variables]
    state_names = [name_of(v, layer) for v in layer.non_trainable_variables]
    after = dict(zip(state_names + names, list(state) + trained))
    CASES.append({
        "what": what,
        "class": type(layer).__name__,
        "config": {**config, **(extra or {})},
        "training": training,
        "inputs": [numbers(x) for x in xs],
        "masks": [None if m is None else numbers(np.array(m, dtype=bool)) for m in (masks or [None] * len(xs))],
        "weights": [{"name": n, **numbers(v)} for n, v in before.items()],
        "outputs": [numbers(o) for o in outs],
        "output_masks": [None if m is None else numbers(m) for m in out_masks],
        "assigned": {n: numbers(v) for n, v in after.items() if n in before and np.any(np.asarray(v) != before[n])},
        "losses": [float(f"{float(v):.7g}") for v in losses],
        "weight_gradients": {n: numbers(g) for n, g in zip(names, dw)},
        "input_gradients": [numbers(g) for g in dx],
    })


def write(path):
    text = json.dumps({"keras": keras.__version__, "cases": CASES}, separators=(",", ":"))
    # One case a line, so that a change shows.
    open(path, "w").write(text.replace('{"what"', '\n{"what"') + "\n")
    print(path, len(CASES), "cases,", len(text), "bytes")
