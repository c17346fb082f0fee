"""Tiny files of the exact formats of Keras' data sets, and numpy's shuffles, for the tests of kiln-data."""
import pickle
import numpy as np


def sequences(count, base):
    array = np.empty(count, dtype=object)
    for i in range(count):
        array[i] = [base + i * j for j in range(1, i + 3)]
    return array


class Python2(pickle._Pickler):
    """Writes bytes as Python 2 wrote its strings: the CIFAR files are of 2009."""
    dispatch = dict(pickle._Pickler.dispatch)

    def save_bytes(self, obj):
        short = len(obj) < 256
        self.write((b"U" + bytes([len(obj)]) if short else b"T" + len(obj).to_bytes(4, "little")) + obj)
        self.memoize(obj)
    dispatch[bytes] = save_bytes


def batch(path, keys, seed):
    random = np.random.RandomState(seed)
    content = {b"batch_label": b"x", b"data": random.randint(0, 256, (2, 3072)).astype("uint8"), b"filenames": [b"a.png", b"b.png"]}
    for key in keys:
        content[key] = [int(v) for v in random.randint(0, 10, 2)]
    with open(path, "wb") as f:
        Python2(f, 2).dump(content)
    print(path, content[b"data"][1, :3], content[b"data"][1, 1024:1026], [content[k] for k in keys])


np.savez("datasets/imdb.npz", x_train=sequences(5, 1), y_train=np.arange(5) % 2, x_test=sequences(4, 300), y_test=np.arange(4) % 2)
np.savez("datasets/reuters.npz", x=sequences(6, 2), y=np.arange(6) * 7)
np.savez("datasets/boston_housing.npz", x=np.arange(60).reshape(20, 3) / 4.0, y=np.arange(20) * 1.5)
batch("datasets/cifar10_batch", [b"labels"], 1)
batch("datasets/cifar100_batch", [b"fine_labels", b"coarse_labels"], 2)
