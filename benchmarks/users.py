# SPDX-License-Identifier: MIT
"""Times what programs do with packets: fan out, compare, copy, subclass, consume, import, use threads.

    .venv/bin/python benchmarks/users.py [--fast] [--earlier DIR] [--table FILE]

Each subject does the same task in the way its users would, in a process of its own. They take turns: in each round,
each task is timed for about 10 ms in one subject after the other, beginning with another one each time. A time is the
median of all rounds. A ratio is the median of the ratios within each round.

The import is timed in new virtual environments, into which each package was installed as a wheel: ours and the earlier
build's from a copy of their sources. It needs pip, a C compiler and a package index, and is skipped with --no-import.

Threads are measured where the interpreter has no GIL.
"""

import copy
import dataclasses
import pickle
import re
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from timeit import Timer
from typing import Any

from report import Goal, goals_table, grid, number
from subjects import ROOT, Process, Subject, arguments, is_worker, machine, publish, serve, start, subjects, turns
from worker import Package, loops_for, timer

MEASURED = ("native", "portable", "earlier", "rust")  # they have the same interface
TOPIC, ID = "sensors/kitchen/temp", 4711
PROPERTIES = [("trace", "7f3a9c"), ("region", "eu-west"), ("unit", "celsius")]

REPLACE, SUBCLASS = "replace(packet_id=n).write()", "subclass: construct + write"
FAN_OUT, PARTS, LARGE_PARTS = "to 1,000 receivers", "to 1,000, in parts", "to 1,000, in parts, 200 KB"
EQUAL, HASH, COPY, PICKLE, REPR = "==", "hash", "copy.copy", "pickle and back", "repr"
CONSUME, CONSUME_ALL = "consume 1,000, matched", "consume 1,000, all"
LIMITED = "consume 1,000, matched, with sender and limits"
THREADS = ("construct", "read", "write")

#: Task, peer, how many times as fast as the peer the native engine shall be.
TARGETS = [
    (REPLACE, "earlier", 8),
    (REPLACE, "rust", 5),
    (FAN_OUT, "earlier", 20),
    (FAN_OUT, "rust", 12),
    (EQUAL, "earlier", 10),
    (EQUAL, "rust", 1),
    (HASH, "earlier", 4),
    (COPY, "earlier", 40),
    (PICKLE, "earlier", 2),
    (REPR, "earlier", 1.5),
    (SUBCLASS, "earlier", 20),
    (CONSUME, "rust", 1.9),
    (LIMITED, "rust", 2),
]
IMPORT_TARGET, THREADS_TARGET = 1.3, 1.5


# ---------------------------------------------------------------------- worker


def decoder_consumer(pieces: list[bytes], matched: bool, limits: dict[str, Any]) -> Callable[[], Any]:
    from mqtt5 import Decoder, PubAckPacket, PublishPacket, QoS, topic_matches  # type: ignore[attr-defined]

    def consume() -> tuple[dict[str, int], bytes]:
        count: dict[str, int] = {}
        sent: list[bytes] = []
        decoder = Decoder(**limits)
        for piece in pieces:
            decoder.feed(piece)
            for packet in decoder:
                if isinstance(packet, PublishPacket):
                    if not matched or topic_matches("sensors/+/temp", packet.topic):
                        count[packet.topic] = count.get(packet.topic, 0) + 1
                    if packet.qos == QoS.AT_LEAST_ONCE:
                        sent.append(PubAckPacket(packet.packet_id).write())
        return count, b"".join(sent)

    return consume


def read_consumer(pieces: list[bytes], matched: bool, _: dict[str, Any]) -> Callable[[], Any]:
    """As aiomqtt 3 uses the Rust package: a buffer of fixed size whose contents move to its start when it is full.

    The package has no function that matches a topic. A compiled regular expression is the fastest in Python.
    """
    from mqtt5 import PubAckPacket, PublishPacket, QoS, read  # type: ignore[attr-defined]

    matches = re.compile(r"sensors/[^/]*/temp").fullmatch

    def consume() -> tuple[dict[str, int], bytes]:
        count: dict[str, int] = {}
        sent: list[bytes] = []
        buffer = bytearray(65536)
        view = memoryview(buffer)
        left = right = 0
        for piece in pieces:
            size = len(piece)
            if size > len(buffer) - right:
                buffer[: right - left] = buffer[left:right]
                left, right = 0, right - left
            buffer[right : right + size] = piece
            right += size
            while True:
                try:
                    packet, size = read(view[left:right])
                except IndexError:
                    break
                left += size
                if isinstance(packet, PublishPacket):
                    if not matched or matches(packet.topic):
                        count[packet.topic] = count.get(packet.topic, 0) + 1
                    if packet.qos == QoS.AT_LEAST_ONCE:
                        sent.append(PubAckPacket(packet.packet_id).write())
        return count, b"".join(sent)

    return consume


class Worker:
    MESSAGES, TOPICS, READ_SIZE = 1000, 50, 4096

    def __init__(self, name: str) -> None:
        package = Package(name)
        self.version = package.version
        self.mqtt5 = package.package
        self.level = self.mqtt5.QoS.AT_LEAST_ONCE
        self.data = self.packet().write()
        self.timers: dict[str, Timer] = {}
        self.batches: dict[str, int] = {}

    def packet(self) -> Any:
        """A PUBLISH of 256 bytes with three user properties."""
        return self.mqtt5.PublishPacket(TOPIC, bytes(256), qos=self.level, packet_id=ID, user_properties=PROPERTIES)

    def statements(self) -> dict[str, tuple[str, dict[str, Any], int]]:
        """Source text, its names, and how often it does the task."""
        one, other = (self.mqtt5.read(self.data)[0] for _ in range(2))
        names = {"one": one, "other": other, "copy": copy.copy, "loads": pickle.loads, "dumps": pickle.dumps}
        subclass = {"topic": TOPIC, "payload": bytes(64), "qos": self.level, "id": ID}
        found = {REPLACE: (*self.replace(one, "id()"), 1), EQUAL: ("one == other", names, 1), **self.fan_out(one)}
        assert one == other
        for task, text in {
            HASH: "hash(one)",
            COPY: "copy(one)",
            PICKLE: "loads(dumps(one))",
            REPR: "repr(one)",
        }.items():
            try:
                eval(text, dict(names))
                found[task] = (text, names, 1)
            except TypeError:  # the Rust package has no hash, copy or pickle
                pass
        try:
            subclass["Reading"] = type("Reading", (self.mqtt5.PublishPacket,), {})
            found[SUBCLASS] = ("Reading(topic, payload, qos=qos, packet_id=id).write()", subclass, 1)
        except TypeError:  # its classes are final
            pass
        limits = {"sender": "server", "from_start": False, "max_packet_size": 65536, "max_list_items": 100}
        if not hasattr(self.mqtt5, "PublishTemplate"):
            limits = {}
        for task, matched, options in ((CONSUME, True, {}), (CONSUME_ALL, False, {}), (LIMITED, True, limits)):
            found[task] = ("consume()", {"consume": self.consumer(matched, options)}, self.MESSAGES)
        return found

    def fan_out(self, packet: Any) -> dict[str, tuple[str, dict[str, Any], int]]:
        """The same message to 1,000 subscribers, each with a packet identifier of its own, as a broker sends it."""
        text, names = self.replace(packet, "n")
        names["ids"] = list(range(1000, 2000))
        count = len(names["ids"])
        if not hasattr(self.mqtt5, "PublishTemplate"):
            return {FAN_OUT: (f"for n in ids: {text}", names, count)}
        large = self.mqtt5.PublishPacket(TOPIC, bytes(200_000), qos=self.level, packet_id=ID)
        names |= {"new": self.mqtt5.PublishTemplate, "packet": packet, "large": large}
        assert names["new"](packet).write(packet_id=1000) == eval(text, {**names, "n": 1000})
        return {
            FAN_OUT: ("write = new(packet).write\nfor n in ids: write(packet_id=n)", names, count),
            PARTS: ("write = new(packet).write_parts\nfor n in ids: write(packet_id=n)", names, count),
            LARGE_PARTS: ("write = new(large).write_parts\nfor n in ids: write(packet_id=n)", names, count),
        }

    def replace(self, packet: Any, number: str) -> tuple[str, dict[str, Any]]:
        """The same message with another packet identifier."""
        names = {"packet": packet, "id": cycle(range(1000, 3000)).__next__, "replace": dataclasses.replace}
        if hasattr(packet, "replace"):
            return f"packet.replace(packet_id={number}).write()", names
        if dataclasses.is_dataclass(packet):
            return f"replace(packet, packet_id={number}).write()", names
        fields = [
            name
            for name in dir(packet)
            if not name.startswith("_") and name not in ("write", "topic", "payload", "packet_id")
        ]
        text = ", ".join(f"{name}=packet.{name}" for name in fields)
        names["New"] = self.mqtt5.PublishPacket
        return f"New(packet.topic, packet.payload, packet_id={number}, {text}).write()", names

    def consumer(self, matched: bool, limits: dict[str, Any]) -> Callable[[], None]:
        """Reads 1,000 messages from pieces of 4 KiB, counts them by topic and acknowledges each."""
        topics = cycle([f"sensors/{index:04d}/temp" for index in range(self.TOPICS)])
        new = self.mqtt5.PublishPacket
        messages = [
            new(topic, bytes(64), qos=self.level, packet_id=ID + index).write()
            for index, topic in zip(range(self.MESSAGES), topics, strict=False)
        ]
        data = b"".join(messages)
        pieces = [data[at : at + self.READ_SIZE] for at in range(0, len(data), self.READ_SIZE)]
        consume = (decoder_consumer if hasattr(self.mqtt5, "Decoder") else read_consumer)(pieces, matched, limits)
        count, sent = consume()
        assert sum(count.values()) == self.MESSAGES
        assert len(count) == self.TOPICS
        assert self.mqtt5.read(sent)[0].packet_id == ID
        return consume

    def prepare(self, seconds: float) -> dict[str, int]:
        """The number of loops of each task that take about that long."""
        loops = {}
        for task, (text, names, batch) in self.statements().items():
            self.timers[task] = timer(text, names)
            self.batches[task] = batch
            loops[task] = loops_for(self.timers[task], seconds)
        return loops

    def time(self, task: str, loops: int) -> float:
        return self.timers[task].timeit(loops) / loops / self.batches[task]

    def threads(self, task: str, count: int, seconds: float) -> float:
        """How often a second `count` threads together do the task. They share no packet."""
        ready, results = threading.Barrier(count), []

        def run() -> None:
            new, read, packet, data = self.mqtt5.PublishPacket, self.mqtt5.read, self.packet(), bytes(self.data)
            topic, payload, qos = packet.topic, packet.payload, self.level
            text = {
                "construct": "new(topic, payload, qos=qos, packet_id=4711)",
                "read": "read(data)",
                "write": "packet.write()",
            }[task]
            loop = Timer(text, globals=locals())
            loop.timeit(1000)
            ready.wait()
            done, began = 0, time.perf_counter()
            while (taken := time.perf_counter() - began) < seconds:
                loop.timeit(10_000)
                done += 10_000
            results.append(done / taken)

        threads = [threading.Thread(target=run) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(results)


# ----------------------------------------------------------------------- tasks


def tasks(processes: list[Process], rounds: int, seconds: float) -> tuple[list[str], list[Goal]]:
    loops = {process.name: process.ask("prepare", seconds=seconds) for process in processes}
    names = list(next(iter(loops.values())))
    values: dict[tuple[str, str], list[float]] = {}
    for turn in range(rounds):
        print(f"\rround {turn + 1}/{rounds} ", end="", file=sys.stderr, flush=True)
        for index, task in enumerate(names):
            for process in turns(processes, turn + index):
                if task in loops[process.name]:
                    taken = process.ask("time", task=task, loops=loops[process.name][task])
                    values.setdefault((process.name, task), []).append(taken)
    print(file=sys.stderr)

    def ratio(task: str, ours: str, peer: str) -> float | None:
        mine, other = values.get((ours, task)), values.get((peer, task))
        if not mine or not other:
            return None
        return statistics.median(b / a for a, b in zip(mine, other, strict=True))

    ours = processes[0].name
    peers = [process.name for process in processes if not process.subject.ours]
    rows = []
    for task in names:
        medians = [values.get((process.name, task)) for process in processes]
        row = [task, *(number(statistics.median(each) * 1e9 if each else None) for each in medians)]
        rows.append(row + [number(ratio(task, ours, peer), ".2f") for peer in peers])
    header = ["ns, medians", *(process.name for process in processes), *(f"{peer} / {ours}" for peer in peers)]
    goals = [
        Goal(f"{task}: times as fast as {peer}", found, target)
        for task, peer, target in TARGETS
        if ours == "native" and (found := ratio(task, ours, peer)) is not None
    ]
    return [f"## Tasks, {rounds} rounds", grid(header, rows)], goals


# --------------------------------------------------------------------- threads


def threads(processes: list[Process], rounds: int) -> tuple[list[str], list[Goal]]:
    if getattr(sys, "_is_gil_enabled", lambda: True)():
        return ["## Threads", "Not measured: this interpreter has a GIL."], []
    values: dict[tuple[str, str, int], list[float]] = {}
    for turn in range(rounds):
        for task in THREADS:
            for process in turns(processes, turn):
                for count in (1, 2):
                    rate = process.ask("threads", task=task, count=count, seconds=0.3)
                    values.setdefault((process.name, task, count), []).append(rate)
    rows, goals = [], []
    for process in processes:
        for task in THREADS:
            one, two = (values[process.name, task, count] for count in (1, 2))
            factor = statistics.median(b / a for a, b in zip(one, two, strict=True))
            rates = [f"{statistics.median(each) / 1e6:.2f}" for each in (one, two)]
            rows.append([process.subject.title, task, *rates, f"{factor:.2f}"])
            if process.name == "native":
                goals.append(Goal(f"{task}: 2 threads, times the throughput of 1", factor, THREADS_TARGET))
    return ["## Threads", grid(["millions a second", "", "1 thread", "2 threads", "factor"], rows, left=2)], goals


# ---------------------------------------------------------------------- import


def install(subject: Subject, where: Path) -> Path | None:
    """A new virtual environment with this package; its interpreter, or None if the package is not available."""
    shutil.rmtree(where, ignore_errors=True)
    where.mkdir(parents=True)
    subprocess.run([sys.executable, "-m", "venv", where / "venv"], check=True)
    python = where / "venv" / "bin" / "python"
    wanted = f"mqtt5=={_rust_version(subject)}"
    if subject.name != "rust":
        # A copy, since building leaves files in the sources.
        skipped = shutil.ignore_patterns(".*", "build*", "*.so", "*.egg-info", "__pycache__")
        shutil.copytree(
            subject.directory, where / "source", ignore=lambda d, names: skipped(d, names) - {"build_ffi.py"}
        )
        wanted = str(where / "source")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wanted]
    return python if subprocess.run(pip).returncode == 0 else None


def _rust_version(subject: Subject) -> str:
    found = sorted(subject.directory.glob("mqtt5-*.dist-info")) if subject.name == "rust" else []
    return found[0].name.removesuffix(".dist-info").partition("-")[2] if found else ""


def import_milliseconds(python: Path) -> float:
    command = [python, "-X", "importtime", "-c", "import mqtt5"]
    done = subprocess.run(command, cwd=python.parent, capture_output=True, text=True, check=True)
    (line,) = (line for line in done.stderr.splitlines() if line.rpartition("|")[2] == " mqtt5")
    return int(line.split("|")[1]) / 1000


def imports(chosen: list[Subject], count: int) -> tuple[list[str], list[Goal]]:
    version = "".join(map(str, sys.version_info[:2])) + getattr(sys, "abiflags", "")
    pythons = {}
    for subject in chosen:
        print(f"installing {subject.title}", file=sys.stderr)
        python = install(subject, ROOT / "build" / "imports" / f"{subject.name}-{version}")
        if python is not None:
            pythons[subject.name] = python
            import_milliseconds(python)  # leaves the compiled sources
    values: dict[str, list[float]] = {name: [] for name in pythons}
    for turn in range(count):
        for name in turns(list(pythons), turn):
            values[name].append(import_milliseconds(pythons[name]))
    medians = {name: statistics.median(each) for name, each in values.items()}
    rows = [[name, *(f"{x:.1f}" for x in (medians[name], min(each), max(each)))] for name, each in values.items()]
    goals = []
    if "native" in medians and "rust" in medians:
        factor = statistics.median(a / b for a, b in zip(values["native"], values["rust"], strict=True))
        goals.append(Goal("import: times Rust's", factor, IMPORT_TARGET, at_most=True))
    title = f"## `import mqtt5` in new virtual environments, {count} processes each"
    return [title, grid(["ms", "median", "lowest", "highest"], rows)], goals


def main() -> None:
    parser = arguments("Times what programs do with packets.")
    parser.add_argument("--no-import", action="store_true", help="install nothing, do not time the import")
    options = parser.parse_args()
    processes = start("users.py", options, only=MEASURED)
    parts, goals = tasks(processes, *((5, 0.005) if options.fast else (31, 0.010)))
    for more, found in [
        threads(processes, 3 if options.fast else 11),
        ([], [])
        if options.no_import
        else imports(
            [each for each in subjects(options.earlier) if each.name in ("native", "earlier", "rust")],
            5 if options.fast else 21,
        ),
    ]:
        parts += more
        goals += found
    for process in processes:
        process.close()
    versions = ", ".join(f"{process.subject.title} {process.version}" for process in processes)
    head = ["# What programs do", f"{machine()}; {time.strftime('%Y-%m-%d')}. {versions}."]
    if goals:
        head += ["## Targets", "Of the native engine.", goals_table(goals)]
    publish("\n\n".join(head + parts) + "\n", options.table)


if __name__ == "__main__":
    if is_worker():
        serve(Worker)
    else:
        main()
