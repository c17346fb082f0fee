"""Kiln against its peers on one machine in one run: the programs take turns, so that all meet the same noise; a table of medians and ratios.

    cargo build --release -p kiln-bench --bin models
    python crates/kiln-bench/peers/compare.py --kiln target/release/models --rounds 5 mlp cnn lstm gru

`--work evaluate` or `--work predict` compares these instead of training, `--work latency` the microseconds of a single prediction. Peers
that can't be imported are left out; one that fails with a model gets a dash there. `--write docs/benchmarks.md` writes the table.
"""
import argparse
import importlib.util
import os
import pathlib
import re
import shutil
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
        if shutil.which(os.environ.get("CXX", "g++")):
            yield "PyTorch-compiled", [sys.executable, str(HERE / "torch_models.py"), "--compile"], {}
        else:
            print("PyTorch-compiled is left out: torch.compile needs a C++ compiler")


def run(name, command, model, extra):
    """The number that a program prints for a model; None and a word on the screen if it fails."""
    done = subprocess.run([*command, model], env={**os.environ, **extra}, capture_output=True, text=True)
    found = re.search(r": ([\d.]+) (samples/s|us)", done.stdout)
    if done.returncode == 0 and found:
        return float(found.group(1))
    words = (done.stderr.strip() or done.stdout.strip() or "it printed nothing").splitlines()
    print(f"{name} failed with {model}: {words[-1]}", flush=True)
    return None


def measured(programs, model, rounds):
    """The numbers of each program, which is asked no more after it has failed."""
    runs = {name: [] for name, _, _ in programs}
    for _ in range(rounds):
        for name, command, extra in programs:
            if None not in runs[name]:
                runs[name].append(run(name, command, model, extra))
    return {name: values for name, values in runs.items() if None not in values}


def row(names, model, runs, fewer):
    """A line of the table; `fewer` is better for microseconds."""
    medians = {name: statistics.median(values) for name, values in runs.items()}
    cells = [f"{medians[name]:,.{1 if fewer else 0}f}" if name in medians else "–" for name in names]
    others = [name for name in medians if name != "Kiln"]
    last = "–"
    if "Kiln" in medians and others:
        best = (min if fewer else max)(others, key=medians.get)
        # The ratio of each round, in which both met the same machine.
        ratio = statistics.median(theirs / ours if fewer else ours / theirs for ours, theirs in zip(runs["Kiln"], runs[best]))
        last = f"{ratio:.2f} ({best})"
    return f"| {model} | " + " | ".join(cells) + f" | {last} |"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="*", default=["mlp", "cnn", "lstm", "gru"])
    parser.add_argument("--work", choices=["fit", "evaluate", "predict", "latency"], default="fit")
    parser.add_argument("--kiln", default="target/release/models")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--without", nargs="*", default=[], help="peers to leave out")
    parser.add_argument("--write")
    options = parser.parse_args()
    work = [] if options.work == "fit" else [f"--{options.work}"]
    programs = [("Kiln", [options.kiln, "--ours"], {}), *(peer for peer in peers() if peer[0] not in options.without)]
    programs = [(name, [*command, *work], extra) for name, command, extra in programs]
    names, fewer = [name for name, _, _ in programs], options.work == "latency"
    ratio = "best peer / Kiln" if fewer else "Kiln / best peer"
    lines = ["| model | " + " | ".join(names) + f" | {ratio} |", "|---" * (len(names) + 2) + "|"]
    for model in options.models:
        lines.append(row(names, model, measured(programs, model, options.rounds), fewer))
        print(lines[-1], flush=True)
    table = "\n".join(lines)
    text = f"{table}\n\n{report.facts(PACKAGES, options.rounds)}, {'microseconds' if fewer else 'samples a second'}"
    print(text)
    if options.write:
        report.write(options.write, {"fit": "training"}.get(options.work, options.work), text)


main()
