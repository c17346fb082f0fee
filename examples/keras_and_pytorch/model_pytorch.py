"""The network of `examples/keras_and_pytorch.rs` in PyTorch, with the weights that Keras wrote.

python model_pytorch.py [FILE]; it needs torch, numpy and safetensors, and reads the files that model_keras.py wrote. It writes its
weights to fashion_cnn.pt, which Kiln's `load_pt` reads as it is, and in Keras' layout to FILE, for Kiln's `load_weights`.
"""

import gzip
import pathlib
import sys

import numpy as np
import torch
from safetensors.numpy import load_file, save_file
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent
SAMPLE = HERE.parent.parent / "datasets" / "fashion-mnist-sample"


def network():
    return nn.Sequential(
        nn.Conv2d(1, 8, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(16 * 5 * 5, 10),
        nn.Softmax(dim=1),
    )


def from_keras(weights):
    """Keras' layouts to PyTorch's: kernels (h, w, in, out) to (out, in, h, w); a flattened picture has its channels first."""
    dense = weights["dense.kernel"].reshape(5, 5, 16, 10).transpose(3, 2, 0, 1).reshape(10, 400)
    arrays = {
        "0.weight": weights["conv2d.kernel"].transpose(3, 2, 0, 1),
        "0.bias": weights["conv2d.bias"],
        "3.weight": weights["conv2d_1.kernel"].transpose(3, 2, 0, 1),
        "3.bias": weights["conv2d_1.bias"],
        "7.weight": dense,
        "7.bias": weights["dense.bias"],
    }
    return {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays.items()}


def to_keras(state):
    """The way back: what Kiln's `load_weights` reads when it is written as safetensors."""
    arrays = {name: tensor.detach().numpy() for name, tensor in state.items()}
    weights = {
        "conv2d.kernel": arrays["0.weight"].transpose(2, 3, 1, 0),
        "conv2d.bias": arrays["0.bias"],
        "conv2d_1.kernel": arrays["3.weight"].transpose(2, 3, 1, 0),
        "conv2d_1.bias": arrays["3.bias"],
        "dense.kernel": arrays["7.weight"].reshape(10, 16, 5, 5).transpose(2, 3, 1, 0).reshape(400, 10),
        "dense.bias": arrays["7.bias"],
    }
    return {name: np.ascontiguousarray(array) for name, array in weights.items()}


def main():
    weights = load_file(HERE / "fashion_cnn.safetensors")
    model = network()
    model.load_state_dict(from_keras(weights))
    model.eval()

    raw = gzip.decompress((SAMPLE / "t10k-images-idx3-ubyte.gz").read_bytes())
    images = np.frombuffer(raw, np.uint8, offset=16).reshape(-1, 1, 28, 28).astype("float32") / 255.0
    with torch.no_grad():
        probabilities = model(torch.from_numpy(images[:50])).numpy()
    expected = np.loadtxt(HERE / "expected.csv", delimiter=",", dtype="float32")
    difference = np.abs(probabilities - expected).max()
    print(f"largest difference from Keras: {difference:.1e}")
    assert difference < 1e-5

    torch.save(model.state_dict(), HERE / "fashion_cnn.pt")
    back = to_keras(model.state_dict())
    assert back.keys() == weights.keys() and all((back[name] == weights[name]).all() for name in weights)
    if len(sys.argv) > 1:
        save_file(back, sys.argv[1])


if __name__ == "__main__":
    main()
