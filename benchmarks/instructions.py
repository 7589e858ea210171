# SPDX-License-Identifier: MIT
"""What options cost: machine instructions for each packet that a Decoder reads from a stream, by callgrind.

    .venv/bin/python benchmarks/instructions.py [--earlier DIR] [--table FILE]

Each scenario of stream.py is read twice, with different numbers of packets, in a process under valgrind; the difference
counts. Instructions repeat exactly, so that a small cost is seen on a busy machine too. It needs Debian's valgrind.
"""

import os
import re
import subprocess
import sys
import time
from typing import Any

from report import Goal, goals_table, grid
from stream import SCENARIOS, block
from subjects import Subject, arguments, machine, publish, subjects

LIMIT = 1.03
FEW, MANY, SIZE = 1, 9, 20_000  # blocks, and bytes in a block
OPTIONS: dict[str, dict[str, Any]] = {
    "no options": {},
    "sender and limits": {"sender": "server", "from_start": False, "max_packet_size": 65536, "max_list_items": 100},
    "lenient": {"strict": False},
}


def read(scenario: str, options: str, blocks: int) -> None:
    """The process that is counted."""
    from mqtt5 import Decoder  # type: ignore[attr-defined]

    data, _ = block(scenario, SIZE)
    decoder = Decoder(**OPTIONS[options])
    for _ in range(blocks):
        decoder.feed(data)
        for packet in decoder:
            packet.topic  # noqa: B018


def instructions(subject: Subject, *task: str) -> int:
    """The instructions of a process that does that with the package."""
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={os.devnull}", sys.executable, "-S", __file__]
    environment = subject.environment() | {"PYTHONHASHSEED": "0"}
    done = subprocess.run([*command, *task], env=environment, capture_output=True, text=True)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or found is None:
        sys.exit(f"{subject.title}: {' '.join(task)}\n{done.stderr}exit status {done.returncode}")
    return int(found.group(1))


def for_each_packet(subject: Subject, scenario: str, options: str) -> float:
    few, many = (instructions(subject, scenario, options, str(blocks)) for blocks in (FEW, MANY))
    return (many - few) / (block(scenario, SIZE)[1] * (MANY - FEW))


def main() -> None:
    parsed = arguments("Counts the instructions that options cost.").parse_args()
    measured = {each.name: each for each in subjects(parsed.earlier)}
    columns = [("native", options) for options in OPTIONS]
    if "earlier" in measured:
        columns.append(("earlier", "no options"))
    for name, options in columns:
        instructions(measured[name], "small", options, "1")  # the first one compiles the package's sources
    rows, worst = [], dict.fromkeys(OPTIONS, 0.0)
    for scenario in SCENARIOS:
        counts = {column: for_each_packet(measured[column[0]], scenario, column[1]) for column in columns}
        plain = counts["native", "no options"]
        for options in OPTIONS:
            worst[options] = max(worst[options], counts["native", options] / plain)
        rows.append([scenario, *(f"{count:.0f}" for count in counts.values())])
    header = ["instructions a packet", *(options if name == "native" else name for name, options in columns)]
    goals = [
        Goal(f"{options}: instructions, times those without", factor, LIMIT, at_most=True)
        for options, factor in worst.items()
        if OPTIONS[options]
    ]
    head = ["# What options cost", f"{machine()}; {time.strftime('%Y-%m-%d')}.", "## Targets", goals_table(goals)]
    publish("\n\n".join([*head, grid(header, rows)]) + "\n", parsed.table)


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] in SCENARIOS:
        read(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    else:
        main()
