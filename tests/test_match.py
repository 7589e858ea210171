# SPDX-License-Identifier: MIT
"""match statements, isinstance() and the two names for all packets: the union Packet and the class BasePacket."""

import inspect
import types
import typing
from typing import Any

import pytest
from samples import PACKETS, each_class, least

import mqtt5
from mqtt5 import (
    AuthPacket,
    BasePacket,
    ConnectPacket,
    PingReqPacket,
    PingRespPacket,
    PubAckPacket,
    PublishPacket,
    QoS,
    SubAckPacket,
    SubscribePacket,
    TopicFilter,
    Will,
)


def test_match_by_class_position_and_name() -> None:
    def name(packet: object) -> object:
        match packet:
            case PublishPacket("a", payload, qos=QoS.AT_MOST_ONCE):
                return payload
            case PublishPacket(topic=topic, packet_id=int(packet_id)):
                return topic, packet_id
            case SubscribePacket(_, [TopicFilter("x"), *rest]):
                return len(rest)
            case SubAckPacket(reason_codes=[mqtt5.SubAckReasonCode.NOT_AUTHORIZED]):
                return "refused"
            case ConnectPacket(client_id, will=Will(topic)):
                return client_id, topic
            case PingReqPacket() | PingRespPacket():
                return "ping"
            case BasePacket():
                return "another"
            case _:
                return "none"

    assert name(PublishPacket("a", b"p")) == b"p"
    assert name(PublishPacket("b", b"p", qos=1, packet_id=7)) == ("b", 7)
    assert name(PublishPacket("b", b"p")) == "another"
    assert name(SubscribePacket(1, [TopicFilter("x"), TopicFilter("y")])) == 1
    assert name(SubscribePacket(1, [TopicFilter("y")])) == "another"
    assert name(SubAckPacket(1, [0x87])) == "refused"
    assert name(ConnectPacket("c", will=Will("w"))) == ("c", "w")
    assert name(ConnectPacket("c")) == "another"
    assert name(PingRespPacket()) == "ping"
    assert name(AuthPacket()) == "another"
    assert name(Will("t")) == name(None) == name(b"") == "none"


@each_class
def test_packet_union_contains_all_packets(cls: type) -> None:
    assert isinstance(least(cls), mqtt5.Packet) is (cls in PACKETS)
    assert issubclass(cls, mqtt5.Packet) is (cls in PACKETS)
    assert isinstance(least(cls), BasePacket) is (cls in PACKETS)
    assert issubclass(cls, BasePacket) is (cls in PACKETS)
    assert hasattr(cls, "write") is (cls in PACKETS)
    assert not isinstance(object(), mqtt5.Packet)


def test_packet_at_run_time_is_union() -> None:
    assert isinstance(mqtt5.Packet, types.UnionType)
    assert typing.get_args(mqtt5.Packet) == PACKETS
    assert len(PACKETS) == 15


@each_class
def test_match_args_of_class_are_positional_fields(cls: Any) -> None:
    positional = [
        name
        for name, parameter in inspect.signature(cls).parameters.items()
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]
    assert cls.__match_args__ == tuple(positional)


def test_match_with_too_many_positions_refused() -> None:
    def match(packet: object) -> bool:
        match packet:
            case PubAckPacket(_, _):
                return True
        return False

    with pytest.raises(TypeError, match="positional"):
        match(PubAckPacket(1))


def test_base_packet_constructed_refused() -> None:
    class Own(BasePacket):
        __slots__ = ()

    for cls in (BasePacket, Own):
        with pytest.raises(TypeError):
            cls().write()
