# SPDX-License-Identifier: MIT
"""How much memory a packet takes, and how long `import mqtt5` takes: ours and PyPI's mqtt5.

    .venv/bin/python benchmarks/memory.py [--fast] [--table FILE]

A QoS 1 PUBLISH with a topic of 12 bytes and a payload of 256, and one with 8 properties. sys.getsizeof() of the packet,
and of what its fields refer to and no other object shares, topic and payload apart. As a package may keep memory that
getsizeof() does not see, the process's resident memory is read before and after 100,000 packets were read and kept:
each has its own topic and payload then (the packets differ in all texts, as a package may share equal ones), and their
share is subtracted, as getsizeof() has it, rounded up to 16 as malloc does. tracemalloc shows what of that came
through Python's allocators.

Import: python -S -X importtime, in fresh processes, turn by turn; the time of the whole package with all that it
imports and that the interpreter had not loaded already. -S: an editable installation imports much before.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

from cases import CASES, variant
from report import grid
from subjects import SUBJECTS, Subject, machine, start
from worker import Package

COUNT = 100_000
MEASURED = ("speedups", "cffi", "rust")  # they have the same interface
LABELS = ("PUBLISH QoS 1, 256 B", "PUBLISH 8 properties, 256 B")


# ---------------------------------------------------------------------- worker


def resident() -> int:
    """Bytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def owned(value: Any) -> int:
    """What this value takes and no other object shares: nothing for None, flags, enum members and kept integers."""
    if isinstance(value, (tuple, list)):
        return 0 if value == () else sys.getsizeof(value) + sum(map(owned, value))
    if isinstance(value, (str, bytes)):
        return sys.getsizeof(value) if len(value) > 1 else 0
    return sys.getsizeof(value) if type(value) is int and not -5 <= value <= 256 else 0


def rounded(size: int) -> int:
    return (size + 15) // 16 * 16


class Worker:
    def __init__(self, name: str) -> None:
        self.package = Package(name)

    def sizes(self, label: str) -> dict[str, float]:
        """In bytes, for one packet, without its topic and payload."""
        case = next(case for case in CASES if case.label == label)
        data = memoryview(self.package.written(case))
        read = self.package.package.read
        packet = read(data)[0]
        fields = [getattr(packet, name) for name in dir(packet) if not name.startswith("_") and name != "write"]
        mine = sys.getsizeof(packet)
        rest = sum(map(owned, fields)) - owned(packet.topic) - owned(packet.payload)
        apart = rounded(sys.getsizeof(packet.topic)) + rounded(sys.getsizeof(packet.payload))
        views = [self.package.written(variant(case, index)) for index in range(2000)]
        kept: list[Any] = [None] * COUNT
        before = resident()
        for index in range(COUNT):
            kept[index] = read(views[index % len(views)])[0]
        growth = (resident() - before) / COUNT - apart
        kept = [None] * 1000
        tracemalloc.start()
        first = tracemalloc.get_traced_memory()[0]
        for index in range(1000):
            kept[index] = read(views[index])[0]
        traced = (tracemalloc.get_traced_memory()[0] - first) / 1000
        tracemalloc.stop()
        traced -= sys.getsizeof(packet.topic) + sys.getsizeof(packet.payload)
        return {"packet": mine, "rest": rest, "resident": growth, "traced": traced}


def worker(name: str) -> None:
    try:
        found = Worker(name)
    except ImportError as error:
        print(json.dumps({"missing": str(error)}), flush=True)
        return
    print(json.dumps({}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(getattr(found, request.pop("do"))(**request)), flush=True)


# ---------------------------------------------------------------------- report


def importable(subject: Subject) -> bool:
    return subject.python("-P", "-c", "import mqtt5", stderr=subprocess.DEVNULL).wait() == 0


def import_milliseconds(subject: Subject) -> float:
    process = subject.python("-P", "-X", "importtime", "-c", "import mqtt5", stderr=subprocess.PIPE)
    lines = process.communicate()[1].splitlines()
    (line,) = (line for line in lines if line.rpartition("|")[2] == " mqtt5")
    return int(line.split("|")[1]) / 1000


def sizes_table() -> list[str]:
    processes = start("memory.py", only=MEASURED)
    parts = []
    for label in LABELS:
        rows = []
        for process in processes:
            found = process.ask("sizes", label=label)
            rows.append([process.subject.title, *(f"{found[key]:.0f}" for key in ("packet", "rest"))])
            rows[-1] += [f"{found['packet'] + found['rest']:.0f}", f"{found['traced']:.0f}", f"{found['resident']:.0f}"]
        header = ["bytes without topic and payload", "packet", "what it owns", "both", "tracemalloc", "resident"]
        parts += [f"## Memory: {label}", grid(header, rows)]
    for process in processes:
        process.close()
    return parts


def import_table(fast: bool) -> list[str]:
    # The first import also leaves the compiled sources that later ones find.
    measured = [subject for subject in SUBJECTS if subject.name in MEASURED and importable(subject)]
    values: dict[str, list[float]] = {subject.name: [] for subject in measured}
    for _ in range(5 if fast else 21):
        for subject in measured:
            values[subject.name].append(import_milliseconds(subject))
    rows = []
    for subject in measured:
        each = values[subject.name]
        median = statistics.median(each)
        verdict = "-"
        if subject.ours:
            verdict = "aim met" if median <= 15 else "target met" if median <= 25 else "not met"
        rows.append([subject.title, f"{median:.1f}", f"{min(each):.1f}", f"{max(each):.1f}", verdict])
    header = ["ms", "median", "lowest", "highest", "target 25, aim 15"]
    return [f"## `import mqtt5`, {len(next(iter(values.values())))} processes", grid(header, rows)]


def main() -> None:
    parser = argparse.ArgumentParser(description="Memory of a packet and time of the import.")
    parser.add_argument("--fast", action="store_true", help="fewer processes")
    parser.add_argument("--table", type=Path, metavar="FILE", help="write the tables as Markdown")
    options = parser.parse_args()
    parts = ["# Memory and import", f"{machine()}; {time.strftime('%Y-%m-%d')}."]
    parts += [*sizes_table(), *import_table(options.fast)]
    text = "\n\n".join(parts) + "\n"
    print(text)
    if options.table:
        options.table.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) == 2 and sys.argv[1] in {subject.name for subject in SUBJECTS}:
        worker(sys.argv[1])
    else:
        main()
