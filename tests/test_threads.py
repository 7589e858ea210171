# SPDX-License-Identifier: MIT
"""Many threads at once, switched as often as Python can: packets and buffers that they share, all results right.

Packets are immutable, so they need no lock. A Decoder belongs to one thread; one that is shared may raise, but does
not crash. MQTT5_THREAD_SECONDS in the environment says how long each test runs; the long run takes 60.
"""

import contextlib
import copy
import os
import pickle
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from engines import run
from samples import fields_of, full, full_packets

import mqtt5
from mqtt5 import (
    BasePacket,
    Decoder,
    PingReqPacket,
    PubAckPacket,
    PublishPacket,
)

SECONDS = float(os.environ.get("MQTT5_THREAD_SECONDS", "0.8"))


VALUES = full()


SENT = full_packets()


DATA = [packet.write() for packet in SENT]


HASHES = [hash(value) for value in VALUES]
REPRS = [repr(value) for value in VALUES]


FIELDS = [fields_of(value) for value in VALUES]


@pytest.fixture(autouse=True)
def switching() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def run_at_once(*jobs: Callable[[], object], seconds: float = SECONDS) -> list[int]:
    """Repeats each job in its own thread. Returns the counts, or raises the first exception."""
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
    for data, packet in zip(DATA, SENT, strict=True):
        assert mqtt5.read(data) == (packet, len(data))


def write_all() -> None:
    assert [packet.write() for packet in SENT] == DATA
    assert [b"".join(packet.write_parts(max_packet_size=10**6)) for packet in SENT] == DATA


MESSAGE = PublishPacket("größe/t", b"payload", qos=1, packet_id=1, user_properties=[("a", "b")])
TEMPLATE = mqtt5.PublishTemplate(MESSAGE)
DELIVERED = {number: MESSAGE.replace(packet_id=number).write() for number in range(1, 50)}


def deliver_all() -> None:
    for number, data in DELIVERED.items():
        assert TEMPLATE.write(packet_id=number) == data
        assert b"".join(TEMPLATE.write_parts(packet_id=number, qos=1)) == data


def read_leniently() -> None:
    packet: Any = mqtt5.read(b"\x40\x03\x00\x07\x95", strict=False, sender="server")[0]
    assert (packet.reason_code, packet.lenient, packet.write()) == (0x95, True, b"\x40\x03\x00\x07\x95")


def construct_all() -> None:
    for value, fields in zip(VALUES, FIELDS, strict=True):
        assert type(value)(**fields) == value


def hash_all() -> None:
    assert [hash(value) for value in VALUES] == HASHES
    assert [pickle.loads(pickle.dumps(packet)) for packet in SENT[:3]] == SENT[:3]


def replace_all() -> None:
    for value, fields in zip(VALUES, FIELDS, strict=True):
        changed = value.replace(**fields)
        assert (changed, hash(changed)) == (value, hash(value))
    for number in range(1, 20):
        assert SENT[2].replace(packet_id=number).packet_id == number


def compare_all() -> None:
    """All pairs of shared objects, and copies, whose texts and bytes are other objects."""
    for i, value in enumerate(VALUES):
        assert [value == other for other in VALUES] == [i == j for j in range(len(VALUES))]
    assert [mqtt5.read(data)[0] for data in DATA] == SENT
    assert [repr(value) for value in VALUES] == REPRS


class Derived(PublishPacket):
    pass


def derive_all() -> None:
    """Objects of a shared class and of one that is made here, with attributes."""
    local = type("Local", (PubAckPacket,), {})
    for cls, arguments in ((Derived, ("t", b"p")), (local, (7,))):
        packet = cls(*arguments)
        packet.note = packet
        assert packet.note.write() == cls.__mro__[1](*arguments).write()
        assert copy.copy(packet).note is packet


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
    assert found == SENT


def test_threads_sharing_packets_and_buffers() -> None:
    jobs = [read_all, write_all, construct_all, hash_all, refuse_all, decode_all, replace_all, compare_all, derive_all]
    assert min(run_at_once(*jobs, deliver_all, read_leniently)) > 0


@pytest.mark.skipif(getattr(sys, "_is_gil_enabled", lambda: True)(), reason="this Python has a GIL")
def test_import_on_free_threading_keeps_gil_off() -> None:
    code = "import sys, mqtt5; mqtt5.read(b'\\xc0\\0'); print(sys._is_gil_enabled())"
    assert run(code, "-W", "error") == "False\n"


def test_buffer_changed_while_others_read() -> None:
    """The result may be the new, the old or another packet, or an error. The buffer can be resized afterwards."""
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
            assert all(isinstance(packet, BasePacket) for packet in decoder)

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


def test_threads_sharing_one_decoder() -> None:
    """Not what it is for: it may raise or lose its place, but it does not crash, and is new after __init__()."""
    stream = PingReqPacket().write() + PubAckPacket(1).write() + PublishPacket("t", b"payload" * 20).write()
    large = PublishPacket("t", bytes(50_000)).write()
    decoder: Any = Decoder()
    wrong = (mqtt5.Error, BufferError, RuntimeError, ValueError, AttributeError)

    def feed() -> None:
        with contextlib.suppress(*wrong):
            decoder.feed(stream)
            decoder.feed(large[:40_000])
            decoder.feed(large[40_000:])

    def iterate() -> None:
        try:
            for packet in decoder:
                assert isinstance(packet, BasePacket)
        except wrong:
            with contextlib.suppress(*wrong):
                decoder.skip()
                decoder.__init__()

    def look() -> None:
        with contextlib.suppress(*wrong):
            assert isinstance(decoder.buffered, int)
        decoder.max_packet_size = decoder.max_list_items = 60_000 if decoder.max_list_items is None else None

    run_at_once(feed, iterate, iterate, look, look, seconds=SECONDS / 2)
    decoder.__init__()
    decoder.feed(stream)
    assert len(list(decoder)) == 3
    read_all()
