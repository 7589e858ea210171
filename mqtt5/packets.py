# SPDX-License-Identifier: MIT
"""The 15 control packets of MQTT 5.0, the Will and the topic filter: their fields, in order, with their defaults.

It does not know how a packet becomes bytes, which values are allowed, or which engine runs: the decorator is the
engine's, and turns each declaration into a class.
"""

# A field's type for type checkers is a descriptor, whose default is a plain value.
# mypy: disable-error-code="assignment"
# pyright: reportAssignmentType=false

from mqtt5._engine import BasePacket, Immutable, packet
from mqtt5._fields import KW_ONLY, Alias, Bytes, Coded, Many, ManyCoded, OptionalBytes, SecretBytes, UserProperties
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
    RetainHandling,
    SubAckReasonCode,
    UnsubAckReasonCode,
)


@packet
class Will(Immutable):
    """The message that the server publishes when the client's connection ends without a DISCONNECT (3.1.2.5)."""

    topic: str
    """Topic name, not empty, no wildcards (3.1.3.3)."""
    _: KW_ONLY
    payload: OptionalBytes = None
    """At most 65,535 bytes; None is sent, and read again, as empty (3.1.3.4)."""
    qos: Coded[QoS] = QoS.AT_MOST_ONCE
    """Quality of Service (3.1.2.6)."""
    retain: bool = False
    """Publish as a retained message (3.1.2.7)."""
    payload_format_indicator: int = 0
    """0: bytes, 1: UTF-8 text, which is not checked (3.1.3.2.3)."""
    message_expiry_interval: int | None = None
    """Lifetime of the message in seconds, 32 bits (3.1.3.2.4)."""
    content_type: str | None = None
    """For example a MIME type (3.1.3.2.5)."""
    response_topic: str | None = None
    """Topic name for a response (3.1.3.2.6)."""
    correlation_data: OptionalBytes = None
    """What the response belongs to (3.1.3.2.7)."""
    will_delay_interval: int = 0
    """Seconds to wait before publishing, 32 bits (3.1.3.2.2)."""
    user_properties: UserProperties = ()
    """Name and value pairs, in order (3.1.3.2.8)."""


@packet
class TopicFilter(Immutable):
    """One subscription of a SUBSCRIBE: a topic filter and its options (3.8.3.1)."""

    pattern: str
    """Topic filter, + and # allowed (4.7), also $share/NAME/FILTER (4.8.2)."""
    _: KW_ONLY
    max_qos: Coded[QoS] = QoS.EXACTLY_ONCE
    """The highest QoS at which messages are sent."""
    no_local: bool = False
    """Leave out the client's own messages; not with $share."""
    retain_as_published: bool = True
    """Keep the retain flag of forwarded messages."""
    retain_handling: Coded[RetainHandling] = RetainHandling.SEND_ALWAYS
    """When to send retained messages."""


@packet
class ConnectPacket(BasePacket):
    """CONNECT: a client asks for a connection (3.1)."""

    packet_type = PacketType.CONNECT

    client_id: str
    """Client identifier; empty: the server assigns one (3.1.3.1)."""
    _: KW_ONLY
    username: str | None = None
    """User name (3.1.3.5)."""
    password: SecretBytes = None
    """Password or other credential (3.1.3.6)."""
    clean_start: bool = False
    """Begin a new session (3.1.2.4)."""
    will: Will | None = None
    """Message to be published when the connection is lost (3.1.2.5)."""
    keep_alive: int = 0
    """Longest time between packets in seconds, 16 bits; 0: off (3.1.2.10)."""
    session_expiry_interval: int = 0
    """Seconds, 32 bits; 0xFFFFFFFF: never (3.1.2.11.2)."""
    authentication_method: str | None = None
    """Name of the extended authentication (3.1.2.11.9)."""
    authentication_data: SecretBytes = None
    """Only with a method (3.1.2.11.10)."""
    request_problem_info: bool = True
    """Reason strings and user properties on any packet (3.1.2.11.7)."""
    request_response_info: bool = False
    """Ask for response information (3.1.2.11.6)."""
    receive_max: int = 65535
    """QoS 1 and 2 messages in flight to the client, 1 to 65,535 (3.1.2.11.3)."""
    topic_alias_max: int = 0
    """Highest topic alias accepted, 16 bits (3.1.2.11.5)."""
    max_packet_size: int | None = None
    """Largest packet accepted in bytes, from 1, 32 bits (3.1.2.11.4)."""
    user_properties: UserProperties = ()
    """Name and value pairs, in order (3.1.2.11.8)."""


@packet
class ConnAckPacket(BasePacket):
    """CONNACK: the server answers a CONNECT (3.2)."""

    packet_type = PacketType.CONNACK

    _: KW_ONLY
    session_present: bool = False
    """The server continues an earlier session (3.2.2.1.1)."""
    reason_code: Coded[ConnAckReasonCode] = ConnAckReasonCode.SUCCESS
    """The outcome (3.2.2.2)."""
    session_expiry_interval: int | None = None
    """Seconds, 32 bits; None: as requested (3.2.2.3.2)."""
    assigned_client_id: str | None = None
    """Given to a client that came without one (3.2.2.3.7)."""
    server_keep_alive: int | None = None
    """Seconds, 16 bits; overrides the client's (3.2.2.3.14)."""
    authentication_method: str | None = None
    """Name of the extended authentication (3.2.2.3.17)."""
    authentication_data: SecretBytes = None
    """As the method defines it (3.2.2.3.18)."""
    response_info: str | None = None
    """Basis for response topics (3.2.2.3.15)."""
    server_reference: str | None = None
    """Another server to use (3.2.2.3.16)."""
    reason_str: str | None = None
    """For diagnostics (3.2.2.3.9)."""
    receive_max: int = 65535
    """QoS 1 and 2 messages in flight to the server, 1 to 65,535 (3.2.2.3.3)."""
    topic_alias_max: int = 0
    """Highest topic alias accepted, 16 bits (3.2.2.3.8)."""
    max_qos: Coded[QoS] = QoS.EXACTLY_ONCE
    """Highest QoS of messages that the server takes (3.2.2.3.4)."""
    retain_available: bool = True
    """Retained messages are supported (3.2.2.3.5)."""
    max_packet_size: int | None = None
    """Largest packet accepted in bytes, from 1, 32 bits (3.2.2.3.6)."""
    wildcard_subscription_available: bool = True
    """Wildcards are supported (3.2.2.3.11)."""
    subscription_id_available: bool = True
    """Subscription identifiers are supported (3.2.2.3.12)."""
    shared_subscription_available: bool = True
    """Shared subscriptions are supported (3.2.2.3.13)."""
    user_properties: UserProperties = ()
    """Name and value pairs, in order (3.2.2.3.10)."""


@packet
class PublishPacket(BasePacket):
    """PUBLISH: an application message (3.3)."""

    packet_type = PacketType.PUBLISH

    topic: str
    """Topic name, no wildcards; empty only with a topic alias (3.3.2.1)."""
    payload: Bytes
    """The message itself (3.3.3)."""
    _: KW_ONLY
    qos: Coded[QoS] = QoS.AT_MOST_ONCE
    """Quality of Service (3.3.1.2)."""
    retain: bool = False
    """Keep for later subscribers; from a server: was kept (3.3.1.3)."""
    packet_id: int | None = None
    """1 to 65,535 with QoS 1 and 2, None with QoS 0 (2.2.1)."""
    duplicate: bool = False
    """DUP, perhaps a re-delivery; not with QoS 0 (3.3.1.1)."""
    payload_format_indicator: int = 0
    """0: bytes, 1: UTF-8 text, which is not checked (3.3.2.3.2)."""
    message_expiry_interval: int | None = None
    """Lifetime of the message in seconds, 32 bits (3.3.2.3.3)."""
    content_type: str | None = None
    """For example a MIME type (3.3.2.3.9)."""
    response_topic: str | None = None
    """Topic name for a response (3.3.2.3.5)."""
    correlation_data: OptionalBytes = None
    """What the response belongs to (3.3.2.3.6)."""
    subscription_ids: Many[int] = ()
    """Of the matching subscriptions, each 1 to 268,435,455 (3.3.2.3.8)."""
    topic_alias: int | None = None
    """Stands for the topic, 1 to 65,535 (3.3.2.3.4)."""
    user_properties: UserProperties = ()
    """Name and value pairs, in order (3.3.2.3.7)."""


@packet
class PubAckPacket(BasePacket):
    """PUBACK: the answer to a PUBLISH with QoS 1 (3.4)."""

    packet_type = PacketType.PUBACK

    packet_id: int
    """That of the PUBLISH, 1 to 65,535 (2.2.1)."""
    _: KW_ONLY
    reason_code: Coded[PubAckReasonCode] = PubAckReasonCode.SUCCESS
    """The outcome (3.4.2.1)."""
    reason_str: str | None = None
    """For diagnostics (3.4.2.2.2)."""
    user_properties: UserProperties = ()
    """Name and value pairs, in order (3.4.2.2.3)."""


@packet
class PubRecPacket(BasePacket):
    """PUBREC: the answer to a PUBLISH with QoS 2 (3.5)."""

    packet_type = PacketType.PUBREC

    packet_id: int
    """That of the PUBLISH, 1 to 65,535 (2.2.1)."""
    _: KW_ONLY
    reason_code: Coded[PubRecReasonCode] = PubRecReasonCode.SUCCESS
    """The outcome (3.5.2.1)."""
    reason_str: str | None = None
    """For diagnostics (3.5.2.2.2)."""
    user_properties: UserProperties = ()
    """Name and value pairs, in order (3.5.2.2.3)."""


@packet
class PubRelPacket(BasePacket):
    """PUBREL: the answer to a PUBREC (3.6)."""

    packet_type = PacketType.PUBREL

    packet_id: int
    """That of the PUBLISH, 1 to 65,535 (2.2.1)."""
    _: KW_ONLY
    reason_code: Coded[PubRelReasonCode] = PubRelReasonCode.SUCCESS
    """The outcome (3.6.2.1)."""
    reason_str: str | None = None
    """For diagnostics (3.6.2.2.2)."""
    user_properties: UserProperties = ()
    """Name and value pairs, in order (3.6.2.2.3)."""


@packet
class PubCompPacket(BasePacket):
    """PUBCOMP: the answer to a PUBREL, the end of a delivery with QoS 2 (3.7)."""

    packet_type = PacketType.PUBCOMP

    packet_id: int
    """That of the PUBLISH, 1 to 65,535 (2.2.1)."""
    _: KW_ONLY
    reason_code: Coded[PubCompReasonCode] = PubCompReasonCode.SUCCESS
    """The outcome (3.7.2.1)."""
    reason_str: str | None = None
    """For diagnostics (3.7.2.2.2)."""
    user_properties: UserProperties = ()
    """Name and value pairs, in order (3.7.2.2.3)."""


@packet
class SubscribePacket(BasePacket):
    """SUBSCRIBE: a client asks for messages (3.8)."""

    packet_type = PacketType.SUBSCRIBE

    packet_id: int
    """1 to 65,535 (2.2.1)."""
    topic_filters: Many[TopicFilter]
    """At least one (3.8.3)."""
    subscriptions = Alias("topic_filters")
    """The name of topic_filters in PyPI's mqtt5 up to 0.6, which aiomqtt 3.0.0a1 uses."""
    _: KW_ONLY
    subscription_id: int | None = None
    """Comes back with matching messages, 1 to 268,435,455 (3.8.2.1.2)."""
    user_properties: UserProperties = ()
    """Name and value pairs, in order (3.8.2.1.3)."""


@packet
class SubAckPacket(BasePacket):
    """SUBACK: the server answers a SUBSCRIBE (3.9)."""

    packet_type = PacketType.SUBACK

    packet_id: int
    """That of the SUBSCRIBE, 1 to 65,535 (2.2.1)."""
    reason_codes: ManyCoded[SubAckReasonCode]
    """One for each topic filter, at least one (3.9.3)."""
    _: KW_ONLY
    reason_str: str | None = None
    """For diagnostics (3.9.2.1.2)."""
    user_properties: UserProperties = ()
    """Name and value pairs, in order (3.9.2.1.3)."""


@packet
class UnsubscribePacket(BasePacket):
    """UNSUBSCRIBE: a client gives subscriptions up (3.10)."""

    packet_type = PacketType.UNSUBSCRIBE

    packet_id: int
    """1 to 65,535 (2.2.1)."""
    patterns: Many[str]
    """Topic filters, as they were subscribed to; at least one (3.10.3)."""
    _: KW_ONLY
    user_properties: UserProperties = ()
    """Name and value pairs, in order (3.10.2.1.2)."""


@packet
class UnsubAckPacket(BasePacket):
    """UNSUBACK: the server answers an UNSUBSCRIBE (3.11)."""

    packet_type = PacketType.UNSUBACK

    packet_id: int
    """That of the UNSUBSCRIBE, 1 to 65,535 (2.2.1)."""
    reason_codes: ManyCoded[UnsubAckReasonCode]
    """One for each topic filter, at least one (3.11.3)."""
    _: KW_ONLY
    reason_str: str | None = None
    """For diagnostics (3.11.2.1.2)."""
    user_properties: UserProperties = ()
    """Name and value pairs, in order (3.11.2.1.3)."""


@packet
class PingReqPacket(BasePacket):
    """PINGREQ: a client shows that it is alive (3.12)."""

    packet_type = PacketType.PINGREQ


@packet
class PingRespPacket(BasePacket):
    """PINGRESP: the server answers a PINGREQ (3.13)."""

    packet_type = PacketType.PINGRESP


@packet
class DisconnectPacket(BasePacket):
    """DISCONNECT: the last packet on a connection, and why (3.14)."""

    packet_type = PacketType.DISCONNECT

    _: KW_ONLY
    reason_code: Coded[DisconnectReasonCode] = DisconnectReasonCode.NORMAL_DISCONNECTION
    """Why (3.14.2.1)."""
    session_expiry_interval: int | None = None
    """Seconds, 32 bits; only from a client (3.14.2.2.2)."""
    server_reference: str | None = None
    """Another server to use (3.14.2.2.5)."""
    reason_str: str | None = None
    """For diagnostics (3.14.2.2.3)."""
    user_properties: UserProperties = ()
    """Name and value pairs, in order (3.14.2.2.4)."""


@packet
class AuthPacket(BasePacket):
    """AUTH: a step of an extended authentication (3.15, 4.12)."""

    packet_type = PacketType.AUTH

    _: KW_ONLY
    reason_code: Coded[AuthReasonCode] = AuthReasonCode.SUCCESS
    """The state (3.15.2.1)."""
    authentication_method: str | None = None
    """Required unless the reason is SUCCESS (3.15.2.2.2)."""
    authentication_data: SecretBytes = None
    """Only with a method (3.15.2.2.3)."""
    reason_str: str | None = None
    """For diagnostics (3.15.2.2.4)."""
    user_properties: UserProperties = ()
    """Name and value pairs, in order (3.15.2.2.5)."""


#: Any control packet: a union, for annotations and isinstance(). BasePacket is the class for `case BasePacket():`.
Packet = (
    ConnectPacket
    | ConnAckPacket
    | PublishPacket
    | PubAckPacket
    | PubRecPacket
    | PubRelPacket
    | PubCompPacket
    | SubscribePacket
    | SubAckPacket
    | UnsubscribePacket
    | UnsubAckPacket
    | PingReqPacket
    | PingRespPacket
    | DisconnectPacket
    | AuthPacket
)

#: The name of TopicFilter in PyPI's mqtt5 up to 0.6, which aiomqtt 3.0.0a1 uses.
Subscription = TopicFilter
