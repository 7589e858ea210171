# SPDX-License-Identifier: MIT
"""The numbered names of MQTT 5.0: QoS levels, retain handling, packet types and reason codes.

It knows the specification's names and values, and how to show a code that is not in its packet's table. It does not
know which of them the C library accepts; a test holds the two together.
"""

from __future__ import annotations

from enum import IntEnum

TYPE_CHECKING = False  # type checkers go by the name; importing typing would take a fifth of the import
if TYPE_CHECKING:
    from typing import Any, Self, TypeVar

    _C = TypeVar("_C", bound="Code")


class _Named(IntEnum):
    """An IntEnum whose repr is an expression, so that a packet's repr is one too."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"


class Code(_Named):
    """A reason code. Reading with strict=False also makes codes that are not members of their class: unlisted()."""

    def __is_member(self) -> bool:
        return type(self).__members__.get(self._name_) is self

    def __repr__(self) -> str:
        return super().__repr__() if self.__is_member() else f"<{super().__repr__()}: 0x{int(self):02X}>"

    def __reduce_ex__(self, protocol: Any) -> Any:
        return super().__reduce_ex__(protocol) if self.__is_member() else (unlisted, (type(self), int(self)))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self


class QoS(_Named):
    """Quality of Service, the assurance of delivery of a message (4.3)."""

    AT_MOST_ONCE = 0
    AT_LEAST_ONCE = 1
    EXACTLY_ONCE = 2


class RetainHandling(_Named):
    """Whether the server sends retained messages when a subscription is made (3.8.3.1)."""

    SEND_ALWAYS = 0
    SEND_IF_SUBSCRIPTION_NOT_EXISTS = 1
    SEND_NEVER = 2


class PacketType(_Named):
    """The type of a control packet, the upper four bits of its first byte (2.1.2)."""

    CONNECT = 1
    CONNACK = 2
    PUBLISH = 3
    PUBACK = 4
    PUBREC = 5
    PUBREL = 6
    PUBCOMP = 7
    SUBSCRIBE = 8
    SUBACK = 9
    UNSUBSCRIBE = 10
    UNSUBACK = 11
    PINGREQ = 12
    PINGRESP = 13
    DISCONNECT = 14
    AUTH = 15


class ReasonCode(_Named):
    """All reason codes of MQTT (2.4). The codes in the classes of each packet are equal to these as integers."""

    SUCCESS = 0x00
    NORMAL_DISCONNECTION = 0x00  # its name in DISCONNECT
    GRANTED_QOS_AT_MOST_ONCE = 0x00  # its name in SUBACK
    GRANTED_QOS_AT_LEAST_ONCE = 0x01
    GRANTED_QOS_EXACTLY_ONCE = 0x02
    DISCONNECT_WITH_WILL_MESSAGE = 0x04
    NO_MATCHING_SUBSCRIBERS = 0x10
    NO_SUBSCRIPTION_EXISTED = 0x11
    CONTINUE_AUTHENTICATION = 0x18
    RE_AUTHENTICATE = 0x19
    UNSPECIFIED_ERROR = 0x80
    MALFORMED_PACKET = 0x81
    PROTOCOL_ERROR = 0x82
    IMPLEMENTATION_SPECIFIC_ERROR = 0x83
    UNSUPPORTED_PROTOCOL_VERSION = 0x84
    CLIENT_ID_NOT_VALID = 0x85
    BAD_USER_NAME_OR_PASSWORD = 0x86
    NOT_AUTHORIZED = 0x87
    SERVER_UNAVAILABLE = 0x88
    SERVER_BUSY = 0x89
    BANNED = 0x8A
    SERVER_SHUTTING_DOWN = 0x8B
    BAD_AUTHENTICATION_METHOD = 0x8C
    KEEP_ALIVE_TIMEOUT = 0x8D
    SESSION_TAKEN_OVER = 0x8E
    TOPIC_FILTER_INVALID = 0x8F
    TOPIC_NAME_INVALID = 0x90
    PACKET_ID_IN_USE = 0x91
    PACKET_ID_NOT_FOUND = 0x92
    RECEIVE_MAX_EXCEEDED = 0x93
    TOPIC_ALIAS_INVALID = 0x94
    PACKET_TOO_LARGE = 0x95
    MESSAGE_RATE_TOO_HIGH = 0x96
    QUOTA_EXCEEDED = 0x97
    ADMINISTRATIVE_ACTION = 0x98
    PAYLOAD_FORMAT_INVALID = 0x99
    RETAIN_NOT_SUPPORTED = 0x9A
    QOS_NOT_SUPPORTED = 0x9B
    QUALITY_NOT_SUPPORTED = 0x9B  # its name in CONNACK
    USE_ANOTHER_SERVER = 0x9C
    SERVER_MOVED = 0x9D
    SHARED_SUBSCRIPTIONS_NOT_SUPPORTED = 0x9E
    CONNECTION_RATE_EXCEEDED = 0x9F
    MAX_CONNECT_TIME = 0xA0
    SUBSCRIPTION_IDS_NOT_SUPPORTED = 0xA1
    WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED = 0xA2


class ConnAckReasonCode(Code):
    """The outcome of a CONNECT (3.2.2.2)."""

    SUCCESS = 0x00
    UNSPECIFIED_ERROR = 0x80
    MALFORMED_PACKET = 0x81
    PROTOCOL_ERROR = 0x82
    IMPLEMENTATION_SPECIFIC_ERROR = 0x83
    UNSUPPORTED_PROTOCOL_VERSION = 0x84
    CLIENT_ID_NOT_VALID = 0x85
    BAD_USER_NAME_OR_PASSWORD = 0x86
    NOT_AUTHORIZED = 0x87
    SERVER_UNAVAILABLE = 0x88
    SERVER_BUSY = 0x89
    BANNED = 0x8A
    BAD_AUTHENTICATION_METHOD = 0x8C
    TOPIC_NAME_INVALID = 0x90
    PACKET_TOO_LARGE = 0x95
    QUOTA_EXCEEDED = 0x97
    PAYLOAD_FORMAT_INVALID = 0x99
    RETAIN_NOT_SUPPORTED = 0x9A
    QUALITY_NOT_SUPPORTED = 0x9B
    QOS_NOT_SUPPORTED = 0x9B  # the same code, by the name that it has in DISCONNECT
    USE_ANOTHER_SERVER = 0x9C
    SERVER_MOVED = 0x9D
    CONNECTION_RATE_EXCEEDED = 0x9F


class PubAckReasonCode(Code):
    """The outcome of a PUBLISH with QoS 1 (3.4.2.1)."""

    SUCCESS = 0x00
    NO_MATCHING_SUBSCRIBERS = 0x10
    UNSPECIFIED_ERROR = 0x80
    IMPLEMENTATION_SPECIFIC_ERROR = 0x83
    NOT_AUTHORIZED = 0x87
    TOPIC_NAME_INVALID = 0x90
    PACKET_ID_IN_USE = 0x91
    QUOTA_EXCEEDED = 0x97
    PAYLOAD_FORMAT_INVALID = 0x99


class PubRecReasonCode(Code):
    """The outcome of a PUBLISH with QoS 2 (3.5.2.1)."""

    SUCCESS = 0x00
    NO_MATCHING_SUBSCRIBERS = 0x10
    UNSPECIFIED_ERROR = 0x80
    IMPLEMENTATION_SPECIFIC_ERROR = 0x83
    NOT_AUTHORIZED = 0x87
    TOPIC_NAME_INVALID = 0x90
    PACKET_ID_IN_USE = 0x91
    QUOTA_EXCEEDED = 0x97
    PAYLOAD_FORMAT_INVALID = 0x99


class PubRelReasonCode(Code):
    """The outcome of a PUBREC (3.6.2.1)."""

    SUCCESS = 0x00
    PACKET_ID_NOT_FOUND = 0x92


class PubCompReasonCode(Code):
    """The outcome of a PUBREL (3.7.2.1)."""

    SUCCESS = 0x00
    PACKET_ID_NOT_FOUND = 0x92


class SubAckReasonCode(Code):
    """The outcome of one topic filter of a SUBSCRIBE (3.9.3)."""

    GRANTED_QOS_AT_MOST_ONCE = 0x00
    GRANTED_QOS_AT_LEAST_ONCE = 0x01
    GRANTED_QOS_EXACTLY_ONCE = 0x02
    UNSPECIFIED_ERROR = 0x80
    IMPLEMENTATION_SPECIFIC_ERROR = 0x83
    NOT_AUTHORIZED = 0x87
    TOPIC_FILTER_INVALID = 0x8F
    PACKET_ID_IN_USE = 0x91
    QUOTA_EXCEEDED = 0x97
    SHARED_SUBSCRIPTIONS_NOT_SUPPORTED = 0x9E
    SUBSCRIPTION_IDS_NOT_SUPPORTED = 0xA1
    WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED = 0xA2


class UnsubAckReasonCode(Code):
    """The outcome of one topic filter of an UNSUBSCRIBE (3.11.3)."""

    SUCCESS = 0x00
    NO_SUBSCRIPTION_EXISTED = 0x11
    UNSPECIFIED_ERROR = 0x80
    IMPLEMENTATION_SPECIFIC_ERROR = 0x83
    NOT_AUTHORIZED = 0x87
    TOPIC_FILTER_INVALID = 0x8F
    PACKET_ID_IN_USE = 0x91


class DisconnectReasonCode(Code):
    """Why a connection is closed (3.14.2.1)."""

    NORMAL_DISCONNECTION = 0x00
    DISCONNECT_WITH_WILL_MESSAGE = 0x04
    UNSPECIFIED_ERROR = 0x80
    MALFORMED_PACKET = 0x81
    PROTOCOL_ERROR = 0x82
    IMPLEMENTATION_SPECIFIC_ERROR = 0x83
    NOT_AUTHORIZED = 0x87
    SERVER_BUSY = 0x89
    SERVER_SHUTTING_DOWN = 0x8B
    KEEP_ALIVE_TIMEOUT = 0x8D
    SESSION_TAKEN_OVER = 0x8E
    TOPIC_FILTER_INVALID = 0x8F
    TOPIC_NAME_INVALID = 0x90
    RECEIVE_MAX_EXCEEDED = 0x93
    TOPIC_ALIAS_INVALID = 0x94
    PACKET_TOO_LARGE = 0x95
    MESSAGE_RATE_TOO_HIGH = 0x96
    QUOTA_EXCEEDED = 0x97
    ADMINISTRATIVE_ACTION = 0x98
    PAYLOAD_FORMAT_INVALID = 0x99
    RETAIN_NOT_SUPPORTED = 0x9A
    QOS_NOT_SUPPORTED = 0x9B
    USE_ANOTHER_SERVER = 0x9C
    SERVER_MOVED = 0x9D
    SHARED_SUBSCRIPTIONS_NOT_SUPPORTED = 0x9E
    CONNECTION_RATE_EXCEEDED = 0x9F
    MAX_CONNECT_TIME = 0xA0
    SUBSCRIPTION_IDS_NOT_SUPPORTED = 0xA1
    WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED = 0xA2


class AuthReasonCode(Code):
    """The state of an extended authentication (3.15.2.1)."""

    SUCCESS = 0x00
    CONTINUE_AUTHENTICATION = 0x18
    RE_AUTHENTICATE = 0x19


_unlisted: dict[tuple[type[Code], int], Code] = {}


def unlisted(codes: type[_C], number: int) -> _C:
    """The object for a reason code that the class lacks, always the same one; for one that it has, the member.

    Its name is that of ReasonCode, or UNKNOWN_0xNN. Only reading makes such objects: calling the class refuses the
    number.
    """
    known = _unlisted.get((codes, number))  # first: a list may have thousands of them
    if known is not None:
        return known  # type: ignore[return-value]
    try:
        return codes(number)
    except ValueError:
        if not 0 <= number <= 0xFF:
            raise
    code = int.__new__(codes, number)
    code._value_ = number
    named = ReasonCode._value2member_map_.get(number)
    code._name_ = named.name if named is not None else f"UNKNOWN_0x{number:02X}"
    return _unlisted.setdefault((codes, number), code)  # type: ignore[return-value]
