"""Writes mlp.json and recurrent.json: the training references made by training.py (Keras 3.15.1 on TensorFlow) with the initial weights
of mlp.keras and recurrent.keras.

usage: python extract_weights.py FOLDER_WITH_THE_.keras_AND_.json_FILES
"""
import io, json, os, sys, zipfile
import h5py

folder = sys.argv[1]
WEIGHTS = {
    "mlp": [f"dense/vars/{i}" for i in "01"] + [f"dense_1/vars/{i}" for i in "01"],
    "recurrent": [f"{layer}/cell/vars/{i}" for layer in ("gru", "lstm") for i in "012"] + [f"dense/vars/{i}" for i in "01"],
}
for name, paths in WEIGHTS.items():
    reference = json.load(open(os.path.join(folder, f"{name}.json")))
    archive = zipfile.ZipFile(os.path.join(folder, f"{name}.keras"))
    weights = h5py.File(io.BytesIO(archive.read("model.weights.h5")))
    reference["weights"] = [weights[f"layers/{path}"][()].tolist() for path in paths]
    json.dump(reference, open(os.path.join(os.path.dirname(os.path.abspath(__file__)), f"{name}.json"), "w"))
