# SPDX-License-Identifier: MIT
"""Reads tests/vectors/*.tsv, in the format of their README.md; options-*.tsv are for option_vectors.py.

It knows the files and no codec. Running a test on vectors is check_each(): every vector that fails is named.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

VECTORS = Path(__file__).parent / "vectors"


@dataclass(frozen=True)
class Vector:
    """One line about one packet."""

    where: str
    verdict: str
    code: int
    data: bytes = field(repr=False)
    what: str

    @property
    def valid(self) -> bool:
        return self.verdict != "bad"


@dataclass(frozen=True)
class Topic:
    """One line of topics.tsv."""

    where: str
    verdict: str
    pattern: str
    topic: str
    what: str


def _lines(path: Path) -> list[tuple[str, list[str]]]:
    found = []
    for number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
        if line and not line.startswith("#"):
            columns = line.split("\t")
            if len(columns) != 4:
                raise ValueError(f"{path.name}:{number}: {len(columns)} columns")
            found.append((f"{path.name}:{number}", columns))
    return found


def _packet(tokens: str) -> bytes:
    data = b""
    for token in tokens.split(" "):
        unit, _, count = token.partition("*")
        data += bytes.fromhex(unit) * int(count or 1)
    return data


def _load() -> dict[str, list[Vector]]:
    files = {}
    for path in sorted(VECTORS.glob("*.tsv")):
        if path.name != "topics.tsv" and not path.name.startswith("options-"):
            files[path.name] = [
                Vector(where, verdict, int(code, 16), _packet(tokens), what)
                for where, (verdict, code, tokens, what) in _lines(path)
            ]
            if not files[path.name]:
                raise FileNotFoundError(f"no vectors in {path}")
    if not files:
        raise FileNotFoundError(f"no vectors in {VECTORS}")
    return files


#: The vectors of each file.
FILES = _load()
ALL = [vector for vectors in FILES.values() for vector in vectors]
TOPICS = [Topic(where, *columns) for where, columns in _lines(VECTORS / "topics.tsv")]


def check_each(vectors: Iterable[Vector], check: Callable[[Vector], None]) -> None:
    """Calls check with each vector, at least one; an AssertionError names all that fail."""
    failures = []
    number = 0
    for number, vector in enumerate(vectors, 1):  # noqa: B007
        try:
            check(vector)
        except Exception as error:
            text = f"{type(error).__name__}: {error}".partition("\n")[0]
            failures.append(f"{vector.where} ({vector.verdict}, {vector.what}): {text[:500]}")
    if number == 0:
        raise AssertionError("no vectors")
    if failures:
        raise AssertionError("\n".join([f"{len(failures)} of {number} vectors", *failures[:20]]))
