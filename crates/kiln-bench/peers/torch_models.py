"""Samples a second in training with PyTorch (eager): the networks of `src/bin/models.rs`, with shuffling and accuracy as there.

    python torch_models.py mlp cnn lstm gru
"""
import statistics
import sys
import time

import torch
from torch import nn


class Last(nn.Module):
    """The last output of a recurrent layer."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x)[0][:, -1]


MODELS = {
    "mlp": (
        (784,), 32, 400,
        lambda: [nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 256), nn.ReLU(), nn.Linear(256, 10)],
    ),
    "cnn": (
        (1, 28, 28), 64, 24,
        lambda: [
            nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(1600, 10),
        ],
    ),
    "lstm": ((28, 28), 64, 40, lambda: [Last(nn.LSTM(28, 128, batch_first=True)), nn.Linear(128, 10)]),
    "gru": ((28, 28), 64, 40, lambda: [Last(nn.GRU(28, 128, batch_first=True)), nn.Linear(128, 10)]),
}

for name in sys.argv[1:] or MODELS:
    shape, batch, steps, build = MODELS[name]
    samples = batch * steps
    x, y = torch.rand(samples, *shape), torch.arange(samples) % 10
    model = nn.Sequential(*build())
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    loss_of = nn.CrossEntropyLoss()
    times = []
    for epoch in range(7):
        start = time.perf_counter()
        total, correct = 0.0, 0
        for rows in torch.randperm(samples).split(batch):
            labels = y[rows]
            outputs = model(x[rows])
            loss = loss_of(outputs, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
            correct += (outputs.argmax(-1) == labels).sum().item()
        if epoch > 1:
            times.append(time.perf_counter() - start)
    print(f"{name}, batches of {batch}: {samples / statistics.median(times):.0f} samples/s", flush=True)
