# SPDX-License-Identifier: MIT
"""One of each packet and component with every field set, the least of each, and marks for tests over all of them.

It does not know an engine. Samples are typed from the description of the API, and used by every test that needs one.
"""

import dataclasses
from typing import Any

import pytest

import mqtt5
from mqtt5 import (
    AuthPacket,
    ConnAckPacket,
    ConnectPacket,
    DisconnectPacket,
    PingReqPacket,
    PingRespPacket,
    PubAckPacket,
    PubCompPacket,
    PublishPacket,
    PubRecPacket,
    PubRelPacket,
    QoS,
    RetainHandling,
    SubAckPacket,
    SubscribePacket,
    TopicFilter,
    UnsubAckPacket,
    UnsubscribePacket,
    Will,
)

COMPONENTS: tuple[type[Any], ...] = (Will, TopicFilter)
PACKETS: tuple[type[Any], ...] = (
    ConnectPacket,
    ConnAckPacket,
    PublishPacket,
    PubAckPacket,
    PubRecPacket,
    PubRelPacket,
    PubCompPacket,
    SubscribePacket,
    SubAckPacket,
    UnsubscribePacket,
    UnsubAckPacket,
    PingReqPacket,
    PingRespPacket,
    DisconnectPacket,
    AuthPacket,
)
CLASSES = COMPONENTS + PACKETS

FILTER = TopicFilter("f")

#: The required arguments of each class.
REQUIRED: dict[type, tuple[Any, ...]] = {
    Will: ("t",),
    TopicFilter: ("f",),
    ConnectPacket: ("c",),
    PublishPacket: ("t", b""),
    PubAckPacket: (1,),
    PubRecPacket: (1,),
    PubRelPacket: (1,),
    PubCompPacket: (1,),
    SubscribePacket: (1, (FILTER,)),
    SubAckPacket: (1, (mqtt5.SubAckReasonCode.NOT_AUTHORIZED,)),
    UnsubscribePacket: (1, ("f",)),
    UnsubAckPacket: (1, (mqtt5.UnsubAckReasonCode.SUCCESS,)),
}

USER_PROPERTIES = (("a", "b"), ("a", "c"), ("", ""), ("größe", "温度 \U0001f321"))
#: The properties of a PUBLISH and of a Will.
MESSAGE: dict[str, Any] = {
    "payload_format_indicator": 1,
    "message_expiry_interval": 0xFFFFFFFF,
    "content_type": "text/plain",
    "response_topic": "answers/größe",
    "correlation_data": b"\xff\x01\xfe",
    "user_properties": USER_PROPERTIES,
}
REASONED: dict[str, Any] = {"reason_str": "größe", "user_properties": USER_PROPERTIES}


def full() -> list[Any]:
    """One of each class in the order of CLASSES, with every field away from its default; new objects each time."""
    will = Will(
        "größe/will", payload=b"\0gone\xff", qos=QoS.EXACTLY_ONCE, retain=True, will_delay_interval=70_000, **MESSAGE
    )
    topic_filter = TopicFilter(
        "größe/+/#",
        max_qos=QoS.AT_MOST_ONCE,
        no_local=True,
        retain_as_published=False,
        retain_handling=RetainHandling.SEND_NEVER,
    )
    return [
        will,
        topic_filter,
        ConnectPacket(
            "größe",
            username="Jürgen",
            password=b"p\xffw",
            clean_start=True,
            will=will,
            keep_alive=65_535,
            session_expiry_interval=0xFFFFFFFF,
            authentication_method="SCRAM-SHA-1",
            authentication_data=b"\xff\x01",
            request_problem_info=False,
            request_response_info=True,
            receive_max=1,
            topic_alias_max=65_535,
            max_packet_size=0xFFFFFFFF,
            user_properties=USER_PROPERTIES,
        ),
        ConnAckPacket(
            session_present=True,
            reason_code=mqtt5.ConnAckReasonCode.BANNED,
            session_expiry_interval=0,
            assigned_client_id="größe",
            server_keep_alive=65_535,
            authentication_method="SCRAM-SHA-1",
            authentication_data=b"",
            response_info="answers/",
            server_reference="example.org:1883",
            receive_max=1,
            topic_alias_max=65_535,
            max_qos=QoS.AT_LEAST_ONCE,
            retain_available=False,
            max_packet_size=1,
            wildcard_subscription_available=False,
            subscription_id_available=False,
            shared_subscription_available=False,
            **REASONED,
        ),
        PublishPacket(
            "größe/a",
            b"\0payload\xff",
            qos=QoS.EXACTLY_ONCE,
            retain=True,
            packet_id=65_535,
            duplicate=True,
            topic_alias=65_535,
            subscription_ids=(1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455),
            **MESSAGE,
        ),
        PubAckPacket(1, reason_code=mqtt5.PubAckReasonCode.QUOTA_EXCEEDED, **REASONED),
        PubRecPacket(2, reason_code=mqtt5.PubRecReasonCode.NO_MATCHING_SUBSCRIBERS, **REASONED),
        PubRelPacket(3, reason_code=mqtt5.PubRelReasonCode.PACKET_ID_NOT_FOUND, **REASONED),
        PubCompPacket(4, reason_code=mqtt5.PubCompReasonCode.PACKET_ID_NOT_FOUND, **REASONED),
        SubscribePacket(
            5,
            (topic_filter, TopicFilter("$share/n/f")),
            subscription_id=268_435_455,
            user_properties=USER_PROPERTIES,
        ),
        SubAckPacket(6, tuple(mqtt5.SubAckReasonCode), **REASONED),
        UnsubscribePacket(7, ("größe/+/#", "$share/n/#", "/"), user_properties=USER_PROPERTIES),
        UnsubAckPacket(8, tuple(mqtt5.UnsubAckReasonCode), **REASONED),
        PingReqPacket(),
        PingRespPacket(),
        DisconnectPacket(
            reason_code=mqtt5.DisconnectReasonCode.SERVER_MOVED,
            session_expiry_interval=0,
            server_reference="example.org:1883",
            **REASONED,
        ),
        AuthPacket(
            reason_code=mqtt5.AuthReasonCode.RE_AUTHENTICATE,
            authentication_method="SCRAM-SHA-1",
            authentication_data=b"\xff\x01",
            **REASONED,
        ),
    ]


def full_packets() -> list[Any]:
    """The packets among them."""
    return full()[len(COMPONENTS) :]


#: By class, for tests that need one with every field set.
FULL: dict[type, Any] = {type(value): value for value in full()}


def required(cls: type[Any]) -> tuple[Any, ...]:
    """The required arguments of a class, or of the one that it is derived from."""
    return next((REQUIRED[base] for base in cls.__mro__ if base in REQUIRED), ())


def least(cls: type[Any], **fields: Any) -> Any:
    """One of the class with nothing but its required arguments, and these fields."""
    return cls(*required(cls), **fields)


def given(cls: type[Any], **fields: Any) -> Any:
    """One of the class with these fields, whether or not they are required."""
    return cls(**{**arguments_of(cls), **fields})


def names_of(cls: Any) -> list[str]:
    """The names of the fields of a class or an object."""
    return [field.name for field in dataclasses.fields(cls)]


def fields_of(value: Any) -> dict[str, Any]:
    """The fields of an object by name."""
    return {name: getattr(value, name) for name in names_of(value)}


def arguments_of(cls: type[Any]) -> dict[str, Any]:
    """The required arguments by name."""
    return dict(zip(names_of(cls), required(cls), strict=False))


#: The fields that repr() hides.
SECRETS = ("password", "authentication_data")


def without_secrets(value: Any) -> Any:
    """The object without them, whose repr() is an expression."""
    return value.replace(**{name: None for name in names_of(value) if name in SECRETS})


def packet_with(value: Any) -> Any:
    """The value, or a packet around it if it is a component."""
    if isinstance(value, Will):
        return ConnectPacket("c", will=value)
    if isinstance(value, TopicFilter):
        return SubscribePacket(1, [value])
    return value


def ids(value: object) -> str:
    return value.__name__ if isinstance(value, type) else type(value).__name__


each_class = pytest.mark.parametrize("cls", CLASSES, ids=ids)
each_packet = pytest.mark.parametrize("cls", PACKETS, ids=ids)
each_sample = pytest.mark.parametrize("value", full(), ids=ids)
each_packet_sample = pytest.mark.parametrize("packet", full_packets(), ids=ids)
