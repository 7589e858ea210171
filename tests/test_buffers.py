# SPDX-License-Identifier: MIT
"""Buffers of all kinds for read() and Decoder.feed(), and how much is copied and kept."""

import array
from collections.abc import Callable
from typing import Any

import pytest
from streams import BAD, PING, SENT, STREAM, fed

import mqtt5
from mqtt5 import (
    Decoder,
    PingReqPacket,
    PubAckPacket,
    PublishPacket,
)

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
def test_buffer_of_any_items_read_as_bytes(make: Callable[[], Any]) -> None:
    assert mqtt5.read(make()) == (PubAckPacket(1), 4)
    decoder = fed(make(), make())
    assert decoder.buffered == 16
    assert list(decoder) == [PubAckPacket(1)] * 4


@pytest.mark.parametrize("times", [1, 1000])
def test_buffer_not_contiguous_read(times: int) -> None:
    spread = bytearray(2 * len(PUBACKS) * times)
    spread[::2] = PUBACKS * times
    view = memoryview(spread)[::2]
    assert not view.contiguous
    assert mqtt5.read(view) == (PubAckPacket(1), 4)
    assert list(fed(view)) == [PubAckPacket(1)] * 2 * times


@pytest.mark.parametrize("empty", [b"", bytearray(), memoryview(b""), memoryview(b"abc")[3:], array.array("I")])
def test_buffer_empty_is_incomplete(empty: Any) -> None:
    with pytest.raises(mqtt5.IncompleteError) as caught:
        mqtt5.read(empty)
    assert caught.value.needed == 2
    decoder = fed(empty, PING, empty)
    assert list(decoder) == [PingReqPacket()]
    decoder.feed(empty)
    assert list(decoder) == []


@pytest.mark.parametrize("wrong", [None, "text", 1, [1, 2], (192, 0), object(), PingReqPacket()])
def test_object_without_buffer_refused(wrong: Any) -> None:
    with pytest.raises(TypeError):
        mqtt5.read(wrong)
    with pytest.raises(TypeError):
        Decoder().feed(wrong)
    decoder = fed(PING)
    with pytest.raises(TypeError):
        decoder.feed(wrong)
    assert list(decoder) == [PingReqPacket()]


def test_view_released_refused() -> None:
    view = memoryview(bytearray(PING))
    view.release()
    with pytest.raises(ValueError, match="released"):
        mqtt5.read(view)
    with pytest.raises(ValueError, match="released"):
        Decoder().feed(view)


@pytest.mark.parametrize("data", [PING[:1], BAD, b"\x00\x00", STREAM[:20]])
def test_buffer_released_while_error_handled(data: bytes) -> None:
    """A BufferError if the exception, or anything that it refers to, still held the buffer."""
    buffer = bytearray(data)
    try:
        mqtt5.read(buffer)
    except mqtt5.Error as error:
        buffer += b"more"
        kept = error
    del buffer[:1]
    assert isinstance(kept, mqtt5.Error)


def test_read_loop_over_bytearray_gives_all() -> None:
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
    assert found == SENT


def test_read_with_other_arguments_refused() -> None:
    assert mqtt5.read(buffer=PING) == (PingReqPacket(), 2)
    for arguments in ((), (PING, 0)):
        with pytest.raises(TypeError):
            mqtt5.read(*arguments)
    with pytest.raises(TypeError):
        mqtt5.read(PING, start=0)  # type: ignore[call-arg]
    result = mqtt5.read(PING)
    assert type(result) is tuple
    assert type(result[1]) is int


def test_decoder_keeps_one_partial_packet() -> None:
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


def test_buffered_counts_unread_bytes() -> None:
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


def test_memory_of_long_stream_bounded() -> None:
    """A decoder holds as little after much data as after little."""
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


def test_memory_of_unfinished_iteration_bounded() -> None:
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
def test_large_packets_in_any_chunks_read(name: str, chunk: int, often: bool) -> None:
    """Between others, whether the decoder is asked after each chunk or at the end; buffered is always right."""
    expected = [PingReqPacket(), LARGE[name], PubAckPacket(1), LARGE[name], LARGE[name], *SENT]
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


def test_large_packet_from_reused_buffer_read() -> None:
    """The decoder copies its input: the caller may use the buffer again."""
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
def test_large_packet_malformed_refused(chunk: int) -> None:
    """It is refused at the latest when it is complete, after all packets before it."""
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


def test_large_packet_beyond_limit_refused() -> None:
    data = LARGE["payload"].write()
    assert list(fed(*(data[at : at + 5000] for at in range(0, len(data), 5000)), max_packet_size=len(data)))
    with pytest.raises(mqtt5.DecodeError):
        next(fed(data[:5], max_packet_size=len(data) - 1))


def test_memory_for_announced_size_not_reserved() -> None:
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
