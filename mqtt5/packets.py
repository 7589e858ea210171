# SPDX-License-Identifier: MIT
"""The 15 control packets of MQTT 5.0, the Will and the topic filter: their fields, in order, with their defaults.

A string has at most 65,535 bytes in UTF-8 and no U+0000 (1.5.4); so has each string of a pair (1.5.7). A property that
is None or has its default value is not sent.

This file does not know how a packet becomes bytes, which values are allowed, or which engine runs. The decorator,
which is the engine's, makes a class of each declaration.
"""

# A field's type for type checkers is a descriptor, whose default is a plain value.
# mypy: disable-error-code="assignment"
# pyright: reportAssignmentType=false

from mqtt5._classes import make_lenient
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
    """Topic name to publish to; not empty, without wildcards (3.1.3.3)."""
    _: KW_ONLY
    payload: OptionalBytes = None
    """The message, at most 65,535 bytes; None is sent, and read again, as empty (3.1.3.4)."""
    qos: Coded[QoS] = QoS.AT_MOST_ONCE
    """Quality of Service at which the server publishes the message (3.1.2.6)."""
    retain: bool = False
    """Whether the server publishes it as a retained message (3.1.2.7)."""
    payload_format_indicator: int = 0
    """0: unspecified bytes; 1: UTF-8 text, which the codec does not check (3.1.3.2.3)."""
    message_expiry_interval: int | None = None
    """Lifetime of the message in seconds, 0 to 4,294,967,295; None: it does not expire (3.1.3.2.4)."""
    content_type: str | None = None
    """Kind of content, for example a MIME type (3.1.3.2.5)."""
    response_topic: str | None = None
    """Topic name for the response to a request; None: no response is expected (3.1.3.2.6)."""
    correlation_data: OptionalBytes = None
    """Identifies the request that a response belongs to, at most 65,535 bytes (3.1.3.2.7)."""
    will_delay_interval: int = 0
    """Delay between the loss of the connection and publishing, in seconds, 0 to 4,294,967,295 (3.1.3.2.2)."""
    user_properties: UserProperties = ()
    """Pairs of name and value, sent with the message; names may repeat, order is kept (3.1.3.2.8)."""

    def publish(self, packet_id: int | None = None) -> "PublishPacket":
        """The packet that the server publishes when the Will is due (3.1.2.5), with all but the Will Delay Interval.

        packet_id is required if the Will has QoS 1 or 2. A lenient Will makes a lenient packet.
        """
        (topic,), keywords = Will.__getnewargs_ex__(self)
        keywords.pop("will_delay_interval", None)
        keywords["packet_id"] = packet_id
        payload = keywords.pop("payload", b"")
        if not self.lenient:
            return PublishPacket(topic, payload, **keywords)
        packet: PublishPacket = make_lenient(PublishPacket, (topic, payload), keywords)
        return packet


@packet
class TopicFilter(Immutable):
    """One subscription of a SUBSCRIBE: a topic filter and its options (3.8.3.1)."""

    pattern: str
    """Topic filter, + and # allowed (4.7), or $share/NAME/FILTER for a shared subscription (4.8.2)."""
    _: KW_ONLY
    max_qos: Coded[QoS] = QoS.EXACTLY_ONCE
    """Highest QoS at which the server may send messages for this subscription (3.8.3.1)."""
    no_local: bool = False
    """Whether the server omits the client's own messages; not with $share (3.8.3.1)."""
    retain_as_published: bool = True
    """Whether forwarded messages keep their retain flag; False clears it (3.8.3.1)."""
    retain_handling: Coded[RetainHandling] = RetainHandling.SEND_ALWAYS
    """When the server sends retained messages for this subscription (3.8.3.1)."""


@packet
class ConnectPacket(BasePacket):
    """CONNECT: a client asks for a connection (3.1)."""

    packet_type = PacketType.CONNECT

    client_id: str
    """Client identifier; empty asks the server to assign one (3.1.3.1)."""
    _: KW_ONLY
    username: str | None = None
    """User name; None: not sent (3.1.3.5)."""
    password: SecretBytes = None
    """Password or other credential, at most 65,535 bytes; None: not sent (3.1.3.6)."""
    clean_start: bool = False
    """True discards an earlier session; False continues one, if the server has it (3.1.2.4)."""
    will: Will | None = None
    """Message to publish if the connection is lost; None: no message (3.1.2.5)."""
    keep_alive: int = 0
    """Longest time between two packets in seconds, 0 to 65,535; 0: no limit (3.1.2.10)."""
    session_expiry_interval: int = 0
    """Lifetime of the session after the connection, in seconds, 0 to 4,294,967,295; 0: ends with it;
    4,294,967,295: does not expire (3.1.2.11.2)."""
    authentication_method: str | None = None
    """Name of the extended authentication method; None: no extended authentication (3.1.2.11.9)."""
    authentication_data: SecretBytes = None
    """Data as the method defines, at most 65,535 bytes; only with a method (3.1.2.11.10)."""
    request_problem_info: bool = True
    """Whether the server may send a reason string and user properties on any packet; False limits them to
    PUBLISH, CONNACK and DISCONNECT (3.1.2.11.7)."""
    request_response_info: bool = False
    """Whether to ask for response_info in the CONNACK (3.1.2.11.6)."""
    receive_max: int = 65535
    """Largest number of unacknowledged QoS 1 and 2 messages to the client, 1 to 65,535 (3.1.2.11.3)."""
    topic_alias_max: int = 0
    """Highest topic alias that the client accepts, 0 to 65,535; 0: none (3.1.2.11.5)."""
    max_packet_size: int | None = None
    """Largest packet that the client accepts in bytes, 1 to 4,294,967,295; None: no limit (3.1.2.11.4)."""
    user_properties: UserProperties = ()
    """Pairs of name and value; names may repeat, order is kept (3.1.2.11.8)."""


@packet
class ConnAckPacket(BasePacket):
    """CONNACK: the server answers a CONNECT (3.2)."""

    packet_type = PacketType.CONNACK

    _: KW_ONLY
    session_present: bool = False
    """Whether the server continues an earlier session; only with SUCCESS (3.2.2.1.1)."""
    reason_code: Coded[ConnAckReasonCode] = ConnAckReasonCode.SUCCESS
    """Outcome: SUCCESS, or why the server refuses the connection (3.2.2.2)."""
    session_expiry_interval: int | None = None
    """Lifetime of the session in seconds, 0 to 4,294,967,295; None: as requested (3.2.2.3.2)."""
    assigned_client_id: str | None = None
    """Client identifier for a client that came without one (3.2.2.3.7)."""
    server_keep_alive: int | None = None
    """Keep alive to use instead of the client's, in seconds, 0 to 65,535; None: the client's (3.2.2.3.14)."""
    authentication_method: str | None = None
    """Name of the extended authentication method, as in the CONNECT (3.2.2.3.17)."""
    authentication_data: SecretBytes = None
    """Data as the method defines, at most 65,535 bytes (3.2.2.3.18)."""
    response_info: str | None = None
    """Basis for the names of response topics, if the client asked for it (3.2.2.3.15)."""
    server_reference: str | None = None
    """Another server for the client to use (3.2.2.3.16)."""
    reason_str: str | None = None
    """Text for diagnostics, not to be parsed (3.2.2.3.9)."""
    receive_max: int = 65535
    """Largest number of unacknowledged QoS 1 and 2 messages to the server, 1 to 65,535 (3.2.2.3.3)."""
    topic_alias_max: int = 0
    """Highest topic alias that the server accepts, 0 to 65,535; 0: none (3.2.2.3.8)."""
    max_qos: Coded[QoS] = QoS.EXACTLY_ONCE
    """Highest QoS of messages that the server accepts (3.2.2.3.4)."""
    retain_available: bool = True
    """Whether the server supports retained messages (3.2.2.3.5)."""
    max_packet_size: int | None = None
    """Largest packet that the server accepts in bytes, 1 to 4,294,967,295; None: no limit (3.2.2.3.6)."""
    wildcard_subscription_available: bool = True
    """Whether the server supports wildcards in topic filters (3.2.2.3.11)."""
    subscription_id_available: bool = True
    """Whether the server supports subscription identifiers (3.2.2.3.12)."""
    shared_subscription_available: bool = True
    """Whether the server supports shared subscriptions (3.2.2.3.13)."""
    user_properties: UserProperties = ()
    """Pairs of name and value; names may repeat, order is kept (3.2.2.3.10)."""


@packet
class PublishPacket(BasePacket):
    """PUBLISH: an application message (3.3)."""

    packet_type = PacketType.PUBLISH

    topic: str
    """Topic name without wildcards; empty only with a topic alias (3.3.2.1)."""
    payload: Bytes
    """The message; the packet with it has at most 268,435,460 bytes (3.3.3)."""
    _: KW_ONLY
    qos: Coded[QoS] = QoS.AT_MOST_ONCE
    """Quality of Service of this delivery (3.3.1.2)."""
    retain: bool = False
    """To a server: keep the message for later subscribers. From a server: it was kept (3.3.1.3)."""
    packet_id: int | None = None
    """Packet identifier, 1 to 65,535 with QoS 1 and 2; None with QoS 0 (2.2.1)."""
    duplicate: bool = False
    """DUP: the packet may have been sent before; not with QoS 0 (3.3.1.1)."""
    payload_format_indicator: int = 0
    """0: unspecified bytes; 1: UTF-8 text, which the codec does not check (3.3.2.3.2)."""
    message_expiry_interval: int | None = None
    """Lifetime of the message in seconds, 0 to 4,294,967,295; None: it does not expire (3.3.2.3.3)."""
    content_type: str | None = None
    """Kind of content, for example a MIME type (3.3.2.3.9)."""
    response_topic: str | None = None
    """Topic name for the response to a request; None: no response is expected (3.3.2.3.5)."""
    correlation_data: OptionalBytes = None
    """Identifies the request that a response belongs to, at most 65,535 bytes (3.3.2.3.6)."""
    subscription_ids: Many[int] = ()
    """Identifiers of the matching subscriptions, each 1 to 268,435,455; only from a server (3.3.2.3.8)."""
    topic_alias: int | None = None
    """Number to use for the topic on this connection, 1 to 65,535 (3.3.2.3.4)."""
    user_properties: UserProperties = ()
    """Pairs of name and value; names may repeat, order is kept (3.3.2.3.7)."""


@packet
class PubAckPacket(BasePacket):
    """PUBACK: the answer to a PUBLISH with QoS 1 (3.4)."""

    packet_type = PacketType.PUBACK

    packet_id: int
    """Packet identifier of the PUBLISH, 1 to 65,535 (2.2.1)."""
    _: KW_ONLY
    reason_code: Coded[PubAckReasonCode] = PubAckReasonCode.SUCCESS
    """Outcome: SUCCESS, or a problem (3.4.2.1)."""
    reason_str: str | None = None
    """Text for diagnostics, not to be parsed (3.4.2.2.2)."""
    user_properties: UserProperties = ()
    """Pairs of name and value; names may repeat, order is kept (3.4.2.2.3)."""


@packet
class PubRecPacket(BasePacket):
    """PUBREC: the answer to a PUBLISH with QoS 2 (3.5)."""

    packet_type = PacketType.PUBREC

    packet_id: int
    """Packet identifier of the PUBLISH, 1 to 65,535 (2.2.1)."""
    _: KW_ONLY
    reason_code: Coded[PubRecReasonCode] = PubRecReasonCode.SUCCESS
    """Outcome: SUCCESS, or a problem (3.5.2.1)."""
    reason_str: str | None = None
    """Text for diagnostics, not to be parsed (3.5.2.2.2)."""
    user_properties: UserProperties = ()
    """Pairs of name and value; names may repeat, order is kept (3.5.2.2.3)."""


@packet
class PubRelPacket(BasePacket):
    """PUBREL: the answer to a PUBREC (3.6)."""

    packet_type = PacketType.PUBREL

    packet_id: int
    """Packet identifier of the PUBLISH, 1 to 65,535 (2.2.1)."""
    _: KW_ONLY
    reason_code: Coded[PubRelReasonCode] = PubRelReasonCode.SUCCESS
    """Outcome: SUCCESS, or a problem (3.6.2.1)."""
    reason_str: str | None = None
    """Text for diagnostics, not to be parsed (3.6.2.2.2)."""
    user_properties: UserProperties = ()
    """Pairs of name and value; names may repeat, order is kept (3.6.2.2.3)."""


@packet
class PubCompPacket(BasePacket):
    """PUBCOMP: the answer to a PUBREL, the end of a delivery with QoS 2 (3.7)."""

    packet_type = PacketType.PUBCOMP

    packet_id: int
    """Packet identifier of the PUBLISH, 1 to 65,535 (2.2.1)."""
    _: KW_ONLY
    reason_code: Coded[PubCompReasonCode] = PubCompReasonCode.SUCCESS
    """Outcome: SUCCESS, or a problem (3.7.2.1)."""
    reason_str: str | None = None
    """Text for diagnostics, not to be parsed (3.7.2.2.2)."""
    user_properties: UserProperties = ()
    """Pairs of name and value; names may repeat, order is kept (3.7.2.2.3)."""


@packet
class SubscribePacket(BasePacket):
    """SUBSCRIBE: a client asks for messages (3.8)."""

    packet_type = PacketType.SUBSCRIBE

    packet_id: int
    """Packet identifier, 1 to 65,535 (2.2.1)."""
    topic_filters: Many[TopicFilter]
    """Subscriptions asked for, at least one (3.8.3)."""
    subscriptions = Alias("topic_filters")
    """The name of topic_filters in PyPI's mqtt5 up to 0.6, which aiomqtt 3.0.0a1 uses."""
    _: KW_ONLY
    subscription_id: int | None = None
    """Identifier that the server adds to matching messages, 1 to 268,435,455; None: no identifier (3.8.2.1.2)."""
    user_properties: UserProperties = ()
    """Pairs of name and value; names may repeat, order is kept (3.8.2.1.3)."""


@packet
class SubAckPacket(BasePacket):
    """SUBACK: the server answers a SUBSCRIBE (3.9)."""

    packet_type = PacketType.SUBACK

    packet_id: int
    """Packet identifier of the SUBSCRIBE, 1 to 65,535 (2.2.1)."""
    reason_codes: ManyCoded[SubAckReasonCode]
    """Outcome for each topic filter, in its order, at least one (3.9.3)."""
    _: KW_ONLY
    reason_str: str | None = None
    """Text for diagnostics, not to be parsed (3.9.2.1.2)."""
    user_properties: UserProperties = ()
    """Pairs of name and value; names may repeat, order is kept (3.9.2.1.3)."""


@packet
class UnsubscribePacket(BasePacket):
    """UNSUBSCRIBE: a client ends subscriptions (3.10)."""

    packet_type = PacketType.UNSUBSCRIBE

    packet_id: int
    """Packet identifier, 1 to 65,535 (2.2.1)."""
    patterns: Many[str]
    """Topic filters, each as in its SUBSCRIBE, at least one (3.10.3)."""
    _: KW_ONLY
    user_properties: UserProperties = ()
    """Pairs of name and value; names may repeat, order is kept (3.10.2.1.2)."""


@packet
class UnsubAckPacket(BasePacket):
    """UNSUBACK: the server answers an UNSUBSCRIBE (3.11)."""

    packet_type = PacketType.UNSUBACK

    packet_id: int
    """Packet identifier of the UNSUBSCRIBE, 1 to 65,535 (2.2.1)."""
    reason_codes: ManyCoded[UnsubAckReasonCode]
    """Outcome for each topic filter, in its order, at least one (3.11.3)."""
    _: KW_ONLY
    reason_str: str | None = None
    """Text for diagnostics, not to be parsed (3.11.2.1.2)."""
    user_properties: UserProperties = ()
    """Pairs of name and value; names may repeat, order is kept (3.11.2.1.3)."""


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
    """DISCONNECT: the last packet on a connection (3.14)."""

    packet_type = PacketType.DISCONNECT

    _: KW_ONLY
    reason_code: Coded[DisconnectReasonCode] = DisconnectReasonCode.NORMAL_DISCONNECTION
    """Why the connection ends (3.14.2.1)."""
    session_expiry_interval: int | None = None
    """New lifetime of the session in seconds, 0 to 4,294,967,295; None: as in the CONNECT; only from a client
    (3.14.2.2.2)."""
    server_reference: str | None = None
    """Another server for the client to use (3.14.2.2.5)."""
    reason_str: str | None = None
    """Text for diagnostics, not to be parsed (3.14.2.2.3)."""
    user_properties: UserProperties = ()
    """Pairs of name and value; names may repeat, order is kept (3.14.2.2.4)."""


@packet
class AuthPacket(BasePacket):
    """AUTH: a step of an extended authentication (3.15, 4.12)."""

    packet_type = PacketType.AUTH

    _: KW_ONLY
    reason_code: Coded[AuthReasonCode] = AuthReasonCode.SUCCESS
    """State of the exchange (3.15.2.1)."""
    authentication_method: str | None = None
    """Name of the method; required unless the reason code is SUCCESS (3.15.2.2.2)."""
    authentication_data: SecretBytes = None
    """Data as the method defines, at most 65,535 bytes; only with a method (3.15.2.2.3)."""
    reason_str: str | None = None
    """Text for diagnostics, not to be parsed (3.15.2.2.4)."""
    user_properties: UserProperties = ()
    """Pairs of name and value; names may repeat, order is kept (3.15.2.2.5)."""


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
