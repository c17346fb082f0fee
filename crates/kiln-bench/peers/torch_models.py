"""Samples a second with PyTorch: the networks of `src/networks.rs`, trained with shuffling and accuracy, evaluated or used.

    python torch_models.py [--compile] [--evaluate | --predict | --latency] mlp cnn lstm

Eager, or with `--compile` through `torch.compile`. `--latency` gives the microseconds of a single prediction instead; `gan` is only
trained.
"""
import statistics
import sys
import time

import torch
from torch import nn

import latency
import torch_gan

ROUNDS, WARM = 5, 2


class Last(nn.Module):
    """The last output of a recurrent layer."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x)[0][:, -1]


class Residual(nn.Module):
    def __init__(self, inner, shortcut):
        super().__init__()
        self.inner, self.shortcut = inner, shortcut

    def forward(self, x):
        return torch.relu(self.inner(x) + self.shortcut(x))


class Encoder(nn.Module):
    """One layer of an encoder, normalized behind each sum."""

    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(64, 4, batch_first=True)
        self.inner = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64))
        self.first, self.second = nn.LayerNorm(64), nn.LayerNorm(64)

    def forward(self, x):
        x = self.first(x + self.attention(x, x, x, need_weights=False)[0])
        return self.second(x + self.inner(x))


class Mean(nn.Module):
    """The mean over some axes."""

    def __init__(self, *axes):
        super().__init__()
        self.axes = axes

    def forward(self, x):
        return x.mean(self.axes)


def dense(*sizes):
    return [layer for pair in zip(sizes, sizes[1:]) for layer in (nn.Linear(*pair), nn.ReLU())]


def vgg():
    block = lambda before, filters: [
        nn.Conv2d(before, filters, 3, padding=1), nn.ReLU(), nn.Conv2d(filters, filters, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)
    ]
    return [*block(1, 32), *block(32, 64), nn.Flatten(), *dense(3136, 128), nn.Dropout(0.5), nn.Linear(128, 10)]


def normalized(before, filters, size, stride):
    return [nn.Conv2d(before, filters, size, stride, padding=size // 2, bias=False), nn.BatchNorm2d(filters)]


def resnet():
    layers, before = [*normalized(1, 16, 3, 1), nn.ReLU()], 16
    for filters, stride in [(16, 1), (16, 1), (32, 2), (32, 1), (64, 2), (64, 1)]:
        inner = nn.Sequential(*normalized(before, filters, 3, stride), nn.ReLU(), *normalized(filters, filters, 3, 1))
        shortcut = nn.Identity() if stride == 1 else nn.Sequential(*normalized(before, filters, 1, stride))
        layers.append(Residual(inner, shortcut))
        before = filters
    return [*layers, Mean(2, 3), nn.Linear(64, 10)]


MODELS = {
    "mlp": ((784,), 32, 400, lambda: [*dense(784, 64, 128, 256), nn.Linear(256, 10)]),
    "cnn": (
        (1, 28, 28), 64, 24,
        lambda: [
            nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(1600, 10),
        ],
    ),
    "lstm": ((28, 28), 64, 40, lambda: [Last(nn.LSTM(28, 128, batch_first=True)), nn.Linear(128, 10)]),
    "gru": ((28, 28), 64, 40, lambda: [Last(nn.GRU(28, 128, batch_first=True)), nn.Linear(128, 10)]),
    "vgg": ((1, 28, 28), 64, 10, vgg),
    "resnet": ((1, 28, 28), 64, 10, resnet),
    "transformer": ((32, 64), 64, 20, lambda: [nn.LayerNorm(64), Encoder(), Encoder(), Mean(1), nn.Linear(64, 10)]),
    "autoencoder": ((784,), 64, 200, lambda: [*dense(784, 128, 32, 128), nn.Linear(128, 784)]),
}


def measure_latency(name, compiled):
    shape, _, _, build = MODELS[name]
    x, threads, taken = torch.rand(1, *shape), torch.get_num_threads(), {}
    # One sample may be too little work to share.
    for way, count in {"model(x)": threads, "model(x) on one thread": 1}.items():
        torch.set_num_threads(count)
        model = nn.Sequential(*build()).eval()
        if compiled:
            torch.compiler.reset()
            model = torch.compile(model)
        with torch.inference_mode():
            taken[way] = latency.micros(lambda: model(x).numpy())
    torch.set_num_threads(threads)
    latency.show(name, taken)


def measure_gan(work, compiled):
    if work != "fit":
        raise SystemExit("gan is only trained")
    times = torch_gan.train(WARM + ROUNDS, compiled)
    samples = torch_gan.BATCH * torch_gan.STEPS
    print(f"gan, batches of {torch_gan.BATCH}: {samples / statistics.median(times[WARM:]):.0f} samples/s", flush=True)


def measure(name, work, compiled):
    if name == "gan":
        return measure_gan(work, compiled)
    if work == "latency":
        return measure_latency(name, compiled)
    shape, batch, steps, build = MODELS[name]
    samples = batch * steps
    x, y = torch.rand(samples, *shape), torch.arange(samples) % 10
    autoencoder = name == "autoencoder"
    model = nn.Sequential(*build())
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    loss_of = nn.BCEWithLogitsLoss() if autoencoder else nn.CrossEntropyLoss()
    model.train(work == "fit")
    torch.set_grad_enabled(work == "fit")
    if compiled:
        model = torch.compile(model)
    times = []
    for _ in range(WARM + ROUNDS):
        start = time.perf_counter()
        total, correct, kept = 0.0, 0, []
        order = torch.randperm(samples) if work == "fit" else torch.arange(samples)
        for rows in order.split(batch):
            # Without an order to follow a batch is a view.
            part = rows if work == "fit" else slice(int(rows[0]), int(rows[-1]) + 1)
            outputs = model(x[part])
            if work == "predict":
                kept.append(outputs)
                continue
            labels = x[part] if autoencoder else y[part]
            loss = loss_of(outputs, labels)
            if work == "fit":
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            total += loss.item()
            if not autoencoder:
                correct += (outputs.argmax(-1) == labels).sum().item()
        if kept:
            torch.cat(kept)
        times.append(time.perf_counter() - start)
    print(f"{name}, batches of {batch}: {samples / statistics.median(times[WARM:]):.0f} samples/s", flush=True)


chosen = [word for word in sys.argv[1:] if not word.startswith("--")]
words = [word[2:] for word in sys.argv[1:] if word.startswith("--")]
works = [word for word in words if word != "compile"] or ["fit"]
for name in chosen or [*MODELS, *(["gan"] if works == ["fit"] else [])]:
    measure(name, works[0], "compile" in words)
