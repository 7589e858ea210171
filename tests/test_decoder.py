# SPDX-License-Identifier: MIT
"""The Decoder: chunks, the end of an iteration, errors, the size limit."""

import random
from collections.abc import Iterator
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


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 64, 100, 1000])
@pytest.mark.parametrize("every", [True, False])
def test_chunks_of_any_size_give_all_packets(size: int, every: bool) -> None:
    """Iterated after every chunk, or only at the end."""
    decoder = Decoder()
    found = []
    for at in range(0, len(STREAM), size):
        decoder.feed(STREAM[at : at + size])
        if every:
            found += list(decoder)
    found += list(decoder)
    assert found == SENT
    assert decoder.buffered == 0


def test_chunks_of_random_sizes_give_all_packets() -> None:
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
        assert found + list(decoder) == SENT


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


def test_decoder_is_its_own_iterator() -> None:
    decoder = fed(PING * 3)
    assert iter(decoder) is decoder
    assert isinstance(decoder, Iterator)
    first = [packet for packet, _ in zip(decoder, range(1), strict=False)]
    assert first == [PingReqPacket()]
    assert len(list(decoder)) == 1  # zip() took one more


def test_feed_inside_iteration_continues() -> None:
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


def test_feed_after_iteration_ended_continues() -> None:
    """Nothing holds the buffer while the exception is handled."""
    decoder = fed(PING[:1])
    try:
        next(decoder)
    except StopIteration:
        decoder.feed(PING[1:])
    assert next(decoder) == PingReqPacket()


def test_chunk_changed_after_feed_has_no_effect() -> None:
    chunk = bytearray(PING + STREAM[:10])
    decoder = fed(chunk)
    chunk[:] = b"\xff" * len(chunk)
    chunk.clear()
    decoder.feed(STREAM[10:])
    assert list(decoder) == [PingReqPacket(), *SENT]


def test_packet_unchanged_by_later_feed() -> None:
    decoder = fed(STREAM)
    first = next(decoder)
    decoder.feed(bytes(range(256)) * 10)
    assert first == SENT[0]


def test_decoders_are_independent() -> None:
    one, other = fed(PING[:1]), fed(STREAM)
    assert list(one) == []
    assert list(other) == SENT
    one.feed(PING[1:])
    assert list(one) == [PingReqPacket()]


def test_error_follows_good_packets_and_stays() -> None:
    decoder = fed(PING + PubAckPacket(7).write() + BAD + PING)
    assert next(decoder) == PingReqPacket()
    assert next(decoder) == PubAckPacket(7)
    errors = []
    for _ in range(3):
        with pytest.raises(mqtt5.DecodeError) as caught:
            next(decoder)
        errors.append((caught.value.reason_code, caught.value.field, caught.value.offset, str(caught.value)))
    assert decoder.buffered == len(PING)  # those of the refused packet are not kept
    assert errors == errors[:1] * 3
    assert errors[0][:3] == (0x81, "duplicate", 0)
    with pytest.raises(mqtt5.DecodeError):
        list(decoder)
    with pytest.raises(TypeError):
        decoder.feed("text")  # type: ignore[arg-type]


def test_error_in_fixed_header_raised_early() -> None:
    """A fixed header that is wrong does not wait for the rest."""
    for data in (b"\x00\x05", b"\x41\x7f", b"\x30\xff\xff\xff\xff", b"\x30\x80\x00"):
        with pytest.raises(mqtt5.DecodeError) as caught:
            list(fed(PING, data))
        assert caught.value.reason_code == 0x81


def test_error_offset_counts_from_packet_start() -> None:
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


@pytest.mark.parametrize(("size", "header"), [(6, 2), (50, 2), (129, 2), (131, 3), (200, 3), (20_000, 4)])
def test_max_packet_size_counts_whole_packet(size: int, header: int) -> None:
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


def test_max_packet_size_one_refuses_all() -> None:
    with pytest.raises(mqtt5.DecodeError) as caught:
        list(fed(PING, max_packet_size=1))
    assert caught.value.reason_code == 0x95


def test_max_packet_size_applies_to_each_packet() -> None:
    small = PublishPacket("t", b"x" * 10)
    data = small.write()
    decoder = fed(data * 50, max_packet_size=len(data))
    assert list(decoder) == [small] * 50
    decoder.feed(data + PublishPacket("t", b"x" * 11).write()[:2])
    assert next(decoder) == small
    with pytest.raises(mqtt5.DecodeError) as caught:
        next(decoder)
    assert caught.value.reason_code == 0x95


def test_max_packet_size_none_accepts_all() -> None:
    large = PublishPacket("t", bytes(3_000_000))
    for decoder in (Decoder(), Decoder(None), Decoder(max_packet_size=None), Decoder(2**40), Decoder(2**32)):
        decoder.feed(large.write())
        assert list(decoder) == [large]
    assert list(fed(b"\x30\xff\xff\xff\x7f")) == []


def test_malformed_header_reported_before_size() -> None:
    with pytest.raises(mqtt5.DecodeError) as caught:
        list(fed(b"\x41\xff\xff\x7f", max_packet_size=10))
    assert caught.value.reason_code == 0x81


@pytest.mark.parametrize("wrong", ["10", 1.0, b"1", [], object()])
def test_max_packet_size_of_wrong_type_refused(wrong: Any) -> None:
    with pytest.raises(TypeError):
        Decoder(max_packet_size=wrong)


@pytest.mark.parametrize("wrong", [0, -1, -(2**70), False])
def test_max_packet_size_of_wrong_value_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match="max_packet_size"):
        Decoder(max_packet_size=wrong)
