# SPDX-License-Identifier: MIT
"""MQTT 5.0 packets as bytes and back: `packet.write()`, `read(buffer)` and `Decoder`."""

from mqtt5._engine import BasePacket
from mqtt5._engine import name as engine
from mqtt5._sources import get_include, get_sources
from mqtt5.aliases import TopicAliasReceiver, TopicAliasSender
from mqtt5.enums import (
    AuthReasonCode,
    ConnAckReasonCode,
    DisconnectReasonCode,
    PacketType,
    PubAckReasonCode,
    PubCompReasonCode,
    PubRecReasonCode,
    PubRelReasonCode,
    QoS,
    ReasonCode,
    RetainHandling,
    SubAckReasonCode,
    UnsubAckReasonCode,
)
from mqtt5.exceptions import DecodeError, Error, IncompleteError, PacketTooLarge
from mqtt5.packets import (
    AuthPacket,
    ConnAckPacket,
    ConnectPacket,
    DisconnectPacket,
    Packet,
    PingReqPacket,
    PingRespPacket,
    PubAckPacket,
    PubCompPacket,
    PublishPacket,
    PubRecPacket,
    PubRelPacket,
    SubAckPacket,
    SubscribePacket,
    TopicFilter,
    UnsubAckPacket,
    UnsubscribePacket,
    Will,
)
from mqtt5.packets import Subscription as Subscription
from mqtt5.stream import Decoder, read
from mqtt5.template import PublishTemplate
from mqtt5.topics import check_topic_filter, check_topic_name, split_shared, topic_matches
from mqtt5.tree import TopicTree

__version__ = "0.1.0"

__all__ = [
    "AuthPacket",
    "AuthReasonCode",
    "BasePacket",
    "ConnAckPacket",
    "ConnAckReasonCode",
    "ConnectPacket",
    "DecodeError",
    "Decoder",
    "DisconnectPacket",
    "DisconnectReasonCode",
    "Error",
    "IncompleteError",
    "Packet",
    "PacketTooLarge",
    "PacketType",
    "PingReqPacket",
    "PingRespPacket",
    "PubAckPacket",
    "PubAckReasonCode",
    "PubCompPacket",
    "PubCompReasonCode",
    "PubRecPacket",
    "PubRecReasonCode",
    "PubRelPacket",
    "PubRelReasonCode",
    "PublishPacket",
    "PublishTemplate",
    "QoS",
    "ReasonCode",
    "RetainHandling",
    "SubAckPacket",
    "SubAckReasonCode",
    "SubscribePacket",
    "TopicAliasReceiver",
    "TopicAliasSender",
    "TopicFilter",
    "TopicTree",
    "UnsubAckPacket",
    "UnsubAckReasonCode",
    "UnsubscribePacket",
    "Will",
    "check_topic_filter",
    "check_topic_name",
    "engine",
    "get_include",
    "get_sources",
    "read",
    "split_shared",
    "topic_matches",
]
