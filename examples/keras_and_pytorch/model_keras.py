"""Trains the network of `examples/keras_and_pytorch.rs` with Keras, and writes what Kiln and PyTorch read.

python model_keras.py; it needs keras, numpy and safetensors, and writes the files beside this script.
python model_keras.py FILE; reads a model (.keras) or weights (.weights.h5) that Kiln wrote, and compares what they give.
"""

import gzip
import pathlib
import sys

import keras
import numpy as np
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).resolve().parent
SAMPLE = HERE.parent.parent / "datasets" / "fashion-mnist-sample"


def read(name, offset):
    return np.frombuffer(gzip.decompress((SAMPLE / name).read_bytes()), np.uint8, offset=offset)


def load(part):
    images = read(f"{part}-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28, 1)
    return images.astype("float32") / 255.0, read(f"{part}-labels-idx1-ubyte.gz", 8)


def network():
    return keras.Sequential([
        keras.Input((28, 28, 1)),
        keras.layers.Conv2D(8, 3, activation="relu"),
        keras.layers.MaxPooling2D(2),
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.MaxPooling2D(2),
        keras.layers.Flatten(),
        keras.layers.Dense(10, activation="softmax"),
    ], name="fashion_cnn")


def main():
    keras.utils.set_random_seed(1)
    (x, y), (x_test, y_test) = load("train"), load("t10k")
    model = network()
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, batch_size=32, epochs=12, verbose=2, validation_data=(x_test, y_test))

    model.save(HERE / "fashion_cnn.keras")
    model.save_weights(HERE / "fashion_cnn.weights.h5")
    save_file({f"{layer.name}.{w.name}": w.numpy() for layer in model.layers for w in layer.weights}, HERE / "fashion_cnn.safetensors")

    # What the same weights must give elsewhere: the classes' probabilities for the first 50 test images.
    probabilities = model.predict(x_test, verbose=0)
    np.savetxt(HERE / "expected.csv", probabilities[:50], fmt="%.7e", delimiter=",")
    loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print(f"test loss {loss:.6f}, test accuracy {accuracy:.4f}")


def compare(path):
    if path.endswith(".weights.h5"):
        model = network()
        model.load_weights(path)
    else:
        model = keras.saving.load_model(path)
    probabilities = model.predict(load("t10k")[0][:50], verbose=0)
    difference = np.abs(probabilities - np.loadtxt(HERE / "expected.csv", delimiter=",")).max()
    print(f"{path}: largest difference {difference:.1e}")
    assert difference < 1e-5


if __name__ == "__main__":
    if len(sys.argv) > 1:
        compare(sys.argv[1])
    else:
        main()
