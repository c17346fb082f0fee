"""What the comparisons say beside their numbers, and where they write it."""
import importlib.metadata as metadata
import os
import pathlib
import platform


def versions(names):
    """Those of the packages that are installed, with their versions."""
    for name in names:
        try:
            yield f"{name} {metadata.version(name)}"
        except metadata.PackageNotFoundError:
            pass


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()


def facts(packages, rounds):
    return f"{processor()}, {os.cpu_count()} cores; {', '.join(versions(packages))}; medians of {rounds} rounds"


def write(path, name, text):
    """Puts `text` between the marks of `name` in the page."""
    path = pathlib.Path(path)
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    page = path.read_text()
    path.write_text(f"{page.split(begin)[0]}{begin}\n{text}\n{end}{page.split(end)[1]}")
