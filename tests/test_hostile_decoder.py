# SPDX-License-Identifier: MIT
"""Decoders and buffers used in strange ways: never a crash, and a decoder works again after __init__()."""

import contextlib
import copy
import ctypes
import functools
import pickle
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hostile import Boom
from test_hostile_arguments import Act

import mqtt5
from mqtt5 import (
    BasePacket,
    Decoder,
    PingReqPacket,
    PubAckPacket,
    PublishPacket,
)

PING = PingReqPacket().write()


STREAM = PING + PubAckPacket(1).write() + PublishPacket("t", b"payload" * 100).write()


IN_STREAM = [PingReqPacket(), PubAckPacket(1), PublishPacket("t", b"payload" * 100)]


BAD = bytes.fromhex("380400017400")


def fed(*chunks: Any) -> Decoder:
    decoder = Decoder()
    for chunk in chunks:
        decoder.feed(chunk)
    return decoder


def test_decoder_without_init_refused_or_new() -> None:
    """Refused, or as good as a new one."""
    for operation in (lambda d: d.feed(STREAM), next, list, lambda d: d.buffered, iter):
        decoder = Decoder.__new__(Decoder)
        with contextlib.suppress(AttributeError, RuntimeError, TypeError, ValueError, StopIteration):
            operation(decoder)
        decoder.__init__()  # type: ignore[misc]
        decoder.feed(STREAM)
        assert list(decoder) == IN_STREAM


def test_decoder_init_again_resets() -> None:
    decoder: Any = Decoder(max_packet_size=4)
    decoder.feed(STREAM)
    with pytest.raises(mqtt5.DecodeError):
        list(decoder)
    decoder.__init__()
    assert decoder.buffered == 0
    assert list(decoder) == []
    decoder.feed(STREAM[:-1])
    assert next(decoder) == PingReqPacket()
    decoder.__init__(5)
    assert decoder.buffered == 0
    decoder.feed(STREAM[:8])
    assert list(decoder) == IN_STREAM[:2]
    for wrong in (0, "5", -1, Boom):
        with pytest.raises((TypeError, ValueError)):
            decoder.__init__(wrong)
    decoder.__init__()
    decoder.feed(STREAM)
    assert list(decoder) == IN_STREAM


def test_decoder_init_during_init() -> None:
    decoder: Any = Decoder.__new__(Decoder)
    for action in (decoder.__init__, lambda: decoder.feed(STREAM), lambda: list(decoder), lambda: decoder.buffered):
        try:
            decoder.__init__(Act(action, 10_000))
        except (AttributeError, RuntimeError):
            decoder.__init__()
        assert list(decoder) in ([], IN_STREAM)
    decoder.__init__()
    decoder.feed(STREAM)
    assert list(decoder) == IN_STREAM


def test_decoder_subclass_overrides_methods() -> None:
    class Counting(Decoder):
        def __init__(self) -> None:
            super().__init__(max_packet_size=10_000)
            self.count = 0

        def feed(self, data: Any) -> None:
            self.count += len(data)
            super().feed(data)

        def __next__(self) -> Any:
            return "packet", super().__next__()

    decoder = Counting()
    decoder.feed(STREAM)
    assert list(decoder) == [("packet", packet) for packet in IN_STREAM]
    assert decoder.count == len(STREAM)

    class Slotted(Decoder):
        __slots__ = ("_buffer", "_error", "more")

    other = Slotted()
    other.feed(STREAM)
    assert list(other) == IN_STREAM

    class Uninitialized(Decoder):
        def __init__(self) -> None:
            pass

    bare = Uninitialized()
    try:
        bare.feed(STREAM)
    except (AttributeError, RuntimeError):
        return
    assert list(bare) == IN_STREAM


def test_decoder_error_changed_by_caller_raised_anew() -> None:
    """A change of an exception does not show in the next one."""
    decoder = fed(BAD)
    errors = []
    for _ in range(3):
        with pytest.raises(mqtt5.DecodeError) as caught:
            next(decoder)
        errors.append(caught.value)
        caught.value.args = ("changed",)
        caught.value.field = "changed"
        caught.value.__cause__ = Boom()
        vars(caught.value).clear()
    with pytest.raises(mqtt5.DecodeError, match="duplicate") as caught:
        next(decoder)
    assert caught.value.field == "duplicate"
    assert caught.value.__cause__ is None
    assert len({id(error) for error in errors}) == 3


@pytest.mark.skipif(sys.version_info < (3, 12), reason="buffers made in Python came with 3.12")
def test_decoder_used_by_buffer_it_is_fed() -> None:
    class Buffer:
        def __init__(self, acquire: Callable[[], object], release: Callable[[], object]) -> None:
            self.acquire, self.release = acquire, release

        def __buffer__(self, flags: int) -> memoryview:
            self.acquire()
            return memoryview(STREAM)

        def __release_buffer__(self, view: memoryview) -> None:
            self.release()

    for name in ("feed", "next", "init", "grow"):
        decoder: Any = Decoder()
        action = {
            "feed": lambda d: d.feed(PING),
            "next": lambda d: next(d, None),
            "init": lambda d: d.__init__(),
            "grow": lambda d: d.feed(PublishPacket("t", bytes(1_000_000)).write()),
        }[name]
        for pair in ((action, lambda _: None), (lambda _: None, action), (action, action)):
            decoder.__init__()
            buffer = Buffer(*[functools.partial(each, decoder) for each in pair])
            try:
                decoder.feed(buffer)
                decoder.feed(buffer)
                for packet in decoder:
                    assert isinstance(packet, BasePacket)
            except (mqtt5.Error, BufferError, RuntimeError):
                pass
            decoder.__init__()
            decoder.feed(STREAM)
            assert list(decoder) == IN_STREAM
            assert mqtt5.read(buffer)[0] == PingReqPacket()


def test_decoder_dropped_before_its_packets() -> None:
    decoder = fed(STREAM * 50)
    iterators = [iter(decoder) for _ in range(3)]
    packets = [next(iterators[i % 3]) for i in range(100)]
    del iterators, decoder
    assert packets == (IN_STREAM * 50)[:100]


def test_decoder_iterated_after_exception_continues() -> None:
    decoder = fed(STREAM + BAD)
    found = []
    for _ in range(10):
        try:
            found += [next(decoder)]
        except mqtt5.DecodeError:
            with pytest.raises(mqtt5.DecodeError):
                next(decoder)
    assert found == IN_STREAM
    for throw in (Boom, KeyboardInterrupt):
        decoder = fed(STREAM)
        with pytest.raises(throw):
            [boom_after(packet, throw) for packet in decoder]
        assert list(decoder) == IN_STREAM[1:]


def boom_after(_: BasePacket, throw: type[BaseException]) -> None:
    raise throw


@pytest.mark.parametrize("data", [STREAM, STREAM[:9], PING + BAD, b""])
@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda decoder: pickle.loads(pickle.dumps(decoder))])
def test_decoder_copied_continues_alike(duplicate: Callable[[Decoder], Decoder], data: bytes) -> None:
    """An independent decoder that continues alike; or a refusal."""
    decoder = fed(data)
    next(decoder, None)
    try:
        other = duplicate(decoder)
    except TypeError as error:
        assert "Decoder" in str(error)  # noqa: PT017
        return
    check_goes_on_alike(decoder, other, data)


def check_goes_on_alike(decoder: Decoder, other: Decoder, data: bytes) -> None:
    """The second one has no part in the first."""
    expected = []
    for each in (other, decoder):
        try:
            each.feed(STREAM[9:] if data == STREAM[:9] else PING)
            expected.append((list(each), each.buffered))
        except mqtt5.DecodeError as error:
            expected.append(([str(error)], each.buffered))
    assert expected[0] == expected[1]
    assert expected[0][0]


def test_buffer_of_ctypes_read() -> None:
    array = (ctypes.c_uint8 * 4)(*PubAckPacket(5).write())
    assert mqtt5.read(array) == (PubAckPacket(5), 4)
    decoder = Decoder()
    decoder.feed(array)
    ctypes.memset(array, 0xFF, 4)
    assert list(decoder) == [PubAckPacket(5)]
    assert PublishPacket("t", array).payload == b"\xff" * 4


def test_buffer_after_read_released() -> None:
    buffer = bytearray(PublishPacket("t", b"payload" * 1000).write())
    packet, _ = mqtt5.read(buffer)
    buffer[:] = b"\xff" * len(buffer)
    buffer.clear()
    assert packet.payload == b"payload" * 1000
    buffer += BAD
    with pytest.raises(mqtt5.DecodeError) as caught:
        mqtt5.read(buffer)
    buffer.clear()
    assert caught.value.field == "duplicate"


def test_buffer_beyond_32_bits_read() -> None:
    """Only its first packet is looked at. The memory is never touched."""
    mmap = pytest.importorskip("mmap")
    try:
        large = mmap.mmap(-1, 2**32 + 2**20)
    except (OSError, OverflowError, ValueError):
        pytest.skip("no address space for it")
    large[:4] = PubAckPacket(5).write()
    assert mqtt5.read(large) == (PubAckPacket(5), 4)
    with memoryview(large) as view:
        assert mqtt5.read(view) == (PubAckPacket(5), 4)
    large.close()
