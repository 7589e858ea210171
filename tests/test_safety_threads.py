# SPDX-License-Identifier: MIT
"""Many threads at once, switched as often as Python can: packets and buffers that they share, all results right.

It runs under either engine. Packets are immutable, so they need no lock; a Decoder belongs to one thread, and one that
is shared all the same may raise, but not crash. MQTT5_SAFETY=N in the environment makes it run N times as long.
"""

import contextlib
import os
import pickle
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

import pytest
from hostile import names_of
from test_packets import full

import mqtt5
from mqtt5 import Decoder, Packet, PingReqPacket, PubAckPacket, PublishPacket

SECONDS = 0.8 * int(os.environ.get("MQTT5_SAFETY", "1"))
VALUES = full()
PACKETS = [value for value in VALUES if isinstance(value, Packet)]
DATA = [packet.write() for packet in PACKETS]
HASHES = [hash(value) for value in VALUES]
FIELDS = [{name: getattr(value, name) for name in names_of(value)} for value in VALUES]


@pytest.fixture(autouse=True)
def switching() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def run_at_once(*jobs: Callable[[], object], seconds: float = SECONDS) -> list[int]:
    """Repeats each job in a thread of its own, and says how often; raises the first exception of any."""
    counts = [0] * len(jobs)
    errors: list[BaseException] = []
    barrier = threading.Barrier(len(jobs))
    end = time.monotonic() + seconds

    def work(i: int) -> None:
        barrier.wait()
        try:
            while time.monotonic() < end and not errors:
                jobs[i]()
                counts[i] += 1
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return counts


def read_all() -> None:
    for data, packet in zip(DATA, PACKETS, strict=True):
        assert mqtt5.read(data) == (packet, len(data))


def write_all() -> None:
    assert [packet.write() for packet in PACKETS] == DATA


def construct_all() -> None:
    for value, fields in zip(VALUES, FIELDS, strict=True):
        assert type(value)(**fields) == value


def hash_all() -> None:
    assert [hash(value) for value in VALUES] == HASHES
    assert [pickle.loads(pickle.dumps(packet)) for packet in PACKETS[:3]] == PACKETS[:3]


def refuse_all() -> None:
    for make in (
        lambda: PublishPacket("#", b""),
        lambda: PublishPacket("t", "text"),
        lambda: PubAckPacket(0),
        lambda: PubAckPacket(1, nothing=1),
        lambda: mqtt5.read(b"\x38\x04\x00\x01t\x00"),
        lambda: mqtt5.read(b"\x30\x04\x00"),
    ):
        try:
            make()
        except (TypeError, ValueError, mqtt5.IncompleteError) as error:
            assert str(error)  # noqa: PT017
        else:
            raise AssertionError("not refused")


def decode_all() -> None:
    decoder = Decoder()
    found = []
    stream = b"".join(DATA)
    for at in range(0, len(stream), 100):
        decoder.feed(stream[at : at + 100])
        found += list(decoder)
    assert found == PACKETS


def test_threads_that_share_packets_and_buffers() -> None:
    jobs = [read_all, write_all, construct_all, hash_all, refuse_all, decode_all]
    assert min(run_at_once(*jobs * 2)) > 0


def test_threads_that_change_the_buffer_that_others_read() -> None:
    """What is read may be new, old or neither, but is a packet or an error; and the buffer can be resized again."""
    buffer = bytearray(PublishPacket("topic", b"a" * 5000).write())
    size = len(buffer)
    right = {b"a" * 5000, b"b" * 5000}
    seen = set()

    def read() -> None:
        with contextlib.suppress(mqtt5.Error):
            packet: Any = mqtt5.read(buffer)[0]
            seen.add(packet.payload in right)
        with contextlib.suppress(mqtt5.Error):
            decoder = Decoder()
            decoder.feed(buffer)
            assert all(isinstance(packet, Packet) for packet in decoder)

    def change() -> None:
        for letter in b"ab":
            buffer[size - 5000 : size] = bytes([letter]) * 5000

    def resize() -> None:
        with contextlib.suppress(BufferError):
            buffer.extend(b"\xc0\x00" * 500)
        with contextlib.suppress(BufferError):
            del buffer[size:]

    run_at_once(read, read, change, resize, seconds=SECONDS / 2)
    assert True in seen
    buffer.clear()


def test_threads_that_share_a_decoder() -> None:
    """Not what it is for: it may raise or lose its place, but it does not crash, and is new after __init__()."""
    stream = PingReqPacket().write() + PubAckPacket(1).write() + PublishPacket("t", b"payload" * 20).write()
    decoder: Any = Decoder()
    wrong = (mqtt5.Error, BufferError, RuntimeError, ValueError, AttributeError)

    def feed() -> None:
        with contextlib.suppress(*wrong):
            decoder.feed(stream)

    def iterate() -> None:
        try:
            for packet in decoder:
                assert isinstance(packet, Packet)
        except wrong:
            with contextlib.suppress(*wrong):
                decoder.__init__()

    def look() -> None:
        with contextlib.suppress(*wrong):
            assert isinstance(decoder.buffered, int)

    run_at_once(feed, iterate, iterate, look, seconds=SECONDS / 2)
    decoder.__init__()
    decoder.feed(stream)
    assert len(list(decoder)) == 3
    read_all()


@pytest.mark.skipif(not isinstance(Decoder.feed, FunctionType), reason="of the Decoder in Python")
def test_a_decoder_whose_buffer_another_thread_has_cut() -> None:
    """Between the moment when it found that there is more, and the one when it reads that."""

    class Cut(bytearray):
        def __len__(self) -> int:
            length = super().__len__()
            decoder._buffer = bytearray(b"\xc0")
            return length

    decoder: Any = Decoder()
    decoder._buffer = Cut(b"\xc0\x00" * 50_000)
    decoder._at = 99_998
    assert list(decoder) == []
    decoder.feed(b"\x00")
    assert decoder._at <= len(decoder._buffer)
