# SPDX-License-Identifier: MIT
"""Portable engine: force changes a packet, as it does any Python object, and write() checks it again.

What a constructor refuses, write() refuses too; what it takes, write() gives the same bytes for.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from engines import portable
from samples import FILTER, each_packet_sample, full, ids
from values import Data, Index, Items, Liar, Number, Text

import mqtt5
from mqtt5 import (
    ConnectPacket,
    PingReqPacket,
    PublishPacket,
    QoS,
    SubscribePacket,
    Will,
)

pytestmark = portable


FORCED: list[object] = [
    None,
    0,
    1,
    -1,
    3,
    255,
    256,
    65536,
    2**32,
    2**64,
    True,
    1.5,
    float("nan"),
    "",
    "a",
    "\0",
    "\ud800",
    "#",
    "$share//",
    "x" * 65536,
    b"",
    b"a",
    bytes(65536),
    bytearray(b"a"),
    memoryview(b"a"),
    (),
    [],
    (0,),
    ("a",),
    ("a", "b"),
    (("a", "b"),),
    [("a", "b")],
    (("a", "\0"),),
    (("a",),),
    ((1, 2),),
    (None,),
    (b"a",),
    (256,),
    (-1,),
    (2**70,),
    (FILTER,),
    (FILTER, "a"),
    FILTER,
    Will("w"),
    PingReqPacket(),
    mqtt5.SubAckReasonCode.NOT_AUTHORIZED,
    mqtt5.DisconnectReasonCode.SERVER_MOVED,
    QoS.EXACTLY_ONCE,
    object(),
    Items(("a",)),
    Index(),
    dict,
    {},
    {"a": "b"},
    iter(()),
]


def forced(value: Any, **fields: object) -> Any:
    """A new object with these fields, which are not checked."""
    made = value.replace()
    for name, field in fields.items():
        object.__setattr__(made, name, field)
    return made


def written(packet: Any) -> bytes | None:
    try:
        return packet.write()
    except (TypeError, ValueError) as error:
        assert str(error)  # noqa: PT017
        return None


def check_forced(packet: Any, right: Any) -> None:
    """A packet that was changed by force, and what a constructor makes of the same values: None if it refuses them.

    Then write() refuses them too, unless they are equal to right ones, as 1 is to True.
    """
    data = written(packet)
    if right is not None:
        assert data == right.write()
    elif data is not None:
        assert mqtt5.read(data)[0] == packet


def constructed(make: Callable[..., Any], fields: dict[str, Any]) -> Any:
    try:
        return make(**fields)
    except (TypeError, ValueError):
        return None


@each_packet_sample
def test_packet_changed_by_force_checked_by_write(packet: Any) -> None:
    fields = {field.name: getattr(packet, field.name) for field in dataclasses.fields(packet)}
    for name in fields:
        for value in FORCED:
            check_forced(forced(packet, **{name: value}), constructed(type(packet), fields | {name: value}))


@pytest.mark.parametrize("part", full()[:2], ids=ids)
def test_component_changed_by_force_checked_by_write(part: Any) -> None:
    fields = {field.name: getattr(part, field.name) for field in dataclasses.fields(part)}
    for name in fields:
        for value in FORCED:
            bad = forced(part, **{name: value})
            good = constructed(type(part), fields | {name: value})
            if isinstance(part, Will):
                check_forced(forced(ConnectPacket("c"), will=bad), good and ConnectPacket("c", will=good))
            else:
                packet = forced(SubscribePacket(1, [part]), topic_filters=(part, bad))
                check_forced(packet, good and SubscribePacket(1, [part, good]))


@each_packet_sample
def test_field_deleted_by_force_refused_by_write(packet: Any) -> None:
    for field in dataclasses.fields(packet):
        bare = packet.replace()
        object.__delattr__(bare, field.name)
        with pytest.raises((AttributeError, TypeError, ValueError)):
            bare.write()
        with pytest.raises(AttributeError):
            getattr(bare, field.name)
        with pytest.raises(AttributeError):
            hash(bare)


@each_packet_sample
def test_lying_value_by_force_written_or_refused(packet: Any) -> None:
    """Values that are not what they say: whatever write() makes of them, it is a packet or an exception."""
    for field in dataclasses.fields(packet):
        for value in (Text("a"), Liar("a"), Data(b"a"), Number(1), Items([Liar("a")]), Items([(Liar("a"), Text("b"))])):
            data = written(forced(packet, **{field.name: value}))
            if data is not None:
                assert mqtt5.read(data)[1] == len(data)


def test_refused_write_leaves_later_writes_unharmed() -> None:
    packet = PublishPacket("t", b"payload", qos=1, packet_id=1)
    data = packet.write()
    for _ in range(100):
        with pytest.raises(ValueError, match="topic"):
            forced(packet, topic="#").write()
        with pytest.raises(TypeError, match="payload"):
            forced(packet, payload="x").write()
        assert packet.write() == data
