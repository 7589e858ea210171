# SPDX-License-Identifier: MIT
"""Python's cyclic garbage collector: cycles through packets are freed, whenever it runs and whatever it calls.

What ended the process once runs in a process of its own.
"""

import contextlib
import copy
import dataclasses
import gc
import pickle
import sys
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from engines import cpython, eager_collector, run
from samples import (
    CLASSES,
    COMPONENTS,
    PACKETS,
    REQUIRED,
    arguments_of,
    each_class,
    full_packets,
    ids,
    least,
    names_of,
    packet_with,
)

import mqtt5
from mqtt5 import (
    BasePacket,
    ConnectPacket,
    Decoder,
    PublishPacket,
    SubscribePacket,
    TopicFilter,
    Will,
)

pytestmark = cpython


CLASS_IN_CYCLE = """
import gc, samples, mqtt5
gc.disable()
gc.freeze()
for cls in samples.CLASSES * 3:
    def build():
        class Derived(cls): pass
        made = [samples.least(Derived)]
        made.append(made)
        Derived.made = made
    build()
    gc.collect()
    def build():
        class Derived(cls): __slots__ = ("made", "__weakref__")
        made = samples.least(Derived)
        made.made = [made, Derived]
    build()
    gc.collect()
print("alive")
"""


def test_collector_frees_object_with_its_class() -> None:
    """An instance of a derived class that is garbage together with the class; of each class."""
    assert run(CLASS_IN_CYCLE) == "alive\n"


@pytest.mark.parametrize("where", ["kept", "mqtt5.kept", "kept_class.kept"])
def test_object_of_subclass_alive_at_exit_freed(where: str) -> None:
    code = f"""
import samples, mqtt5
class kept_class: pass
{where} = [samples.least(type("Derived", (cls,), {{}})) for cls in samples.CLASSES]
{where}.append({where})
print("alive")
"""
    assert run(code) == "alive\n"


@pytest.mark.skipif(not getattr(sys, "_is_gil_enabled", lambda: True)(), reason="has one allocator only")
def test_bound_method_in_cycle_at_exit_freed(monkeypatch: pytest.MonkeyPatch) -> None:
    """CPython frees the module first, then the method, whose definition it reads. glibc fills what was freed."""
    monkeypatch.setenv("PYTHONMALLOC", "malloc")
    monkeypatch.setenv("MALLOC_PERTURB_", "255")
    code = """
import gc, sys, mqtt5
gc.collect()
class Connection:
    def __init__(self):
        self.itself = self
        self.feed = mqtt5.Decoder().feed
        packet = type("Derived", (mqtt5.PingReqPacket,), {})()
        self.methods = [packet.write, packet.replace]
connection = Connection()
print("alive")
"""
    assert run(code) == "alive\n"


def test_cycle_through_will_freed() -> None:
    class LastWill(Will):
        pass

    class Client:
        def __init__(self) -> None:
            will: Any = LastWill("t")
            will.client = self
            self.connect = ConnectPacket("c", will=will)

    gone = weakref.ref(Client())
    gc.collect()
    assert gone() is None


def test_cycle_through_topic_filter_freed() -> None:
    class Filter(TopicFilter):
        pass

    class Client:
        def __init__(self) -> None:
            filters: Any = [Filter("t"), Filter("u"), TopicFilter("v")]
            filters[1].client = self
            self.subscribe = SubscribePacket(1, filters)

    gone = weakref.ref(Client())
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize("cls", PACKETS + COMPONENTS, ids=ids)
def test_cycle_through_attributes_of_subclass_freed(cls: Any) -> None:
    class Derived(cls):  # type: ignore[misc]
        pass

    class Slotted(cls):  # type: ignore[misc]
        __slots__ = ("__weakref__", "itself")

    for derived in (Derived, Slotted):
        value: Any = least(derived)
        value.itself = [value]
        assert packet_with(value).write() == packet_with(least(cls)).write()
        gone = weakref.ref(value)
        del value
        gc.collect()
        assert gone() is None


def test_component_of_packet_visible_to_collector() -> None:
    will, topic_filter = type("W", (Will,), {})("t"), type("F", (TopicFilter,), {})("t")
    assert will in gc.get_referents(ConnectPacket("c", will=will))
    held = gc.get_referents(SubscribePacket(1, [topic_filter]))
    assert any(topic_filter in each for each in held if isinstance(each, tuple))


@each_class
def test_weak_reference_to_exact_object_refused(cls: Any) -> None:
    with pytest.raises(TypeError, match="weak reference"):
        weakref.ref(least(cls))


@each_class
def test_weak_reference_to_object_of_subclass(cls: Any) -> None:
    value = least(type("Derived", (cls,), {}))
    called: list[Any] = []
    gone = weakref.ref(value, called.append)
    assert gone() is value
    del value
    gc.collect()
    assert gone() is None
    assert called == [gone]


def test_references_after_write_as_before() -> None:
    payload = bytes(1000)
    before = sys.getrefcount(payload)
    packet = PublishPacket("topic", payload)
    assert packet.write()
    del packet
    assert sys.getrefcount(payload) == before


def is_ours(value: object) -> bool:
    return isinstance(value, (BasePacket, Will, TopicFilter))


class Act:
    """An integer that does something when it is asked for its value."""

    def __init__(self, action: Callable[[], object]) -> None:
        self.action = action

    def __index__(self) -> int:
        self.action()
        return 1


@each_class
@pytest.mark.usefixtures("frozen_heap")
def test_unfinished_object_during_conversion_hidden_or_harmless(cls: Any) -> None:
    """A conversion looks for the object that is being made."""
    operations: list[Callable[[Any], Any]] = [repr, hash, copy.copy, pickle.dumps, dataclasses.astuple]
    operations.append(lambda packet: packet.write())
    looking = False

    def look() -> None:
        nonlocal looking
        if looking:
            return
        looking = True
        for found in gc.get_referrers(marker):
            for operation in operations if is_ours(found) else []:
                with contextlib.suppress(AttributeError, TypeError, ValueError, pickle.PicklingError):
                    operation(found)
        looking = False

    marker = Act(look)
    required = arguments_of(cls)
    for name in names_of(cls):
        with contextlib.suppress(TypeError, ValueError):
            cls(**{**required, name: marker})
        if name in ("user_properties", "subscription_ids", "reason_codes"):
            with pytest.raises((TypeError, ValueError)):
                cls(**{**required, name: [marker, None]})
    assert packet_with(least(cls)).write()


@contextlib.contextmanager
def called_by_collector(callback: Callable[[str, Any], None]) -> Iterator[None]:
    """With the thresholds as they were afterwards."""
    thresholds = gc.get_threshold()
    gc.callbacks.append(callback)
    try:
        yield
    finally:
        gc.callbacks.remove(callback)
        gc.set_threshold(*thresholds)


@cpython
@eager_collector
def test_callback_that_constructs_during_construction() -> None:
    """The collector may run at every new tuple, and with it any code: here it makes packets of the same classes."""
    made: list[bytes] = []

    def collect(phase: str, info: Any) -> None:
        made.append(PublishPacket(payload=b"other", topic="other", user_properties=[("x", "y")] * 3).write())
        made.append(SubscribePacket(2, [TopicFilter(pattern="other")] * 2).write())

    many = [("a", "b")] * 30  # CPython keeps shorter tuples to use them again, and does not collect for them
    expected = [
        PublishPacket("topic", b"payload", user_properties=many, subscription_ids=(1, 2)).write(),
        SubscribePacket(1, (TopicFilter("first"), TopicFilter("second", no_local=True))).write(),
    ]
    kept: list[Any] = []  # so that new ones are needed
    with called_by_collector(collect):
        for i in range(200):
            gc.set_threshold(1 + i % 4)  # so that it is another allocation that starts the collector
            publish = PublishPacket("topic", b"payload", user_properties=many, subscription_ids=[1, 2])
            assert publish.write() == expected[0]
            kept.append(publish)
            filters = [TopicFilter("first"), TopicFilter("second", no_local=True)]
            assert SubscribePacket(1, filters).write() == expected[1]
    assert len(made) > 200
    assert len(set(made)) == 2


@contextlib.contextmanager
def eager_gc() -> Iterator[None]:
    """gc runs at nearly every allocation."""
    before = gc.get_threshold()
    gc.set_threshold(1)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@eager_collector
@pytest.mark.usefixtures("frozen_heap")
def test_callback_that_uses_objects_being_read() -> None:
    """The collector runs at nearly every allocation, and its callback uses every packet it finds, finished or not."""

    def look(phase: str, _: object) -> None:
        for found in gc.get_objects() if phase == "start" else ():
            if is_ours(found):
                with contextlib.suppress(AttributeError, TypeError):
                    repr(found)
                    hash(found)
                    looked.add(type(found))

    looked: set[type] = set()
    watched = [type(f"Watched{cls.__name__}", (cls,), {})(*REQUIRED.get(cls, ())) for cls in CLASSES]
    data = [packet.write() for packet in full_packets()] * 3
    decoder = Decoder()
    decoder.feed(b"".join(data))
    gc.callbacks.append(look)
    try:
        with eager_gc():
            found = [mqtt5.read(each)[0] for each in data] + list(decoder) + full_packets()
    finally:
        gc.callbacks.remove(look)
    assert {type(each) for each in watched} <= looked
    assert found == full_packets() * 7
