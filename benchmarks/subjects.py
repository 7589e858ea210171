# SPDX-License-Identifier: MIT
"""What is compared, and how each is kept apart: its own process, with nothing on its import path but itself.

PyPI's mqtt5 has the import name of this package, so that it could not be otherwise. All run on the interpreter that
runs the benchmark. It does not know what a subject is asked.
"""

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
    ours: bool = False

    def environment(self) -> dict[str, str]:
        """Without site-packages (python -S): but our CFFI engine needs the installed cffi, so it comes last.

        Compiled sources are kept, as they are for users, though not beside the sources.
        """
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "MQTT5_"))}
        path = [str(self.directory)]
        if self.ours:
            kept["MQTT5_ENGINE"] = self.name
            path.append(sysconfig.get_path("platlib"))
        return kept | {"PYTHONPATH": os.pathsep.join(path), "PYTHONPYCACHEPREFIX": str(ROOT / "build" / "pycache")}

    def python(self, *arguments: str, **options: Any) -> "subprocess.Popen[str]":
        command = [sys.executable, "-S", *arguments]
        return subprocess.Popen(command, env=self.environment(), stdout=subprocess.PIPE, text=True, **options)


SUBJECTS = [
    Subject("speedups", "mqtt5 (speedups)", ROOT, ours=True),
    Subject("cffi", "mqtt5 (CFFI)", ROOT, ours=True),
    Subject("rust", "PyPI's mqtt5 (Rust)", PEERS / "mqtt5-rust"),
    Subject("zmqtt", "zmqtt", PEERS / "zmqtt"),
    Subject("paho", "paho-mqtt", PEERS / "paho-mqtt"),
]


class Process:
    """A worker that answers requests: `ask("time", case=3)` sends {"do": "time", "case": 3}, each a line of JSON."""

    def __init__(self, subject: Subject, script: str) -> None:
        self.subject = subject
        self.process = subject.python(str(HERE / script), subject.name, stdin=subprocess.PIPE)
        hello = self.answer()
        self.missing: str | None = hello.get("missing")
        self.version: str = hello.get("version", "")

    def answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.close()
            raise SystemExit(f"{self.subject.title}: its process ended; what it said is above")
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


def start(script: str, only: Iterable[str] = (), quiet: bool = False) -> list[Process]:
    """A process for each subject (or for those alone) that is there; says which are not."""
    found = []
    for subject in SUBJECTS:
        if only and subject.name not in only:
            continue
        process = Process(subject, script)
        if process.missing is None:
            found.append(process)
            continue
        process.close()
        if not quiet:
            hint = "" if subject.directory.is_dir() else "; scripts/peers installs it"
            print(f"left out: {subject.title}: {process.missing}{hint}", file=sys.stderr)
    if not any(process.subject.ours for process in found):
        raise SystemExit("none of our engines is built: scripts/setup")
    return found


def fingerprint() -> str:
    """Changes when our package does: figures of two builds would be of none."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "mqtt5").glob("*")):
        if path.suffix in (".py", ".so", ".pyd"):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def machine() -> str:
    """What the figures hold for, in one line."""
    model = ""
    if Path("/proc/cpuinfo").exists():
        names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else ""
    system = f"{os.uname().sysname} {os.uname().machine}"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{python}, {model or 'CPU unknown'}, {os.cpu_count()} cores, {system}"
