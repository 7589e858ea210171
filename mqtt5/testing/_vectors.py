# SPDX-License-Identifier: MIT
"""Reads the test vectors, in the format of docs/vectors.md.

It knows the files and no codec. They are beside this package when it is installed, in tests/ in a checkout.
"""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

#: The version of the format. It changes when a reader of the files must change, not when there are more of them.
VECTOR_FORMAT = 1

COLUMNS = ("verdict", "code", "bytes", "what")
TOPICS, OPTIONS = "topics.tsv", "options-"


@dataclass(frozen=True)
class Vector:
    """A packet, and the verdict on it when nothing but its bytes is known.

    `where` is file and line. `verdict` is "ok": valid, and in the shortest form; "alt": valid in another form; "bad":
    must be refused, with the reason code `code` (0 for the others). `what` says in words what it is, with references.
    """

    where: str
    verdict: str
    code: int
    data: bytes = field(repr=False)
    what: str

    @property
    def file(self) -> str:
        return self.where.partition(":")[0]

    @property
    def valid(self) -> bool:
        return self.verdict != "bad"

    @property
    def references(self) -> tuple[str, ...]:
        """Statements ("MQTT-3.3.1-4") and sections ("3.3.1.2") of the specification."""
        return tuple(re.findall(r"\[([^]]*)\]", self.what))


@dataclass(frozen=True)
class OptionVector(Vector):
    """A packet, or the first bytes of a stream, and the verdict with these options.

    `options` and `result` have the words of their columns: {"sender": "client"}; a word without a value has "".
    """

    options: dict[str, str] = field(hash=False)
    result: dict[str, str] = field(hash=False)


@dataclass(frozen=True)
class TopicVector:
    """A topic filter, a topic name, and whether they "match", "differ", or one of them is "invalid"."""

    where: str
    verdict: str
    filter: str
    topic: str
    what: str


def vectors() -> Iterator[Vector]:
    """The packets that are judged by their bytes alone."""
    for where, row in _rows(lambda name: name != TOPICS and not name.startswith(OPTIONS)):
        yield Vector(*_judged(where, row))


def option_vectors() -> Iterator[OptionVector]:
    """The packets that are judged by options: who sends, leniency, limits."""
    for where, row in _rows(lambda name: name.startswith(OPTIONS)):
        yield OptionVector(*_judged(where, row), _words(row["options"]), _words(row["result"]))


def topic_vectors() -> Iterator[TopicVector]:
    """The topic filters and names."""
    for where, row in _rows(lambda name: name == TOPICS):
        yield TopicVector(where, *_known(where, row, ("match", "differ", "invalid")).values())


def vector_directory() -> str:
    """The directory with the files, for programs in other languages. docs/vectors.md describes their format."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    installed, checkout = os.path.join(package, "vectors"), os.path.join(os.path.dirname(package), "tests", "vectors")
    for directory in (installed, checkout):  # in a checkout, or from an editable install
        if os.path.exists(os.path.join(directory, TOPICS)):
            return directory
    raise FileNotFoundError(f"this installation of mqtt5 lacks the test vectors: {installed}")


def _rows(wanted: Callable[[str], bool]) -> Iterator[tuple[str, dict[str, str]]]:
    """Place and columns of each line of these files."""
    directory = vector_directory()
    for name in sorted(os.listdir(directory)):
        if not name.endswith(".tsv") or not wanted(name):
            continue
        with open(os.path.join(directory, name), encoding="utf-8", newline="\n") as file:
            lines = file.read().split("\n")
        columns: tuple[str, ...] = COLUMNS
        for number, line in enumerate(lines, 1):
            if line.startswith("# columns: "):
                columns = tuple(line.split(" ")[2:])
            elif line and not line.startswith("#"):
                where = f"{name}:{number}"
                yield where, dict(zip(columns, _cells(where, line, len(columns)), strict=True))


def _cells(where: str, line: str, count: int) -> list[str]:
    cells = line.split("\t")
    if len(cells) != count:
        raise ValueError(f"{where}: {len(cells)} columns, not {count}")
    return cells


def _judged(where: str, row: dict[str, str]) -> tuple[str, str, int, bytes, str]:
    _known(where, row, ("ok", "alt", "bad"))
    return where, row["verdict"], int(row["code"], 16), _bytes(row["bytes"]), row["what"]


def _known(where: str, row: dict[str, str], verdicts: tuple[str, ...]) -> dict[str, str]:
    if row["verdict"] not in verdicts:
        raise ValueError(f"{where}: unknown verdict {row['verdict']!r}")
    return row


def _bytes(tokens: str) -> bytes:
    data = bytearray()
    for token in tokens.split(" "):
        unit, _, count = token.partition("*")
        data += bytes.fromhex(unit) * int(count or 1)
    return bytes(data)


def _words(column: str) -> dict[str, str]:
    pairs = (word.partition("=") for word in column.split(" ") if word != "-")
    return {name: value for name, _, value in pairs}
