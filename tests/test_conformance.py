# SPDX-License-Identifier: MIT
"""Holds docs/conformance.md and the references in tests/vectors together, in both directions.
It reads both as text and knows no codec."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

VECTORS = Path(__file__).parent / "vectors"
PAGE = Path(__file__).parent.parent / "docs" / "conformance.md"

ROW = re.compile(r"^\| (MQTT-\d+(?:\.\d+)+-\d+) \| (codec|caller) \| (.+) \|$", re.MULTILINE)
TOKEN = r"(?:[0-9a-f]{2})+(?:\*[1-9][0-9]*)?"
PACKET = re.compile(rf"(?:(?:ok|alt)\t00|bad\t(?:81|82|84|94))\t({TOKEN}(?: {TOKEN})*)\t([ -~]+)")
OPTION = (
    r"sender=(?:client|server)(?: stage=(?:opening|open))?|lenient|forbid_control_characters|(?:fit|max_\w+)=[1-9]\d*"
)
RESULT = r"-|[a-z_.]+=[^ ]*(?: [a-z_.]+=[^ ]*)*"
WITH_OPTIONS = re.compile(
    rf"(?:(?:ok|alt)\t00|bad\t(?:81|82|84|94|95|97))\t({TOKEN}(?: {TOKEN})*)\t(-|(?:{OPTION})(?: (?:{OPTION}))*)"
    rf"\t(?:{RESULT})\t[ -~]+"
)
TOPIC = re.compile(r"(?:match|differ|invalid)\t([^\t]*)\t([^\t]*)\t([ -~]+)")


@pytest.fixture(scope="module")
def rows() -> dict[str, tuple[str, str]]:
    if not PAGE.exists():
        pytest.skip("docs/ is not here")
    found = ROW.findall(PAGE.read_text(encoding="utf-8"))
    assert len(found) == len({statement for statement, _, _ in found}) == 252
    return {statement: (side, text) for statement, side, text in found}


@pytest.fixture(scope="module")
def counts() -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for path in sorted(VECTORS.glob("*.tsv")):
        for line in lines(path):
            for statement in re.findall(r"\[(MQTT-[^]]*)\]", line):
                files = found.setdefault(statement, {})
                files[path.name] = files.get(path.name, 0) + 1
    assert found
    return found


def packet(tokens: str) -> bytes:
    units = (token.split("*") for token in tokens.split(" "))
    return b"".join(bytes.fromhex(unit) * int("".join(count) or 1) for unit, *count in units)


def lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").split("\n") if line and not line.startswith("#")]


def test_table_rows_all_read(rows: dict[str, tuple[str, str]]) -> None:
    table = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| MQTT")]
    assert len(table) == len(rows)


def test_rows_ordered_as_in_specification(rows: dict[str, tuple[str, str]]) -> None:
    order = []
    for statement in rows:
        section, _, number = statement.removeprefix("MQTT-").partition("-")
        levels = [int(level) for level in section.split(".")]
        order.append(([*levels, 0][:3], int(number)))  # a section of two levels, 4.2, counts as 4.2.0
    assert order == sorted(order)


def test_codec_statements_match_vectors(rows: dict[str, tuple[str, str]], counts: dict[str, dict[str, int]]) -> None:
    assert {statement for statement, (side, _) in rows.items() if side == "codec"} == set(counts)


def test_counts_on_page_match_vectors(rows: dict[str, tuple[str, str]], counts: dict[str, dict[str, int]]) -> None:
    for statement, files in counts.items():
        _, _, evidence = rows[statement][1].partition("Vectors: ")
        assert evidence == ", ".join(f"{file} {count}" for file, count in sorted(files.items())), statement


def test_vectors_are_in_their_format() -> None:
    seen: dict[object, str] = {}
    for path in sorted(VECTORS.glob("*.tsv")):
        with_options = path.name.startswith("options-")
        row = TOPIC if path.name == "topics.tsv" else WITH_OPTIONS if with_options else PACKET
        for line in lines(path):
            match = row.fullmatch(line)
            assert match, f"{path.name}: {line[:200]}"
            assert re.search(r" (?:\[(?:MQTT-)?\d+(?:\.\d+)+(?:-\d+)?\])+$", line), f"{path.name}: {line[:200]}"
            if row is TOPIC:
                key: object = match.groups()[:-1]
            else:
                key = packet(match[1]), match[2] if with_options else ""
            assert key not in seen, f"{path.name} and {seen[key]}: {line[:200]}"
            seen[key] = path.name
    assert len(seen) > 4000


def test_lines_without_options_agree() -> None:
    """Bytes may stand in a file with options and in one without: then both say the same."""
    verdicts = {}
    for path in sorted(VECTORS.glob("*.tsv")):
        for line in lines(path) if path.name != "topics.tsv" else []:
            verdict, code, tokens, options, *_ = line.split("\t")
            if not path.name.startswith("options-") or options == "-":
                assert verdicts.setdefault(packet(tokens), (verdict, code)) == (verdict, code), line[:200]
    assert len(verdicts) > 9000


def test_vectors_are_what_the_generator_writes() -> None:
    command = [sys.executable, str(VECTORS / "generate.py"), "--check"]
    assert subprocess.run(command, check=False).returncode == 0
