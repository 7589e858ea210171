# SPDX-License-Identifier: MIT
"""Packets do not change. Native engine: nothing in Python changes them. Portable engine: plain assignment raises."""

import contextlib
import dataclasses
import sys
from typing import Any
from unittest import mock

import pytest
from engines import native
from samples import CLASSES, FULL, PACKETS, REQUIRED, each_class, each_sample, names_of

import mqtt5
from mqtt5 import (
    PingReqPacket,
    PingRespPacket,
    PubAckPacket,
    PublishPacket,
    PubRecPacket,
)


@each_sample
def test_attribute_assigned_refused(value: Any) -> None:
    before = hash(value), repr(value)
    for name in names_of(value):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, name, getattr(value, name, None))
        with pytest.raises(dataclasses.FrozenInstanceError):
            delattr(value, name)
    with pytest.raises(AttributeError):
        value.nothing = 1
    with pytest.raises(AttributeError):
        del value.nothing
    assert not hasattr(value, "__dict__")
    assert before == (hash(value), repr(value))


@each_class
def test_class_is_plain_and_named(cls: Any) -> None:
    assert type(cls) is type
    assert (cls.__module__, cls.__qualname__) == ("mqtt5.packets", cls.__name__)
    assert getattr(sys.modules["mqtt5.packets"], cls.__name__) is cls


@native
@each_sample
def test_force_on_object_refused(value: Any) -> None:
    cls = type(value)
    before = hash(value), repr(value)
    for name in [*names_of(value), "nothing", "__dict__", "__doc__", "replace"]:
        for force in (
            lambda name=name: object.__setattr__(value, name, None),
            lambda name=name: object.__delattr__(value, name),
            lambda name=name: object.__getattribute__(value, "__dict__").update({name: None}),
        ):
            with pytest.raises((AttributeError, TypeError)):
                force()
    for name in names_of(value):
        attribute = cls.__dict__[name]
        for force in (lambda a=attribute: a.__set__(value, None), lambda a=attribute: a.__delete__(value)):
            with pytest.raises((AttributeError, TypeError)):
                force()
    for other in CLASSES:
        if other is not cls:
            with pytest.raises(TypeError):
                object.__setattr__(value, "__class__", other)
            with pytest.raises((AttributeError, TypeError)):
                value.__class__ = other
    assert type(value) is cls
    assert before == (hash(value), repr(value))


@native
@each_sample
def test_init_and_state_on_object_change_nothing(value: Any) -> None:
    before = hash(value), repr(value)
    for call in (
        lambda: value.__init__(*REQUIRED.get(type(value), ())),
        lambda: value.__init__(),
        lambda: value.__setstate__({}),
        lambda: value.__setstate__([None] * 20),
        lambda: value.__setstate__((None, {"topic": "x", "packet_id": 5})),
    ):
        with contextlib.suppress(AttributeError, TypeError, ValueError):
            call()
    assert before == (hash(value), repr(value))
    assert value == FULL[type(value)]


@native
@each_class
def test_patched_class_refused(cls: Any) -> None:
    before = set(vars(cls))
    for name in [*names_of(cls), "write", "replace", "__init__", "__new__", "__eq__", "__hash__", "__doc__", "nothing"]:
        with pytest.raises(TypeError):
            setattr(cls, name, None)
        with pytest.raises(TypeError):
            type.__setattr__(cls, name, None)
        with pytest.raises((AttributeError, TypeError)):
            delattr(cls, name)
    for name, value in {"__bases__": (dict,), "__name__": "x", "__module__": "x", "__class__": int}.items():
        with pytest.raises(TypeError):
            setattr(cls, name, value)
    with pytest.raises(TypeError):
        cls.__annotations__ = {}
    with pytest.raises(TypeError), mock.patch.object(cls, "write" if cls in PACKETS else "replace"):
        pass
    assert set(vars(cls)) == before


def test_patched_module_attribute_restored() -> None:
    """The way to replace a class in a test, as docs/from-pypi-mqtt5.md says."""
    with mock.patch("mqtt5.PublishPacket") as stand_in:
        assert mqtt5.PublishPacket is stand_in
    assert mqtt5.PublishPacket is PublishPacket


@each_class
def test_new_without_arguments_refused(cls: Any) -> None:
    """No object exists without its fields."""
    if cls in REQUIRED:
        with pytest.raises(TypeError, match="missing"):
            cls.__new__(cls)
    else:
        assert cls.__new__(cls) == cls()
    for other in (object, int, PublishPacket if cls is not PublishPacket else PubAckPacket, None, "text"):
        with pytest.raises(TypeError):
            cls.__new__(other, *REQUIRED.get(cls, ()))


@native
@each_class
def test_new_of_object_refused(cls: Any) -> None:
    with pytest.raises(TypeError, match="not safe"):
        object.__new__(cls)
    with pytest.raises(TypeError, match="not safe"):
        object.__new__(type("Derived", (cls,), {}))


def test_class_of_derived_object_assigned_keeps_fields() -> None:
    """As for any Python class, among derived classes that look alike; the fields stay."""

    class One(PubAckPacket):
        def __init__(self, packet_id: int) -> None:
            self.__class__ = Two  # type: ignore[assignment]

    class Two(PubAckPacket):
        pass

    class Three(PubRecPacket):
        pass

    packet: Any = One(7)
    assert (type(packet), packet.packet_id) == (Two, 7)
    assert packet == Two(7)
    assert packet.write() == PubAckPacket(7).write()
    others = (PubAckPacket, PublishPacket, Three, PingReqPacket, int)
    for other in others if sys.implementation.name == "cpython" else (int,):  # to PyPy more classes look alike
        with pytest.raises(TypeError):
            packet.__class__ = other
    assert packet.write() == PubAckPacket(7).write()


def test_class_of_empty_packet_assigned_is_consistent() -> None:
    """Packets without fields look alike: the object is what its class says, or the assignment is refused."""
    cls: Any = type("Ping", (PingReqPacket,), {"__slots__": ()})
    other: Any = type("Pong", (PingRespPacket,), {"__slots__": ()})
    ping = cls()
    with contextlib.suppress(TypeError):
        ping.__class__ = other
    assert ping.write() == type(ping)().write()
