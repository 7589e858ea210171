# SPDX-License-Identifier: MIT
"""The arguments that each kind of field accepts, and the exact type that it stores."""

import array
import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from values import Data, Index, Items, Number, Text

import mqtt5
from mqtt5 import (
    AuthPacket,
    ConnAckPacket,
    ConnectPacket,
    PublishPacket,
    QoS,
    SubAckPacket,
    SubscribePacket,
    TopicFilter,
    UnsubAckPacket,
    UnsubscribePacket,
    Will,
)


@pytest.mark.parametrize("kind", [list, tuple, iter, lambda items: (item for item in items), dict.fromkeys])
def test_sequences_stored_as_tuples(kind: Callable[..., Any]) -> None:
    for make, stored in [
        (lambda: PublishPacket("t", b"", subscription_ids=kind([3, 1, 2])).subscription_ids, (3, 1, 2)),
        (lambda: PublishPacket("t", b"", user_properties=kind([("b", "c"), ("a", "")])).user_properties, None),
        (lambda: SubscribePacket(1, kind([TopicFilter("b"), TopicFilter("a")])).topic_filters, None),
        (lambda: SubAckPacket(1, kind([1, 0, 0x80])).reason_codes, (1, 0, 0x80)),
        (lambda: UnsubAckPacket(1, kind([0x11, 0])).reason_codes, (0x11, 0)),
        (lambda: UnsubscribePacket(1, kind(["b", "a"])).patterns, ("b", "a")),
    ]:
        found = make()
        assert type(found) is tuple
        assert stored is None or found == stored
        assert len(found) > 1
    codes = SubAckPacket(1, kind([1, 0, 0x80])).reason_codes
    assert all(type(code) is mqtt5.SubAckReasonCode for code in codes)


def test_iterables_of_all_kinds_accepted() -> None:
    assert PublishPacket("t", b"", subscription_ids={5}).subscription_ids == (5,)
    assert PublishPacket("t", b"", subscription_ids=range(1, 4)).subscription_ids == (1, 2, 3)
    assert PublishPacket("t", b"", subscription_ids=array.array("I", [1, 2])).subscription_ids == (1, 2)
    assert SubAckPacket(1, frozenset([0])).reason_codes == (0,)
    assert UnsubscribePacket(1, {"a": None}.keys()).patterns == ("a",)
    assert UnsubscribePacket(1, map(str.lower, "AB")).patterns == ("a", "b")
    pairs = PublishPacket("t", b"", user_properties=[["a", "b"], ("c", "d"), Items("ef")]).user_properties
    assert pairs == (("a", "b"), ("c", "d"), ("e", "f"))
    assert PublishPacket("t", b"", user_properties={"a": "b"}.items()).user_properties == (("a", "b"),)
    assert all(type(pair) is tuple for pair in pairs)


def test_argument_changed_later_has_no_effect() -> None:
    pair = ["a", "b"]
    pairs = [pair]
    payload = bytearray(b"abc")
    packet = PublishPacket("t", payload, user_properties=pairs)
    pairs.append(["x", "y"])
    pair[0] = "z"
    payload[0] = 0
    payload.append(0)  # a BufferError if the packet held it
    assert packet.user_properties == (("a", "b"),)
    assert packet.payload == b"abc"


def test_exception_of_iterable_propagates() -> None:
    def broken() -> Any:
        yield "a"
        raise LookupError("from the iterable")

    with pytest.raises(LookupError, match="from the iterable"):
        UnsubscribePacket(1, broken())


def test_subclasses_of_builtins_stored_as_exact_types() -> None:
    packet = PublishPacket(
        Text("topic"),
        Data(b"data"),
        qos=Number(1),
        packet_id=Number(5),
        content_type=Text("type"),
        correlation_data=Data(b"c"),
        subscription_ids=Items([Number(6)]),
        user_properties=Items([Items([Text("n"), Text("v")])]),
    )
    assert packet == PublishPacket(
        "topic",
        b"data",
        qos=1,
        packet_id=5,
        content_type="type",
        correlation_data=b"c",
        subscription_ids=[6],
        user_properties=[("n", "v")],
    )
    exact = {str, bytes, QoS, bool, int, tuple, type(None)}
    assert {type(getattr(packet, field.name)) for field in dataclasses.fields(packet)} == exact
    assert [type(item) for pair in packet.user_properties for item in (pair, *pair)] == [tuple, str, str]
    assert type(packet.subscription_ids[0]) is int
    assert mqtt5.read(packet.write())[0] == packet
    assert type(UnsubscribePacket(1, [Text("a")]).patterns[0]) is str
    assert type(ConnectPacket("", keep_alive=Index()).keep_alive) is int
    assert ConnectPacket("", keep_alive=Index()).keep_alive == 7


@pytest.mark.parametrize(
    "data",
    [
        bytearray(b"\1\0\2\0"),
        memoryview(b"\1\0\2\0"),
        memoryview(b"x\1\0\2\0x")[1:-1],
        memoryview(b"\1x\0x\2x\0x")[::2],
        memoryview(bytearray(b"\1\0\2\0")).cast("H"),
        array.array("B", [1, 0, 2, 0]),
        Data(b"\1\0\2\0"),
    ],
    ids=lambda data: type(data).__name__,
)
def test_bytes_like_objects_stored_as_bytes(data: Any) -> None:
    packet = PublishPacket("t", data, correlation_data=data)
    connect = ConnectPacket("", password=data, authentication_method="", authentication_data=data)
    will = Will("t", payload=data, correlation_data=data)
    for value in (
        packet.payload,
        packet.correlation_data,
        connect.password,
        connect.authentication_data,
        will.payload,
        will.correlation_data,
        ConnAckPacket(authentication_data=data).authentication_data,
        AuthPacket(authentication_method="", authentication_data=data).authentication_data,
    ):
        assert value == b"\1\0\2\0"
        assert type(value) is bytes
    assert packet == PublishPacket("t", b"\1\0\2\0", correlation_data=b"\1\0\2\0")
