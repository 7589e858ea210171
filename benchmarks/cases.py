# SPDX-License-Identifier: MIT
"""The packets that are measured, as data: a class and its fields, by the names that PyPI's mqtt5 and ours share.

Each of the 15 types stands here small, as most of them are, and full, with every kind of field it can carry. It does
not know who builds the packets, or how they are measured.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class New:
    """A packet, a Will or a TopicFilter to be constructed."""

    name: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class Member:
    """A member of an enum, such as "QoS.AT_LEAST_ONCE"."""

    name: str


@dataclass(frozen=True)
class Case:
    label: str
    packet: New


def variant(value: Any, index: int) -> Any:
    """The same packet with other texts and another packet identifier, for each index up to 50,000.

    Texts have the same size: their first characters differ.
    """
    if isinstance(value, Case):
        return Case(value.label, variant(value.packet, index))
    if isinstance(value, New):
        changed = {name: variant(field, index) for name, field in value.fields.items()}
        return New(value.name, changed | ({"packet_id": ID + index} if "packet_id" in changed else {}))
    if isinstance(value, (list, tuple)):
        return type(value)(variant(item, index) for item in value)
    if isinstance(value, str):
        at = len("$share/") if value.startswith("$share/") else 0
        return f"{value[:at]}{index:04x}{value[at + 4 :]}"
    return value


#: Arguments that are given by position, as users write them.
POSITIONAL = {
    "ConnectPacket": ("client_id",),
    "Will": ("topic",),
    "TopicFilter": ("pattern",),
    "PublishPacket": ("topic", "payload"),
    "PubAckPacket": ("packet_id",),
    "PubRecPacket": ("packet_id",),
    "PubRelPacket": ("packet_id",),
    "PubCompPacket": ("packet_id",),
    "SubscribePacket": ("packet_id", "topic_filters"),
    "SubAckPacket": ("packet_id", "reason_codes"),
    "UnsubscribePacket": ("packet_id", "patterns"),
    "UnsubAckPacket": ("packet_id", "reason_codes"),
}

ID = 4711  # too large for the integers that CPython keeps
TOPIC = "sensors/temp"
ONE_PROPERTY = [("trace", "7f3a")]
TWO_PROPERTIES = [("trace", "7f3a"), ("region", "eu-west")]
REASON = "quota of this client exceeded"
AT_LEAST_ONCE = Member("QoS.AT_LEAST_ONCE")
EXACTLY_ONCE = Member("QoS.EXACTLY_ONCE")


def case(label: str, name: str, **fields: Any) -> Case:
    return Case(label, New(name, fields))


def new(name: str, **fields: Any) -> New:
    return New(name, fields)


def acknowledgement(kind: str, code: str) -> list[Case]:
    """PUBACK, PUBREC, PUBREL and PUBCOMP differ in name and codes alone."""
    name = f"Pub{kind}Packet"
    return [
        case(f"PUB{kind.upper()} small", name, packet_id=ID),
        case(
            f"PUB{kind.upper()} full",
            name,
            packet_id=ID,
            reason_code=Member(f"Pub{kind}ReasonCode.{code}"),
            reason_str=REASON,
            user_properties=ONE_PROPERTY,
        ),
    ]


CASES: list[Case] = [
    case("CONNECT small", "ConnectPacket", client_id="client-1", clean_start=True, keep_alive=60),
    case(
        "CONNECT full",
        "ConnectPacket",
        client_id="client-1",
        username="user",
        password=b"correct horse battery staple",
        clean_start=True,
        will=new(
            "Will",
            topic="status/client-1",
            payload=b"offline",
            qos=AT_LEAST_ONCE,
            retain=True,
            payload_format_indicator=1,
            message_expiry_interval=86400,
            content_type="text/plain",
            response_topic="status/answers",
            correlation_data=b"\x01\x02\x03\x04",
            will_delay_interval=300,
            user_properties=ONE_PROPERTY,
        ),
        keep_alive=300,
        session_expiry_interval=3600,
        authentication_method="SCRAM-SHA-256",
        authentication_data=b"n,,n=user,r=fyko",
        request_problem_info=False,
        request_response_info=True,
        receive_max=1000,
        topic_alias_max=400,
        max_packet_size=1 << 20,
        user_properties=TWO_PROPERTIES,
    ),
    case("CONNACK small", "ConnAckPacket"),
    case(
        "CONNACK full",
        "ConnAckPacket",
        session_present=True,
        session_expiry_interval=3600,
        assigned_client_id="auto-5f0c2d4e",
        server_keep_alive=300,
        authentication_method="SCRAM-SHA-256",
        authentication_data=b"v=rmF9pqV8S7suAo",
        response_info="answers/5f0c2d4e",
        server_reference="broker-2.example",
        reason_str="welcome",
        receive_max=1000,
        topic_alias_max=400,
        max_qos=AT_LEAST_ONCE,
        retain_available=False,
        max_packet_size=1 << 20,
        wildcard_subscription_available=False,
        subscription_id_available=False,
        shared_subscription_available=False,
        user_properties=TWO_PROPERTIES,
    ),
    case("PUBLISH QoS 0, 4 B", "PublishPacket", topic="a/b", payload=b"21.5"),
    case("PUBLISH QoS 1, 256 B", "PublishPacket", topic=TOPIC, payload=bytes(256), qos=AT_LEAST_ONCE, packet_id=ID),
    case(
        "PUBLISH QoS 2, flags set, 64 B",
        "PublishPacket",
        topic="plants/7/line/3/state",
        payload=bytes(64),
        qos=EXACTLY_ONCE,
        retain=True,
        duplicate=True,
        packet_id=ID,
    ),
    case(
        "PUBLISH 1 user property, 64 B",
        "PublishPacket",
        topic=TOPIC,
        payload=bytes(64),
        user_properties=ONE_PROPERTY,
    ),
    case(
        "PUBLISH 8 properties, 256 B",
        "PublishPacket",
        topic=TOPIC,
        payload=bytes(256),
        qos=AT_LEAST_ONCE,
        packet_id=ID,
        payload_format_indicator=1,
        message_expiry_interval=3600,
        content_type="application/json",
        response_topic="answers/client-1",
        correlation_data=b"\x01\x02\x03\x04\x05\x06\x07\x08",
        subscription_ids=[ID],
        topic_alias=300,
        user_properties=ONE_PROPERTY,
    ),
    case("PUBLISH 16 KiB", "PublishPacket", topic=TOPIC, payload=bytes(16384), qos=AT_LEAST_ONCE, packet_id=ID),
    case(
        "PUBLISH non-ASCII topic, 64 B",
        "PublishPacket",
        topic="sensoren/küche/温度/🌡",
        payload=bytes(64),
        qos=AT_LEAST_ONCE,
        packet_id=ID,
    ),
    *acknowledgement("Ack", "QUOTA_EXCEEDED"),
    *acknowledgement("Rec", "QUOTA_EXCEEDED"),
    *acknowledgement("Rel", "PACKET_ID_NOT_FOUND"),
    *acknowledgement("Comp", "PACKET_ID_NOT_FOUND"),
    case("SUBSCRIBE small", "SubscribePacket", packet_id=ID, topic_filters=[new("TopicFilter", pattern="sensors/+")]),
    case(
        "SUBSCRIBE full",
        "SubscribePacket",
        packet_id=ID,
        topic_filters=[
            new("TopicFilter", pattern="sensors/+/temp", max_qos=AT_LEAST_ONCE),
            new("TopicFilter", pattern="plants/#", no_local=True, retain_as_published=False),
            new("TopicFilter", pattern="$share/workers/jobs/+", max_qos=AT_LEAST_ONCE),
            new("TopicFilter", pattern="status", retain_handling=Member("RetainHandling.SEND_NEVER")),
        ],
        subscription_id=ID,
        user_properties=ONE_PROPERTY,
    ),
    case(
        "SUBACK small",
        "SubAckPacket",
        packet_id=ID,
        reason_codes=[Member("SubAckReasonCode.GRANTED_QOS_AT_LEAST_ONCE")],
    ),
    case(
        "SUBACK full",
        "SubAckPacket",
        packet_id=ID,
        reason_codes=[
            Member("SubAckReasonCode.GRANTED_QOS_AT_LEAST_ONCE"),
            Member("SubAckReasonCode.GRANTED_QOS_EXACTLY_ONCE"),
            Member("SubAckReasonCode.NOT_AUTHORIZED"),
            Member("SubAckReasonCode.QUOTA_EXCEEDED"),
        ],
        reason_str=REASON,
        user_properties=ONE_PROPERTY,
    ),
    case("UNSUBSCRIBE small", "UnsubscribePacket", packet_id=ID, patterns=["sensors/+"]),
    case(
        "UNSUBSCRIBE full",
        "UnsubscribePacket",
        packet_id=ID,
        patterns=["sensors/+/temp", "plants/#", "$share/workers/jobs/+", "status"],
        user_properties=ONE_PROPERTY,
    ),
    case("UNSUBACK small", "UnsubAckPacket", packet_id=ID, reason_codes=[Member("UnsubAckReasonCode.SUCCESS")]),
    case(
        "UNSUBACK full",
        "UnsubAckPacket",
        packet_id=ID,
        reason_codes=[
            Member("UnsubAckReasonCode.SUCCESS"),
            Member("UnsubAckReasonCode.NO_SUBSCRIPTION_EXISTED"),
            Member("UnsubAckReasonCode.NOT_AUTHORIZED"),
            Member("UnsubAckReasonCode.SUCCESS"),
        ],
        reason_str=REASON,
        user_properties=ONE_PROPERTY,
    ),
    case("PINGREQ", "PingReqPacket"),
    case("PINGRESP", "PingRespPacket"),
    case("DISCONNECT small", "DisconnectPacket"),
    case(
        "DISCONNECT full",
        "DisconnectPacket",
        reason_code=Member("DisconnectReasonCode.USE_ANOTHER_SERVER"),
        server_reference="broker-2.example",
        reason_str=REASON,
        user_properties=ONE_PROPERTY,
    ),
    case(
        "AUTH small",
        "AuthPacket",
        reason_code=Member("AuthReasonCode.CONTINUE_AUTHENTICATION"),
        authentication_method="SCRAM-SHA-256",
    ),
    case(
        "AUTH full",
        "AuthPacket",
        reason_code=Member("AuthReasonCode.CONTINUE_AUTHENTICATION"),
        authentication_method="SCRAM-SHA-256",
        authentication_data=b"r=fyko+d2lbbFgONRv9qkxdawL",
        reason_str="continue",
        user_properties=ONE_PROPERTY,
    ),
]
