"""Writes mlp.json: the training reference made by training.py (Keras 3.15.1 on TensorFlow) with the initial weights of mlp.keras.

usage: python extract_weights.py FOLDER_WITH_mlp.keras_AND_mlp.json
"""
import io, json, os, sys, zipfile
import h5py

folder = sys.argv[1]
reference = json.load(open(os.path.join(folder, "mlp.json")))
archive = zipfile.ZipFile(os.path.join(folder, "mlp.keras"))
weights = h5py.File(io.BytesIO(archive.read("model.weights.h5")))
found = []
for layer in ("dense", "dense_1"):
    for index in ("0", "1"):
        found.append(weights[f"layers/{layer}/vars/{index}"][()].tolist())
reference["weights"] = found
json.dump(reference, open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "mlp.json"), "w"))
