# SPDX-License-Identifier: MIT
"""Memory profilers see each packet as new, also where the engine uses the memory of one that is gone."""

import sys
from typing import Any

import pytest
from engines import cpython, native
from samples import REQUIRED, each_class, each_packet_sample

import mqtt5
from mqtt5 import (
    PublishPacket,
)

tracemalloc = pytest.importorskip("tracemalloc", exc_type=ImportError)  # PyPy has none
pytestmark = cpython


def line_of(value: object) -> int:
    """The line of this file in which the object was made."""
    trace = tracemalloc.get_object_traceback(value)
    assert trace is not None
    return next(frame.lineno for frame in reversed(trace) if frame.filename == __file__)


def here() -> int:
    return sys._getframe(1).f_lineno


@each_class
def test_traceback_of_new_object_is_its_own(cls: Any) -> None:
    """The second object may be where the first one was. As with CPython's own types, tracing must start first."""
    arguments = REQUIRED.get(cls, ())
    kept = [cls(*arguments) for _ in range(100)]  # takes what was freed before
    tracemalloc.start(10)
    try:
        kept += [cls(*arguments) for _ in range(100)]
        del kept[100:]
        for _ in range(3):
            first, line = cls(*arguments), here()
            assert line_of(first) == line
            del first
            second, line = cls(*arguments), here()
            assert line_of(second) == line
            del second
    finally:
        tracemalloc.stop()


@each_packet_sample
def test_traceback_of_packet_read_is_its_own(packet: Any) -> None:
    data = packet.write()
    kept = [mqtt5.read(data) for _ in range(100)]
    tracemalloc.start(10)
    try:
        kept += [mqtt5.read(data) for _ in range(100)]
        del kept[100:]
        for _ in range(3):
            first, line = mqtt5.read(data)[0], here()
            assert line_of(first) == line
            del first
            second, line = mqtt5.read(data)[0], here()
            assert line_of(second) == line
            del second
    finally:
        tracemalloc.stop()


def test_traced_memory_of_packets_counts_each() -> None:
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        packets = [PublishPacket("t", b"") for _ in range(1000)]
        held, _ = tracemalloc.get_traced_memory()
        size = sys.getsizeof(packets[0])
        assert held - before >= 900 * (size - 16)
        del packets
        after, _ = tracemalloc.get_traced_memory()
        assert after - before < 100 * size
    finally:
        tracemalloc.stop()


@native
def test_one_letter_strings_are_shared() -> None:
    """CPython has one object for each character up to U+00FF."""
    for number in range(1, 256):
        shared = chr(number)
        data = PublishPacket("t", b"", content_type=shared, user_properties=[(shared, shared)]).write()
        packet, _ = mqtt5.read(data)
        for text in (packet.content_type, *packet.user_properties[0]):
            assert text is shared
