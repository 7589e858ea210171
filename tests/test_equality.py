# SPDX-License-Identifier: MIT
"""== and hash: only objects of the same class with all fields equal are equal; there is no order."""

import dataclasses
from typing import Any
from unittest import mock

import pytest
from hostile import Boom, boom
from samples import CLASSES, each_class, each_packet_sample, each_sample, fields_of, full, least

import mqtt5
from mqtt5 import (
    ConnectPacket,
    PingReqPacket,
    PingRespPacket,
    PubAckPacket,
    PubRecPacket,
    Will,
)


def test_equality_needs_same_class_and_fields() -> None:
    values = full() + [least(cls) for cls in CLASSES if cls not in (PingReqPacket, PingRespPacket)]
    for i, one in enumerate(values):
        for j, other in enumerate(values):
            assert (one == other) is (i == j), (one, other)
            assert (one != other) is (i != j), (one, other)
    assert len(set(values)) == len(values)
    for one, other in zip(full(), full(), strict=True):
        assert one == other
        assert one is not other
        assert hash(one) == hash(other)
        assert {one: 1}[other] == 1
    assert PubAckPacket(1) != PubRecPacket(1)
    assert PingReqPacket() != PingRespPacket()
    assert PubAckPacket(1) != (1, 0, None, ())


@each_sample
def test_field_changed_makes_unequal(value: Any) -> None:
    default = least(type(value))
    for field in dataclasses.fields(value):
        if field.name not in ("qos", "packet_id", "duplicate", "authentication_method", "reason_code", "no_local"):
            changed = dataclasses.replace(value, **{field.name: getattr(default, field.name)})
            differs = getattr(value, field.name) != getattr(default, field.name)
            assert (changed != value) is differs, field.name
            assert (repr(changed) != repr(value)) is differs, field.name


@each_class
def test_comparison_by_order_refused(cls: type) -> None:
    for compare in ("__lt__", "__le__", "__gt__", "__ge__"):
        assert getattr(least(cls), compare)(least(cls)) is NotImplemented
    with pytest.raises(TypeError):
        least(cls) < least(cls)  # noqa: B015


@each_sample
def test_comparison_with_foreign_objects_unequal(value: Any) -> None:
    for other in (None, 0, "", (), tuple(fields_of(value).values()), fields_of(value), value.__class__, object()):
        assert (value == other, other == value, value != other) == (False, False, True)
    assert value == mock.ANY
    assert type(value).__eq__(value, 5) is NotImplemented


@each_packet_sample
def test_hash_of_packet_read_same_as_constructed(packet: Any) -> None:
    again, _ = mqtt5.read(packet.write())
    assert again is not packet
    assert (again, hash(again)) == (packet, hash(packet))
    assert len({packet, again}) == 1


def test_equality_of_field_that_raises_propagates() -> None:
    """A component of a derived class may compare as it likes."""

    class Loud(Will):
        __slots__ = ()
        __hash__ = Will.__hash__

        def __eq__(self, other: object) -> bool:
            return boom()

    one, other = ConnectPacket("c", will=Loud("t")), ConnectPacket("c", will=Loud("t"))
    with pytest.raises(Boom):
        one == other  # noqa: B015
    assert one == one


def test_equality_of_subclass_and_base_unequal() -> None:
    class Derived(PubAckPacket):
        __slots__ = ()

    assert Derived(1) == Derived(1)
    assert Derived(1) != PubAckPacket(1)
    assert PubAckPacket(1) != Derived(1)
    assert hash(Derived(1)) == hash(Derived(1))
