# SPDX-License-Identifier: MIT
"""mqtt5.testing: the builders, the reader of the vectors, and that the package itself does without them."""

import os
import re
import shutil
from pathlib import Path

import pytest
from engines import run
from hypothesis import given
from hypothesis import strategies as st
from samples import PACKETS

import mqtt5
from mqtt5 import testing
from mqtt5.testing import packet, properties, strategies, utf8, varint

ROOT = Path(__file__).parent.parent

# ----------------------------------------------------------------- builders


def test_builders_make_valid_packets() -> None:
    user = (0x26, utf8("a") + utf8("b"))
    built = packet(3, 2, utf8("topic") + b"\0\7" + properties((0x23, b"\0\5"), user) + b"payload")
    expected = mqtt5.PublishPacket("topic", b"payload", qos=1, packet_id=7, topic_alias=5, user_properties=[("a", "b")])
    assert built == expected.write()
    connect = packet(1, 2, utf8("MQTT") + b"\5\2\0\x3c" + properties() + utf8(b"client"))
    with pytest.raises(mqtt5.DecodeError, match="flags"):
        mqtt5.read(connect)
    assert mqtt5.read(packet(1, 0, connect[2:]))[0] == mqtt5.ConnectPacket("client", clean_start=True, keep_alive=60)


def test_examples_of_documentation_run() -> None:
    names = dict(vars(testing))
    code = re.findall(r"^    (\w+ = .*)$", testing.__doc__ or "", re.MULTILINE)
    exec("\n".join(code), names)
    made = {line.partition(" ")[0]: names[line.partition(" ")[0]] for line in code}
    assert len(made) == 4
    assert mqtt5.read(made.pop("valid"))[0] == mqtt5.ConnectPacket("client", clean_start=True, keep_alive=60)
    for data in made.values():
        with pytest.raises(mqtt5.DecodeError):
            mqtt5.read(data)


@pytest.mark.parametrize(
    ("data", "reason_code", "field"),
    [
        (packet(12, 0, b"", size=2), 0x81, "remaining_length"),
        (packet(12, 0, b"", size=5), 0x81, "remaining_length"),
        (packet(12, 1, b""), 0x81, "flags"),
        (packet(0, 0, b""), 0x81, "packet_type"),
        (packet(3, 6, utf8("a") + b"\0\1" + properties()), 0x81, "qos"),
        (packet(3, 0, utf8("a\0") + properties()), 0x81, "topic"),
        (packet(3, 0, utf8("a\ud800") + properties()), 0x81, "topic"),
        (packet(3, 0, utf8(b"\xff") + properties()), 0x81, "topic"),
        (packet(3, 0, utf8("abc", length=60) + properties()), 0x81, "topic"),
        (packet(3, 0, utf8("a") + properties((0x23, b"\0\0"))), 0x94, "topic_alias"),
        (packet(3, 0, utf8("a") + properties((0x55, b""))), 0x81, "property_id"),
        (packet(3, 0, utf8("a") + properties(length=1)), 0x81, "property_length"),
        (packet(3, 0, utf8("a") + properties(size=2)), 0x81, "property_length"),
        (packet(3, 0, utf8("a") + properties(b"\x01\2")), 0x82, "payload_format_indicator"),
    ],
)
def test_builders_break_one_rule(data: bytes, reason_code: int, field: str) -> None:
    with pytest.raises(mqtt5.DecodeError) as caught:
        mqtt5.read(data)
    assert caught.value.reason_code == reason_code
    assert caught.value.field == field


def test_length_of_packet_can_differ() -> None:
    assert packet(12, 0, b"", length=3) == b"\xc0\3"
    with pytest.raises(mqtt5.IncompleteError) as caught:
        mqtt5.read(packet(3, 0, b"\0\1a\0", length=300))
    assert caught.value.needed == 303


@pytest.mark.parametrize(
    ("n", "size", "expected"),
    [
        (0, None, "00"),
        (127, None, "7f"),
        (128, None, "8001"),
        (16383, None, "ff7f"),
        (16384, None, "808001"),
        (268435455, None, "ffffff7f"),
        (268435456, None, "8080808001"),
        (0, 1, "00"),
        (0, 4, "80808000"),
        (1, 6, "818080808000"),
    ],
)
def test_varint_has_the_wanted_size(n: int, size: int | None, expected: str) -> None:
    assert varint(n, size).hex() == expected


@given(st.integers(0, 2**40), st.integers(0, 5))
def test_varint_of_any_number_reads_back(n: int, more: int) -> None:
    size = len(varint(n)) + more
    data = varint(n, size)
    assert len(data) == size
    assert sum((byte & 0x7F) << 7 * i for i, byte in enumerate(data)) == n
    assert [byte >> 7 for byte in data] == [1] * (size - 1) + [0]


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: packet(16, 0, b""), "type=16: must be from 0 to 15"),
        (lambda: packet(1, -1, b""), "flags=-1: must be from 0 to 15"),
        (lambda: varint(-1), "n=-1: must not be negative"),
        (lambda: varint(128, 1), "size=1: 128 takes 2 bytes"),
        (lambda: varint(0, 0), "size=0: 0 takes 1 bytes"),
        (lambda: utf8("a" * 65536), "length=65536: must be from 0 to 65535"),
    ],
)
def test_builder_of_the_impossible_refused(call: object, text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        call()  # type: ignore[operator]


def test_builder_takes_bytes_of_any_type() -> None:
    assert utf8(bytearray(b"a")) == utf8(memoryview(b"a")) == utf8("a")  # type: ignore[arg-type]
    assert properties(bytearray(b"\x01\x00")) == properties((1, b"\0"))  # type: ignore[arg-type]
    for call in (lambda: utf8(5), lambda: properties(5), lambda: properties("a")):  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="a bytes-like object is required"):
            call()


# ------------------------------------------------------------------ vectors


def test_vectors_are_all_lines_of_the_files() -> None:
    count = {"topics.tsv": 0}
    for path in Path(testing.vector_directory()).glob("*.tsv"):
        lines = path.read_text("utf-8").split("\n")
        count[path.name] = sum(1 for line in lines if line and not line.startswith("#"))
    found = [vector.file for vector in [*testing.vectors(), *testing.option_vectors()]]
    found += ["topics.tsv" for _ in testing.topic_vectors()]
    assert {file: found.count(file) for file in set(found)} == count
    assert len(found) > 14_000


def test_vector_has_the_types_of_its_columns() -> None:
    first = next(vector for vector in testing.vectors() if vector.where.startswith("publish.tsv:") and not vector.valid)
    assert (first.file, first.verdict, first.code, first.data) == ("publish.tsv", "bad", 0x81, bytes.fromhex("3d00"))
    assert first.references == ("3.3.2",)
    repeated = next(vector for vector in testing.vectors() if len(vector.data) > 65535)
    assert repeated.valid
    sent = next(vector for vector in testing.option_vectors() if vector.options == {"sender": "client"} and vector.code)
    assert int(sent.result["size"]) == len(sent.data)
    assert hash(sent) == hash(sent)
    assert {vector.verdict for vector in testing.topic_vectors()} == {"match", "differ", "invalid"}


def test_vectors_hold_for_this_package() -> None:
    for vector in testing.vectors():
        try:
            read = mqtt5.read(vector.data)[0]
        except mqtt5.DecodeError as error:
            found = ("bad", error.reason_code)
        else:
            found = ("ok" if read.write() == vector.data else "alt", 0)
        assert found == (vector.verdict, vector.code), vector.where


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("ok\t00\tc0 00", "bad.tsv:1: 3 columns, not 4"),
        ("good\t00\tc0 00\ta packet", "bad.tsv:1: unknown verdict 'good'"),
    ],
)
def test_line_in_another_format_named(line: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bad.tsv").write_text(line, "utf-8")
    monkeypatch.setattr("mqtt5.testing._vectors.vector_directory", lambda: str(tmp_path))
    with pytest.raises(ValueError, match=re.escape(text)):
        list(testing.vectors())


@pytest.mark.skipif(not (ROOT / "docs" / "vectors.md").exists(), reason="docs/ is not here")
def test_format_has_one_version() -> None:
    page = (ROOT / "docs" / "vectors.md").read_text("utf-8")
    stated = re.findall(r"This page describes version (\d+) of the format", page)
    file = Path(testing.vector_directory(), "FORMAT").read_text("ascii")
    assert [*stated, file.strip()] == [str(testing.VECTOR_FORMAT)] * 2


def test_missing_vectors_named(tmp_path: Path) -> None:
    shutil.copytree(Path(testing.__file__).parent, tmp_path / "copied" / "testing")
    code = f"""
import mqtt5
mqtt5.__path__.insert(0, {str(tmp_path / "copied")!r})
import mqtt5.testing
try:
    list(mqtt5.testing.vectors())
except FileNotFoundError as error:
    print(error)
"""
    assert "this installation of mqtt5 lacks the test vectors" in run(code)


# --------------------------------------------------------------------- rest


def test_strategies_cover_every_class() -> None:
    assert set(strategies._BY_CLASS) == set(PACKETS)


@given(st.data())
def test_strategies_draw_what_they_name(data: st.DataObject) -> None:
    mqtt5.check_topic_name(data.draw(strategies.topic_names()))
    mqtt5.check_topic_filter(data.draw(strategies.topic_filters()))
    assert isinstance(data.draw(strategies.subscriptions()), mqtt5.TopicFilter)
    assert isinstance(data.draw(strategies.wills()), mqtt5.Will)
    assert isinstance(data.draw(strategies.packets()), mqtt5.Packet)
    assert mqtt5.PublishPacket("t", b"", content_type=data.draw(strategies.texts())).write()


def test_package_does_not_import_helpers_for_tests() -> None:
    code = "import mqtt5, sys; print([name for name in sys.modules if 'mqtt5.testing' in name])"
    assert run(code).strip() == "[]"
    code = "import mqtt5.testing, sys; print('hypothesis' in sys.modules, 'pytest' in sys.modules)"
    assert run(code).strip() == "False False"


def test_all_public_names_documented() -> None:
    for module in (testing, strategies):
        assert module.__doc__
        for name in module.__all__:
            assert getattr(module, name).__doc__ or name == "VECTOR_FORMAT", name
    assert os.path.isdir(testing.vector_directory())
