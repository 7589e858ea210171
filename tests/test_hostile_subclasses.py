# SPDX-License-Identifier: MIT
"""Strange derived classes: other slots, properties, access to attributes, bases. Never a crash or a wrong packet."""

import contextlib
import copy
import gc
import pickle
import weakref
from collections.abc import Callable
from typing import Any

import engines
import pytest
from hostile import Boom, boom
from samples import (
    ids,
)

import mqtt5
from mqtt5 import (
    ConnectPacket,
    Decoder,
    PingReqPacket,
    PubAckPacket,
    PublishPacket,
    SubscribePacket,
    TopicFilter,
    Will,
)


class Redefined(PublishPacket):
    """A slot with the name of one of the base class, which stays empty."""

    __slots__ = ("topic",)


class ByProperty(PublishPacket):
    """A field that is computed."""

    __slots__ = ()

    topic = property(lambda self: "of/the/property", lambda self, value: None)  # type: ignore[assignment]


class RaisingProperty(PublishPacket):
    __slots__ = ()

    topic = property(boom, lambda self, value: None)  # type: ignore[assignment]


class ByClass(PublishPacket):
    """A constant instead of the field."""

    __slots__ = ()
    topic = "constant"


class Everything(PublishPacket):
    """Answers for everything."""

    def __getattr__(self, name: str) -> Any:
        return "t"


class Lying(PublishPacket):
    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        return "#" if name == "topic" else super().__getattribute__(name)


class Loud(PublishPacket):
    __slots__ = ()
    __getattribute__ = boom


class NewGivesNone(PublishPacket):
    __slots__ = ()

    def __new__(cls, *_: Any, **__: Any) -> Any:
        return None


class NewGivesTheSame(PublishPacket):
    """One object, given again and again."""

    __slots__ = ()
    one: Any = None

    def __new__(cls, *arguments: Any, **keywords: Any) -> Any:
        if cls.one is None:
            cls.one = super().__new__(cls, *arguments, **keywords)
        return cls.one


class Meta(type):
    def __call__(cls, *arguments: Any, **keywords: Any) -> Any:
        return super().__call__("meta", *arguments, **keywords)


class WithMeta(PublishPacket, metaclass=Meta):
    __slots__ = ()


class InitSubclass(PublishPacket):
    def __init_subclass__(cls) -> None:
        boom()


def check_written(make: Callable[[], Any], *right: Any) -> None:
    """write() gives the bytes of one of these packets, or there is an exception that says why not."""
    try:
        data = make().write()
    except (AttributeError, TypeError, ValueError, Boom) as error:
        assert str(error)  # noqa: PT017
    else:
        assert mqtt5.read(data)[0] in right


@pytest.mark.parametrize("cls", [Redefined, ByProperty, RaisingProperty, ByClass, Everything, Lying, Loud])
def test_subclass_with_field_redefined_writes_valid_packet(cls: Any) -> None:
    """A property, a slot or a constant in the place of a field: what is written is valid, and one of the two values."""
    right = [PublishPacket(topic, b"p") for topic in ("topic", "constant", "of/the/property", "t")]
    check_written(lambda: cls("topic", b"p"), *right)
    check_written(lambda: cls("#", b"p"), *right)
    for operation in (
        repr,
        hash,
        copy.copy,
        lambda packet: packet == packet,
        lambda packet: packet.replace(retain=True),
    ):
        with contextlib.suppress(AttributeError, TypeError, ValueError, Boom):
            operation(cls("topic", b"p"))


def test_subclass_with_getattr_writes_stored_fields() -> None:
    packet = Everything("a", b"p")
    assert packet.nothing == "t"
    assert packet.write() == PublishPacket("a", b"p").write()


def test_subclass_with_new_of_other_kind() -> None:
    assert NewGivesNone("t", b"p") is None
    first = NewGivesTheSame("a", b"")
    assert NewGivesTheSame("b", b"") is first
    assert first.write() == PublishPacket("a", b"").write()


def test_subclass_with_metaclass_constructed() -> None:
    packet = WithMeta(b"p")
    assert packet.topic == "meta"
    assert packet.write() == PublishPacket("meta", b"p").write()


def test_subclass_with_impossible_base_refused() -> None:
    with pytest.raises(Boom):
        type("Sub", (InitSubclass,), {})
    for other in (int, PubAckPacket, Exception, Will):
        with pytest.raises(TypeError):
            type("Sub", (PublishPacket, other), {})


class Plain:
    pass


class OwnOrder(type):
    def mro(cls) -> list[type]:
        return [cls, mqtt5.BasePacket, object]


@pytest.mark.parametrize("base", [mqtt5.BasePacket, mqtt5.BasePacket.__mro__[1]], ids=ids)
def test_object_that_is_not_a_packet_has_no_base_of_packets(base: Any) -> None:
    """By another base, by a metaclass, or by assignment: it would have no fields for the methods to read."""
    values: list[Any] = []

    def assign_class() -> Any:
        value = type("Slotted", (), {"__slots__": ()})()
        value.__class__ = type("Derived", (base,), {"__slots__": ()})
        return value

    makers = [
        *(lambda bases=bases: type("Both", bases, {})() for bases in ((Plain, base), (base, Plain))),
        *(lambda other=other: type("Both", (base, other), {})() for other in (int, dict, Exception)),
        lambda: OwnOrder("Ordered", (), {})(),
        assign_class,
    ]
    for make in makers:
        with contextlib.suppress(TypeError):
            values.append(make())
    for value in values:
        for operation in (repr, hash, copy.copy, pickle.dumps, lambda value: value.replace(), lambda v: v.write()):
            with contextlib.suppress(AttributeError, NotImplementedError, TypeError, ValueError, pickle.PicklingError):
                operation(value)
    if mqtt5.engine == "native":
        assert values == []


@pytest.mark.parametrize(
    "other", [int, str, bytes, tuple, list, dict, set, bytearray, Exception, PubAckPacket, Decoder], ids=ids
)
def test_subclass_with_second_base_harmless(other: Any) -> None:
    """A packet without fields leaves room for the memory of another type; bases in both orders."""
    ping = PingReqPacket().write()
    for bases in ((PingReqPacket, other), (other, PingReqPacket)):
        try:
            cls: Any = type("Both", bases, {})
        except TypeError as error:
            assert str(error)  # noqa: PT017
            continue
        values = []
        for arguments in ((), (5,)):
            with contextlib.suppress(AttributeError, TypeError, ValueError):
                values.append(cls(*arguments))
        for value in values:
            with contextlib.suppress(AttributeError, TypeError):
                assert value.write() in (ping, PubAckPacket(5).write())
            for operation in (repr, hash, copy.copy, lambda x: x == x, lambda x: x == PingReqPacket()):
                with contextlib.suppress(AttributeError, TypeError, ValueError):
                    operation(value)
    assert PingReqPacket().write() == ping


def test_component_of_strange_subclass_written_or_refused() -> None:
    class Filter(TopicFilter):
        __slots__ = ()
        pattern = property(lambda self: "p", lambda self, value: None)  # type: ignore[assignment]

    class LastWill(Will):
        __slots__ = ()
        topic = property(boom, lambda self, value: None)  # type: ignore[assignment]

    check_written(lambda: SubscribePacket(1, [Filter("x")]), *[SubscribePacket(1, [TopicFilter(t)]) for t in "px"])
    check_written(lambda: ConnectPacket("c", will=LastWill("w")), ConnectPacket("c", will=Will("w", payload=b"")))


@engines.cpython
def test_subclasses_without_objects_freed() -> None:
    """No engine keeps what it learns of a class."""
    cls = type("Local", (PublishPacket,), {"__slots__": ()})
    packet = cls("t", b"p", user_properties=[("a", "b")])
    packet.write()
    gone = weakref.ref(cls)
    del cls, packet
    gc.collect()
    assert gone() is None
