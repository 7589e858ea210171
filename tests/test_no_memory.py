# SPDX-License-Identifier: MIT
"""Any allocation may fail: MemoryError or the right result, nothing else."""

import sys
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from census import Census
from engines import native, run
from samples import fields_of, full, full_packets

import mqtt5
from mqtt5 import (
    Decoder,
    PublishPacket,
)

VALUES = full()


SENT = full_packets()


DATA = [packet.write() for packet in SENT]


STREAM = b"".join(DATA)


def nomemory_of_this_python() -> ModuleType | None:
    if sys.implementation.name != "cpython":
        return None
    try:
        import _testcapi
    except ImportError:
        return None
    return _testcapi if hasattr(_testcapi, "set_nomemory") else None


def operations() -> dict[str, Callable[[], Any]]:
    """The jobs to run while memory fails; each returns a result to compare.

    Nothing that is refused: Python code says why, and CPython itself fails in that without memory, in a debug build
    with an assertion, in 3.13 with a crash in the repr() of an int.
    """
    found: dict[str, Callable[[], Any]] = {}
    for value in VALUES:
        fields = fields_of(value)
        lists = {name: list(item) if isinstance(item, tuple) else item for name, item in fields.items()}
        cls, name = type(value), type(value).__name__
        found[f"{name}(...)"] = lambda cls=cls, fields=fields: cls(**fields)
        found[f"{name}(lists)"] = lambda cls=cls, fields=lists: cls(**fields)
    for packet, data, copied in zip(SENT, DATA, map(bytearray, DATA), strict=True):
        name = type(packet).__name__
        found[f"{name}.write"] = packet.write
        found[f"read {name}"] = lambda data=data: mqtt5.read(data)
        found[f"read a bytearray: {name}"] = lambda copied=copied: mqtt5.read(copied)
    found["write_parts"] = lambda: MESSAGE.write_parts(max_packet_size=10**6)
    found["packet_size"] = lambda: MESSAGE.packet_size
    found["read leniently"] = lambda: mqtt5.read(LENIENT, strict=False)
    found["lenient.replace"] = lambda: mqtt5.read(LENIENT, strict=False)[0].replace(topic="u").write()
    found["PublishTemplate"] = lambda: mqtt5.PublishTemplate(MESSAGE).write(packet_id=5, subscription_ids=[1, 2])
    found["PublishTemplate.write"] = lambda: TEMPLATE.write(packet_id=5, topic_alias=3, subscription_ids=[1, 2])
    found["PublishTemplate.write_parts"] = lambda: TEMPLATE.write_parts(packet_id=5)
    found["topic_matches"] = lambda: mqtt5.topic_matches("a/+/ü", "a/b/ü")
    found["Decoder"] = decoded
    found["Decoder, large"] = lambda: decoded(LARGE)
    return found


LARGE = PublishPacket("t", bytes(100_000)).write()
LENIENT = bytes.fromhex("3006000174020102")  # payload_format_indicator=2: no Python code runs
MESSAGE = PublishPacket("größe", bytes(2000), qos=1, packet_id=1, user_properties=[("a", "b")])
TEMPLATE = mqtt5.PublishTemplate(MESSAGE)


def decoded(data: bytes = STREAM) -> list[Any]:
    decoder = Decoder()
    decoder.feed(data[:100])
    found = list(decoder)
    decoder.feed(data[100:])
    return found + list(decoder)


def fail_each_allocation(label: str, operation: Callable[[], Any], nomemory: Any, forever: bool) -> int:
    """Lets the n-th allocation fail, for n from 0 until nothing fails any more; returns n."""
    right = operation()
    for n in range(100_000):
        result = error = None
        nomemory.set_nomemory(n, 0 if forever else n + 1)
        try:
            result = operation()
        except MemoryError as caught:
            error = caught
        finally:
            nomemory.remove_mem_hooks()
        if error is None:
            assert result == right, f"{label}, allocation {n}: {result!r}"
        del result
        if n % 10 == 0 or error is None:
            assert operation() == right, f"{label}, after allocation {n}"
            if error is None and nothing_failed(operation, nomemory, n, right):
                return n
    raise AssertionError(f"{label}: still fails")


def nothing_failed(operation: Callable[[], Any], nomemory: Any, n: int, right: Any) -> bool:
    """Whether a later allocation cannot fail either: a failure may have been made good."""
    for later in range(n + 1, n + 30):
        nomemory.set_nomemory(later, later + 1)
        try:
            result = operation()
        except MemoryError:
            return False
        finally:
            nomemory.remove_mem_hooks()
        if result != right:
            return False
    return True


def fail_all(forever: bool) -> None:
    """Runs in a separate process, where faulthandler reports a crash."""
    import _testcapi

    warnings.simplefilter("ignore")
    counts = {}
    for label, operation in operations().items():
        for _ in range(3):
            operation()
        census = Census()
        counts[label] = fail_each_allocation(label, operation, _testcapi, forever)
        grown = [growth for growth in census.growth(max(20, counts[label] // 2)) if "blocks" not in growth]
        assert not grown, f"{label}, {counts[label]} failures: {grown}"
    assert sum(counts.values()) > 200, counts
    for packet, data in zip(SENT, DATA, strict=True):
        assert packet.write() == data
        assert mqtt5.read(data)[0] == packet
    print(f"{sum(counts.values())} allocations failed in {len(counts)} operations")


@native
@pytest.mark.slow
@pytest.mark.skipif(nomemory_of_this_python() is None, reason="this Python comes without _testcapi.set_nomemory()")
@pytest.mark.parametrize("forever", [False, True], ids=["one", "all from one on"])
def test_allocation_that_fails_raises_memory_error(forever: bool) -> None:
    """MemoryError or the right result, nothing else; later operations work, and references are not lost.

    Not of the portable engine: Python code without memory meets errors of CPython itself.
    """
    assert "allocations failed" in run(f"import test_no_memory as t; t.fail_all({forever})", timeout=600)
