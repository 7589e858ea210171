# SPDX-License-Identifier: MIT
"""Nothing leaks, whatever is done and however it fails; and any allocation may fail.

It runs under either engine and does not know how an engine works. What is counted: blocks of memory, references to
everything that has been passed in and to everything that lives for ever, on debug builds of Python all references.
MQTT5_SAFETY=N in the environment repeats everything N times as often.
"""

import array
import contextlib
import gc
import itertools
import os
import subprocess
import sys
import types
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import hostile
import pytest
from test_packets import CLASSES, FILTER, FORCED, REQUIRED, full
from vectors_data import ALL

import mqtt5
from mqtt5 import Decoder, Packet, PublishPacket, QoS, _engine

HERE = Path(__file__).parent
MORE = int(os.environ.get("MQTT5_SAFETY", "1"))
FEWER = 23 if MORE == 1 else 1  #: Of the combinations of fields and values, one in so many; a prime.

Job = Callable[[], object]

counted = pytest.mark.skipif(
    not getattr(sys, "getallocatedblocks", lambda: 0)(),
    reason="this Python does not count its blocks of memory (PyPy, or PYTHONMALLOC=malloc)",
)

VALUES = full()
PACKETS = [value for value in VALUES if isinstance(value, Packet)]
DATA = [packet.write() for packet in PACKETS]
STREAM = b"".join(DATA)


def short(value: object) -> str:
    try:
        return repr(value)[:60]
    except Exception:
        return f"<{type(value).__name__}>"


def attempt(job: Job) -> None:
    with contextlib.suppress(Exception):
        job()


# ----------------------------------------------------------------- what is counted


def everlasting() -> list[Any]:
    """Objects to which a reference too many, or too few, is easily kept."""
    found: list[Any] = [
        None,
        True,
        False,
        (),
        b"",
        "",
        0,
        1,
        65535,
        int,
        str,
        bytes,
        tuple,
        bool,
        TypeError,
        ValueError,
    ]
    for value in vars(mqtt5).values():
        found.append(value)
        if isinstance(value, type) and issubclass(value, int):
            found += list(value)
    for value in VALUES:
        found.append(value)
        for name in hostile.names_of(value):
            found += [name, getattr(value, name), type(value).__dict__[name]]
    found += [mqtt5.DecodeError.__init__, mqtt5.packets.BasePacket, hostile.Boom]
    return found


class Census:
    """Counts before and after; growth() says what has become more."""

    def __init__(self, given: Iterable[Any] = ()) -> None:
        self.watched = [*everlasting(), *given]
        self.before = self.count()
        self.before = self.count()  # the second one finds the first one's list

    def count(self) -> tuple[int, int, Any]:
        """Without making objects that would count: hence the array."""
        gc.collect()
        blocks = sys.getallocatedblocks()
        total = sys.gettotalrefcount() if hasattr(sys, "gettotalrefcount") else 0
        return blocks, total, array.array("q", map(sys.getrefcount, self.watched))

    def growth(self, limit: int) -> list[str]:
        blocks, total, references = self.count()
        found = []
        if blocks - self.before[0] > limit:
            found.append(f"{blocks - self.before[0]} blocks of memory")
        if total - self.before[1] > limit * 10:
            found.append(f"{total - self.before[1]} references")
        for each, now, then in zip(self.watched, references, self.before[2], strict=True):
            if abs(now - then) > limit and not (isinstance(each, int) and type(each) is int and each < 257):
                found.append(f"{now - then} references to {short(each)}")
        return sorted(set(found))


def growth_of(jobs: list[tuple[str, Job]], times: int, given: Iterable[Any]) -> list[str]:
    """What grows each time again: caches of Python itself fill slowly, and are full some time."""
    for _ in range(4):
        census = Census(given)
        for _ in range(times):
            for _, job in jobs:
                attempt(job)
        growth = census.growth(times // 2)
        if not growth:
            break
    return growth


def guilty(jobs: list[tuple[str, Job]], times: int, given: list[Any]) -> list[str]:
    """Which of the jobs leak: all at once, and if something has become more, each half, down to single jobs."""
    if not growth_of(jobs, times, given):
        return []
    if len(jobs) > 1:
        half = len(jobs) // 2
        return guilty(jobs[:half], times, given) + guilty(jobs[half:], times, given)
    return [f"{jobs[0][0]}: {growth} in 300 times" for growth in growth_of(jobs, 300, given)]


def check_flat(jobs: list[tuple[str, Job]], times: int, given: Iterable[Any] = ()) -> None:
    for _ in range(3):  # fills caches
        for _, job in jobs:
            attempt(job)
    gc.collect()
    gc.freeze()  # it need not look at what there is already
    try:
        leaks = guilty(jobs, times * MORE, list(given))
    finally:
        gc.unfreeze()
    assert not leaks, "\n".join(leaks[:40])


@counted
def test_the_census_finds_leaks() -> None:
    """One block, or one reference, each time: this test would be worthless otherwise."""
    kept: list[Any] = []
    with pytest.raises(AssertionError, match=r"leaky: \d+ blocks"):
        check_flat([("leaky", lambda: kept.append(object())), ("innocent", object)], 100)
    with pytest.raises(AssertionError, match=r"leaky: \d+ references to (<QoS|QoS)"):
        check_flat([("leaky", lambda: kept.append(QoS.EXACTLY_ONCE))], 100)
    with pytest.raises(AssertionError, match=r"leaky: \d+ blocks"):
        check_flat([("leaky", lambda: kept.append(bytes(100_000)))], 30)


# ----------------------------------------------------------------------- leaks


@counted
def test_no_leak_where_all_is_well() -> None:
    jobs: list[tuple[str, Job]] = []
    for value in VALUES:
        cls, name = type(value), type(value).__name__
        fields = {field: getattr(value, field) for field in hostile.names_of(value)}
        lists = {field: list(item) if isinstance(item, tuple) else item for field, item in fields.items()}
        views = {field: bytearray(item) if isinstance(item, bytes) else item for field, item in fields.items()}
        jobs += [
            (f"{name}(...)", lambda cls=cls, fields=fields: cls(**fields)),
            (f"{name}(lists)", lambda cls=cls, fields=lists: cls(**fields)),
            (f"{name}(views)", lambda cls=cls, fields=views: cls(**fields)),
            (f"least {name}", lambda cls=cls: cls(*REQUIRED.get(cls, ()))),
            (f"hash {name}", lambda value=value: hash(value)),
            (f"{name} ==", lambda value=value, cls=cls, fields=fields: value == cls(**fields)),
            (f"{name}.__init__", lambda cls=cls, fields=fields: cls.__new__(cls).__init__(**fields)),
            (f"{name}.__new__", lambda cls=cls: cls.__new__(cls)),
        ]
    for packet, data, copied in zip(PACKETS, DATA, map(bytearray, DATA), strict=True):
        name = type(packet).__name__
        jobs += [
            (f"write {name}", packet.write),
            (f"read {name}", lambda data=data: mqtt5.read(data)),
            (f"read a bytearray: {name}", lambda copied=copied: mqtt5.read(copied)),
            (f"read a view: {name}", lambda copied=copied: mqtt5.read(memoryview(copied))),
            (f"decode {name}", lambda data=data: decode(data)),
        ]
    jobs += [
        ("a stream at once", lambda: decode(STREAM)),
        ("topic_matches", lambda: mqtt5.topic_matches("$share/n/a/+/#", "a/b/c")),
        ("Decoder()", Decoder),
        ("Decoder(5)", lambda: Decoder(5)),
        ("Decoder, not read", lambda: Decoder().feed(STREAM)),
        ("large", lambda: mqtt5.read(PublishPacket("t" * 5000, bytes(100_000)).write())),
    ]
    check_flat(jobs, 200)


def decode(data: bytes, pieces: int = 3) -> None:
    decoder = Decoder(10_000_000)
    step = len(data) // pieces + 1
    for at in range(0, len(data), step):
        decoder.feed(data[at : at + step])
        list(decoder)
        assert decoder.buffered >= 0


@counted
def test_no_leak_where_arguments_are_refused() -> None:
    """Each class, each field, each value of hostile.py; and each wrong way to call."""
    given: list[Any] = []
    jobs: list[tuple[str, Job]] = list(hostile.refusals())[:: 1 if MORE > 1 else 2]
    values = [make for label, make in hostile.VALUES.items() if label not in SLOW]
    for cls in CLASSES:
        arguments = hostile.arguments_of(cls)
        for i, (name, make) in enumerate(itertools.product(hostile.names_of(cls), values)):
            if i % FEWER:
                continue
            value = make()
            given.append(value)
            jobs.append(
                (
                    f"{cls.__name__}({name}={short(value)})",
                    lambda cls=cls, keywords={**arguments, name: value}: cls(**keywords),
                )
            )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check_flat(jobs, 40)


#: They change themselves, or take long.
SLOW = {
    "repr is huge",
    "a mock",
    "a mock of str",
    "a mock of bytes",
    "deeply nested",
    "dict that changes",
    "generator that raises",
    "huge numbers",
}


@counted
def test_no_leak_where_bytes_are_refused() -> None:
    """Each vector, whole, cut and with a byte changed, in read() and in a Decoder."""
    jobs: list[tuple[str, Job]] = []
    for i, vector in enumerate(ALL):
        data = vector.data
        if len(data) > 2000 or (i % 8 and MORE == 1):
            continue
        changed = bytes([*data[:-1], data[-1] ^ 0xFF])
        for what, wrong in (("", data), ("cut", data[:-1]), ("changed", changed)):
            jobs.append((f"read {vector.where} {what}", lambda wrong=wrong: mqtt5.read(wrong)))
        jobs.append((f"decode {vector.where}", lambda data=data: decode(data)))
    assert len(jobs) > 400
    check_flat(jobs, 30)


@counted
def test_no_leak_where_packets_were_changed_by_force() -> None:
    jobs: list[tuple[str, Job]] = []
    for packet in PACKETS:
        for i, (name, value) in enumerate(itertools.product(hostile.names_of(packet), FORCED)):
            if i % FEWER:
                continue
            bad = hostile.forced(packet, name, value)
            jobs.append((f"{type(packet).__name__}.{name} := {short(value)}", bad.write))
        for name in hostile.names_of(packet):
            bare = hostile.forced(packet, name, None)
            object.__delattr__(bare, name)
            jobs.append((f"{type(packet).__name__} without {name}", bare.write))
    check_flat(jobs, 20)


@counted
def test_no_leak_where_decoders_fail() -> None:
    def fail(data: Any, limit: Any = None) -> None:
        decoder = Decoder(limit)
        for _ in range(2):
            attempt(lambda: decoder.feed(data))
            for _ in range(3):
                attempt(lambda: list(decoder))
        decoder.__init__()  # type: ignore[misc]

    jobs: list[tuple[str, Job]] = [
        (f"{limit}, {short(data)}", lambda data=data, limit=limit: fail(data, limit))
        for data in (STREAM, STREAM[:-1], b"\x38\x04\x00\x01t\x00", "text", None, b"", b"\x30\xff\xff\xff\x7f")
        for limit in (None, 5, 100, 0, "5", 2**70, -1)
    ]
    check_flat(jobs, 100)


@counted
def test_no_leak_of_large_memory() -> None:
    """What comes from malloc() and is not counted in blocks shows in the size of the process."""
    resource = pytest.importorskip("resource")
    payload = bytes(1_000_000)

    def work() -> None:
        data = PublishPacket("t", payload, user_properties=[("n" * 60_000, "v" * 60_000)]).write()
        assert mqtt5.read(data)[0].payload == payload
        decode(data)
        attempt(lambda: mqtt5.read(data[:-1]))
        attempt(lambda: PublishPacket("#", payload))
        attempt(lambda: PublishPacket("t", payload, user_properties=[("n" * 70_000, "v")]))

    for _ in range(100):
        work()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(100 * MORE):
        work()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown * (1 if sys.platform == "darwin" else 1024) < 50_000_000


@counted
def test_packets_and_what_they_hold_are_freed() -> None:
    """References to the arguments are exactly as many as before."""
    texts = ["".join(["te", "xt"]) for _ in range(2)]
    payload = bytes(bytearray(b"payload"))
    pairs = ((texts[0], texts[1]),)
    given = [*texts, payload, pairs, pairs[0], FILTER]
    before = [sys.getrefcount(each) for each in given]
    packets = [PublishPacket(texts[0], payload, content_type=texts[1], user_properties=pairs) for _ in range(10)]
    packets += [mqtt5.SubscribePacket(1, [FILTER], user_properties=pairs) for _ in range(10)]
    for packet in packets:
        packet.write()
    del packets, packet
    gc.collect()
    assert [sys.getrefcount(each) for each in given] == before


# ------------------------------------------------------------- allocations that fail


def nomemory_of_this_python() -> types.ModuleType | None:
    if sys.implementation.name != "cpython":
        return None
    try:
        import _testcapi
    except ImportError:
        return None
    return _testcapi if hasattr(_testcapi, "set_nomemory") else None


def operations() -> dict[str, Callable[[], Any]]:
    """What is done while memory fails; each gives something that can be compared.

    Nothing that is refused: Python code says why, and CPython itself fails in that without memory, in a debug build
    with an assertion, in 3.13 with a crash in the repr() of an int.
    """
    found: dict[str, Callable[[], Any]] = {}
    for value in VALUES:
        fields = {name: getattr(value, name) for name in hostile.names_of(value)}
        lists = {name: list(item) if isinstance(item, tuple) else item for name, item in fields.items()}
        cls, name = type(value), type(value).__name__
        found[f"{name}(...)"] = lambda cls=cls, fields=fields: cls(**fields)
        found[f"{name}(lists)"] = lambda cls=cls, fields=lists: cls(**fields)
    for packet, data, copied in zip(PACKETS, DATA, map(bytearray, DATA), strict=True):
        name = type(packet).__name__
        found[f"{name}.write"] = packet.write
        found[f"read {name}"] = lambda data=data: mqtt5.read(data)
        found[f"read a bytearray: {name}"] = lambda copied=copied: mqtt5.read(copied)
    found["topic_matches"] = lambda: mqtt5.topic_matches("a/+/ü", "a/b/ü")
    found["Decoder"] = decoded
    found["Decoder, large"] = lambda: decoded(LARGE)
    return found


LARGE = PublishPacket("t", bytes(100_000)).write()


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
    """Runs in a process of its own: what a crash leaves of it is told by faulthandler."""
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
    for packet, data in zip(PACKETS, DATA, strict=True):
        assert packet.write() == data
        assert mqtt5.read(data)[0] == packet
    print(f"{sum(counts.values())} allocations failed in {len(counts)} operations")


@pytest.mark.skipif(nomemory_of_this_python() is None, reason="this Python comes without _testcapi.set_nomemory()")
@pytest.mark.parametrize("forever", [False, True], ids=["one", "all from one on"])
def test_any_allocation_may_fail(forever: bool) -> None:
    """MemoryError or the right result, nothing else; later operations work, and references are not lost."""
    if _engine.name != "speedups":
        pytest.skip("of the engine in C only: Python code without memory meets errors of CPython itself")
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", f"import test_safety_memory as t; t.fail_all({forever})"],
        env={**os.environ, "MQTT5_ENGINE": _engine.name},
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "allocations failed" in done.stdout
