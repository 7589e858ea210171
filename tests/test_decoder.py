# SPDX-License-Identifier: MIT
"""The Decoder, read() and the exceptions: what is not about the contents of a packet.

Chunks, the end of an iteration, errors, the size limit, buffers of all kinds, and how much is copied and kept.
"""

import array
import copy
import pickle
import random
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

import pytest

import mqtt5
from mqtt5 import Decoder, PingReqPacket, PubAckPacket, PublishPacket, stream

PACKETS = [
    mqtt5.ConnectPacket("client", will=mqtt5.Will("w", payload=b"p"), user_properties=[("a", "b")]),
    PublishPacket("topic", b"payload" * 40, qos=1, packet_id=1),
    PingReqPacket(),
    PubAckPacket(1),
    mqtt5.SubscribePacket(2, [mqtt5.TopicFilter("a/#"), mqtt5.TopicFilter("$share/n/f")]),
    PublishPacket("t", b""),
    mqtt5.DisconnectPacket(),
]
STREAM = b"".join(packet.write() for packet in PACKETS)
PING = PingReqPacket().write()
BAD = bytes.fromhex("3804 0001 74 00".replace(" ", ""))  # DUP with QoS 0


def fed(*chunks: Any, **arguments: Any) -> Decoder:
    decoder = Decoder(**arguments)
    for chunk in chunks:
        decoder.feed(chunk)
    return decoder


# ------------------------------------------------------------------- chunks


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 64, 100, 1000])
@pytest.mark.parametrize("every", [True, False])
def test_chunks_of_any_size(size: int, every: bool) -> None:
    """Iterated after every chunk, or only at the end."""
    decoder = Decoder()
    found = []
    for at in range(0, len(STREAM), size):
        decoder.feed(STREAM[at : at + size])
        if every:
            found += list(decoder)
    found += list(decoder)
    assert found == PACKETS
    assert decoder.buffered == 0


def test_chunks_of_random_sizes() -> None:
    dice = random.Random(5)
    for _ in range(50):
        decoder = Decoder()
        found = []
        at = 0
        while at < len(STREAM):
            size = dice.choice([0, 1, 2, 10, 200])
            decoder.feed(STREAM[at : at + size])
            at += size
            if dice.random() < 0.5:
                found += list(decoder)
            elif dice.random() < 0.5:
                found += [packet for packet in [next(decoder, None)] if packet is not None]
        assert found + list(decoder) == PACKETS


def test_iteration_ends_and_resumes() -> None:
    decoder = Decoder()
    assert list(decoder) == []
    decoder.feed(PING + PING[:1])
    assert next(decoder) == PingReqPacket()
    for _ in range(3):
        with pytest.raises(StopIteration):
            next(decoder)
        assert decoder.buffered == 1
    decoder.feed(PING[1:])
    assert next(decoder) == PingReqPacket()
    assert next(decoder, None) is None
    assert decoder.buffered == 0


def test_a_decoder_is_its_own_iterator() -> None:
    decoder = fed(PING * 3)
    assert iter(decoder) is decoder
    assert isinstance(decoder, Iterator)
    first = [packet for packet, _ in zip(decoder, range(1), strict=False)]
    assert first == [PingReqPacket()]
    assert len(list(decoder)) == 1  # zip() took one more


def test_feeding_inside_the_iteration() -> None:
    decoder = fed(PING)
    found = []
    for packet in decoder:
        found.append(packet)
        if len(found) < 5:
            decoder.feed(PING[:1])
            decoder.feed(PING[1:] if len(found) % 2 else PING[1:] + PubAckPacket(1).write())
    assert found[:3] == [PingReqPacket()] * 3
    assert len(found) == 7
    assert decoder.buffered == 0


def test_feeding_where_the_iteration_has_ended() -> None:
    """Nothing holds the buffer while the exception is handled."""
    decoder = fed(PING[:1])
    try:
        next(decoder)
    except StopIteration:
        decoder.feed(PING[1:])
    assert next(decoder) == PingReqPacket()


def test_a_chunk_that_is_changed_afterwards() -> None:
    chunk = bytearray(PING + STREAM[:10])
    decoder = fed(chunk)
    chunk[:] = b"\xff" * len(chunk)
    chunk.clear()
    decoder.feed(STREAM[10:])
    assert list(decoder) == [PingReqPacket(), *PACKETS]


def test_packets_of_a_decoder_do_not_change() -> None:
    decoder = fed(STREAM)
    first = next(decoder)
    decoder.feed(bytes(range(256)) * 10)
    assert first == PACKETS[0]


def test_decoders_are_independent() -> None:
    one, other = fed(PING[:1]), fed(STREAM)
    assert list(one) == []
    assert list(other) == PACKETS
    one.feed(PING[1:])
    assert list(one) == [PingReqPacket()]


# ------------------------------------------------------------------- errors


def test_error_after_the_packets_before_it_and_from_then_on() -> None:
    decoder = fed(PING + PubAckPacket(7).write() + BAD + PING)
    assert next(decoder) == PingReqPacket()
    assert next(decoder) == PubAckPacket(7)
    errors = []
    for _ in range(3):
        with pytest.raises(mqtt5.DecodeError) as caught:
            next(decoder)
        errors.append((caught.value.reason_code, caught.value.field, caught.value.offset, str(caught.value)))
        decoder.feed(PING)
        assert decoder.buffered == 0
    assert errors == errors[:1] * 3
    assert errors[0][:3] == (0x81, "duplicate", 0)
    with pytest.raises(mqtt5.DecodeError):
        list(decoder)
    with pytest.raises(TypeError):
        decoder.feed("text")  # type: ignore[arg-type]


def test_error_as_soon_as_it_is_clear() -> None:
    """A fixed header that is wrong does not wait for the rest."""
    for data in (b"\x00\x05", b"\x41\x7f", b"\x30\xff\xff\xff\xff", b"\x30\x80\x00"):
        with pytest.raises(mqtt5.DecodeError) as caught:
            list(fed(PING, data))
        assert caught.value.reason_code == 0x81


def test_offset_counts_from_the_start_of_the_packet() -> None:
    bad = bytes.fromhex("4003000105")
    with pytest.raises(mqtt5.DecodeError) as alone:
        mqtt5.read(bad)
    assert alone.value.offset == 4
    for before in (b"", PING, STREAM):
        decoder = fed(before + bad)
        with pytest.raises(mqtt5.DecodeError) as caught:
            for _ in decoder:
                pass
        assert (caught.value.offset, caught.value.field, str(caught.value)) == (4, "reason_code", str(alone.value))


def test_an_error_can_be_answered() -> None:
    with pytest.raises(mqtt5.DecodeError) as caught:
        list(fed(bytes.fromhex("3007000174 03 230000".replace(" ", ""))))
    answer = mqtt5.DisconnectPacket(reason_code=caught.value.reason_code)
    assert answer.reason_code is mqtt5.DisconnectReasonCode.TOPIC_ALIAS_INVALID
    with pytest.raises(mqtt5.DecodeError) as caught:
        mqtt5.read(bytes.fromhex("100d00044d5154540402003c00000163"))
    answer = mqtt5.ConnAckPacket(reason_code=caught.value.reason_code)
    assert answer.reason_code is mqtt5.ConnAckReasonCode.UNSUPPORTED_PROTOCOL_VERSION


# --------------------------------------------------------------- size limit


@pytest.mark.parametrize(("size", "header"), [(6, 2), (50, 2), (129, 2), (131, 3), (200, 3), (20_000, 4)])
def test_max_packet_size_counts_the_whole_packet(size: int, header: int) -> None:
    """A packet of exactly that size passes; one of a byte more is refused as soon as its header is there."""
    packet = PublishPacket("t", bytes(size - header - 4))
    data = packet.write()
    assert len(data) == size
    assert list(fed(data, max_packet_size=size)) == [packet]
    assert list(fed(data, max_packet_size=size + 1)) == [packet]
    assert list(fed(data[:header], max_packet_size=size)) == []
    assert list(fed(data[: header - 1], max_packet_size=size - 1)) == []
    decoder = fed(data[:header], max_packet_size=size - 1)
    with pytest.raises(mqtt5.DecodeError, match="larger than the maximum packet size") as caught:
        next(decoder)
    assert caught.value.reason_code == 0x95
    assert caught.value.field == "remaining_length"
    assert decoder.buffered == 0


def test_max_packet_size_of_one_byte() -> None:
    with pytest.raises(mqtt5.DecodeError) as caught:
        list(fed(PING, max_packet_size=1))
    assert caught.value.reason_code == 0x95


def test_max_packet_size_is_for_one_packet() -> None:
    small = PublishPacket("t", b"x" * 10)
    data = small.write()
    decoder = fed(data * 50, max_packet_size=len(data))
    assert list(decoder) == [small] * 50
    decoder.feed(data + PublishPacket("t", b"x" * 11).write()[:2])
    assert next(decoder) == small
    with pytest.raises(mqtt5.DecodeError) as caught:
        next(decoder)
    assert caught.value.reason_code == 0x95


def test_without_a_limit() -> None:
    large = PublishPacket("t", bytes(3_000_000))
    for decoder in (Decoder(), Decoder(None), Decoder(max_packet_size=None), Decoder(2**40), Decoder(2**32)):
        decoder.feed(large.write())
        assert list(decoder) == [large]
    assert list(fed(b"\x30\xff\xff\xff\x7f")) == []


def test_a_malformed_header_comes_before_its_size() -> None:
    with pytest.raises(mqtt5.DecodeError) as caught:
        list(fed(b"\x41\xff\xff\x7f", max_packet_size=10))
    assert caught.value.reason_code == 0x81


@pytest.mark.parametrize("wrong", ["10", 1.0, b"1", [], object()])
def test_max_packet_size_of_a_wrong_type(wrong: Any) -> None:
    with pytest.raises(TypeError):
        Decoder(max_packet_size=wrong)


@pytest.mark.parametrize("wrong", [0, -1, -(2**70), False])
def test_max_packet_size_of_a_wrong_value(wrong: Any) -> None:
    with pytest.raises(ValueError, match="max_packet_size"):
        Decoder(max_packet_size=wrong)


# ------------------------------------------------------------------ buffers

PUBACKS = PubAckPacket(1).write() * 2  # eight bytes

BUFFERS: list[Callable[[], Any]] = [
    lambda: PUBACKS,
    lambda: bytearray(PUBACKS),
    lambda: memoryview(PUBACKS),
    lambda: memoryview(b"x" + PUBACKS + b"x")[1:-1],
    lambda: memoryview(bytearray(PUBACKS)),
    lambda: memoryview(PUBACKS).cast("I"),
    lambda: memoryview(PUBACKS).cast("B", (2, 4)),
    lambda: array.array("B", PUBACKS),
    lambda: array.array("I", PUBACKS),
    lambda: memoryview(array.array("I", PUBACKS)),
    lambda: memoryview(array.array("H", PUBACKS)),
    lambda: type("Data", (bytes,), {})(PUBACKS),
    lambda: type("Array", (bytearray,), {})(PUBACKS),
]


@pytest.mark.parametrize("make", BUFFERS)
def test_buffers_are_bytes_whatever_their_items(make: Callable[[], Any]) -> None:
    assert mqtt5.read(make()) == (PubAckPacket(1), 4)
    decoder = fed(make(), make())
    assert decoder.buffered == 16
    assert list(decoder) == [PubAckPacket(1)] * 4


@pytest.mark.parametrize("times", [1, 1000])
def test_buffers_not_in_one_piece(times: int) -> None:
    spread = bytearray(2 * len(PUBACKS) * times)
    spread[::2] = PUBACKS * times
    view = memoryview(spread)[::2]
    assert not view.contiguous
    assert mqtt5.read(view) == (PubAckPacket(1), 4)
    assert list(fed(view)) == [PubAckPacket(1)] * 2 * times


@pytest.mark.parametrize("empty", [b"", bytearray(), memoryview(b""), memoryview(b"abc")[3:], array.array("I")])
def test_empty_buffers(empty: Any) -> None:
    with pytest.raises(mqtt5.IncompleteError) as caught:
        mqtt5.read(empty)
    assert caught.value.needed == 2
    decoder = fed(empty, PING, empty)
    assert list(decoder) == [PingReqPacket()]
    decoder.feed(empty)
    assert list(decoder) == []


@pytest.mark.parametrize("wrong", [None, "text", 1, [1, 2], (192, 0), object(), PingReqPacket()])
def test_what_is_no_buffer(wrong: Any) -> None:
    with pytest.raises(TypeError):
        mqtt5.read(wrong)
    with pytest.raises(TypeError):
        Decoder().feed(wrong)
    decoder = fed(PING)
    with pytest.raises(TypeError):
        decoder.feed(wrong)
    assert list(decoder) == [PingReqPacket()]


def test_a_released_view() -> None:
    view = memoryview(bytearray(PING))
    view.release()
    with pytest.raises(ValueError, match="released"):
        mqtt5.read(view)
    with pytest.raises(ValueError, match="released"):
        Decoder().feed(view)


@pytest.mark.parametrize("data", [PING[:1], BAD, b"\x00\x00", STREAM[:20]])
def test_a_buffer_may_be_changed_while_an_error_is_handled(data: bytes) -> None:
    """A BufferError if the exception, or anything that it refers to, still held the buffer."""
    buffer = bytearray(data)
    try:
        mqtt5.read(buffer)
    except mqtt5.Error as error:
        buffer += b"more"
        kept = error
    del buffer[:1]
    assert isinstance(kept, mqtt5.Error)


def test_read_a_stream_from_a_bytearray() -> None:
    """The loop of somebody without a Decoder."""
    buffer = bytearray()
    found = []
    for at in range(0, len(STREAM), 3):
        buffer += STREAM[at : at + 3]
        while buffer:
            try:
                packet, size = mqtt5.read(buffer)
            except mqtt5.IncompleteError:
                break
            found.append(packet)
            del buffer[:size]
    assert found == PACKETS


def test_read_takes_one_buffer() -> None:
    assert mqtt5.read(buffer=PING) == (PingReqPacket(), 2)
    for arguments in ((), (PING, 0)):
        with pytest.raises(TypeError):
            mqtt5.read(*arguments)
    with pytest.raises(TypeError):
        mqtt5.read(PING, start=0)  # type: ignore[call-arg]
    result = mqtt5.read(PING)
    assert type(result) is tuple
    assert type(result[1]) is int


# -------------------------------------------------- how much is copied and kept


#: What the Decoder in C does is not to be counted from outside: benchmarks/stream.py shows that it takes linear time.
in_python = pytest.mark.skipif(not isinstance(Decoder.feed, FunctionType), reason="counts in the Decoder in Python")


@in_python
def test_nothing_is_read_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A packet that comes byte by byte is looked at a few times, not once for each byte."""
    from mqtt5 import _engine

    calls = []
    decode = _engine.decode

    def counted(*arguments: Any) -> Any:
        calls.append(1)
        return decode(*arguments)

    monkeypatch.setattr(_engine, "decode", counted)
    packet = PublishPacket("t", bytes(5000))
    decoder = Decoder()
    found = []
    for byte in packet.write():
        decoder.feed(bytes([byte]))
        found += list(decoder)
    assert found == [packet]
    assert 1 <= len(calls) <= 10
    calls.clear()
    decoder.feed(PING * 1000)
    assert len(list(decoder)) == 1000
    assert len(calls) <= 1001


class Counting(bytearray):
    """Counts the bytes that are moved when its beginning is cut off."""

    moved = 0

    def __delitem__(self, index: Any) -> None:
        before = len(self)
        super().__delitem__(index)
        if len(self) < before:
            Counting.moved += len(self)

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        if isinstance(index, slice):
            Counting.moved += len(found)
        return found


@in_python
@pytest.mark.parametrize("chunk", [1, 100, 1 << 20])
def test_bytes_are_moved_a_few_times_at_most(monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    """20,000 packets in chunks of any size: the rest behind a packet is not moved for each packet."""
    monkeypatch.setattr(stream, "bytearray", Counting, raising=False)
    Counting.moved = 0
    data = PublishPacket("t", b"x" * 8).write() * (20_000 if chunk > 1 else 200)
    decoder = Decoder()
    number = 0
    for at in range(0, len(data), chunk):
        decoder.feed(data[at : at + chunk])
        number += sum(1 for _ in decoder)
    assert number == len(data) // 14
    assert Counting.moved <= 2 * len(data)


def test_no_more_than_one_partial_packet_is_kept() -> None:
    packet = PublishPacket("t", bytes(1000))
    data = packet.write()
    decoder = Decoder(max_packet_size=len(data))
    stream = data * 20
    for at in range(0, len(stream), 7):
        decoder.feed(stream[at : at + 7])
        for found in decoder:
            assert found == packet
        assert decoder.buffered < len(data)
    assert decoder.buffered == 0


def test_buffered() -> None:
    decoder = Decoder()
    assert decoder.buffered == 0
    decoder.feed(PING + PING + PING[:1])
    assert decoder.buffered == 5
    next(decoder)
    assert decoder.buffered == 3
    assert len(list(decoder)) == 1
    assert decoder.buffered == 1
    with pytest.raises(AttributeError):
        decoder.buffered = 0  # type: ignore[misc]


def test_memory_does_not_grow_with_the_stream() -> None:
    """What a decoder holds after much data is no more than after little."""
    tracemalloc = pytest.importorskip("tracemalloc")
    data = PublishPacket("t", bytes(10_000)).write()
    decoder = fed(data)
    list(decoder)
    tracemalloc.start()
    try:
        for _ in range(20):
            decoder.feed(data * 10)
            assert sum(1 for _ in decoder) == 10
        decoder.feed(b"")
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 3 * len(data)
    assert peak < 40 * len(data)


def test_memory_does_not_grow_without_an_end_of_the_iteration() -> None:
    """next() for each packet, as often as there are packets, and never once more."""
    tracemalloc = pytest.importorskip("tracemalloc")
    data = PublishPacket("t", bytes(10_000)).write()
    decoder = Decoder()
    tracemalloc.start()
    try:
        for _ in range(500):
            decoder.feed(data)
            next(decoder)
        assert decoder.buffered == 0
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 20 * len(data)


# --------------------------------------------------------------- exceptions


def test_hierarchy() -> None:
    assert issubclass(mqtt5.Error, Exception)
    assert mqtt5.IncompleteError.__bases__ == (mqtt5.Error, IndexError)
    assert mqtt5.DecodeError.__bases__ == (mqtt5.Error, ValueError)
    assert not issubclass(mqtt5.IncompleteError, ValueError)
    assert not issubclass(mqtt5.DecodeError, LookupError)
    with pytest.raises(IndexError):
        mqtt5.read(b"")
    with pytest.raises(ValueError, match="duplicate"):
        mqtt5.read(BAD)
    for data in (b"", BAD):
        with pytest.raises(mqtt5.Error):
            mqtt5.read(data)


def raised(data: bytes) -> mqtt5.Error:
    with pytest.raises(mqtt5.Error) as caught:
        mqtt5.read(data)
    return caught.value


@pytest.mark.parametrize("data", [b"", b"\x30\x05", BAD, bytes.fromhex("4003000105")])
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_exceptions_can_be_copied(data: bytes, protocol: int) -> None:
    error = raised(data)
    for same in (pickle.loads(pickle.dumps(error, protocol)), copy.copy(error), copy.deepcopy(error)):
        assert type(same) is type(error)
        assert str(same) == str(error)
        assert vars(same) == vars(error)
        assert same.args == error.args


def test_exceptions_can_be_made() -> None:
    error = mqtt5.DecodeError("text", reason_code=0x82, field="topic", offset=5)
    assert (str(error), error.reason_code, error.field, error.offset) == ("text", 0x82, "topic", 5)
    assert str(mqtt5.IncompleteError("text", needed=3)) == "text"
    assert mqtt5.IncompleteError("text", needed=3).needed == 3
    assert str(mqtt5.Error("text")) == "text"


def test_messages_say_what_and_where() -> None:
    text = str(raised(bytes.fromhex("4003000105")))
    for part in ("PUBACK", "reason_code", "offset 4", "05"):
        assert part in text
    text = str(raised(b"\x30\x05\x00"))
    for part in ("3", "7"):
        assert part in text
    assert "\n" not in text


def test_an_error_keeps_nothing_of_the_packet_but_a_few_bytes() -> None:
    error = raised(b"\x30\x90\x4e\x00\x01#" + bytes(9997 + 10))
    assert len(str(error)) < 300
    assert error.__cause__ is None


# ------------------------------------------------------------------- answering an error


@pytest.mark.parametrize(
    ("data", "connack", "disconnect"),
    [
        ("300700016103230000", 0x82, 0x94),  # topic alias 0: no code of CONNACK
        ("101000044d5154540402003c000000000000", 0x84, 0x82),  # another version: no code of DISCONNECT
        ("3005000123000a", 0x81, 0x81),
        ("3207000161000000ff", 0x82, 0x82),
    ],
)
def test_an_error_makes_the_packet_that_answers_it(data: str, connack: int, disconnect: int) -> None:
    with pytest.raises(mqtt5.DecodeError) as caught:
        mqtt5.read(bytes.fromhex(data))
    error = caught.value
    assert error.connack() == mqtt5.ConnAckPacket(reason_code=connack)
    assert error.disconnect("so") == mqtt5.DisconnectPacket(reason_code=disconnect, reason_str="so")
    for answer in error.connack(str(error)), error.disconnect(str(error)):
        assert mqtt5.read(answer.write())[0] == answer


def test_too_large_is_answered_alike_by_both() -> None:
    decoder = mqtt5.Decoder(max_packet_size=10)
    decoder.feed(b"\x30\x20")
    with pytest.raises(mqtt5.DecodeError) as caught:
        next(decoder)
    assert caught.value.connack().reason_code == caught.value.disconnect().reason_code == 0x95


# ------------------------------------------------------------- large packets

LARGE = {
    "payload": PublishPacket("topic", bytes(range(256)) * 1200, qos=1, packet_id=7, user_properties=[("a", "b")]),
    "long head": PublishPacket("t", b"x" * 50_000, user_properties=[("name", "v" * 60_000)] * 3),
    "no payload": PublishPacket("t", b"", user_properties=[("name", "v" * 60_000)] * 3),
    "no publish": mqtt5.UnsubscribePacket(1, ["topic/" + "x" * 60_000] * 4),
    "just large enough": PublishPacket("t", bytes(32768)),
}


@pytest.mark.parametrize("chunk", [1000, 32768, 65536, 100_001, 1 << 24])
@pytest.mark.parametrize("name", LARGE)
@pytest.mark.parametrize("often", [True, False])
def test_large_packets(name: str, chunk: int, often: bool) -> None:
    """Between others, whether the decoder is asked after each chunk or at the end; buffered is always right."""
    expected = [PingReqPacket(), LARGE[name], PubAckPacket(1), LARGE[name], LARGE[name], *PACKETS]
    stream_bytes = b"".join(packet.write() for packet in expected)
    decoder = Decoder()
    found: list[mqtt5.Packet] = []
    for at in range(0, len(stream_bytes), chunk):
        decoder.feed(memoryview(stream_bytes)[at : at + chunk])
        if often:
            found += decoder
        taken = sum(len(packet.write()) for packet in found)
        assert decoder.buffered == min(at + chunk, len(stream_bytes)) - taken
    found += decoder
    assert found == expected
    assert decoder.buffered == 0


def test_large_packet_in_a_buffer_that_changes() -> None:
    """What was fed is the decoder's: the caller may use the buffer again."""
    data = LARGE["payload"].write()
    decoder = Decoder()
    buffer = bytearray(10_000)
    for at in range(0, len(data), len(buffer)):
        piece = data[at : at + len(buffer)]
        buffer[: len(piece)] = piece
        decoder.feed(memoryview(buffer)[: len(piece)])
        buffer[:] = bytes(len(buffer))
    assert list(decoder) == [LARGE["payload"]]


@pytest.mark.parametrize("chunk", [1000, 65536])
def test_large_packet_that_is_wrong(chunk: int) -> None:
    """It is refused at the latest when it is complete; all before it are given."""
    data = bytearray(LARGE["payload"].write())
    data[data.index(b"topic")] = ord("#")
    decoder = Decoder()
    found: list[mqtt5.Packet] = []

    def read_all() -> None:
        for at in range(0, len(PING + data), chunk):
            decoder.feed((PING + data)[at : at + chunk])
            for packet in decoder:
                found.append(packet)

    with pytest.raises(mqtt5.DecodeError, match="topic") as caught:
        read_all()
    assert (caught.value.field, caught.value.offset) == ("topic", 4)
    assert found == [PingReqPacket()]
    assert decoder.buffered == 0


def test_large_packet_and_the_limit() -> None:
    data = LARGE["payload"].write()
    assert list(fed(*(data[at : at + 5000] for at in range(0, len(data), 5000)), max_packet_size=len(data)))
    with pytest.raises(mqtt5.DecodeError):
        next(fed(data[:5], max_packet_size=len(data) - 1))


def test_memory_is_not_reserved_for_what_is_only_announced() -> None:
    """A peer that announces 256 MB and sends 40 kB does not make the decoder take much more than that."""
    tracemalloc = pytest.importorskip("tracemalloc")
    data = bytes.fromhex("30ffffff7f000174 00".replace(" ", "")) + bytes(40_000)
    tracemalloc.start()
    decoder = Decoder()
    for at in range(0, len(data), 8000):
        decoder.feed(data[at : at + 8000])
        assert list(decoder) == []
    size, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert decoder.buffered == len(data)
    assert max(size, peak) < 4_000_000
