"""Kiln's data pipeline against tf.data, PyTorch's DataLoader, NumPy, pandas and polars on one machine in one run: the programs take turns, so
that all meet the same noise; a table of medians and ratios.

    cargo build --release -p kiln-bench --bin pipeline
    python crates/kiln-bench/peers/pipeline.py --fashion-mnist FOLDER --rounds 5 --write docs/benchmarks.md

FOLDER holds Fashion-MNIST's four files. The pictures (2,000 JPEGs of noise and shapes) and the table (60,000 x 784 whole numbers of
0..255, from Fashion-MNIST itself) are made with a fixed seed. Peers that can't be imported are left out.

    python crates/kiln-bench/peers/pipeline.py --one PEER WORK PATH

measures one peer alone.
"""
import argparse
import gzip
import importlib.util
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

import report

WORKS = ["memory", "images", "csv", "csv-batches"]
PEERS = {
    "memory": ["tf.data", "DataLoader", "DataLoader-2"],
    "images": ["tf.data", "DataLoader", "DataLoader-2"],
    "csv": ["numpy", "pandas", "polars"],
    "csv-batches": ["tf.data", "DataLoader", "DataLoader-2"],
}
MODULES = {"tf.data": "tensorflow", "DataLoader": "torch", "DataLoader-2": "torch"}
PACKAGES = ("tensorflow-cpu", "tensorflow", "torch", "numpy", "pandas", "polars", "pillow")
SIZE, BATCH, ROWS = 128, 32, 256


def idx(path):
    import numpy

    data = gzip.open(path).read()
    axes = data[3]
    shape = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(axes)]
    return numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * axes).reshape(shape)


def fashion_mnist(folder):
    folder = pathlib.Path(folder)
    return idx(folder / "train-images-idx3-ubyte.gz"), idx(folder / "train-labels-idx1-ubyte.gz")


def make_pictures(folder):
    """2,000 JPEGs of several sizes in two subfolders: noise under rectangles and ellipses."""
    import numpy
    from PIL import Image, ImageDraw

    random = numpy.random.default_rng(1)
    for i in range(2000):
        width, height = int(random.integers(240, 400)), int(random.integers(200, 320))
        rough = random.integers(0, 256, (height // 8, width // 8, 3), numpy.uint8)
        image = Image.fromarray(rough).resize((width, height), Image.BICUBIC)
        draw = ImageDraw.Draw(image)
        for _ in range(6):
            x, y = int(random.integers(0, width - 40)), int(random.integers(0, height - 40))
            box = [x, y, x + int(random.integers(20, 120)), y + int(random.integers(20, 120))]
            shape = draw.ellipse if random.integers(2) else draw.rectangle
            shape(box, fill=tuple(int(v) for v in random.integers(0, 256, 3)))
        target = folder / ("a" if i % 2 else "b")
        target.mkdir(parents=True, exist_ok=True)
        image.save(target / f"{i:04}.jpg", quality=90)


def make_table(path, data):
    x, _ = fashion_mnist(data)
    with open(path, "w") as file:
        for row in x.reshape(len(x), -1):
            file.write(",".join(map(str, row.tolist())) + "\n")


def passes(run, count):
    """The middle rate of some passes; one before them warms up."""
    run()
    rates = []
    for _ in range(count):
        start = time.perf_counter()
        samples = run()
        rates.append(samples / (time.perf_counter() - start))
    return statistics.median(rates)


def drain(batches):
    return sum(len(batch[1]) for batch in batches)


def tensorflow(work, path):
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import tensorflow as tf

    if work == "memory":
        data = tf.data.Dataset.from_tensor_slices(fashion_mnist(path)).shuffle(60_000, seed=1).batch(64).prefetch(1)
        return passes(lambda: drain(data), 5)
    if work == "images":
        files = sorted(str(p) for p in pathlib.Path(path).glob("*/*.jpg"))
        labels = [0 if "/a/" in f else 1 for f in files]

        def read(file, label):
            image = tf.io.decode_jpeg(tf.io.read_file(file), channels=3)
            return tf.image.resize(image, (SIZE, SIZE)), label

        data = tf.data.Dataset.from_tensor_slices((files, labels)).shuffle(len(files), seed=1)
        data = data.map(read, num_parallel_calls=tf.data.AUTOTUNE).batch(BATCH).prefetch(tf.data.AUTOTUNE)
        return passes(lambda: drain(data), 3)
    defaults = [[0.0]] * 784
    parse = lambda lines: tf.stack(tf.io.decode_csv(lines, defaults), 1)
    data = tf.data.TextLineDataset(path).batch(ROWS).map(parse, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
    return passes(lambda: sum(len(x) for x in data), 1)


class Pictures:
    def __init__(self, folder):
        self.files = sorted(pathlib.Path(folder).glob("*/*.jpg"))

    def __len__(self):
        return len(self.files)

    def __getitem__(self, i):
        import numpy
        import torch
        from PIL import Image

        file = self.files[i]
        image = Image.open(file).convert("RGB").resize((SIZE, SIZE), Image.BILINEAR)
        return torch.from_numpy(numpy.asarray(image, numpy.float32)), int(file.parent.name == "b")


def pytorch(work, path, workers):
    import numpy
    import torch
    from torch.utils.data import DataLoader, IterableDataset, TensorDataset, get_worker_info

    options = {"num_workers": workers, "persistent_workers": workers > 0}
    if work == "memory":
        x, y = (torch.from_numpy(a.copy()) for a in fashion_mnist(path))
        loader = DataLoader(TensorDataset(x, y), batch_size=64, shuffle=True, **options)
        return passes(lambda: drain(loader), 3)
    if work == "images":
        loader = DataLoader(Pictures(path), batch_size=BATCH, shuffle=True, **options)
        return passes(lambda: drain(loader), 3)

    class Lines(IterableDataset):
        def __iter__(self):
            worker = get_worker_info()
            first, step = (worker.id, worker.num_workers) if worker else (0, 1)
            with open(path) as file:
                for i, line in enumerate(file):
                    if i % step == first:
                        yield torch.from_numpy(numpy.fromstring(line, numpy.float32, sep=","))

    loader = DataLoader(Lines(), batch_size=ROWS, **options)
    return passes(lambda: sum(len(x) for x in loader), 1)


def table(peer, path):
    import numpy

    if peer == "numpy":
        return passes(lambda: len(numpy.loadtxt(path, numpy.float32, delimiter=",")), 1)
    if peer == "pandas":
        import pandas

        return passes(lambda: len(pandas.read_csv(path, header=None).to_numpy(numpy.float32)), 3)
    import polars

    return passes(lambda: len(polars.read_csv(path, has_header=False).to_numpy().astype(numpy.float32)), 5)


def one(peer, work, path):
    if peer == "tf.data":
        rate = tensorflow(work, path)
    elif peer.startswith("DataLoader"):
        rate = pytorch(work, path, 2 if peer.endswith("-2") else 0)
    else:
        rate = table(peer, path)
    print(f"{work}: {rate:.0f} samples/s")


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    found = re.search(r": (\d+) samples/s", done.stdout)
    if not found:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return float(found.group(1))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("works", nargs="*", default=WORKS)
    parser.add_argument("--one", nargs=3, metavar=("PEER", "WORK", "PATH"))
    parser.add_argument("--kiln", default="target/release/pipeline")
    parser.add_argument("--fashion-mnist")
    parser.add_argument("--scratch", help="a folder for the pictures and the table, kept for the next run")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write")
    options = parser.parse_args()
    if options.one:
        return one(*options.one)
    has = lambda peer: importlib.util.find_spec(MODULES.get(peer, peer)) is not None
    with tempfile.TemporaryDirectory() as own:
        scratch = pathlib.Path(options.scratch or own)
        scratch.mkdir(parents=True, exist_ok=True)
        pictures, numbers = scratch / "pictures", scratch / "table.csv"
        if not pictures.exists():
            make_pictures(pictures)
        if not numbers.exists():
            make_table(numbers, options.fashion_mnist)
        paths = {"memory": options.fashion_mnist, "images": pictures, "csv": numbers, "csv-batches": numbers}
        lines = ["| work | Kiln | peers, samples a second | Kiln / best peer |", "|---|---|---|---|"]
        for work in options.works:
            names = [peer for peer in PEERS[work] if has(peer)]
            runs = {name: [] for name in ["Kiln", *names]}
            for _ in range(options.rounds):
                runs["Kiln"].append(run([options.kiln, work, paths[work]]))
                for name in names:
                    runs[name].append(run([sys.executable, __file__, "--one", name, work, str(paths[work])]))
            medians = {name: statistics.median(rates) for name, rates in runs.items()}
            best = max(names, key=medians.get)
            # The ratio of each round, in which both met the same machine.
            ratio = statistics.median(ours / theirs for ours, theirs in zip(runs["Kiln"], runs[best]))
            peers = ", ".join(f"{name} {medians[name]:,.0f}" for name in names)
            lines.append(f"| {work} | {medians['Kiln']:,.0f} | {peers} | {ratio:.2f} ({best}) |")
            print(lines[-1], flush=True)
    text = "\n".join(lines) + f"\n\n{report.facts(PACKAGES, options.rounds)}"
    print(text)
    if options.write:
        report.write(options.write, "pipeline", text)


if __name__ == "__main__":
    main()
