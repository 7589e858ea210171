# SPDX-License-Identifier: MIT
"""Nothing leaks, whatever is done and however it fails."""

import copy
import dataclasses
import gc
import itertools
import pickle
import sys
import warnings
from typing import Any

import hostile
import hostile_cases
import pytest
from census import FEWER, MORE, Job, attempt, check_flat, counted, short
from samples import CLASSES, FILTER, REQUIRED, arguments_of, full, full_packets, names_of
from vectors_data import ALL

import mqtt5
from mqtt5 import (
    Decoder,
    PublishPacket,
    QoS,
)

VALUES = full()


SENT = full_packets()


DATA = [packet.write() for packet in SENT]


STREAM = b"".join(DATA)
LENIENT = bytes.fromhex("4003000795")


@counted
def test_census_of_leaky_job_names_it() -> None:
    """One block, or one reference, each time: this test would be worthless otherwise."""
    kept: list[Any] = []
    with pytest.raises(AssertionError, match=r"leaky: \d+ blocks"):
        check_flat([("leaky", lambda: kept.append(object())), ("innocent", object)], 100)
    with pytest.raises(AssertionError, match=r"leaky: \d+ references to (<QoS|QoS)"):
        check_flat([("leaky", lambda: kept.append(QoS.EXACTLY_ONCE))], 100)
    with pytest.raises(AssertionError, match=r"leaky: \d+ blocks"):
        check_flat([("leaky", lambda: kept.append(bytes(100_000)))], 30)


def python_keeps_classes() -> bool:
    """Does this Python keep memory of each class that is made? The release candidate of 3.15t does."""
    try:
        check_flat([("class", lambda: type("Derived", (object,), {})())], 200)
    except AssertionError:
        return True
    return False


@counted
def test_memory_of_accepted_values_constant() -> None:
    jobs: list[tuple[str, Job]] = []
    classes_go = not python_keeps_classes()
    for value in VALUES:
        cls, name = type(value), type(value).__name__
        derived = type("Derived", (cls,), {})
        fields = {field: getattr(value, field) for field in names_of(value)}
        lists = {field: list(item) if isinstance(item, tuple) else item for field, item in fields.items()}
        views = {field: bytearray(item) if isinstance(item, bytes) else item for field, item in fields.items()}
        jobs += [
            (f"{name}(...)", lambda cls=cls, fields=fields: cls(**fields)),
            (f"{name}(lists)", lambda cls=cls, fields=lists: cls(**fields)),
            (f"{name}(views)", lambda cls=cls, fields=views: cls(**fields)),
            (f"least {name}", lambda cls=cls: cls(*REQUIRED.get(cls, ()))),
            (f"hash {name}", lambda value=value: hash(value)),
            (f"{name} ==", lambda value=value, cls=cls, fields=fields: value == cls(**fields)),
            (f"{name}.replace()", lambda value=value, fields=fields: value.replace(**fields)),
            (f"repr {name}", lambda value=value: repr(value)),
            (f"copy {name}", lambda value=value: copy.deepcopy([copy.copy(value)])),
            (f"pickle {name}", lambda value=value: pickle.loads(pickle.dumps(value))),
            (f"astuple {name}", lambda value=value: dataclasses.astuple(value)),
            (f"derived {name}", lambda derived=derived, fields=fields: derived(**fields)),
            (f"{name}.topic = 1", lambda value=value: setattr(value, names_of(value)[0], 1)),
        ]
        if classes_go:
            jobs.append((f"class of {name}", lambda cls=cls: type("Derived", (cls,), {})(*REQUIRED.get(cls, ()))))
    for packet, data, copied in zip(SENT, DATA, map(bytearray, DATA), strict=True):
        name = type(packet).__name__
        jobs += [
            (f"write {name}", packet.write),
            (f"read {name}", lambda data=data: mqtt5.read(data)),
            (f"read a bytearray: {name}", lambda copied=copied: mqtt5.read(copied)),
            (f"read a view: {name}", lambda copied=copied: mqtt5.read(memoryview(copied))),
            (f"decode {name}", lambda data=data: decode(data)),
            (f"write parts of {name}", lambda packet=packet: packet.write_parts(max_packet_size=10**6)),
            (f"size of {name}", lambda packet=packet: packet.packet_size),
            (f"write {name} to fit", lambda packet=packet: attempt(lambda: packet.write(max_packet_size=3))),
        ]
    message = PublishPacket("größe", b"p", qos=1, packet_id=1, user_properties=[("a", "b")])
    template = mqtt5.PublishTemplate(message)
    lenient = mqtt5.read(LENIENT, strict=False)[0]
    jobs += [
        ("a stream at once", lambda: decode(STREAM)),
        ("topic_matches", lambda: mqtt5.topic_matches("$share/n/a/+/#", "a/b/c")),
        ("read leniently", lambda: mqtt5.read(LENIENT, strict=False, sender="client", max_packet_size=99)),
        ("change a lenient packet", lambda: lenient.replace(reason_code=0x97).write()),
        ("pickle a lenient packet", lambda: pickle.loads(pickle.dumps(lenient))),
        ("PublishTemplate", lambda: mqtt5.PublishTemplate(message)),
        ("deliver", lambda: template.write(packet_id=1, topic_alias=2, subscription_ids=[1, 2])),
        ("deliver parts", lambda: template.write_parts(packet_id=1, qos=..., message_expiry_interval=None)),
        ("deliver, refused", lambda: attempt(lambda: template.write(subscription_ids=[1, 0], qos=0))),
        ("deliver, wrong type", lambda: attempt(lambda: template.write(subscription_ids=[1, "2"], packet_id=1))),
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
@pytest.mark.slow
def test_memory_of_refused_arguments_constant() -> None:
    """Each class, each field, each value of hostile.py; and each wrong way to call."""
    given: list[Any] = []
    jobs: list[tuple[str, Job]] = list(hostile_cases.refusals())[:: 1 if MORE > 1 else 2]
    values = [make for label, make in hostile.VALUES.items() if label not in SLOW]
    for cls in CLASSES:
        arguments = arguments_of(cls)
        for i, (name, make) in enumerate(itertools.product(names_of(cls), values)):
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
@pytest.mark.slow
def test_memory_of_refused_bytes_constant() -> None:
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
def test_memory_of_failing_decoders_constant() -> None:
    def fail(data: Any, limit: Any = None) -> None:
        decoder = Decoder(limit)
        for _ in range(2):
            attempt(lambda: decoder.feed(data))
            for _ in range(3):
                attempt(lambda: list(decoder))
                attempt(decoder.skip)
                attempt(lambda: setattr(decoder, "max_packet_size", limit))
        decoder.__init__()  # type: ignore[misc]

    jobs: list[tuple[str, Job]] = [
        (f"{limit}, {short(data)}", lambda data=data, limit=limit: fail(data, limit))
        for data in (STREAM, STREAM[:-1], b"\x38\x04\x00\x01t\x00", "text", None, b"", b"\x30\xff\xff\xff\x7f")
        for limit in (None, 5, 100, 0, "5", 2**70, -1)
    ]
    check_flat(jobs, 100)


@counted
def test_process_size_with_large_packets_constant() -> None:
    """Memory from malloc() is not counted in blocks, but in the size of the process."""
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
def test_arguments_of_freed_packets_released() -> None:
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
