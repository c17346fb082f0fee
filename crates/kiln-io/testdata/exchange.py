"""Reads with Keras what `cargo run -p kiln-io --example exchange -- FOLDER` wrote: `python exchange.py FOLDER`.

Compares predictions, trains on as Kiln did and compares again, then writes each model for Kiln to read.
"""
import glob, json, os, sys, warnings
os.environ.setdefault("KERAS_BACKEND", "jax")
import keras, numpy as np

warnings.simplefilter("error", UserWarning)  # Keras only warns when it leaves out the state of an optimizer.
folder = sys.argv[1]
arrays = lambda values: [np.array(v["values"], "float32").reshape(v["shape"]) for v in values]
one = lambda values: values[0] if len(values) == 1 else values
listed = lambda values: list(values) if isinstance(values, (list, tuple)) else [values]
plain = lambda values: [{"shape": list(v.shape), "values": v.astype("float64").ravel().tolist()} for v in values]
apart = lambda ours, theirs: max(float(np.max(np.abs(a - b) / np.maximum(np.abs(b), 1))) for a, b in zip(ours, theirs))
failed = []
for path in sorted(glob.glob(f"{folder}/*.json")):
    name = os.path.basename(path)[:-5]
    if name.endswith("_back"):
        continue
    kiln = json.load(open(path))
    x, y = one(arrays(kiln["x"])), one(arrays(kiln["y"]))
    model = keras.saving.load_model(f"{folder}/{name}.keras")
    fit = lambda: model.fit(x, y, epochs=2, batch_size=4, shuffle=False, verbose=0).history["loss"]
    before = apart(listed(model.predict(x, verbose=0)), arrays(kiln["before"]))
    loss = max(abs(a - b) / max(abs(b), 1) for a, b in zip(fit(), kiln["loss"]))
    after = apart(listed(model.predict(x, verbose=0)), arrays(kiln["after"]))
    print(f"{name}: predictions differ by {before:.1e}, after two more epochs by {after:.1e}, the loss by {loss:.1e}")
    if before > 1e-6 or after > 1e-4 or loss > 1e-5:
        failed.append(name)
    model.save(f"{folder}/{name}_back.keras")
    # Loaded anew, as Kiln does: on JAX, Keras' Nadam goes on differently in the same process.
    model = keras.saving.load_model(f"{folder}/{name}_back.keras")
    here = listed(model.predict(x, verbose=0))
    fit()
    json.dump({"before": plain(here), "after": plain(listed(model.predict(x, verbose=0)))}, open(f"{folder}/{name}_back.json", "w"))
if failed:
    sys.exit(f"too far from Kiln: {', '.join(failed)}")
