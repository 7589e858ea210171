# SPDX-License-Identifier: MIT
"""The compared packages. Each subject has its own process, with only itself on the import path.

PyPI's mqtt5 and an earlier build have the import name of this package, so one process could not hold them all. Every
subject runs on the interpreter that runs the benchmark. This file does not know what a subject is asked.
"""

import argparse
import hashlib
import json
import os
import platform
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent
PEERS = Path(os.environ.get("MQTT5_PEERS") or ROOT / ".venv" / "peers")


@dataclass(frozen=True)
class Subject:
    name: str
    title: str
    directory: Path
    engine: str = ""
    needs_cffi: bool = False

    @property
    def ours(self) -> bool:
        """Is it the build that is measured, and not one to compare with?"""
        return self.engine != ""

    def environment(self) -> dict[str, str]:
        """Without site-packages (python -S). Our engines over CFFI need the installed cffi, which comes last.

        Compiled Python sources are kept, as they are for users, but not beside the sources.
        """
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "MQTT5_"))}
        path = [str(self.directory)]
        if self.engine:
            kept["MQTT5_ENGINE"] = self.engine
        if self.needs_cffi:
            path.append(sysconfig.get_path("platlib"))
        return kept | {"PYTHONPATH": os.pathsep.join(path), "PYTHONPYCACHEPREFIX": str(ROOT / "build" / "pycache")}

    def python(self, *arguments: str, **options: Any) -> "subprocess.Popen[str]":
        command = [sys.executable, "-S", *arguments]
        return subprocess.Popen(command, env=self.environment(), stdout=subprocess.PIPE, text=True, **options)


def subjects(earlier: Path | None = None) -> list[Subject]:
    """All that can be measured; `earlier` is a checkout in which an earlier build was made in place."""
    found = [
        Subject("native", "mqtt5, native engine", ROOT, engine="native"),
        Subject("portable", "mqtt5, portable engine", ROOT, engine="portable", needs_cffi=True),
        Subject("rust", "PyPI's mqtt5 (Rust)", PEERS / "mqtt5-rust"),
        Subject("zmqtt", "zmqtt", PEERS / "zmqtt"),
        Subject("paho", "paho-mqtt", PEERS / "paho-mqtt"),
    ]
    if earlier is not None:
        found.insert(2, Subject("earlier", "mqtt5, earlier build", earlier.resolve(), needs_cffi=True))
    return found


NAMES = ("native", "portable", "earlier", "rust", "zmqtt", "paho")


class Process:
    """A worker that answers requests: `ask("time", case=3)` sends {"do": "time", "case": 3}, each a line of JSON."""

    def __init__(self, subject: Subject, script: str) -> None:
        self.subject = subject
        self.name = subject.name
        self.process = subject.python(str(HERE / script), "--worker", subject.name, stdin=subprocess.PIPE)
        hello = self.answer()
        self.missing: str | None = hello.get("missing")
        self.version: str = hello.get("version", "")

    def answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.close()
            raise SystemExit(f"{self.subject.title}: its process ended; its output is above")
        return json.loads(line)

    def ask(self, do: str, **request: Any) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": do} | request) + "\n")
        self.process.stdin.flush()
        return self.answer()

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def serve(make: Any) -> None:
    """The other end: answers each request with the method of that name, until standard input ends."""
    try:
        worker = make(sys.argv[2])
    except ImportError as error:
        print(json.dumps({"missing": str(error)}), flush=True)
        return
    print(json.dumps({"version": getattr(worker, "version", "")}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(getattr(worker, request.pop("do"))(**request)), flush=True)


def is_worker() -> bool:
    return sys.argv[1:2] == ["--worker"]


def start(script: str, options: argparse.Namespace, only: Iterable[str] = NAMES, quiet: bool = False) -> list[Process]:
    """A process for each subject that is there, among those; names on standard error the ones that are missing."""
    found = []
    wanted = set(only) & set(options.only)
    for subject in subjects(options.earlier):
        if subject.name not in wanted:
            continue
        process = Process(subject, script)
        if process.missing is None:
            found.append(process)
            continue
        process.close()
        if not quiet:
            hint = "" if subject.directory.is_dir() else "; nox -s peers installs it"
            print(f"omitted: {subject.title}: {process.missing}{hint}", file=sys.stderr)
    if not any(process.subject.ours for process in found):
        raise SystemExit("none of our engines is built: scripts/setup")
    return found


def turns(processes: list[Any], turn: int) -> list[Any]:
    """All of them, beginning with another one in each turn."""
    shift = turn % len(processes)
    return processes[shift:] + processes[:shift]


def arguments(description: str) -> argparse.ArgumentParser:
    """The options that all benchmarks share."""

    def names(text: str) -> list[str]:
        chosen = text.split(",")
        if unknown := set(chosen) - set(NAMES):
            raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(NAMES)}")
        return chosen

    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--fast", action="store_true", help="fewer rounds, and less exact")
    parser.add_argument("--table", type=Path, metavar="FILE", help="write the tables as Markdown")
    parser.add_argument("--earlier", type=Path, metavar="DIR", help="a built checkout of an earlier commit")
    parser.add_argument("--only", type=names, default=list(NAMES), metavar="NAME,...", help="these subjects alone")
    return parser


def publish(text: str, table: Path | None) -> None:
    print(text)
    if table:
        table.parent.mkdir(parents=True, exist_ok=True)
        table.write_text(text, encoding="utf-8")


def fingerprint() -> str:
    """Changes when our package does: figures of two builds must not be mixed."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "mqtt5").glob("*")):
        if path.suffix in (".py", ".so", ".pyd"):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def machine() -> str:
    """The interpreter and machine of the figures, in one line."""
    model = ""
    if Path("/proc/cpuinfo").exists():
        names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else ""
    system = f"{os.uname().sysname} {os.uname().machine}"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        python += " free-threaded"
    return f"{python}, {model or 'CPU unknown'}, {os.cpu_count()} cores, {system}"
