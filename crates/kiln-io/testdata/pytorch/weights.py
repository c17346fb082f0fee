"""Writes weight files by PyTorch (2.x) and outputs.json with inputs and PyTorch's outputs. Pictures are stored channels last.

The files of the torchvision networks have its names, and shapes of an eighth of the width; every weight is one number, repeated by a stride of 0: that of its place among the weights.
"""
import json, os
import torch
from torch import nn

here = os.path.dirname(os.path.abspath(__file__))
torch.manual_seed(5)
outputs = {}


def last(x):
    return x.movedim(1, -1) if x.dim() > 3 else x


def numbers(x):
    return [numbers(e) for e in x] if x.dim() else round(float(x), 8)


def keep(name, model, x, y=None, moved=True, **options):
    """Saves the weights, and what the model makes of `x`."""
    model.eval()
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.running_mean.uniform_(-0.5, 0.5)
            module.running_var.uniform_(0.5, 2.0)
    for parameter in model.parameters():
        if parameter.dim() == 1:
            parameter.data.uniform_(-1.0, 1.0)
    torch.save(model.state_dict(), f"{here}/{name}.pt", **options)
    with torch.no_grad():
        y = model(x) if y is None else y(model, x)
    outputs[name] = {"x": numbers(last(x) if moved else x), "y": numbers(last(y) if moved else y)}


mlp = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3))
x = torch.randn(3, 4)
keep("mlp", mlp, x)
torch.save(mlp.state_dict(), f"{here}/mlp_old.pt", _use_new_zipfile_serialization=False)
optimizer = torch.optim.Adam(mlp.parameters())
mlp(x).sum().backward()
before = {k: v.clone() for k, v in mlp.state_dict().items()}
optimizer.step()
torch.save({"epoch": 3, "loss": 0.5, "model_state_dict": before, "optimizer_state_dict": optimizer.state_dict()}, f"{here}/mlp_checkpoint.pt")
torch.save({"teacher": {k: v.half() for k, v in before.items()}, "student": {k: v.bfloat16() for k, v in before.items()}}, f"{here}/mlp_halves.pt")
torch.save(mlp, f"{here}/mlp_whole.pt")
# Views of one storage: a transposed one, one with a stride of 2.
base = torch.arange(40, dtype=torch.float64)
strided = {"0.weight": base[:20].reshape(4, 5).t(), "0.bias": base[20:30:2], "2.weight": base[1:16].reshape(3, 5), "2.bias": base[37:].int()}
torch.save(strided, f"{here}/mlp_strided.pt")


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.norm, self.second = nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4, eps=1e-3), nn.Conv2d(4, 6, (3, 2), groups=2)
        self.norm1, self.out = nn.BatchNorm1d(6 * 2 * 3, eps=1e-3), nn.Linear(6 * 2 * 3, 3)

    def forward(self, x):
        x = nn.functional.max_pool2d(torch.relu(self.norm(self.first(x))), 2)
        x = torch.relu(self.second(x)).flatten(1)
        return self.out(self.norm1(x))


keep("cnn", Cnn(), torch.randn(2, 2, 8, 8), moved=True)


class Kinds(nn.Module):
    def __init__(self):
        super().__init__()
        self.depthwise, self.up, self.act = nn.Conv2d(2, 6, 3, groups=2), nn.ConvTranspose2d(6, 3, 2, stride=2), nn.PReLU(3)
        self.group, self.volume, self.line = nn.GroupNorm(3, 3, eps=1e-3), nn.Conv3d(1, 2, 2), nn.Conv1d(2, 3, 2)
        self.out = nn.Linear(3, 2)

    def forward(self, x):
        x = self.group(self.act(self.up(self.depthwise(x))))  # (n, 3, 4, 4)
        x = self.volume(x.unsqueeze(1))  # (n, 2, 2, 3, 3)
        x = self.line(x.flatten(2))  # (n, 3, 17)
        return self.out(x.mean(-1))


keep("kinds", Kinds(), torch.randn(2, 2, 4, 4))


class Recurrent(nn.Module):
    def __init__(self, cell, **options):
        super().__init__()
        self.embedding, self.cell, self.norm, self.out = nn.Embedding(9, 4), cell(4, 3, batch_first=True, **options), None, None
        width = 6 if options.get("bidirectional") else 3
        self.norm, self.out = nn.LayerNorm(width, eps=1e-3), nn.Linear(width, 2)

    def forward(self, x):
        steps, _ = self.cell(self.embedding(x))
        end = steps[:, -1] if steps.shape[-1] == 3 else torch.cat([steps[:, -1, :3], steps[:, 0, 3:]], -1)
        return self.out(self.norm(end))


words = torch.randint(0, 9, (3, 5))
keep("lstm", Recurrent(nn.LSTM, num_layers=2, bidirectional=True), words)
keep("gru", Recurrent(nn.GRU, bidirectional=True), words)
keep("gru_deep", Recurrent(nn.GRU, num_layers=2), words)
keep("rnn", Recurrent(nn.RNN), words)


class Block(nn.Module):
    """The order of the modules is that of no computation, so the names are given in pairs."""

    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(6, eps=1e-3), nn.LayerNorm(6, eps=1e-3)
        self.attention = nn.MultiheadAttention(6, 2, batch_first=True)
        self.mlp = nn.ModuleDict({"down": nn.Linear(8, 6), "up": nn.Linear(6, 8)})
        self.cross = nn.MultiheadAttention(6, 3, kdim=4, vdim=5, batch_first=True)

    def forward(self, x):
        x = self.norm1(x + self.attention(x, x, x, need_weights=False)[0])
        x = self.norm2(x + self.mlp["down"](torch.relu(self.mlp["up"](x))))
        return self.cross(x, x[:, :, :4], x[:, :, :5], need_weights=False)[0]


keep("attention", Block(), torch.randn(2, 4, 6))

with open(f"{here}/outputs.json", "w") as file:
    json.dump(outputs, file)


def names(name, model):
    width = lambda n: n if n in (1, 3, 7, 1000) else n // 8
    state = {}
    for i, (key, value) in enumerate(model.state_dict().items()):
        shape = [width(n) for n in value.shape]
        if key == "classifier.0.weight":
            shape = [4096 // 8, 512 // 8 * 49]
        state[key] = torch.tensor(float(i)).expand(shape)
    torch.save(state, f"{here}/{name}.pt")


if os.environ.get("TORCHVISION"):
    import torchvision

    for name in ("vgg16", "resnet18", "resnet34"):
        names(name, getattr(torchvision.models, name)())
