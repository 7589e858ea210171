# SPDX-License-Identifier: MIT
"""Decoder.skip(): going on after a packet that was refused, and what a Decoder keeps meanwhile."""

import random
from typing import Any

import pytest
from streams import BAD, PING, SENT, STREAM, fed

import mqtt5
from mqtt5 import ConnectPacket, DecodeError, Decoder, PacketType, PingReqPacket, PublishPacket

LOST = b"\x00\x00"  # reserved packet type: the next packet cannot be found
WRONG_CODE = bytes.fromhex("4003000795")
LARGE = PublishPacket("t", bytes(100_000)).write()


def read_all(decoder: Decoder) -> list[Any]:
    """The packets, and of each that is refused its type, size and reason code."""
    found: list[Any] = []
    while True:
        try:
            found += decoder
        except DecodeError as error:
            found.append((error.packet_type, error.packet_size, error.reason_code))
            decoder.skip()
        else:
            return found


MIXED = PING + BAD + STREAM + WRONG_CODE + BAD + LARGE + PING
FOUND: list[Any] = [
    PingReqPacket(),
    (PacketType.PUBLISH, 6, 0x81),
    *SENT,
    (PacketType.PUBACK, 5, 0x82),
    (PacketType.PUBLISH, 6, 0x81),
    (PacketType.PUBLISH, len(LARGE), 0x95),
    PingReqPacket(),
]


@pytest.mark.parametrize("size", [1, 2, 5, 64, 1023, 1024, 40_000, len(MIXED)])
@pytest.mark.parametrize("kind", [bytes, bytearray])
def test_skip_in_chunks_of_any_size_finds_the_rest(size: int, kind: Any) -> None:
    decoder = Decoder(50_000)
    found = []
    for at in range(0, len(MIXED), size):
        decoder.feed(kind(MIXED[at : at + size]))
        found += read_all(decoder)
    assert found == FOUND
    assert decoder.buffered == 0


def test_skip_at_any_time_finds_the_rest() -> None:
    """Fed before and after skip(), iterated or not."""
    dice = random.Random(11)
    for _ in range(200):
        decoder, found, at = Decoder(50_000), [], 0
        while at < len(MIXED):
            size = dice.choice([1, 3, 7, 100, 5_000, 60_000])
            decoder.feed(MIXED[at : at + size])
            at += size
            for _ in range(dice.randrange(4)):
                try:
                    found += [packet for packet in [next(decoder, None)] if packet is not None]
                except DecodeError as error:
                    if dice.random() < 0.3:
                        decoder.skip()
                        found.append((error.packet_type, error.packet_size, error.reason_code))
        assert found + read_all(decoder) == FOUND


def test_error_repeats_until_skipped() -> None:
    decoder = fed(PING + BAD + PING)
    assert next(decoder) == PingReqPacket()
    seen = []
    for _ in range(3):
        with pytest.raises(DecodeError) as caught:
            next(decoder)
        seen.append((str(caught.value), vars(caught.value)))
        decoder.feed(PING)
    assert seen[0] == seen[1] == seen[2]
    decoder.skip()
    assert list(decoder) == [PingReqPacket()] * 4


@pytest.mark.parametrize("decoder", [Decoder(), fed(PING), fed(BAD)], ids=["new", "not iterated", "not yet raised"])
def test_skip_without_error_refused(decoder: Decoder) -> None:
    with pytest.raises(ValueError, match="nothing to skip: no error was raised") as caught:
        decoder.skip()
    assert not isinstance(caught.value, mqtt5.Error)


def test_skip_twice_refused() -> None:
    decoder = fed(BAD + PING)
    with pytest.raises(DecodeError):
        next(decoder)
    decoder.skip()
    with pytest.raises(ValueError, match="nothing to skip"):
        decoder.skip()
    assert list(decoder) == [PingReqPacket()]


def test_skip_after_lost_framing_raises_error_again() -> None:
    decoder = fed(LOST + PING)
    with pytest.raises(DecodeError) as caught:
        next(decoder)
    assert caught.value.packet_size is None
    for _ in range(2):
        with pytest.raises(DecodeError) as again:
            decoder.skip()
        assert (str(again.value), vars(again.value)) == (str(caught.value), vars(caught.value))
    decoder.feed(PING)
    assert decoder.buffered == 0
    with pytest.raises(DecodeError):
        next(decoder)


def test_refused_packet_is_not_kept() -> None:
    """Of a packet above the limit, only the fixed header is ever needed."""
    size = 200_000_000
    header, rest = b"\x30", size - 5
    while rest > 127:
        header, rest = header + bytes([rest & 127 | 128]), rest >> 7
    decoder = fed(header + bytes([rest]), max_packet_size=1000)
    with pytest.raises(DecodeError) as caught:
        next(decoder)
    assert (caught.value.packet_size, caught.value.reason_code) == (size, 0x95)
    chunk = bytes(1_000_000)
    for number in range(200):
        if number == 50:
            decoder.skip()
        part = chunk if number else chunk[5:]
        decoder.feed(part)
        assert decoder.buffered == 0
    assert list(decoder) == []
    decoder.feed(PING)
    assert decoder.buffered == len(PING)
    assert list(decoder) == [PingReqPacket()]


def test_bytes_after_refused_packet_are_buffered() -> None:
    decoder = fed(BAD + PING[:1])
    with pytest.raises(DecodeError):
        next(decoder)
    assert decoder.buffered == 1
    decoder.feed(PING[1:] + PING)
    assert decoder.buffered == 4
    decoder.skip()
    assert list(decoder) == [PingReqPacket()] * 2


@pytest.mark.parametrize("arrived", [40_000, 99_000, len(LARGE)])
def test_skip_of_packet_whose_payload_arrives(arrived: int) -> None:
    """A limit that is lowered meanwhile refuses the packet, wherever its payload is kept."""
    decoder = fed(LARGE[:35_000], LARGE[35_000:arrived])
    if arrived < len(LARGE):
        assert list(decoder) == []
    decoder.max_packet_size = 5_000
    with pytest.raises(DecodeError) as caught:
        next(decoder)
    assert (caught.value.packet_size, caught.value.offset) == (len(LARGE), 1)
    assert decoder.buffered == 0
    decoder.skip()
    decoder.feed(LARGE[arrived:] + PING)
    assert list(decoder) == [PingReqPacket()]


def test_skip_keeps_lenient_and_limits() -> None:
    decoder = fed(BAD + WRONG_CODE, strict=False, max_packet_size=1000)
    with pytest.raises(DecodeError):
        next(decoder)
    decoder.skip()
    assert next(decoder).lenient
    assert decoder.max_packet_size == 1000


def test_init_again_forgets_error() -> None:
    decoder = fed(LOST)
    with pytest.raises(DecodeError):
        next(decoder)
    decoder.__init__()  # type: ignore[misc]
    with pytest.raises(ValueError, match="nothing to skip"):
        decoder.skip()
    decoder.feed(PING)
    assert list(decoder) == [PingReqPacket()]


def test_rest_of_secret_after_wrong_length_is_not_shown() -> None:
    """A CONNECT whose length is too small: its password comes as the next packets."""
    decoder = Decoder()
    whole = ConnectPacket("c", username="u", password=b"\x20\x02secret").write()
    decoder.feed(whole[:1] + bytes([whole[1] - 8]) + whole[2:])
    texts = []
    for _ in range(2):
        with pytest.raises(DecodeError) as caught:
            next(decoder)
        texts.append(str(caught.value))
        if caught.value.packet_size is not None:
            decoder.skip()
    assert "(bytes not shown)" in texts[1]
    assert not any(b"secret".hex(" ")[:5] in text for text in texts)
