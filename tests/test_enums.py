# SPDX-License-Identifier: MIT
"""The enums: members, values, aliases. Typed from the specification."""

import enum
import inspect
import pickle
from typing import Any

import pytest
from samples import CLASSES, least
from values import Number

import mqtt5
from mqtt5 import (
    AuthPacket,
    PubAckPacket,
    PublishPacket,
)

ENUMS: dict[str, dict[str, int]] = {
    "QoS": {"AT_MOST_ONCE": 0, "AT_LEAST_ONCE": 1, "EXACTLY_ONCE": 2},
    "RetainHandling": {"SEND_ALWAYS": 0, "SEND_IF_SUBSCRIPTION_NOT_EXISTS": 1, "SEND_NEVER": 2},
    "PacketType": {
        "CONNECT": 1,
        "CONNACK": 2,
        "PUBLISH": 3,
        "PUBACK": 4,
        "PUBREC": 5,
        "PUBREL": 6,
        "PUBCOMP": 7,
        "SUBSCRIBE": 8,
        "SUBACK": 9,
        "UNSUBSCRIBE": 10,
        "UNSUBACK": 11,
        "PINGREQ": 12,
        "PINGRESP": 13,
        "DISCONNECT": 14,
        "AUTH": 15,
    },
    "ReasonCode": {
        "SUCCESS": 0x00,
        "GRANTED_QOS_AT_LEAST_ONCE": 0x01,
        "GRANTED_QOS_EXACTLY_ONCE": 0x02,
        "DISCONNECT_WITH_WILL_MESSAGE": 0x04,
        "NO_MATCHING_SUBSCRIBERS": 0x10,
        "NO_SUBSCRIPTION_EXISTED": 0x11,
        "CONTINUE_AUTHENTICATION": 0x18,
        "RE_AUTHENTICATE": 0x19,
        "UNSPECIFIED_ERROR": 0x80,
        "MALFORMED_PACKET": 0x81,
        "PROTOCOL_ERROR": 0x82,
        "IMPLEMENTATION_SPECIFIC_ERROR": 0x83,
        "UNSUPPORTED_PROTOCOL_VERSION": 0x84,
        "CLIENT_ID_NOT_VALID": 0x85,
        "BAD_USER_NAME_OR_PASSWORD": 0x86,
        "NOT_AUTHORIZED": 0x87,
        "SERVER_UNAVAILABLE": 0x88,
        "SERVER_BUSY": 0x89,
        "BANNED": 0x8A,
        "SERVER_SHUTTING_DOWN": 0x8B,
        "BAD_AUTHENTICATION_METHOD": 0x8C,
        "KEEP_ALIVE_TIMEOUT": 0x8D,
        "SESSION_TAKEN_OVER": 0x8E,
        "TOPIC_FILTER_INVALID": 0x8F,
        "TOPIC_NAME_INVALID": 0x90,
        "PACKET_ID_IN_USE": 0x91,
        "PACKET_ID_NOT_FOUND": 0x92,
        "RECEIVE_MAX_EXCEEDED": 0x93,
        "TOPIC_ALIAS_INVALID": 0x94,
        "PACKET_TOO_LARGE": 0x95,
        "MESSAGE_RATE_TOO_HIGH": 0x96,
        "QUOTA_EXCEEDED": 0x97,
        "ADMINISTRATIVE_ACTION": 0x98,
        "PAYLOAD_FORMAT_INVALID": 0x99,
        "RETAIN_NOT_SUPPORTED": 0x9A,
        "QOS_NOT_SUPPORTED": 0x9B,
        "USE_ANOTHER_SERVER": 0x9C,
        "SERVER_MOVED": 0x9D,
        "SHARED_SUBSCRIPTIONS_NOT_SUPPORTED": 0x9E,
        "CONNECTION_RATE_EXCEEDED": 0x9F,
        "MAX_CONNECT_TIME": 0xA0,
        "SUBSCRIPTION_IDS_NOT_SUPPORTED": 0xA1,
        "WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED": 0xA2,
    },
    "ConnAckReasonCode": {
        "SUCCESS": 0x00,
        "UNSPECIFIED_ERROR": 0x80,
        "MALFORMED_PACKET": 0x81,
        "PROTOCOL_ERROR": 0x82,
        "IMPLEMENTATION_SPECIFIC_ERROR": 0x83,
        "UNSUPPORTED_PROTOCOL_VERSION": 0x84,
        "CLIENT_ID_NOT_VALID": 0x85,
        "BAD_USER_NAME_OR_PASSWORD": 0x86,
        "NOT_AUTHORIZED": 0x87,
        "SERVER_UNAVAILABLE": 0x88,
        "SERVER_BUSY": 0x89,
        "BANNED": 0x8A,
        "BAD_AUTHENTICATION_METHOD": 0x8C,
        "TOPIC_NAME_INVALID": 0x90,
        "PACKET_TOO_LARGE": 0x95,
        "QUOTA_EXCEEDED": 0x97,
        "PAYLOAD_FORMAT_INVALID": 0x99,
        "RETAIN_NOT_SUPPORTED": 0x9A,
        "QUALITY_NOT_SUPPORTED": 0x9B,
        "USE_ANOTHER_SERVER": 0x9C,
        "SERVER_MOVED": 0x9D,
        "CONNECTION_RATE_EXCEEDED": 0x9F,
    },
    "PubAckReasonCode": {
        "SUCCESS": 0x00,
        "NO_MATCHING_SUBSCRIBERS": 0x10,
        "UNSPECIFIED_ERROR": 0x80,
        "IMPLEMENTATION_SPECIFIC_ERROR": 0x83,
        "NOT_AUTHORIZED": 0x87,
        "TOPIC_NAME_INVALID": 0x90,
        "PACKET_ID_IN_USE": 0x91,
        "QUOTA_EXCEEDED": 0x97,
        "PAYLOAD_FORMAT_INVALID": 0x99,
    },
    "PubRelReasonCode": {"SUCCESS": 0x00, "PACKET_ID_NOT_FOUND": 0x92},
    "SubAckReasonCode": {
        "GRANTED_QOS_AT_MOST_ONCE": 0x00,
        "GRANTED_QOS_AT_LEAST_ONCE": 0x01,
        "GRANTED_QOS_EXACTLY_ONCE": 0x02,
        "UNSPECIFIED_ERROR": 0x80,
        "IMPLEMENTATION_SPECIFIC_ERROR": 0x83,
        "NOT_AUTHORIZED": 0x87,
        "TOPIC_FILTER_INVALID": 0x8F,
        "PACKET_ID_IN_USE": 0x91,
        "QUOTA_EXCEEDED": 0x97,
        "SHARED_SUBSCRIPTIONS_NOT_SUPPORTED": 0x9E,
        "SUBSCRIPTION_IDS_NOT_SUPPORTED": 0xA1,
        "WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED": 0xA2,
    },
    "UnsubAckReasonCode": {
        "SUCCESS": 0x00,
        "NO_SUBSCRIPTION_EXISTED": 0x11,
        "UNSPECIFIED_ERROR": 0x80,
        "IMPLEMENTATION_SPECIFIC_ERROR": 0x83,
        "NOT_AUTHORIZED": 0x87,
        "TOPIC_FILTER_INVALID": 0x8F,
        "PACKET_ID_IN_USE": 0x91,
    },
    "DisconnectReasonCode": {
        "NORMAL_DISCONNECTION": 0x00,
        "DISCONNECT_WITH_WILL_MESSAGE": 0x04,
        "UNSPECIFIED_ERROR": 0x80,
        "MALFORMED_PACKET": 0x81,
        "PROTOCOL_ERROR": 0x82,
        "IMPLEMENTATION_SPECIFIC_ERROR": 0x83,
        "NOT_AUTHORIZED": 0x87,
        "SERVER_BUSY": 0x89,
        "SERVER_SHUTTING_DOWN": 0x8B,
        "KEEP_ALIVE_TIMEOUT": 0x8D,
        "SESSION_TAKEN_OVER": 0x8E,
        "TOPIC_FILTER_INVALID": 0x8F,
        "TOPIC_NAME_INVALID": 0x90,
        "RECEIVE_MAX_EXCEEDED": 0x93,
        "TOPIC_ALIAS_INVALID": 0x94,
        "PACKET_TOO_LARGE": 0x95,
        "MESSAGE_RATE_TOO_HIGH": 0x96,
        "QUOTA_EXCEEDED": 0x97,
        "ADMINISTRATIVE_ACTION": 0x98,
        "PAYLOAD_FORMAT_INVALID": 0x99,
        "RETAIN_NOT_SUPPORTED": 0x9A,
        "QOS_NOT_SUPPORTED": 0x9B,
        "USE_ANOTHER_SERVER": 0x9C,
        "SERVER_MOVED": 0x9D,
        "SHARED_SUBSCRIPTIONS_NOT_SUPPORTED": 0x9E,
        "CONNECTION_RATE_EXCEEDED": 0x9F,
        "MAX_CONNECT_TIME": 0xA0,
        "SUBSCRIPTION_IDS_NOT_SUPPORTED": 0xA1,
        "WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED": 0xA2,
    },
    "AuthReasonCode": {"SUCCESS": 0x00, "CONTINUE_AUTHENTICATION": 0x18, "RE_AUTHENTICATE": 0x19},
}


ENUMS["PubRecReasonCode"] = ENUMS["PubAckReasonCode"]
ENUMS["PubCompReasonCode"] = ENUMS["PubRelReasonCode"]


@pytest.mark.parametrize("name", ENUMS)
def test_enum_members_as_specified(name: str) -> None:
    members = getattr(mqtt5, name)
    assert issubclass(members, enum.IntEnum)
    assert members.__name__ == name
    assert {member.name: member.value for member in members} == ENUMS[name]
    for member in members:
        assert members(int(member)) is member
        assert member == int(member)
        assert eval(repr(member), {}, vars(mqtt5)) is member
        assert pickle.loads(pickle.dumps(member)) is member
    with pytest.raises(ValueError, match="not a valid"):
        members(0xFF)


def test_enum_alias_is_same_member() -> None:
    assert mqtt5.ConnAckReasonCode.QOS_NOT_SUPPORTED is mqtt5.ConnAckReasonCode.QUALITY_NOT_SUPPORTED
    assert list(mqtt5.ConnAckReasonCode.__members__)[-4:-3] == ["QOS_NOT_SUPPORTED"]
    assert mqtt5.ReasonCode.QUALITY_NOT_SUPPORTED is mqtt5.ReasonCode.QOS_NOT_SUPPORTED
    for name in ("NORMAL_DISCONNECTION", "GRANTED_QOS_AT_MOST_ONCE"):
        assert mqtt5.ReasonCode[name] is mqtt5.ReasonCode.SUCCESS


def enum_fields() -> list[tuple[type, str, Any]]:
    return [
        (cls, name, type(parameter.default))
        for cls in CLASSES
        for name, parameter in inspect.signature(cls).parameters.items()
        if isinstance(parameter.default, enum.IntEnum)
    ]


@pytest.mark.parametrize(("cls", "name", "members"), enum_fields())
def test_enum_field_given_integer_stores_member(cls: type, name: str, members: Any) -> None:
    for member in members:
        extra: dict[str, Any] = {}
        if cls is PublishPacket and member > 0:
            extra["packet_id"] = 1
        if cls is AuthPacket:
            extra["authentication_method"] = "m"
        for given in (member, int(member), Number(member)):
            value = least(cls, **{name: given}, **extra)
            assert getattr(value, name) is member
    for wrong in set(range(-1, 258)) - set(members):
        with pytest.raises(ValueError, match=rf"{cls.__name__}\.{name}={wrong}\b"):
            least(cls, **{name: wrong})


def test_enum_field_given_foreign_member_converted() -> None:
    packet = PubAckPacket(1, reason_code=mqtt5.SubAckReasonCode.NOT_AUTHORIZED)
    assert packet.reason_code is mqtt5.PubAckReasonCode.NOT_AUTHORIZED
    with pytest.raises(ValueError, match="reason_code"):
        PubAckPacket(1, reason_code=mqtt5.SubAckReasonCode.GRANTED_QOS_AT_LEAST_ONCE)
