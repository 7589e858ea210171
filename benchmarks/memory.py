# SPDX-License-Identifier: MIT
"""How much memory a packet takes: ours, an earlier build's, and that of PyPI's mqtt5.

    .venv/bin/python benchmarks/memory.py [--earlier DIR] [--table FILE]

A QoS 1 PUBLISH with a topic of 12 bytes and a payload of 256, and one with 8 properties. sys.getsizeof() of the packet,
and of the values of its fields that no other object shares, topic and payload apart. getsizeof() counts the header of
the garbage collector, 16 bytes before each object that it tracks, up to CPython 3.13 and with the GIL.

A package may keep memory that getsizeof() does not see, so the process's resident memory is read before and after
100,000 packets were read and kept. Each has its own topic and payload then: the packets differ in all texts, as a
package may share equal ones. Their share is subtracted, as getsizeof() has it, rounded up to 16 as malloc does.
tracemalloc shows how much of that came through Python's allocators.
"""

import os
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

from cases import CASES, variant
from report import Goal, goals_table, grid
from subjects import arguments, is_worker, machine, publish, serve, start
from worker import Package

COUNT = 100_000
MEASURED = ("native", "portable", "earlier", "rust")  # they have the same interface
LABELS = ("PUBLISH QoS 1, 256 B", "PUBLISH 8 properties, 256 B")


# ---------------------------------------------------------------------- worker


def resident() -> int:
    """Bytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def owned(value: Any) -> int:
    """The memory of a value that no other object shares: 0 for None, flags, enum members and cached integers."""
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
        public = [getattr(packet, name) for name in dir(packet) if not name.startswith("_")]
        fields = [value for value in public if not callable(value)]
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


# ---------------------------------------------------------------------- report


def main() -> None:
    options = arguments("Memory of a packet.").parse_args()
    processes = start("memory.py", options, only=MEASURED)
    parts, goals = [], []
    for label in LABELS:
        rows = []
        both: dict[str, float] = {}
        for process in processes:
            found = process.ask("sizes", label=label)
            both[process.name] = found["packet"] + found["rest"]
            columns = (found["packet"], found["rest"], both[process.name], found["traced"], found["resident"])
            rows.append([process.subject.title, *(f"{size:.0f}" for size in columns)])
        header = ["bytes without topic and payload", "packet", "what it owns", "both", "tracemalloc", "resident"]
        parts += [f"## {label}", grid(header, rows)]
        if "native" in both and "earlier" in both:
            goals.append(Goal(f"{label}: bytes", both["native"], both["earlier"], at_most=True))
    for process in processes:
        process.close()
    head = ["# Memory of a packet", f"{machine()}; {time.strftime('%Y-%m-%d')}."]
    if goals:
        head += ["## Targets", "The native engine's packet and what it owns; the earlier build's.", goals_table(goals)]
    publish("\n\n".join(head + parts) + "\n", options.table)


if __name__ == "__main__":
    if is_worker():
        serve(Worker)
    else:
        main()
