"""Writes recurrent.json: layers with their configuration, weights, inputs, masks and outputs, by Keras 3.15.1.

usage: KERAS_BACKEND=jax python recurrent.py
"""
import json, os
import keras, numpy as np
from keras import layers as L

rng = np.random.RandomState(3)
HERE = os.path.dirname(os.path.abspath(__file__))


def normal(*shape):
    return (rng.randn(*shape) * 0.6).astype("float32")


def rounded(value):
    if isinstance(value, (list, tuple)):
        return [rounded(v) for v in value]
    array = np.asarray(value)
    if array.ndim == 0:
        return float(f"{float(array):.7g}")
    return [rounded(v) for v in array]


def short(config):
    """A configuration without what no layer reads."""
    if isinstance(config, dict):
        return {k: short(v) for k, v in config.items() if k not in ("dtype", "module", "registered_name", "quantization_config", "build_config")}
    return [short(c) for c in config] if isinstance(config, list) else config


CASES = []
X = normal(2, 5, 3)
# The first step of one sample and steps in the middle and at the end are masked.
MASK = np.array([[False, True, False, True, True], [True, True, True, False, False]])


def case(name, layer, x=X, mask=None, states=None, calls=1):
    kwargs = {}
    if mask is not None:
        kwargs["mask"] = mask
    if states is not None:
        kwargs["initial_state"] = states
    layer(x, **kwargs)
    if hasattr(layer, "reset_state") and getattr(layer, "stateful", False):
        layer.reset_state()
    weights = [w for w in layer.weights if "seed" not in w.path]
    for w in weights:
        w.assign(normal(*w.shape))
    outputs = []
    for _ in range(calls):
        y = layer(x, **kwargs)
        outputs += keras.tree.flatten(y)
    config = short(layer.get_config())
    CASES.append({
        "name": name, "class": type(layer).__name__, "config": config,
        "weights": [[w.path.split("/", 1)[-1] if not w.path.startswith(layer.name + "/") else w.path[len(layer.name) + 1:], rounded(w.value)] for w in weights],
        "x": rounded(x), "mask": None if mask is None else mask.tolist(), "states": rounded(states or []), "calls": calls,
        "outputs": rounded(outputs), "shapes": [list(np.shape(o)) for o in outputs],
    })


both = dict(return_sequences=True, return_state=True)
h, c = normal(2, 2), normal(2, 2)
for cls, states in ((L.SimpleRNN, [h]), (L.GRU, [h]), (L.LSTM, [h, c])):
    n = cls.__name__
    case(f"{n} last", cls(2))
    case(f"{n} all", cls(2, **both))
    case(f"{n} backwards from states", cls(2, go_backwards=True, **both), states=states)
    case(f"{n} masked", cls(2, **both), mask=MASK)
    # Unrolled, JAX gives 0 before the first step that counts, as TensorFlow always does; else it gives the first state there.
    case(f"{n} masked from states", cls(2, unroll=True, **both), mask=MASK, states=states)
    case(f"{n} masked zeros backwards", cls(2, zero_output_for_mask=True, go_backwards=True, **both), mask=MASK)
    case(f"{n} masked last", cls(2), mask=MASK)
    case(f"{n} masked zeros last", cls(2, zero_output_for_mask=True), mask=MASK)
    options = {} if cls is L.SimpleRNN else {"recurrent_activation": "hard_sigmoid"}
    case(f"{n} options", cls(2, use_bias=False, activation="softsign", **options))
    case(f"{n} stateful", cls(2, stateful=True), calls=3)
case("GRU before", L.GRU(2, reset_after=False, **both))
case("GRU before without bias", L.GRU(2, reset_after=False, use_bias=False))
case("RNN of a cell", L.RNN(L.LSTMCell(2), **both), mask=MASK)
case("RNN stacked", L.RNN(L.StackedRNNCells([L.LSTMCell(2), L.GRUCell(3), L.SimpleRNNCell(2)]), **both))
for mode in ("concat", "sum", "mul", "ave", None):
    case(f"Bidirectional {mode}", L.Bidirectional(L.GRU(2, return_sequences=True), merge_mode=mode))
case("Bidirectional masked", L.Bidirectional(L.LSTM(2, **both)), mask=MASK)
case("Bidirectional last", L.Bidirectional(L.SimpleRNN(2, name="simple")))
case("Bidirectional from states", L.Bidirectional(L.LSTM(2, return_state=True), merge_mode=None), states=[h, c, c, h])
case("Bidirectional own", L.Bidirectional(L.LSTM(2), backward_layer=L.GRU(3, go_backwards=True, name="back")))
case("TimeDistributed", L.TimeDistributed(L.Dense(2, activation="tanh")))
case("Embedding", L.Embedding(5, 3), x=np.array([[0, 1], [4, 2]], "float32"))
masked = X.copy()
masked[0, 1] = -1.0
masked[1, 3:] = -1.0
masked[1, 0, 0] = -1.0
case("Masking", L.Masking(-1.0), x=masked)


def write(name):
    with open(os.path.join(HERE, name), "w") as out:
        json.dump({"keras": keras.__version__, "cases": CASES}, out, separators=(",", ":"))
    CASES.clear()


write("recurrent.json")

line, picture, body = normal(2, 3, 6, 2), normal(2, 3, 4, 5, 2), normal(2, 2, 3, 3, 3, 1)
steps = np.array([[False, True, True], [True, False, True]])
h, c = normal(2, 5, 2), normal(2, 5, 2)
case("ConvLSTM1D", L.ConvLSTM1D(2, 2, **both), x=line)
case("ConvLSTM1D masked from states", L.ConvLSTM1D(2, 2, go_backwards=True, unroll=True, **both), x=line, mask=steps, states=[h, c])
case("ConvLSTM1D strided", L.ConvLSTM1D(2, 3, strides=2, padding="same", recurrent_activation="hard_sigmoid", use_bias=False), x=line)
case("ConvLSTM1D even", L.ConvLSTM1D(2, 4, padding="same", activation="softsign"), x=line)
case("ConvLSTM1D dilated", L.ConvLSTM1D(2, 2, dilation_rate=2, padding="same"), x=line)
case("ConvLSTM2D", L.ConvLSTM2D(2, (2, 3), **both), x=picture)
case("ConvLSTM2D strided", L.ConvLSTM2D(2, 3, strides=(1, 2), padding="same", stateful=True), x=picture, calls=2)
case("ConvLSTM2D channels first", L.ConvLSTM2D(2, 2, data_format="channels_first", **both), x=np.moveaxis(picture, -1, 2))
case("ConvLSTM2D bidirectional", L.Bidirectional(L.ConvLSTM2D(1, 2, return_sequences=True)), x=picture)
case("ConvLSTM3D", L.ConvLSTM3D(1, 2, return_sequences=True), x=body)
case("ConvLSTM3D same", L.ConvLSTM3D(1, (1, 2, 3), padding="same"), x=body)
write("conv_lstm.json")
