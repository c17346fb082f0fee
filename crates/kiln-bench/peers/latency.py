"""How long a single prediction takes: `src/latency.rs` counts alike."""
import statistics
import time

WARM, TIME = 0.3, 1.0


def micros(call):
    """The median over as many calls as there is time for, in microseconds."""

    def timed(seconds):
        begin, calls = time.perf_counter(), []
        while time.perf_counter() - begin < seconds:
            start = time.perf_counter()
            call()
            calls.append((time.perf_counter() - start) * 1e6)
        return calls

    call()  # compiles
    timed(WARM)
    return statistics.median(timed(TIME))


def show(name, taken):
    """Prints the microseconds of each way to ask the model, the fastest first: that is the one that counts."""
    ways = sorted(taken.items(), key=lambda way: way[1])
    print(f"{name}, one sample: " + ", ".join(f"{time:.1f} us by {way}" for way, time in ways), flush=True)
