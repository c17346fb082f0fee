"""Kiln against its peers on one machine in one run: the programs take turns, so that all meet the same noise; a table of medians and ratios.

    cargo build --release -p kiln-bench --bin models
    python crates/kiln-bench/peers/compare.py --kiln target/release/models --rounds 5 mlp cnn lstm gru

`--work evaluate` or `--work predict` compares these instead of training. Peers that can't be imported are left out. `--write
docs/benchmarks.md` writes the table.
"""
import argparse
import importlib.util
import os
import pathlib
import re
import statistics
import subprocess
import sys

import report

HERE = pathlib.Path(__file__).parent
PACKAGES = ("keras", "tensorflow", "tensorflow-cpu", "jax", "torch")


def peers():
    """Name, command and environment of each peer that is installed."""
    has = lambda name: importlib.util.find_spec(name) is not None
    for backend in ("tensorflow", "jax", "torch"):
        if has("keras") and has(backend):
            yield f"Keras-{backend}", [sys.executable, str(HERE / "keras_models.py")], {"KERAS_BACKEND": backend}
    if has("torch"):
        yield "PyTorch", [sys.executable, str(HERE / "torch_models.py")], {}


def run(command, model, extra):
    """The samples a second that a program prints for a model."""
    done = subprocess.run([*command, model], env={**os.environ, **extra}, capture_output=True, text=True, check=True)
    return float(re.search(r": (\d+) samples/s", done.stdout).group(1))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="*", default=["mlp", "cnn", "lstm", "gru"])
    parser.add_argument("--work", choices=["fit", "evaluate", "predict"], default="fit")
    parser.add_argument("--kiln", default="target/release/models")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--without", nargs="*", default=[], help="peers to leave out")
    parser.add_argument("--write")
    options = parser.parse_args()
    programs = [("Kiln", [options.kiln, "--ours"], {}), *(peer for peer in peers() if peer[0] not in options.without)]
    names = [name for name, _, _ in programs]
    work = [] if options.work == "fit" else [f"--{options.work}"]
    lines = ["| model | " + " | ".join(names) + " | Kiln / best peer |", "|---" * (len(names) + 2) + "|"]
    for model in options.models:
        runs = {name: [] for name in names}
        for _ in range(options.rounds):
            for name, command, extra in programs:
                runs[name].append(run([*command, *work], model, extra))
        medians = {name: statistics.median(values) for name, values in runs.items()}
        best = max((name for name in names[1:]), key=medians.get)
        # The ratio of each round, in which both met the same machine.
        ratio = statistics.median(ours / theirs for ours, theirs in zip(runs["Kiln"], runs[best]))
        lines.append(f"| {model} | " + " | ".join(f"{medians[name]:,.0f}" for name in names) + f" | {ratio:.2f} ({best}) |")
        print(lines[-1], flush=True)
    table = "\n".join(lines)
    text = f"{table}\n\n{report.facts(PACKAGES, options.rounds)}, samples a second"
    print(text)
    if options.write:
        report.write(options.write, {"fit": "training"}.get(options.work, options.work), text)


main()
