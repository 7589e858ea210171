# SPDX-License-Identifier: MIT
"""Properties of any packet, any bytes and any cut, checked by hypothesis.

How much is tried is set in conftest.py; in CI it is always the same.
"""

import copy
import dataclasses
import pickle

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from samples import without_secrets
from strategies import BY_CLASS, filters, names, packets
from vectors_data import ALL

import mqtt5

VALID = [vector.data for vector in ALL if vector.valid and len(vector.data) < 1000]


def as_read(packet: mqtt5.Packet) -> mqtt5.Packet:
    """A Will without payload is sent, and read again, with an empty one."""
    if isinstance(packet, mqtt5.ConnectPacket) and packet.will is not None and packet.will.payload is None:
        return dataclasses.replace(packet, will=dataclasses.replace(packet.will, payload=b""))
    return packet


def read_or_error(data: bytes) -> mqtt5.Packet | None:
    """Only what is documented leaves read()."""
    try:
        packet, size = mqtt5.read(data)
    except mqtt5.Error as error:
        check_error(error, data)
        return None
    assert 0 < size <= len(data)
    return packet


def check_error(error: mqtt5.Error, data: bytes) -> None:
    if isinstance(error, mqtt5.IncompleteError):
        assert error.needed > len(data)
        return
    assert isinstance(error, mqtt5.DecodeError)
    assert error.reason_code in (0x81, 0x82, 0x84, 0x94)
    assert error.field
    assert 0 <= error.offset <= len(data)


def check_accepted(packet: mqtt5.Packet) -> None:
    """A packet that was read can be written, and reads back as the same packet."""
    data = packet.write()
    again, size = mqtt5.read(data)
    assert again == packet
    assert hash(again) == hash(packet)
    assert size == len(data)
    assert again.write() == data


def decode(chunks: list[bytes]) -> tuple[list[mqtt5.Packet], tuple[object, ...] | None, int]:
    """The packets, the error, and what is left over."""
    decoder = mqtt5.Decoder()
    found = []
    for chunk in chunks:
        decoder.feed(chunk)
        try:
            for packet in decoder:
                found.append(packet)
        except mqtt5.DecodeError as error:
            return found, (error.reason_code, error.field, error.offset), 0
    return found, None, decoder.buffered


@pytest.mark.parametrize("cls", BY_CLASS)
@given(drawn=st.data())
def test_round_trip(cls: type, drawn: st.DataObject) -> None:
    packet = drawn.draw(BY_CLASS[cls])
    assert type(packet) is cls
    data = packet.write()
    again, size = mqtt5.read(data)
    assert size == len(data)
    assert again == as_read(packet)
    assert type(again) is cls
    assert again.write() == data
    bare = without_secrets(packet)
    assert eval(repr(bare), {}, vars(mqtt5)) == bare
    assert pickle.loads(pickle.dumps(packet)) == packet
    assert copy.copy(packet) == dataclasses.replace(packet) == packet
    fields = {field.name: getattr(packet, field.name) for field in dataclasses.fields(packet)}
    assert cls(**fields) == packet


@given(packets())
def test_field_at_default_not_sent(packet: mqtt5.Packet) -> None:
    """A field at its default never makes a packet longer, and every other value takes bytes or bits."""
    size = len(packet.write())
    for field in dataclasses.fields(packet):
        if field.default is dataclasses.MISSING:
            continue
        try:
            without = dataclasses.replace(packet, **{field.name: field.default})
        except ValueError:
            continue  # another field needs it
        data = without.write()
        assert len(data) <= size
        if without != packet:
            assert data != packet.write()


@given(packets(), st.binary(max_size=20))
def test_bytes_behind(packet: mqtt5.Packet, tail: bytes) -> None:
    data = packet.write()
    assert mqtt5.read(data + tail) == (as_read(packet), len(data))


@given(packets(), st.data())
def test_prefixes_are_incomplete(packet: mqtt5.Packet, drawn: st.DataObject) -> None:
    data = packet.write()
    size = drawn.draw(st.integers(0, len(data) - 1))
    with pytest.raises(mqtt5.IncompleteError) as caught:
        mqtt5.read(data[:size])
    assert size < caught.value.needed <= len(data)


@given(st.lists(packets(), max_size=6), st.data())
def test_cut_of_packets_without_effect(stream: list[mqtt5.Packet], drawn: st.DataObject) -> None:
    data = b"".join(packet.write() for packet in stream)
    cuts = sorted(drawn.draw(st.lists(st.integers(0, len(data)), max_size=12)))
    chunks = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    assert decode(chunks) == ([as_read(packet) for packet in stream], None, 0)


@given(st.binary(max_size=100))
@example(b"")
def test_any_bytes(data: bytes) -> None:
    packet = read_or_error(data)
    if packet is not None:
        check_accepted(packet)


@given(st.integers(16, 255), st.binary(max_size=60))
def test_any_body(first: int, body: bytes) -> None:
    """With a header that says how long it is."""
    packet = read_or_error(bytes([first, len(body)]) + body)
    if packet is not None:
        check_accepted(packet)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A valid packet with a few changes; mostly its length is put right again."""
    data = bytearray(draw(st.one_of(st.sampled_from(VALID), packets().map(lambda packet: packet.write()[:2000]))))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        match draw(st.integers(0, 4)):
            case 0 if at < len(data):
                data[at] ^= 1 << draw(st.integers(0, 7))
            case 1:
                data[at:at] = draw(st.binary(min_size=1, max_size=4))
            case 2:
                del data[at : at + draw(st.integers(1, 4))]
            case 3:
                data[at:] = draw(st.sampled_from(VALID))[at:]
            case _ if at < len(data):
                data[at] = draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]))
    if draw(st.booleans()) and 2 <= len(data) < 130:
        data[1] = len(data) - 2
    return bytes(data)


@given(mutated())
def test_mutated_packets(data: bytes) -> None:
    packet = read_or_error(data)
    if packet is not None:
        check_accepted(packet)


@given(st.lists(mutated(), min_size=1, max_size=4), st.data())
def test_cut_of_any_bytes_without_effect(parts: list[bytes], drawn: st.DataObject) -> None:
    """The packets and the reason of the error; where an error is seen early, the field may be the header."""
    data = b"".join(parts)
    cuts = sorted(drawn.draw(st.lists(st.integers(0, len(data)), max_size=12)))
    chunks = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    assert decode(chunks) == decode([data])


@given(filters(), names)
def test_filters_and_names_are_valid(pattern: str, topic: str) -> None:
    assert mqtt5.topic_matches(pattern, topic) in (True, False)
    assert topic.startswith("$share/") or mqtt5.topic_matches(topic, topic)


@given(st.text(), st.text())
def test_topic_matches_any_text(pattern: str, topic: str) -> None:
    try:
        mqtt5.topic_matches(pattern, topic)
    except ValueError as error:
        named = str(error)
    else:
        named = "filter="
    assert named.startswith(("filter=", "topic="))


def matches(pattern: list[str], topic: list[str]) -> bool:
    """4.7.1, for levels, written as short as possible."""
    if not pattern or pattern == ["#"]:
        return not topic or bool(pattern)
    return bool(topic) and pattern[0] in ("+", topic[0]) and matches(pattern[1:], topic[1:])


@example([], True, ["$a"])
@example(["+", "a"], False, ["$a", "a"])
@example(["+"], True, ["$a", "a"])
@given(
    st.lists(st.sampled_from(["a", "b", "", "+"]), max_size=5),
    st.booleans(),
    st.lists(st.sampled_from(["a", "b", "", "$a"]), min_size=1, max_size=5),
)
def test_topic_matches_a_simple_model(pattern: list[str], rest: bool, topic: list[str]) -> None:
    if rest:
        pattern = [*pattern, "#"]
    if pattern in ([], [""]) or topic == [""]:
        return
    special = topic[0].startswith("$") and pattern[0] in ("+", "#")
    expected = matches(pattern, topic) and not special
    assert mqtt5.topic_matches("/".join(pattern), "/".join(topic)) is expected
    assert mqtt5.topic_matches("$share/n/" + "/".join(pattern), "/".join(topic)) is expected
