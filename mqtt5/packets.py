# SPDX-License-Identifier: MIT
"""The 15 control packets of MQTT 5.0, the Will and the topic filter.

It says which fields they have, in which order, with which defaults; each on one line. It does not know
how a packet becomes bytes, which values are allowed (the engine says), or which engine runs.
"""

from collections.abc import Iterable
from dataclasses import KW_ONLY, Field, FrozenInstanceError, dataclass, fields
from operator import attrgetter
from reprlib import recursive_repr

from mqtt5 import _engine
from mqtt5._postponed import Postponed
from mqtt5._typing import TYPE_CHECKING, Any, TypeAlias
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

if TYPE_CHECKING:
    from typing import ClassVar, Generic, TypeVar, dataclass_transform, overload

    from typing_extensions import Buffer

    _T = TypeVar("_T")

    class Bytes:
        """What a type checker sees of a bytes field: constructed from any bytes-like object."""

        @overload
        def __get__(self, instance: None, owner: Any) -> "Bytes": ...
        @overload
        def __get__(self, instance: object, owner: Any) -> bytes: ...
        def __get__(self, instance: object, owner: Any) -> Any: ...
        def __set__(self, instance: object, value: Buffer) -> None: ...

    class OptionalBytes:
        """The same, or None."""

        @overload
        def __get__(self, instance: None, owner: Any) -> "OptionalBytes": ...
        @overload
        def __get__(self, instance: object, owner: Any) -> bytes | None: ...
        def __get__(self, instance: object, owner: Any) -> Any: ...
        def __set__(self, instance: object, value: Buffer | None) -> None: ...

    class Coded(Generic[_T]):
        """What a type checker sees of an enum field: constructed from a member or its integer."""

        @overload
        def __get__(self, instance: None, owner: Any) -> "Coded[_T]": ...
        @overload
        def __get__(self, instance: object, owner: Any) -> _T: ...
        def __get__(self, instance: object, owner: Any) -> Any: ...
        def __set__(self, instance: object, value: _T | int) -> None: ...

    class Many(Generic[_T]):
        """What a type checker sees of a sequence: constructed from any iterable or None, read as a tuple."""

        @overload
        def __get__(self, instance: None, owner: Any) -> "Many[_T]": ...
        @overload
        def __get__(self, instance: object, owner: Any) -> tuple[_T, ...]: ...
        def __get__(self, instance: object, owner: Any) -> Any: ...
        def __set__(self, instance: object, value: Iterable[_T] | None) -> None: ...

    @dataclass_transform(frozen_default=True)
    def _packet(cls: type[_T]) -> type[_T]: ...

    def default(value: object) -> Any: ...
else:
    Bytes = bytes
    OptionalBytes = bytes | None

    class Coded:
        """At run time such a field is annotated as what it holds."""

        def __class_getitem__(cls, item):
            return item

    class Many:
        """At run time such a field is annotated as what it holds."""

        def __class_getitem__(cls, item):
            return tuple[item, ...]

    def default(value):
        """The value, but for type checkers one that fits any of the descriptors above."""
        return value

    def _packet(cls):
        # What dataclass would make itself is made here for less: to compile it took half of the time of an import.
        body = {name: value for name, value in vars(cls).items() if name not in ("__dict__", "__weakref__")}

        def make_init():
            same = type(cls.__name__, cls.__bases__, body)
            return dataclass(frozen=True, repr=False, eq=False, match_args=False)(same).__init__

        cls = dataclass(slots=True, init=False, repr=False, eq=False)(cls)
        cls.__dataclass_params__.frozen = True  # which set_attribute() and delete_attribute() below see to
        Postponed(cls, "__init__", make_init)
        names = tuple(field.name for field in fields(cls))
        values = attrgetter(*names) if len(names) > 1 else lambda self: ()

        def equal(self, other):
            return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

        def hash_value(self):
            return hash(values(self))

        @recursive_repr()
        def representation(self):
            parts = [f"{name}={getattr(self, name)!r}" for name in names]
            return f"{self.__class__.__qualname__}({', '.join(parts)})"

        # With slots, those that dataclass makes speak of the class as it was before it got its slots.
        def set_attribute(self, name, value):
            if type(self) is cls or name in names:
                raise FrozenInstanceError(f"cannot assign to field {name!r}")
            super(cls, self).__setattr__(name, value)

        def delete_attribute(self, name):
            if type(self) is cls or name in names:
                raise FrozenInstanceError(f"cannot delete field {name!r}")
            super(cls, self).__delattr__(name)

        # For pickle and copy, as those that dataclass makes for a frozen class with slots.
        def get_state(self):
            return [getattr(self, field.name) for field in fields(self)]

        def set_state(self, state):
            own = fields(self)
            if len(state) != len(own):
                raise TypeError(f"{type(self).__name__}: the state of {len(state)} fields is not that of {len(own)}")
            for field, value in zip(own, state, strict=True):
                object.__setattr__(self, field.name, value)

        cls.__eq__, cls.__hash__, cls.__repr__ = equal, hash_value, representation
        cls.__getstate__, cls.__setstate__ = get_state, set_state
        cls.__setattr__, cls.__delattr__ = set_attribute, delete_attribute
        return cls


UserProperties: TypeAlias = Many[tuple[str, str]]


class _Checked:
    """Checks its fields when it is constructed: TypeError for a wrong type, ValueError for a wrong value."""

    __slots__ = ()

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    def __post_init__(self) -> None:
        _engine.check(self)


class BasePacket(_Checked):
    """What all packets have in common. They are immutable: `copy.replace()` and `dataclasses.replace()` make others."""

    __slots__ = ()

    if TYPE_CHECKING:
        packet_type: ClassVar[PacketType]

    def write(self) -> bytes:
        """The packet as bytes, in its shortest encoding: a field at its default is not sent.

        Raises ValueError if the packet is larger than MQTT allows (2.1.4), and whatever constructing it
        would raise, should it have been changed by force since.
        """
        return _engine.write(self)


@_packet
class Will(_Checked):
    """The message that the server publishes when the client's connection ends without a DISCONNECT (3.1.2.5)."""

    topic: str  #: Topic name, not empty, no wildcards (3.1.3.3).
    _: KW_ONLY
    payload: OptionalBytes = default(None)  #: At most 65,535 bytes; None is sent, and read again, as empty (3.1.3.4).
    qos: Coded[QoS] = default(QoS.AT_MOST_ONCE)  #: Quality of Service (3.1.2.6).
    retain: bool = False  #: Publish as a retained message (3.1.2.7).
    payload_format_indicator: int = 0  #: 0: bytes, 1: UTF-8 text, which is not checked (3.1.3.2.3).
    message_expiry_interval: int | None = None  #: Lifetime of the message in seconds, 32 bits (3.1.3.2.4).
    content_type: str | None = None  #: For example a MIME type (3.1.3.2.5).
    response_topic: str | None = None  #: Topic name for a response (3.1.3.2.6).
    correlation_data: OptionalBytes = default(None)  #: What the response belongs to (3.1.3.2.7).
    will_delay_interval: int = 0  #: Seconds to wait before publishing, 32 bits (3.1.3.2.2).
    user_properties: UserProperties = default(())  #: Name and value pairs, in order (3.1.3.2.8).


@_packet
class TopicFilter(_Checked):
    """One subscription of a SUBSCRIBE: a topic filter and its options (3.8.3.1)."""

    pattern: str  #: Topic filter, + and # allowed (4.7), also $share/NAME/FILTER (4.8.2).
    _: KW_ONLY
    max_qos: Coded[QoS] = default(QoS.EXACTLY_ONCE)  #: The highest QoS at which messages are sent.
    no_local: bool = False  #: Leave out the client's own messages; not with $share.
    retain_as_published: bool = True  #: Keep the retain flag of forwarded messages.
    retain_handling: Coded[RetainHandling] = default(RetainHandling.SEND_ALWAYS)  #: When to send retained messages.


@_packet
class ConnectPacket(BasePacket):
    """CONNECT: a client asks for a connection (3.1)."""

    packet_type = PacketType.CONNECT

    client_id: str  #: Client identifier; empty: the server assigns one (3.1.3.1).
    _: KW_ONLY
    username: str | None = None  #: User name (3.1.3.5).
    password: OptionalBytes = default(None)  #: Password or other credential (3.1.3.6).
    clean_start: bool = False  #: Begin a new session (3.1.2.4).
    will: Will | None = None  #: Message to be published when the connection is lost (3.1.2.5).
    keep_alive: int = 0  #: Longest time between packets in seconds, 16 bits; 0: off (3.1.2.10).
    session_expiry_interval: int = 0  #: Seconds, 32 bits; 0xFFFFFFFF: never (3.1.2.11.2).
    authentication_method: str | None = None  #: Name of the extended authentication (3.1.2.11.9).
    authentication_data: OptionalBytes = default(None)  #: Only with a method (3.1.2.11.10).
    request_problem_info: bool = True  #: Reason strings and user properties on any packet (3.1.2.11.7).
    request_response_info: bool = False  #: Ask for response information (3.1.2.11.6).
    receive_max: int = 65535  #: QoS 1 and 2 messages in flight to the client, 1 to 65,535 (3.1.2.11.3).
    topic_alias_max: int = 0  #: Highest topic alias accepted, 16 bits (3.1.2.11.5).
    max_packet_size: int | None = None  #: Largest packet accepted in bytes, from 1, 32 bits (3.1.2.11.4).
    user_properties: UserProperties = default(())  #: Name and value pairs, in order (3.1.2.11.8).


@_packet
class ConnAckPacket(BasePacket):
    """CONNACK: the server answers a CONNECT (3.2)."""

    packet_type = PacketType.CONNACK

    _: KW_ONLY
    session_present: bool = False  #: The server continues an earlier session (3.2.2.1.1).
    reason_code: Coded[ConnAckReasonCode] = default(ConnAckReasonCode.SUCCESS)  #: The outcome (3.2.2.2).
    session_expiry_interval: int | None = None  #: Seconds, 32 bits; None: as requested (3.2.2.3.2).
    assigned_client_id: str | None = None  #: Given to a client that came without one (3.2.2.3.7).
    server_keep_alive: int | None = None  #: Seconds, 16 bits; overrides the client's (3.2.2.3.14).
    authentication_method: str | None = None  #: Name of the extended authentication (3.2.2.3.17).
    authentication_data: OptionalBytes = default(None)  #: As the method defines it (3.2.2.3.18).
    response_info: str | None = None  #: Basis for response topics (3.2.2.3.15).
    server_reference: str | None = None  #: Another server to use (3.2.2.3.16).
    reason_str: str | None = None  #: For diagnostics (3.2.2.3.9).
    receive_max: int = 65535  #: QoS 1 and 2 messages in flight to the server, 1 to 65,535 (3.2.2.3.3).
    topic_alias_max: int = 0  #: Highest topic alias accepted, 16 bits (3.2.2.3.8).
    max_qos: Coded[QoS] = default(QoS.EXACTLY_ONCE)  #: Highest QoS of messages that the server takes (3.2.2.3.4).
    retain_available: bool = True  #: Retained messages are supported (3.2.2.3.5).
    max_packet_size: int | None = None  #: Largest packet accepted in bytes, from 1, 32 bits (3.2.2.3.6).
    wildcard_subscription_available: bool = True  #: Wildcards are supported (3.2.2.3.11).
    subscription_id_available: bool = True  #: Subscription identifiers are supported (3.2.2.3.12).
    shared_subscription_available: bool = True  #: Shared subscriptions are supported (3.2.2.3.13).
    user_properties: UserProperties = default(())  #: Name and value pairs, in order (3.2.2.3.10).


@_packet
class PublishPacket(BasePacket):
    """PUBLISH: an application message (3.3)."""

    packet_type = PacketType.PUBLISH

    topic: str  #: Topic name, no wildcards; empty only with a topic alias (3.3.2.1).
    payload: Bytes  #: The message itself (3.3.3).
    _: KW_ONLY
    qos: Coded[QoS] = default(QoS.AT_MOST_ONCE)  #: Quality of Service (3.3.1.2).
    retain: bool = False  #: Keep for later subscribers; from a server: was kept (3.3.1.3).
    packet_id: int | None = None  #: 1 to 65,535 with QoS 1 and 2, None with QoS 0 (2.2.1).
    duplicate: bool = False  #: DUP, perhaps a re-delivery; not with QoS 0 (3.3.1.1).
    payload_format_indicator: int = 0  #: 0: bytes, 1: UTF-8 text, which is not checked (3.3.2.3.2).
    message_expiry_interval: int | None = None  #: Lifetime of the message in seconds, 32 bits (3.3.2.3.3).
    content_type: str | None = None  #: For example a MIME type (3.3.2.3.9).
    response_topic: str | None = None  #: Topic name for a response (3.3.2.3.5).
    correlation_data: OptionalBytes = default(None)  #: What the response belongs to (3.3.2.3.6).
    subscription_ids: Many[int] = default(())  #: Of the matching subscriptions, each 1 to 268,435,455 (3.3.2.3.8).
    topic_alias: int | None = None  #: Stands for the topic, 1 to 65,535 (3.3.2.3.4).
    user_properties: UserProperties = default(())  #: Name and value pairs, in order (3.3.2.3.7).


@_packet
class PubAckPacket(BasePacket):
    """PUBACK: the answer to a PUBLISH with QoS 1 (3.4)."""

    packet_type = PacketType.PUBACK

    packet_id: int  #: That of the PUBLISH, 1 to 65,535 (2.2.1).
    _: KW_ONLY
    reason_code: Coded[PubAckReasonCode] = default(PubAckReasonCode.SUCCESS)  #: The outcome (3.4.2.1).
    reason_str: str | None = None  #: For diagnostics (3.4.2.2.2).
    user_properties: UserProperties = default(())  #: Name and value pairs, in order (3.4.2.2.3).


@_packet
class PubRecPacket(BasePacket):
    """PUBREC: the answer to a PUBLISH with QoS 2 (3.5)."""

    packet_type = PacketType.PUBREC

    packet_id: int  #: That of the PUBLISH, 1 to 65,535 (2.2.1).
    _: KW_ONLY
    reason_code: Coded[PubRecReasonCode] = default(PubRecReasonCode.SUCCESS)  #: The outcome (3.5.2.1).
    reason_str: str | None = None  #: For diagnostics (3.5.2.2.2).
    user_properties: UserProperties = default(())  #: Name and value pairs, in order (3.5.2.2.3).


@_packet
class PubRelPacket(BasePacket):
    """PUBREL: the answer to a PUBREC (3.6)."""

    packet_type = PacketType.PUBREL

    packet_id: int  #: That of the PUBLISH, 1 to 65,535 (2.2.1).
    _: KW_ONLY
    reason_code: Coded[PubRelReasonCode] = default(PubRelReasonCode.SUCCESS)  #: The outcome (3.6.2.1).
    reason_str: str | None = None  #: For diagnostics (3.6.2.2.2).
    user_properties: UserProperties = default(())  #: Name and value pairs, in order (3.6.2.2.3).


@_packet
class PubCompPacket(BasePacket):
    """PUBCOMP: the answer to a PUBREL, the end of a delivery with QoS 2 (3.7)."""

    packet_type = PacketType.PUBCOMP

    packet_id: int  #: That of the PUBLISH, 1 to 65,535 (2.2.1).
    _: KW_ONLY
    reason_code: Coded[PubCompReasonCode] = default(PubCompReasonCode.SUCCESS)  #: The outcome (3.7.2.1).
    reason_str: str | None = None  #: For diagnostics (3.7.2.2.2).
    user_properties: UserProperties = default(())  #: Name and value pairs, in order (3.7.2.2.3).


@_packet
class SubscribePacket(BasePacket):
    """SUBSCRIBE: a client asks for messages (3.8)."""

    packet_type = PacketType.SUBSCRIBE

    packet_id: int  #: 1 to 65,535 (2.2.1).
    topic_filters: Many[TopicFilter]  #: At least one (3.8.3).
    _: KW_ONLY
    subscription_id: int | None = None  #: Comes back with matching messages, 1 to 268,435,455 (3.8.2.1.2).
    user_properties: UserProperties = default(())  #: Name and value pairs, in order (3.8.2.1.3).


@_packet
class SubAckPacket(BasePacket):
    """SUBACK: the server answers a SUBSCRIBE (3.9)."""

    packet_type = PacketType.SUBACK

    packet_id: int  #: That of the SUBSCRIBE, 1 to 65,535 (2.2.1).
    reason_codes: Many[SubAckReasonCode]  #: One for each topic filter, at least one (3.9.3).
    _: KW_ONLY
    reason_str: str | None = None  #: For diagnostics (3.9.2.1.2).
    user_properties: UserProperties = default(())  #: Name and value pairs, in order (3.9.2.1.3).


@_packet
class UnsubscribePacket(BasePacket):
    """UNSUBSCRIBE: a client gives subscriptions up (3.10)."""

    packet_type = PacketType.UNSUBSCRIBE

    packet_id: int  #: 1 to 65,535 (2.2.1).
    patterns: Many[str]  #: Topic filters, as they were subscribed to; at least one (3.10.3).
    _: KW_ONLY
    user_properties: UserProperties = default(())  #: Name and value pairs, in order (3.10.2.1.2).


@_packet
class UnsubAckPacket(BasePacket):
    """UNSUBACK: the server answers an UNSUBSCRIBE (3.11)."""

    packet_type = PacketType.UNSUBACK

    packet_id: int  #: That of the UNSUBSCRIBE, 1 to 65,535 (2.2.1).
    reason_codes: Many[UnsubAckReasonCode]  #: One for each topic filter, at least one (3.11.3).
    _: KW_ONLY
    reason_str: str | None = None  #: For diagnostics (3.11.2.1.2).
    user_properties: UserProperties = default(())  #: Name and value pairs, in order (3.11.2.1.3).


@_packet
class PingReqPacket(BasePacket):
    """PINGREQ: a client shows that it is alive (3.12)."""

    packet_type = PacketType.PINGREQ


@_packet
class PingRespPacket(BasePacket):
    """PINGRESP: the server answers a PINGREQ (3.13)."""

    packet_type = PacketType.PINGRESP


@_packet
class DisconnectPacket(BasePacket):
    """DISCONNECT: the last packet on a connection, and why (3.14)."""

    packet_type = PacketType.DISCONNECT

    _: KW_ONLY
    reason_code: Coded[DisconnectReasonCode] = default(DisconnectReasonCode.NORMAL_DISCONNECTION)  #: Why (3.14.2.1).
    session_expiry_interval: int | None = None  #: Seconds, 32 bits; only from a client (3.14.2.2.2).
    server_reference: str | None = None  #: Another server to use (3.14.2.2.5).
    reason_str: str | None = None  #: For diagnostics (3.14.2.2.3).
    user_properties: UserProperties = default(())  #: Name and value pairs, in order (3.14.2.2.4).


@_packet
class AuthPacket(BasePacket):
    """AUTH: a step of an extended authentication (3.15, 4.12)."""

    packet_type = PacketType.AUTH

    _: KW_ONLY
    reason_code: Coded[AuthReasonCode] = default(AuthReasonCode.SUCCESS)  #: The state (3.15.2.1).
    authentication_method: str | None = None  #: Required unless the reason is SUCCESS (3.15.2.2.2).
    authentication_data: OptionalBytes = default(None)  #: Only with a method (3.15.2.2.3).
    reason_str: str | None = None  #: For diagnostics (3.15.2.2.4).
    user_properties: UserProperties = default(())  #: Name and value pairs, in order (3.15.2.2.5).


if TYPE_CHECKING:
    #: Any control packet.
    Packet: TypeAlias = (
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
else:
    Packet = BasePacket  # a class, so that it works in match as well as in isinstance()

#: The packet classes. (Not __subclasses__(): a dataclass with slots is made twice.)
CLASSES: tuple[type[BasePacket], ...] = tuple(
    value
    for value in list(globals().values())
    if isinstance(value, type) and issubclass(value, BasePacket) and value is not BasePacket
)

_engine.start()
