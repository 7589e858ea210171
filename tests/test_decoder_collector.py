# SPDX-License-Identifier: MIT
"""Decoders and the garbage collector: cycles, and code that the collector calls in the middle of a step."""

import contextlib
import gc
import sys
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from engines import cpython, eager_collector, native
from test_collector import eager_gc
from test_hostile_decoder import BAD, IN_STREAM, PING, STREAM

import mqtt5
from mqtt5 import (
    BasePacket,
    ConnectPacket,
    Decoder,
    PublishPacket,
    Will,
)

pytestmark = cpython


def test_decoder_in_cycle_freed() -> None:
    class Linked(Decoder):
        pass

    for data in (STREAM, STREAM[:9], BAD, b""):
        decoder: Any = Linked()
        decoder.feed(data)
        decoder.itself = decoder
        decoder.more = iter(decoder), next(decoder, None) if data != BAD else None
        gone = weakref.ref(decoder)
        del decoder
        gc.collect()
        assert gone() is None


def test_decoder_after_error_freed_at_once() -> None:
    """The error that it keeps does not lead back to it."""

    class Watched(Decoder):
        pass

    gc.disable()
    try:
        decoder: Any = Watched()
        decoder.feed(PING + BAD)
        for _ in range(3):
            with contextlib.suppress(mqtt5.DecodeError):
                list(decoder)
        gone = weakref.ref(decoder)
        del decoder
        assert gone() is None
    finally:
        gc.enable()


class Trash:
    """Part of a cycle; acts when gc finds it."""

    def __init__(self, action: Callable[[], object]) -> None:
        self.action = action
        self.itself = self

    def __del__(self) -> None:
        self.action()


@eager_collector
@pytest.mark.usefixtures("frozen_heap")
@pytest.mark.parametrize("action", ["feed", "next", "init", "buffered", "skip", "limit"])
def test_decoder_used_by_collector_during_step(action: str) -> None:
    """gc runs at nearly every allocation, and what it frees uses the decoder: packets or errors, no crash."""
    acted = []
    decoder: Any = Decoder()

    def act() -> None:
        acted.append(1)
        actions = {
            "feed": lambda: decoder.feed(STREAM),
            "next": lambda: next(decoder, None),
            "init": decoder.__init__,
            "skip": decoder.skip,
            "limit": lambda: setattr(decoder, "max_packet_size", 1000),
            "buffered": lambda: decoder.buffered,
        }
        with contextlib.suppress(mqtt5.Error, BufferError, RuntimeError, ValueError):
            actions[action]()

    with eager_gc():
        for generation_0 in (1, 2, 3, 5, 8):
            decoder.__init__()
            for number in range(60):
                gc.set_threshold(1_000_000)
                Trash(act)
                gc.set_threshold(generation_0)
                try:
                    decoder.feed(BAD + STREAM if number % 3 else STREAM)
                    for packet, _ in zip(decoder, range(20), strict=False):
                        assert isinstance(packet, BasePacket)
                        Trash(act)
                except (mqtt5.Error, BufferError, RuntimeError):
                    with contextlib.suppress(ValueError, mqtt5.Error):
                        decoder.skip()
                    if number % 2:
                        decoder.__init__()
    assert len(acted) > 100
    gc.collect()
    decoder.__init__()
    decoder.feed(STREAM)
    assert list(decoder) == IN_STREAM


@native
@eager_collector
@pytest.mark.usefixtures("frozen_heap")
def test_lenient_will_of_decoder_reset_by_collector() -> None:
    """The bytes of the packet stay until the object is complete. Otherwise, AddressSanitizer reports it."""
    will = Will("w", payload_format_indicator=1, user_properties=[("a", "b" * 10)] * 100)
    valid = ConnectPacket("c", will=will).write()
    lenient = valid.replace(b"\x01\x01\x26", b"\x01\x02\x26")
    acted: list[bytes] = []
    decoder: Any = Decoder(strict=False)

    def act() -> None:
        decoder.__init__(strict=False)
        acted.append(valid[:1] + valid[1:])  # takes the memory of what the decoder let go

    with eager_gc():
        for generation_0 in range(1, 100):
            gc.set_threshold(1_000_000)
            Trash(act)
            decoder.feed(lenient[:1] + lenient[1:])
            gc.set_threshold(generation_0)
            packet = next(decoder, None)
            gc.set_threshold(1_000_000)
            decoder.__init__(strict=False)
            assert packet is None or (packet.lenient and packet.will.lenient)
    assert acted


def test_large_packet_fed_during_interrupted_step_arrives() -> None:
    """A step that fails, in whose midst the payload of the next packet gets an object of its own."""
    unlisted, large = bytes.fromhex("4003000795"), PublishPacket("t", bytes(range(256)) * 400).write()
    decoder = Decoder(strict=False)
    decoder.feed(unlisted + large[:40_000])
    before = sys.gettrace()

    def interrupt(frame: Any, event: str, _: object) -> None:
        if frame.f_code.co_name in ("unlisted", "_decode"):
            sys.settrace(before)
            decoder.feed(large[40_000:40_010])
            raise KeyboardInterrupt

    sys.settrace(interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            next(decoder)
    finally:
        sys.settrace(before)
    decoder.feed(large[40_010:] + PING)
    assert [packet.write() for packet in decoder][-2:] == [large, PING]
    assert decoder.buffered == 0
