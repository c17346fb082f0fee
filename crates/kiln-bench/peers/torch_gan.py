"""The step of `src/gan.rs` in a plain PyTorch loop."""
import time

import torch
from torch import nn

BATCH, STEPS, NOISE = 64, 200, 64


def train(epochs, compiled):
    """The seconds of each epoch."""
    generator = nn.Sequential(nn.Linear(NOISE, 128), nn.ReLU(), nn.Linear(128, 784), nn.Sigmoid())
    discriminator = nn.Sequential(nn.Linear(784, 128), nn.LeakyReLU(0.2), nn.Linear(128, 1))
    g_optimizer, d_optimizer = (torch.optim.Adam(m.parameters(), lr=4e-4, betas=(0.5, 0.999)) for m in (generator, discriminator))
    if compiled:
        generator, discriminator = torch.compile(generator), torch.compile(discriminator)
    loss_of = nn.BCEWithLogitsLoss()
    images, real, fake = torch.rand(BATCH * STEPS, 784), torch.ones(BATCH, 1), torch.zeros(BATCH, 1)
    times = []
    for _ in range(epochs):
        start, total = time.perf_counter(), 0.0
        for rows in torch.randperm(len(images)).split(BATCH):
            made = generator(torch.randn(BATCH, NOISE))
            d_loss = loss_of(discriminator(images[rows]), real) + loss_of(discriminator(made.detach()), fake)
            d_optimizer.zero_grad()
            d_loss.backward()
            d_optimizer.step()
            # Frozen: only the generator's gradients are worked out.
            discriminator.requires_grad_(False)
            g_loss = loss_of(discriminator(made), real)
            g_optimizer.zero_grad()
            g_loss.backward()
            g_optimizer.step()
            discriminator.requires_grad_(True)
            total += d_loss.item() + g_loss.item()
        times.append(time.perf_counter() - start)
    return times
