"""The course's first program from four CSV files to a test accuracy, and a process from its start to the end of its first step: Kiln against
Keras, in turns; a table of wall clock, peak memory and ratios.

    cargo build --release -p kiln-examples --example fashion_mnist --example fashion_mnist_csv
    cargo build --release -p kiln-bench --bin first_step
    target/release/examples/fashion_mnist_csv --data IDX_FOLDER --to CSV_FOLDER
    python crates/kiln-bench/peers/course.py CSV_FOLDER --rounds 3 --write docs/benchmarks.md
"""
import argparse
import importlib.util
import os
import pathlib
import statistics
import subprocess
import sys
import time

import report

HERE = pathlib.Path(__file__).parent
PACKAGES = ("keras", "tensorflow", "tensorflow-cpu", "jax", "numpy")


def run(command, extra):
    """Seconds and the largest resident memory in MiB of a program."""
    start = time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, **extra}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    words = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\n{words.decode()}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", help="train_images.csv, train_labels.csv, test_images.csv, test_labels.csv")
    parser.add_argument("--release", default="target/release")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write")
    options = parser.parse_args()
    release = pathlib.Path(options.release)
    works = {
        "from CSV to test accuracy": (options.folder, [str(release / "examples" / "fashion_mnist"), "--data", options.folder]),
        "to the end of the first step": ("first-step", [str(release / "first_step")]),
    }
    backends = [name for name in ("tensorflow", "jax") if importlib.util.find_spec(name)]
    lines = ["| program | Kiln | " + " | ".join(f"Keras-{name}" for name in backends) + " |", "|---" * (len(backends) + 2) + "|"]
    for work, (argument, own) in works.items():
        programs = {"Kiln": (own, {})}
        for name in backends:
            programs[name] = ([sys.executable, str(HERE / "keras_course.py"), argument], {"KERAS_BACKEND": name})
        runs = {name: [] for name in programs}
        for _ in range(options.rounds):
            for name, (command, extra) in programs.items():
                runs[name].append(run(command, extra))
        ours = runs["Kiln"]

        def cell(name):
            seconds, memory = (statistics.median(values) for values in zip(*runs[name]))
            # The ratio of each round, in which both met the same machine.
            ratio = statistics.median(theirs[0] / own[0] for theirs, own in zip(runs[name], ours))
            return f"{seconds:.2f} s, {memory:,.0f} MiB" + ("" if name == "Kiln" else f", {ratio:.1f} times Kiln's time")

        lines.append(f"| {work} | " + " | ".join(cell(name) for name in programs) + " |")
        print(lines[-1], flush=True)
    text = "\n".join(lines) + f"\n\n{report.facts(PACKAGES, options.rounds)}"
    print(text)
    if options.write:
        report.write(options.write, "course", text)


main()
