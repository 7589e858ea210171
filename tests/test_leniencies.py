# SPDX-License-Identifier: MIT
"""Holds docs/leniencies.md and the vectors together: each entry has vectors, each lenient vector has its entry, and
Python shows what the page says."""

import copy
import pickle
import re
from pathlib import Path

import pytest
from option_vectors import LENIENT, OPTION_FILES

import mqtt5

PAGE = Path(__file__).parent.parent / "docs" / "leniencies.md"

pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="docs/ is not here")


def entries() -> dict[str, str]:
    """The text of each entry of the list, by its name."""
    if not PAGE.exists():
        return {}
    sections = re.split(r"^## ", PAGE.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return {name: text for name, _, text in (section.partition("\n") for section in sections) if "**Rule**" in text}


def rows() -> list[tuple[str, bytes, str]]:
    """Entry, packet and what it is shown as."""
    found = []
    for name, text in entries().items():
        for packet, shown in re.findall(r"^\| `([0-9a-f ]+)` \| `(.+)` \|$", text, re.MULTILINE):
            found.append((name, bytes.fromhex(packet), shown))
    return found


LIST = entries()
ROWS = rows()


def test_entries_are_those_of_vectors() -> None:
    lines = [vector for vectors in OPTION_FILES.values() for vector in vectors if vector.valid]
    named = {name for vector in lines for name in vector.result.get("entries", "").split(",") if name}
    assert named == set(LIST)
    for vector in lines:
        assert (vector.result.get("lenient") == "1") == ("entries" in vector.result), vector.where
    assert {name for name, _, _ in ROWS} == set(LIST)


@pytest.mark.parametrize("name", LIST)
def test_entry_states_rule_program_and_section(name: str) -> None:
    text = LIST[name]
    assert re.search(r"\*\*Rule\*\*.*\(\d\.\d[^)]*\)", text, re.DOTALL)
    assert "**Accepted**" in text
    assert re.search(r"\*\*Needed by\*\*: \w[^.]+\d", text)


@pytest.mark.parametrize(("name", "data", "shown"), ROWS, ids=[f"{name}-{data.hex()}" for name, data, _ in ROWS])
def test_packet_of_page_is_shown_so(name: str, data: bytes, shown: str) -> None:
    with pytest.raises(mqtt5.DecodeError):
        mqtt5.read(data)
    packet, size = mqtt5.read(data, strict=False)
    assert size == len(data)
    assert packet.lenient
    assert repr(packet) == shown
    for same in (copy.copy(packet), pickle.loads(pickle.dumps(packet)), packet.replace()):
        assert (repr(same), same.lenient, same.write()) == (shown, True, packet.write())


def test_packets_of_page_are_vectors() -> None:
    for name, data, _ in ROWS:
        assert name in LENIENT[data].result["entries"].split(","), data.hex()
