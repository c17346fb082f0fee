"""Writes fixtures.json: an input and Keras' predictions for the fixture files beside it, which Keras 3.15.1 wrote.

seq.keras: Dense(3, relu), BatchNormalization, Dropout, Dense(2, softmax) after one epoch of Adam; seq.h5 and seq.weights.h5 are the
same model. func.keras: two inputs, Embedding, Bidirectional LSTM, Concatenate, `x * 2.0`, Add, two outputs. nested.keras: a
Sequential inside a functional model. mha.keras: MultiHeadAttention. old.h5: a Keras 2 file made by renaming seq.h5's attributes.
"""
import json, os
os.environ["KERAS_BACKEND"] = "jax"
import h5py, keras, numpy as np

here = os.path.dirname(os.path.abspath(__file__))
rng = np.random.RandomState(3)
plain = lambda v: [plain(e) for e in v] if isinstance(v, (list, tuple)) else np.round(v.astype("float64"), 8).tolist()

# As Keras 2 wrote it: fixed strings, `:0` behind names, `batch_input_shape`, dtype as a string, no optimizer rate.
with h5py.File(f"{here}/seq.h5") as new, h5py.File(f"{here}/old.h5", "w") as old:
    config = json.loads(new.attrs["model_config"])
    layers = config["config"]["layers"][1:]
    for layer in layers:
        layer["config"]["dtype"] = "float32"
        for key in list(layer["config"]):
            if key.endswith("initializer"):
                layer["config"][key] = {"class_name": layer["config"][key]["class_name"], "config": {}}
        for key in ("quantization_config", "synchronized", "renorm", "renorm_clipping", "renorm_momentum"):
            layer["config"].pop(key, None)
    layers[0]["config"]["batch_input_shape"] = [None, 4]
    layers[1]["config"]["axis"] = [1]
    config["config"] = {"name": "sequential", "layers": layers}
    training = {"loss": "sparse_categorical_crossentropy", "metrics": [[{"class_name": "MeanMetricWrapper", "config": {"name": "accuracy", "dtype": "float32", "fn": "sparse_categorical_accuracy"}}]], "weighted_metrics": None, "loss_weights": None,
                "optimizer_config": {"class_name": "Adam", "config": {"name": "Adam", "learning_rate": 0.001, "decay": 0.0, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-07, "amsgrad": False}}}
    old.attrs["keras_version"] = np.bytes_("2.11.0")
    old.attrs["backend"] = np.bytes_("tensorflow")
    old.attrs["model_config"] = np.bytes_(json.dumps(config))
    old.attrs["training_config"] = np.bytes_(json.dumps(training))
    group = old.create_group("model_weights")
    names = [n for n in new["model_weights"].attrs["layer_names"]]
    group.attrs["layer_names"] = np.array([n.encode() for n in names])
    for name in names:
        layer = group.create_group(name)
        weights = [w for w in new["model_weights"][name].attrs["weight_names"]] if name != "dropout" else []
        layer.attrs["weight_names"] = np.array([(w.removeprefix("sequential/") + ":0").encode() for w in weights])
        for w in weights:
            layer[w.removeprefix("sequential/") + ":0"] = new["model_weights"][name][w][()]

inputs = {
    "seq.keras": rng.randn(5, 4).astype("float32"),
    "nested.keras": rng.randn(5, 4).astype("float32"),
    "mha.keras": None,
    "func.keras": [rng.randn(4, 5).astype("float32"), rng.randint(0, 10, (4, 6)).astype("float32")],
    "cnn.keras": rng.randn(3, 10, 10, 1).astype("float32"),
    "recurrent.keras": rng.randn(3, 5, 3).astype("float32"),
}
out = {}
for name, x in inputs.items():
    model = keras.saving.load_model(f"{here}/{name}")
    if x is None:
        x = rng.randn(3, *[n or 4 for n in model.inputs[0].shape[1:]]).astype("float32")
    out[name] = {"x": plain(x), "y": plain(model.predict(x, verbose=0))}
with open(f"{here}/fixtures.json", "w") as file:
    json.dump(out, file)
