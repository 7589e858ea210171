# SPDX-License-Identifier: MIT
"""The packet classes as a user meets them: signatures, enums, immutability, conversions, what they refuse, subclasses.

The tables are typed from the description of the API and from the specification; nothing is taken from the package.
"""

import array
import copy
import dataclasses
import enum
import inspect
import pickle
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mqtt5
from mqtt5 import (
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
    QoS,
    RetainHandling,
    SubAckPacket,
    SubscribePacket,
    TopicFilter,
    UnsubAckPacket,
    UnsubscribePacket,
    Will,
)

# --------------------------------------------------------------- signatures

#: A default of () may also be given as None.
SIGNATURES = {
    Will: "topic, *, payload=None, qos=QoS.AT_MOST_ONCE, retain=False, payload_format_indicator=0, "
    "message_expiry_interval=None, content_type=None, response_topic=None, correlation_data=None, "
    "will_delay_interval=0, user_properties=()",
    TopicFilter: "pattern, *, max_qos=QoS.EXACTLY_ONCE, no_local=False, retain_as_published=True, "
    "retain_handling=RetainHandling.SEND_ALWAYS",
    ConnectPacket: "client_id, *, username=None, password=None, clean_start=False, will=None, keep_alive=0, "
    "session_expiry_interval=0, authentication_method=None, authentication_data=None, request_problem_info=True, "
    "request_response_info=False, receive_max=65535, topic_alias_max=0, max_packet_size=None, user_properties=()",
    ConnAckPacket: "*, session_present=False, reason_code=ConnAckReasonCode.SUCCESS, session_expiry_interval=None, "
    "assigned_client_id=None, server_keep_alive=None, authentication_method=None, authentication_data=None, "
    "response_info=None, server_reference=None, reason_str=None, receive_max=65535, topic_alias_max=0, "
    "max_qos=QoS.EXACTLY_ONCE, retain_available=True, max_packet_size=None, wildcard_subscription_available=True, "
    "subscription_id_available=True, shared_subscription_available=True, user_properties=()",
    PublishPacket: "topic, payload, *, qos=QoS.AT_MOST_ONCE, retain=False, packet_id=None, duplicate=False, "
    "payload_format_indicator=0, message_expiry_interval=None, content_type=None, response_topic=None, "
    "correlation_data=None, subscription_ids=(), topic_alias=None, user_properties=()",
    PubAckPacket: "packet_id, *, reason_code=PubAckReasonCode.SUCCESS, reason_str=None, user_properties=()",
    PubRecPacket: "packet_id, *, reason_code=PubRecReasonCode.SUCCESS, reason_str=None, user_properties=()",
    PubRelPacket: "packet_id, *, reason_code=PubRelReasonCode.SUCCESS, reason_str=None, user_properties=()",
    PubCompPacket: "packet_id, *, reason_code=PubCompReasonCode.SUCCESS, reason_str=None, user_properties=()",
    SubscribePacket: "packet_id, topic_filters, *, subscription_id=None, user_properties=()",
    SubAckPacket: "packet_id, reason_codes, *, reason_str=None, user_properties=()",
    UnsubscribePacket: "packet_id, patterns, *, user_properties=()",
    UnsubAckPacket: "packet_id, reason_codes, *, reason_str=None, user_properties=()",
    PingReqPacket: "",
    PingRespPacket: "",
    DisconnectPacket: "*, reason_code=DisconnectReasonCode.NORMAL_DISCONNECTION, session_expiry_interval=None, "
    "server_reference=None, reason_str=None, user_properties=()",
    AuthPacket: "*, reason_code=AuthReasonCode.SUCCESS, authentication_method=None, authentication_data=None, "
    "reason_str=None, user_properties=()",
}
CLASSES = list(SIGNATURES)
PACKETS = CLASSES[2:]

#: The least that each class can be made of.
REQUIRED: dict[type, tuple[Any, ...]] = {
    Will: ("t",),
    TopicFilter: ("f",),
    ConnectPacket: ("c",),
    PublishPacket: ("t", b""),
    PubAckPacket: (1,),
    PubRecPacket: (1,),
    PubRelPacket: (1,),
    PubCompPacket: (1,),
    SubscribePacket: (1, (TopicFilter("f"),)),
    SubAckPacket: (1, (mqtt5.SubAckReasonCode.NOT_AUTHORIZED,)),
    UnsubscribePacket: (1, ("f",)),
    UnsubAckPacket: (1, (mqtt5.UnsubAckReasonCode.SUCCESS,)),
}

each_class = pytest.mark.parametrize("cls", CLASSES)
each_packet = pytest.mark.parametrize("cls", PACKETS)


def ids(value: object) -> str:
    return type(value).__name__


def least(cls: type, **fields: Any) -> Any:
    return cls(*REQUIRED.get(cls, ()), **fields)


def full() -> list[Any]:
    """One of each class, with every field away from its default."""
    pairs = (("a", "b"), ("a", "b"), ("", "ü"))
    will = Will(
        "will/topic",
        payload=b"\0payload",
        qos=QoS.EXACTLY_ONCE,
        retain=True,
        payload_format_indicator=1,
        message_expiry_interval=1,
        content_type="text/plain",
        response_topic="r",
        correlation_data=b"c",
        will_delay_interval=2**32 - 1,
        user_properties=pairs,
    )
    topic_filter = TopicFilter(
        "a/+/#",
        max_qos=QoS.AT_MOST_ONCE,
        no_local=True,
        retain_as_published=False,
        retain_handling=RetainHandling.SEND_NEVER,
    )
    reasoned = {"reason_str": "why", "user_properties": pairs}
    return [
        will,
        topic_filter,
        ConnectPacket(
            "client",
            username="user",
            password=b"\0\xff",
            clean_start=True,
            will=will,
            keep_alive=65535,
            session_expiry_interval=2**32 - 1,
            authentication_method="m",
            authentication_data=b"d",
            request_problem_info=False,
            request_response_info=True,
            receive_max=1,
            topic_alias_max=65535,
            max_packet_size=2**32 - 1,
            user_properties=pairs,
        ),
        ConnAckPacket(
            session_present=True,
            reason_code=mqtt5.ConnAckReasonCode.BANNED,
            session_expiry_interval=0,
            assigned_client_id="id",
            server_keep_alive=0,
            authentication_method="m",
            authentication_data=b"",
            response_info="i",
            server_reference="s",
            receive_max=1,
            topic_alias_max=1,
            max_qos=QoS.AT_LEAST_ONCE,
            retain_available=False,
            max_packet_size=1,
            wildcard_subscription_available=False,
            subscription_id_available=False,
            shared_subscription_available=False,
            **reasoned,
        ),
        PublishPacket(
            "t",
            b"\0p",
            qos=QoS.AT_LEAST_ONCE,
            retain=True,
            packet_id=65535,
            duplicate=True,
            payload_format_indicator=1,
            message_expiry_interval=0,
            content_type="",
            response_topic="r",
            correlation_data=b"",
            subscription_ids=(1, 268435455, 1),
            topic_alias=65535,
            user_properties=pairs,
        ),
        PubAckPacket(1, reason_code=mqtt5.PubAckReasonCode.QUOTA_EXCEEDED, **reasoned),
        PubRecPacket(2, reason_code=mqtt5.PubRecReasonCode.NO_MATCHING_SUBSCRIBERS, **reasoned),
        PubRelPacket(3, reason_code=mqtt5.PubRelReasonCode.PACKET_ID_NOT_FOUND, **reasoned),
        PubCompPacket(4, reason_code=mqtt5.PubCompReasonCode.PACKET_ID_NOT_FOUND, **reasoned),
        SubscribePacket(5, (topic_filter, TopicFilter("$share/n/f")), subscription_id=268435455, user_properties=pairs),
        SubAckPacket(6, tuple(mqtt5.SubAckReasonCode), **reasoned),
        UnsubscribePacket(7, ("a", "$share/n/#"), user_properties=pairs),
        UnsubAckPacket(8, tuple(mqtt5.UnsubAckReasonCode), **reasoned),
        PingReqPacket(),
        PingRespPacket(),
        DisconnectPacket(
            reason_code=mqtt5.DisconnectReasonCode.SERVER_MOVED,
            session_expiry_interval=0,
            server_reference="s",
            **reasoned,
        ),
        AuthPacket(
            reason_code=mqtt5.AuthReasonCode.RE_AUTHENTICATE,
            authentication_method="m",
            authentication_data=b"d",
            **reasoned,
        ),
    ]


def test_a_state_of_other_fields_is_refused_as_a_whole() -> None:
    packet: Any = PubAckPacket(1)
    with pytest.raises(TypeError, match="PubAckPacket: the state of 1 fields is not that of 4"):
        packet.__setstate__([2])
    assert packet == PubAckPacket(1)
    bare = object.__new__(type("Bare", (mqtt5.Packet,), {}))  # type: ignore[misc, call-overload]
    assert type(copy.copy(bare)) is type(bare)


@each_class
def test_signature(cls: type) -> None:
    parameters = inspect.signature(cls).parameters.values()
    plain = inspect.Signature([parameter.replace(annotation=parameter.empty) for parameter in parameters])
    assert str(plain) == f"({SIGNATURES[cls]})"


@each_class
def test_every_parameter_is_annotated_and_a_field(cls: type) -> None:
    parameters = inspect.signature(cls).parameters
    assert list(parameters) == [field.name for field in dataclasses.fields(cls)]
    assert all(parameter.annotation is not parameter.empty for parameter in parameters.values())


@each_class
def test_calls_follow_the_signature(cls: type) -> None:
    """What a plain Python function with this signature takes, the class takes; nothing else."""
    required = REQUIRED.get(cls, ())
    names = list(inspect.signature(cls).parameters)[: len(required)]
    right = cls(*required)
    assert cls(**dict(zip(names, required, strict=True))) == right
    for i, name in enumerate(names):
        assert cls(*required[:i], **dict(zip(names[i:], required[i:], strict=True))) == right
        with pytest.raises(TypeError, match=re.escape(f"'{names[-1]}'")):
            cls(*required[:-1])
        with pytest.raises(TypeError, match=re.escape(f"'{name}'")):
            cls(*required, **{name: required[i]})
    for surplus in (None, 0, (), right, "topic"):
        with pytest.raises(TypeError, match="positional"):
            cls(*required, surplus)
    for name in ("nothing", "packet_type", "_"):
        with pytest.raises(TypeError, match=f"'{name}'"):
            cls(*required, **{name: None})


@each_class
def test_no_hidden_parameter(cls: type) -> None:
    """Whatever an engine does to be fast, no value is taken for "nothing given"."""
    for value in (cls, type(None), NotImplemented, Ellipsis, dataclasses.MISSING, inspect.Parameter.empty):
        with pytest.raises(TypeError, match="positional"):
            cls(*REQUIRED.get(cls, ()), value)
    for name in ("surplus", "self", "cls", "args", "kwargs"):
        with pytest.raises(TypeError, match=f"'{name}'"):
            cls(*REQUIRED.get(cls, ()), **{name: cls})


@each_class
def test_defaults_are_the_attributes(cls: type) -> None:
    value = least(cls)
    for name, parameter in inspect.signature(cls).parameters.items():
        if parameter.default is not parameter.empty:
            assert getattr(value, name) == parameter.default
            assert type(getattr(value, name)) is type(parameter.default)
            assert least(cls, **{name: parameter.default}) == value


@each_class
def test_none_is_an_empty_sequence(cls: type) -> None:
    for name, parameter in inspect.signature(cls).parameters.items():
        if parameter.default == ():
            assert least(cls, **{name: None}) == least(cls)
            assert getattr(least(cls, **{name: None}), name) == ()


def test_every_public_name_is_there() -> None:
    exceptions = {"Error", "IncompleteError", "DecodeError"}
    functions = {"Decoder", "read", "topic_matches", "Packet", "get_include", "get_sources"}
    assert set(mqtt5.__all__) == {cls.__name__ for cls in CLASSES} | set(ENUMS) | exceptions | functions
    assert all(hasattr(mqtt5, name) for name in mqtt5.__all__)
    assert mqtt5.__all__ == sorted(mqtt5.__all__, key=mqtt5.__all__.index)
    namespace: dict[str, object] = {}
    exec("from mqtt5 import *", namespace)
    assert set(mqtt5.__all__) <= set(namespace)


@pytest.mark.parametrize("value", [mqtt5, *CLASSES, mqtt5.Decoder, mqtt5.read, mqtt5.topic_matches])
def test_documented(value: Any) -> None:
    assert value.__doc__
    assert not value.__doc__.startswith(f"{value.__name__}(")  # which is what dataclass makes up


# -------------------------------------------------------------------- enums

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
def test_enum(name: str) -> None:
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


def test_enum_alias() -> None:
    assert mqtt5.ConnAckReasonCode.QOS_NOT_SUPPORTED is mqtt5.ConnAckReasonCode.QUALITY_NOT_SUPPORTED
    assert list(mqtt5.ConnAckReasonCode.__members__)[-4:-3] == ["QOS_NOT_SUPPORTED"]


@each_packet
def test_packet_type(cls: Any) -> None:
    name = cls.__name__.removesuffix("Packet").upper()
    assert cls.packet_type is mqtt5.PacketType[name]
    assert least(cls).packet_type is cls.packet_type


# ------------------------------------------------------------- immutability


@pytest.mark.parametrize("value", full(), ids=ids)
def test_frozen(value: Any) -> None:
    before = hash(value), repr(value)
    for name in [*inspect.signature(type(value)).parameters, "nothing"]:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, name, getattr(value, name, None))
        with pytest.raises(dataclasses.FrozenInstanceError):
            delattr(value, name)
    with pytest.raises((AttributeError, TypeError)):
        object.__setattr__(value, "nothing", 1)
    assert not hasattr(value, "__dict__")
    assert before == (hash(value), repr(value))


@each_class
def test_plain_classes(cls: type) -> None:
    assert type(cls) is type
    assert dataclasses.is_dataclass(cls)
    assert cls.__dataclass_params__.frozen
    assert cls.__slots__ == tuple(inspect.signature(cls).parameters)
    assert cls.__module__.startswith("mqtt5")


def test_equal_only_with_all_fields_and_the_same_class() -> None:
    values = full() + [least(cls) for cls in CLASSES if cls not in (PingReqPacket, PingRespPacket)]
    for i, one in enumerate(values):
        for j, other in enumerate(values):
            assert (one == other) is (i == j), (one, other)
            assert (one != other) is (i != j), (one, other)
    assert len(set(values)) == len(values)
    for one, other in zip(full(), full(), strict=True):
        assert one == other
        assert one is not other
        assert hash(one) == hash(other)
        assert {one: 1}[other] == 1
    assert PubAckPacket(1) != PubRecPacket(1)
    assert PingReqPacket() != PingRespPacket()
    assert PubAckPacket(1) != (1, 0, None, ())


@pytest.mark.parametrize("value", full(), ids=ids)
def test_each_field_counts_for_equality(value: Any) -> None:
    default = least(type(value))
    for field in dataclasses.fields(value):
        if field.name not in ("qos", "packet_id", "duplicate", "authentication_method", "reason_code", "no_local"):
            changed = dataclasses.replace(value, **{field.name: getattr(default, field.name)})
            differs = getattr(value, field.name) != getattr(default, field.name)
            assert (changed != value) is differs, field.name
            assert (repr(changed) != repr(value)) is differs, field.name


@each_class
def test_no_order(cls: type) -> None:
    for compare in ("__lt__", "__le__", "__gt__", "__ge__"):
        assert getattr(least(cls), compare)(least(cls)) is NotImplemented
    with pytest.raises(TypeError):
        least(cls) < least(cls)  # noqa: B015


def test_match() -> None:
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
            case mqtt5.Packet():
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
def test_packet_is_all_packets(cls: type) -> None:
    assert isinstance(least(cls), mqtt5.Packet) is (cls in PACKETS)
    assert issubclass(cls, mqtt5.Packet) is (cls in PACKETS)
    assert hasattr(cls, "write") is (cls in PACKETS)
    assert not isinstance(object(), mqtt5.Packet)


# ------------------------------------------------------------------- copies


@pytest.mark.parametrize("value", full(), ids=ids)
def test_copies(value: Any) -> None:
    assert copy.copy(value) == value
    assert copy.deepcopy(value) == value
    assert eval(repr(value), {}, vars(mqtt5)) == value
    assert repr(value).startswith(f"{type(value).__name__}(")
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(value, protocol)) == value


replacers: list[Callable[..., Any]] = [dataclasses.replace]
if sys.version_info >= (3, 13):
    replacers.append(copy.replace)


@pytest.mark.parametrize("replace", replacers)
def test_replace(replace: Callable[..., Any]) -> None:
    packet = PublishPacket("a", b"p", qos=1, packet_id=7, user_properties=[("n", "v")])
    changed = replace(packet, topic="b", duplicate=True)
    assert changed == PublishPacket("b", b"p", qos=1, packet_id=7, duplicate=True, user_properties=[("n", "v")])
    assert packet.topic == "a"
    assert replace(packet, user_properties=[["x", "y"]]).user_properties == (("x", "y"),)
    assert replace(TopicFilter("a"), pattern="b") == TopicFilter("b")
    with pytest.raises(ValueError, match="topic='#'"):
        replace(packet, topic="#")
    with pytest.raises(ValueError, match="packet_id"):
        replace(packet, qos=0)
    with pytest.raises(TypeError, match="payload"):
        replace(packet, payload="text")
    with pytest.raises(TypeError, match="nothing"):
        replace(packet, nothing=1)


def test_asdict_and_astuple() -> None:
    packet = ConnectPacket("c", will=Will("w", payload=b"p"), user_properties=[("a", "b")])
    found = dataclasses.asdict(packet)
    assert list(found) == list(inspect.signature(ConnectPacket).parameters)
    assert found["will"]["topic"] == "w"
    assert found["user_properties"] == (("a", "b"),)
    assert ConnectPacket(**{**found, "will": Will(**found["will"])}) == packet
    assert dataclasses.astuple(PubAckPacket(1)) == (1, 0, None, ())


# -------------------------------------------------------------- conversions


@pytest.mark.parametrize("kind", [list, tuple, iter, lambda items: (item for item in items), dict.fromkeys])
def test_sequences_are_stored_as_tuples(kind: Callable[..., Any]) -> None:
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


def test_sequences_of_other_kinds() -> None:
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


def test_a_list_that_is_changed_later_does_not_matter() -> None:
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


def test_an_error_of_the_iterable_goes_through() -> None:
    def broken() -> Any:
        yield "a"
        raise LookupError("from the iterable")

    with pytest.raises(LookupError, match="from the iterable"):
        UnsubscribePacket(1, broken())


class Text(str):
    __slots__ = ()

    def encode(self, *_: object) -> bytes:  # type: ignore[override]
        return b"another text"

    def __str__(self) -> str:
        return "another text"


class Data(bytes):
    def __bytes__(self) -> bytes:
        return b"other data"


class Number(int):
    def __index__(self) -> int:
        return 99

    def __int__(self) -> int:
        return 99


class Index:
    def __index__(self) -> int:
        return 7


class Items(tuple):  # type: ignore[type-arg]
    pass


def test_subclasses_of_the_builtin_types_become_the_exact_types() -> None:
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
def test_bytes_like_objects_are_stored_as_bytes(data: Any) -> None:
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


def enum_fields() -> list[tuple[type, str, Any]]:
    return [
        (cls, name, type(parameter.default))
        for cls in CLASSES
        for name, parameter in inspect.signature(cls).parameters.items()
        if isinstance(parameter.default, enum.IntEnum)
    ]


@pytest.mark.parametrize(("cls", "name", "members"), enum_fields())
def test_enum_fields_take_integers(cls: type, name: str, members: Any) -> None:
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


def test_enum_fields_take_members_of_other_enums_by_their_value() -> None:
    packet = PubAckPacket(1, reason_code=mqtt5.SubAckReasonCode.NOT_AUTHORIZED)
    assert packet.reason_code is mqtt5.PubAckReasonCode.NOT_AUTHORIZED
    with pytest.raises(ValueError, match="reason_code"):
        PubAckPacket(1, reason_code=mqtt5.SubAckReasonCode.GRANTED_QOS_AT_LEAST_ONCE)


# -------------------------------------------------------------- wrong types

STRING = [b"a", 1, ["a"], ("a",), object()]
BYTES = ["a", 1, [1, 2], object(), 1.5]
INTEGER = ["1", 1.0, b"\1", [1], object()]
BOOL = [0, 1, "True", b"", [], object()]
ENUM = ["1", 1.0, b"\1", [1], object()]
LIST = ["ab", b"ab", bytearray(b"ab"), memoryview(b"ab"), 1, object()]
NONE = [None]

WRONG_TYPES = {
    Will: {
        "topic": STRING + NONE,
        "payload": BYTES,
        "qos": ENUM + NONE,
        "retain": BOOL + NONE,
        "payload_format_indicator": INTEGER + NONE,
        "message_expiry_interval": INTEGER,
        "content_type": STRING,
        "response_topic": STRING,
        "correlation_data": BYTES,
        "will_delay_interval": INTEGER + NONE,
        "user_properties": LIST,
    },
    TopicFilter: {
        "pattern": STRING + NONE,
        "max_qos": ENUM + NONE,
        "no_local": BOOL + NONE,
        "retain_as_published": BOOL + NONE,
        "retain_handling": ENUM + NONE,
    },
    ConnectPacket: {
        "client_id": STRING + NONE,
        "username": STRING,
        "password": BYTES,
        "clean_start": BOOL + NONE,
        "will": ["w", b"w", 1, ("w",), {"topic": "w"}, PingReqPacket()],
        "keep_alive": INTEGER + NONE,
        "session_expiry_interval": INTEGER + NONE,
        "authentication_method": STRING,
        "authentication_data": BYTES,
        "request_problem_info": BOOL + NONE,
        "request_response_info": BOOL + NONE,
        "receive_max": INTEGER + NONE,
        "topic_alias_max": INTEGER + NONE,
        "max_packet_size": INTEGER,
        "user_properties": LIST,
    },
    ConnAckPacket: {
        "session_present": BOOL + NONE,
        "reason_code": ENUM + NONE,
        "session_expiry_interval": INTEGER,
        "assigned_client_id": STRING,
        "server_keep_alive": INTEGER,
        "authentication_method": STRING,
        "authentication_data": BYTES,
        "response_info": STRING,
        "server_reference": STRING,
        "reason_str": STRING,
        "receive_max": INTEGER + NONE,
        "topic_alias_max": INTEGER + NONE,
        "max_qos": ENUM + NONE,
        "retain_available": BOOL + NONE,
        "max_packet_size": INTEGER,
        "wildcard_subscription_available": BOOL + NONE,
        "subscription_id_available": BOOL + NONE,
        "shared_subscription_available": BOOL + NONE,
        "user_properties": LIST,
    },
    PublishPacket: {
        "topic": STRING + NONE,
        "payload": BYTES + NONE,
        "qos": ENUM + NONE,
        "retain": BOOL + NONE,
        "packet_id": INTEGER,
        "duplicate": BOOL + NONE,
        "payload_format_indicator": INTEGER + NONE,
        "message_expiry_interval": INTEGER,
        "content_type": STRING,
        "response_topic": STRING,
        "correlation_data": BYTES,
        "subscription_ids": LIST,
        "topic_alias": INTEGER,
        "user_properties": LIST,
    },
    **{
        cls: {"packet_id": INTEGER + NONE, "reason_code": ENUM + NONE, "reason_str": STRING, "user_properties": LIST}
        for cls in (PubAckPacket, PubRecPacket, PubRelPacket, PubCompPacket)
    },
    SubscribePacket: {
        "packet_id": INTEGER + NONE,
        "topic_filters": LIST,
        "subscription_id": INTEGER,
        "user_properties": LIST,
    },
    **{
        cls: {"packet_id": INTEGER + NONE, "reason_codes": LIST, "reason_str": STRING, "user_properties": LIST}
        for cls in (SubAckPacket, UnsubAckPacket)
    },
    UnsubscribePacket: {"packet_id": INTEGER + NONE, "patterns": LIST, "user_properties": LIST},
    PingReqPacket: {},
    PingRespPacket: {},
    DisconnectPacket: {
        "reason_code": ENUM + NONE,
        "session_expiry_interval": INTEGER,
        "server_reference": STRING,
        "reason_str": STRING,
        "user_properties": LIST,
    },
    AuthPacket: {
        "reason_code": ENUM + NONE,
        "authentication_method": STRING,
        "authentication_data": BYTES,
        "reason_str": STRING,
        "user_properties": LIST,
    },
}


def given(cls: type, **fields: Any) -> Any:
    """One of the class, with these fields, whether or not they are required."""
    names = list(inspect.signature(cls).parameters)
    return cls(**dict(zip(names, REQUIRED.get(cls, ()), strict=False)) | fields)


@each_class
def test_wrong_types(cls: type) -> None:
    assert list(WRONG_TYPES[cls]) == list(inspect.signature(cls).parameters)
    for name, values in WRONG_TYPES[cls].items():
        for value in values:
            with pytest.raises(TypeError) as caught:
                given(cls, **{name: value})
            text = str(caught.value)
            assert text.startswith(f"{cls.__name__}.{name} must be "), (value, text)
            assert f"not {type(value).__name__}" in text, (value, text)
            if not isinstance(value, memoryview) and type(value) is not object:
                assert repr(value) in text, (value, text)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: SubscribePacket(1, [TopicFilter("a"), "b"]), r"SubscribePacket.topic_filters\[1\] .* str: 'b'"),
        (lambda: SubscribePacket(1, [("a", 0)]), r"topic_filters\[0\] .* tuple"),
        (lambda: UnsubscribePacket(1, ["a", b"b"]), r"UnsubscribePacket.patterns\[1\] .* bytes: b'b'"),
        (lambda: SubAckPacket(1, [0, "0"]), r"SubAckPacket.reason_codes\[1\] .* str: '0'"),
        (lambda: SubAckPacket(1, [None]), r"reason_codes\[0\] .* NoneType"),
        (lambda: UnsubAckPacket(1, [0, 0.0]), r"UnsubAckPacket.reason_codes\[1\] .* float"),
        (
            lambda: PublishPacket("t", b"", subscription_ids=[1, "2"]),
            r"PublishPacket.subscription_ids\[1\] .* str: '2'",
        ),
        (lambda: PublishPacket("t", b"", user_properties=[("a", "b"), ("a", 1)]), r"user_properties\[1\] .* int: 1"),
        (lambda: PublishPacket("t", b"", user_properties=[(b"a", "b")]), r"user_properties\[0\] .* bytes: b'a'"),
        (lambda: PublishPacket("t", b"", user_properties=[("a",)]), r"user_properties\[0\] .* tuple: \('a',\)"),
        (lambda: PublishPacket("t", b"", user_properties=[("a", "b", "c")]), r"user_properties\[0\] .* tuple"),
        (lambda: PublishPacket("t", b"", user_properties=["ab"]), r"user_properties\[0\] .* str: 'ab'"),
        (lambda: PublishPacket("t", b"", user_properties={"ab": "c"}), r"user_properties\[0\] .* str: 'ab'"),
        (lambda: PublishPacket("t", b"", user_properties=[None]), r"user_properties\[0\] .* None"),
        (lambda: PublishPacket("t", b"", user_properties=[{"a", "b"}]), r"user_properties\[0\] .* set: "),
        (lambda: PublishPacket("t", b"", user_properties=[iter("ab")]), r"user_properties\[0\] .*iterator: "),
    ],
)
def test_wrong_types_of_items(make: Callable[[], object], text: str) -> None:
    with pytest.raises(TypeError, match=text):
        make()


def test_long_values_are_cut_in_messages() -> None:
    for make in (
        lambda: PublishPacket("+" * 60_000, b""),
        lambda: PublishPacket("t", "x" * 1_000_000),
        lambda: PublishPacket(b"x" * 1_000_000, b""),
        lambda: SubAckPacket(1, [10**4000]),
        lambda: ConnectPacket("c", keep_alive=10**4000),
        lambda: ConnectPacket("c", keep_alive=10**5000),  # more digits than Python turns into text
        lambda: ConnectPacket("c", keep_alive=-(10**5000)),
        lambda: PubAckPacket(1, reason_code=10**5000),
        lambda: PublishPacket("t", b"", user_properties=[("n" * 100_000, "\0" * 100_000)]),
        lambda: PublishPacket("t", b"", user_properties=["x" * 100_000]),
        lambda: TopicFilter("$share/x/" + "y" * 60_000, no_local=True),
    ):
        with pytest.raises((TypeError, ValueError)) as caught:
            make()
        assert len(str(caught.value)) < 1000


# ------------------------------------------------------------- wrong values

LONG = "x" * 65536
FILTER = TopicFilter("f")


def framed(first: str, body: str) -> str:
    """The hex of a packet of less than 130 bytes."""
    body = body.replace(" ", "")
    return f"{first}{len(body) // 2:02x}{body}"


def connect(properties: str = "", payload: str = "0000", flags: int = 0) -> str:
    properties = properties.replace(" ", "")
    return framed("10", f"00044d515454 05 {flags:02x} 0000 {len(properties) // 2:02x} {properties} {payload}")


def will(properties: str = "", topic: str = "0001 74", flags: int = 4) -> str:
    properties = properties.replace(" ", "")
    return connect(payload=f"0000 {len(properties) // 2:02x} {properties} {topic} 0000", flags=flags)


def publish(properties: str = "", topic: str = "0001 74") -> str:
    properties = properties.replace(" ", "")
    return framed("30", f"{topic} {len(properties) // 2:02x} {properties}")


def subscribe(pattern: str, options: int = 0) -> str:
    data = pattern.encode()
    return framed("82", f"0001 00 {len(data):04x} {data.hex()} {options:02x}")


def unsubscribe(pattern: str) -> str:
    data = pattern.encode()
    return framed("a2", f"0001 00 {len(data):04x} {data.hex()}")


#: The rules that a constructor can break, by the name of the status in csrc/mqtt5.h. Each row: a class, the fields that
#: break the rule, the last of them the one to blame, and bytes that break it too: None where no bytes can say it.
BROKEN: dict[str, list[tuple[type, dict[str, Any], str | None]]] = {
    "BAD_UTF8": [
        (ConnectPacket, {"client_id": "\0"}, connect(payload="0001 00")),
        (ConnectPacket, {"client_id": "a\udfffb"}, connect(payload="0005 61 edbfbf 62")),
        (ConnectPacket, {"username": "\0"}, connect(payload="0000 0001 00", flags=0x80)),
        (ConnectPacket, {"authentication_method": "\0"}, connect("15 0001 00")),
        (ConnAckPacket, {"assigned_client_id": "\0"}, "2007 0000 04 12 0001 00"),
        (ConnAckPacket, {"authentication_method": "\ud800"}, "2009 0000 06 15 0003 eda080"),
        (ConnAckPacket, {"response_info": "\0"}, "2007 0000 04 1a 0001 00"),
        (ConnAckPacket, {"server_reference": "\0"}, "2007 0000 04 1c 0001 00"),
        (ConnAckPacket, {"reason_str": "\0"}, "2007 0000 04 1f 0001 00"),
        (PublishPacket, {"topic": "\ud800"}, publish(topic="0003 eda080")),
        (PublishPacket, {"topic": "\0"}, publish(topic="0001 00")),
        (PublishPacket, {"content_type": "a\0"}, publish("03 0002 6100")),
        (PublishPacket, {"response_topic": "\0"}, publish("08 0001 00")),
        (
            PublishPacket,
            {"user_properties": [("a", "b"), ("a", "\0")]},
            publish("26 0001 61 0001 62 26 0001 61 0001 00"),
        ),
        (PublishPacket, {"user_properties": [("\ud800", "")]}, publish("26 0003 eda080 0000")),
        (PubAckPacket, {"reason_str": "\0"}, "4008 0001 00 04 1f 0001 00"),
        (PubRecPacket, {"reason_str": "\udc80"}, "5008 0001 00 04 1f 0001 80"),
        (SubAckPacket, {"reason_str": "\0"}, "9008 0001 04 1f 0001 00 00"),
        (TopicFilter, {"pattern": "a\0"}, subscribe("a\0")),
        (UnsubscribePacket, {"patterns": ["a", "\0"]}, unsubscribe("\0")),
        (DisconnectPacket, {"server_reference": "\0"}, "e006 00 04 1c 0001 00"),
        (AuthPacket, {"authentication_method": "\0"}, "f006 00 04 15 0001 00"),
        (Will, {"topic": "\0"}, will(topic="0001 00")),
        (Will, {"content_type": "\0"}, will("03 0001 00")),
        (Will, {"user_properties": [("", "\0")]}, will("26 0000 0001 00")),
    ],
    "TOO_LONG": [
        *[
            (cls, {name: value}, None)
            for cls, names in {
                Will: ["topic", "content_type", "response_topic"],
                TopicFilter: ["pattern"],
                ConnectPacket: ["client_id", "username", "authentication_method"],
                ConnAckPacket: ["assigned_client_id", "authentication_method", "response_info", "server_reference"],
                PublishPacket: ["topic", "content_type", "response_topic"],
                PubAckPacket: ["reason_str"],
                DisconnectPacket: ["server_reference", "reason_str"],
                AuthPacket: ["authentication_method", "reason_str"],
            }.items()
            for name in names
            for value in (LONG, "ä" * 32768)
        ],
        (Will, {"payload": bytes(65536)}, None),
        (Will, {"correlation_data": bytes(65536)}, None),
        (ConnectPacket, {"password": bytes(65536)}, None),
        (ConnectPacket, {"authentication_method": "", "authentication_data": bytes(65536)}, None),
        (ConnAckPacket, {"authentication_data": bytearray(65536)}, None),
        (PublishPacket, {"correlation_data": bytes(65536)}, None),
        (AuthPacket, {"authentication_method": "", "authentication_data": bytes(65536)}, None),
        (UnsubscribePacket, {"patterns": ["a", LONG]}, None),
        (SubAckPacket, {"user_properties": [(LONG, "")]}, None),
        (SubAckPacket, {"user_properties": [("", ""), ("", LONG)]}, None),
    ],
    "BAD_QOS_FLAGS": [
        (PublishPacket, {"packet_id": 1, "qos": 3}, "3606 0001 74 0001 00"),
        (Will, {"qos": 3}, will(flags=0x1C)),
    ],
    "DUP_WITHOUT_QOS": [(PublishPacket, {"duplicate": True}, "3804 0001 74 00")],
    "PACKET_ID_WITHOUT_QOS": [(PublishPacket, {"packet_id": 1}, None)],
    "NO_PACKET_ID": [
        (PublishPacket, {"qos": 1, "packet_id": None}, "3206 0001 74 0000 00"),
        (PublishPacket, {"qos": 2, "packet_id": 0}, "3406 0001 74 0000 00"),
        (PubAckPacket, {"packet_id": 0}, "4002 0000"),
        (PubRecPacket, {"packet_id": 0}, "5002 0000"),
        (PubRelPacket, {"packet_id": 0}, "6202 0000"),
        (PubCompPacket, {"packet_id": 0}, "7002 0000"),
        (SubscribePacket, {"packet_id": 0}, "8207 0000 00 0001 66 00"),
        (SubAckPacket, {"packet_id": 0}, "9004 0000 00 00"),
        (UnsubscribePacket, {"packet_id": 0}, "a206 0000 00 0001 66"),
        (UnsubAckPacket, {"packet_id": 0}, "b004 0000 00 00"),
    ],
    "NO_TOPIC": [
        (PublishPacket, {"topic": ""}, publish(topic="0000")),
        (PublishPacket, {"user_properties": [("a", "b")], "topic": ""}, publish("26 0001 61 0001 62", "0000")),
    ],
    "ZERO_TOPIC_ALIAS": [
        (PublishPacket, {"topic_alias": 0}, publish("23 0000")),
        (PublishPacket, {"topic": "", "topic_alias": 0}, publish("23 0000", "0000")),
    ],
    "NOT_BOOLEAN": [
        (PublishPacket, {"payload_format_indicator": 2}, publish("01 02")),
        (PublishPacket, {"payload_format_indicator": -1}, publish("01 ff")),
        (Will, {"payload_format_indicator": 255}, will("01 ff")),
        (ConnAckPacket, {"max_qos": 3}, "2005 0000 02 24 03"),
    ],
    "ZERO_VALUE": [
        (PublishPacket, {"subscription_ids": [1, 0]}, publish("0b 01 0b 00")),
        (SubscribePacket, {"subscription_id": 0}, "8209 0001 02 0b 00 0001 66 00"),
        (ConnectPacket, {"receive_max": 0}, connect("21 0000")),
        (ConnectPacket, {"max_packet_size": 0}, connect("27 00000000")),
        (ConnAckPacket, {"receive_max": 0}, "2006 0000 03 21 0000"),
        (ConnAckPacket, {"max_packet_size": 0}, "2008 0000 05 27 00000000"),
    ],
    "OUT_OF_RANGE": [
        *[
            (cls, {name: value}, None)
            for cls, name, highest in [
                (ConnectPacket, "keep_alive", 2**16),
                (ConnectPacket, "session_expiry_interval", 2**32),
                (ConnectPacket, "receive_max", 2**16),
                (ConnectPacket, "topic_alias_max", 2**16),
                (ConnectPacket, "max_packet_size", 2**32),
                (ConnAckPacket, "session_expiry_interval", 2**32),
                (ConnAckPacket, "server_keep_alive", 2**16),
                (ConnAckPacket, "receive_max", 2**16),
                (ConnAckPacket, "topic_alias_max", 2**16),
                (ConnAckPacket, "max_packet_size", 2**32),
                (Will, "message_expiry_interval", 2**32),
                (Will, "will_delay_interval", 2**32),
                (PublishPacket, "message_expiry_interval", 2**32),
                (PublishPacket, "topic_alias", 2**16),
                (PublishPacket, "payload_format_indicator", 2**8),
                (PubAckPacket, "packet_id", 2**16),
                (PubRecPacket, "packet_id", 2**16),
                (PubRelPacket, "packet_id", 2**16),
                (PubCompPacket, "packet_id", 2**16),
                (SubscribePacket, "packet_id", 2**16),
                (SubscribePacket, "subscription_id", 2**28),
                (SubAckPacket, "packet_id", 2**16),
                (UnsubscribePacket, "packet_id", 2**16),
                (UnsubAckPacket, "packet_id", 2**16),
                (DisconnectPacket, "session_expiry_interval", 2**32),
            ]
            for value in (highest, -1, 2**64, -(2**64))
        ],
        (PublishPacket, {"qos": 1, "packet_id": 2**16}, None),
        (PublishPacket, {"qos": 1, "packet_id": -1}, None),
        (PublishPacket, {"subscription_ids": [1, 2**28]}, None),
        (PublishPacket, {"subscription_ids": [-1]}, None),
    ],
    "BAD_TOPIC_NAME": [
        (PublishPacket, {"topic": "a/#"}, publish(topic="0003 612f23")),
        (PublishPacket, {"topic": "+"}, publish(topic="0001 2b")),
        (PublishPacket, {"topic_alias": 1, "topic": "a#"}, publish("23 0001", "0002 6123")),
        (PublishPacket, {"response_topic": ""}, publish("08 0000")),
        (PublishPacket, {"response_topic": "+"}, publish("08 0001 2b")),
        (Will, {"topic": ""}, will(topic="0000")),
        (Will, {"topic": "#"}, will(topic="0001 23")),
        (Will, {"response_topic": "#"}, will("08 0001 23")),
    ],
    "BAD_TOPIC_FILTER": [
        *[
            (TopicFilter, {"pattern": text}, subscribe(text))
            for text in ("", "a#", "#/", "#/a", "a/#/b", "+a", "a+", "a/+b/c", "##", "++", "+#", "$share/n/#/a")
        ],
        *[
            (UnsubscribePacket, {"patterns": ["a", text]}, unsubscribe(text))
            for text in ("", "a#", "#/a", "+a", "$share/n/a+")
        ],
    ],
    "BAD_SHARE_NAME": [
        *[
            (TopicFilter, {"pattern": text}, subscribe(text))
            for text in ("$share/", "$share//", "$share//a", "$share/n", "$share/n/", "$share/+/a", "$share/#")
        ],
        (UnsubscribePacket, {"patterns": ["$share//a"]}, unsubscribe("$share//a")),
    ],
    "SHARED_NO_LOCAL": [(TopicFilter, {"no_local": True, "pattern": "$share/n/f"}, subscribe("$share/n/f", 4))],
    "BAD_REQUESTED_QOS": [(TopicFilter, {"max_qos": 3}, subscribe("f", 3))],
    "BAD_RETAIN_HANDLING": [(TopicFilter, {"retain_handling": 3}, subscribe("f", 0x30))],
    "EMPTY_LIST": [
        (SubscribePacket, {"topic_filters": []}, "8203 0001 00"),
        (SubscribePacket, {"topic_filters": None}, "8203 0001 00"),
        (UnsubscribePacket, {"patterns": ()}, "a203 0001 00"),
        (SubAckPacket, {"reason_codes": ()}, "9003 0001 00"),
        (UnsubAckPacket, {"reason_codes": set()}, "b003 0001 00"),
    ],
    "BAD_REASON_CODE": [
        (ConnAckPacket, {"reason_code": 1}, "2003 00 01 00"),
        (PubAckPacket, {"reason_code": 0x92}, "4003 0001 92"),
        (PubRecPacket, {"reason_code": 0x11}, "5003 0001 11"),
        (PubRelPacket, {"reason_code": 0x10}, "6203 0001 10"),
        (PubCompPacket, {"reason_code": 0x80}, "7003 0001 80"),
        (SubAckPacket, {"reason_codes": [0, 3]}, "9005 0001 00 00 03"),
        (UnsubAckPacket, {"reason_codes": [0, 0x97]}, "b005 0001 00 00 97"),
        (DisconnectPacket, {"reason_code": 0x8C}, "e001 8c"),
        (AuthPacket, {"authentication_method": "m", "reason_code": 0x80}, "f006 80 04 15 0001 6d"),
    ],
    "NO_AUTHENTICATION_METHOD": [
        (ConnectPacket, {"authentication_data": b"d"}, connect("16 0001 64")),
        (ConnectPacket, {"authentication_data": b""}, connect("16 0000")),
        (AuthPacket, {"reason_code": 0x18, "authentication_method": None}, "f002 18 00"),
        (AuthPacket, {"reason_code": 0x19, "authentication_method": None}, "f002 19 00"),
        (AuthPacket, {"authentication_data": b"d"}, "f006 00 04 16 0001 64"),
    ],
}

#: What no constructor can break: there is no argument for it.
NOT_ARGUMENTS = {
    "OK",
    "INCOMPLETE",
    "NO_SPACE",
    "RESERVED_TYPE",
    "RESERVED_FLAGS",
    "BAD_VARINT",
    "TRUNCATED",
    "TRAILING_BYTES",
    "UNKNOWN_PROPERTY",
    "MISPLACED_PROPERTY",
    "WILL_FLAGS",
    "UNSUPPORTED_PROTOCOL",
    "REPEATED_PROPERTY",
    "WRONG_DIRECTION",  # only where the C codec is built for one side
    "PACKET_TOO_LARGE",  # write() finds it: test_a_packet_can_be_too_large
}

#: The reason codes that answer them. The rest is 0x81, what cannot be parsed or is a malformed name.
ANSWERS = {
    "ZERO_TOPIC_ALIAS": 0x94,
    **dict.fromkeys(["NOT_BOOLEAN", "ZERO_VALUE", "NO_PACKET_ID", "BAD_REASON_CODE", "NO_TOPIC", "EMPTY_LIST"], 0x82),
    **dict.fromkeys(["BAD_REQUESTED_QOS", "BAD_RETAIN_HANDLING", "SHARED_NO_LOCAL", "NO_AUTHENTICATION_METHOD"], 0x82),
}


def test_every_rule_is_in_the_table() -> None:
    header = Path(__file__).parent.parent / "csrc" / "mqtt5.h"
    if not header.exists():
        pytest.skip("csrc/ is not here")
    body = header.read_text("utf-8").partition("typedef enum mqtt5_status {")[2].partition("}")[0]
    statuses = set(re.findall(r"\bMQTT5_(\w+),", body))
    assert len(statuses) > 30
    assert BROKEN.keys() | NOT_ARGUMENTS == statuses
    assert not BROKEN.keys() & NOT_ARGUMENTS
    assert ANSWERS.keys() <= BROKEN.keys()


@pytest.mark.parametrize("status", BROKEN)
def test_constructor_and_read_refuse_the_same(status: str) -> None:
    for cls, fields, data in BROKEN[status]:
        *_, (name, value) = fields.items()
        with pytest.raises(ValueError, match=name) as caught:
            given(cls, **fields)
        text = str(caught.value)
        assert type(caught.value) is ValueError, fields
        if isinstance(value, list) and value:
            assert text.startswith(f"{cls.__name__}.{name}[{len(value) - 1}]="), text
        else:
            assert text.startswith(f"{cls.__name__}.{name}="), text
        if isinstance(value, (int, str)) and len(repr(value)) < 40:
            assert repr(value) in text, text
        if data is None:
            continue
        with pytest.raises(mqtt5.DecodeError) as found:
            mqtt5.read(bytes.fromhex(data.replace(" ", "")))
        error = found.value
        assert error.reason_code == ANSWERS.get(status, 0x81), (fields, data)
        blamed = {Will: f"will.{name}", TopicFilter: "topic_filters"}.get(cls, name)
        assert error.field == blamed, (fields, data)


@pytest.mark.parametrize(
    "make",
    [
        lambda: PublishPacket("", b"", topic_alias=1),
        lambda: PublishPacket("t", b"", payload_format_indicator=1),
        lambda: PublishPacket("\ufeffa\x01\uffff\U0010ffff b", b""),
        lambda: PublishPacket("/", b""),
        lambda: PublishPacket("$share/n/f", b""),
        lambda: TopicFilter("$share/n/f"),
        lambda: TopicFilter("$share/n//"),
        lambda: TopicFilter("$share/n/#"),
        lambda: TopicFilter("$sharex/"),
        lambda: TopicFilter("$share"),
        lambda: TopicFilter("$SHARE//a", no_local=True),
        lambda: ConnectPacket(""),
        lambda: ConnectPacket("", clean_start=False, session_expiry_interval=0),
        lambda: ConnectPacket("", password=b""),
        lambda: ConnectPacket("", username=""),
        lambda: ConnectPacket("", authentication_method=""),
        lambda: ConnAckPacket(authentication_data=b"d"),
        lambda: ConnAckPacket(session_present=True, reason_code=0x87),
        lambda: ConnAckPacket(assigned_client_id=""),
        lambda: AuthPacket(),
        lambda: AuthPacket(reason_str="no method with success"),
        lambda: DisconnectPacket(session_expiry_interval=0),
        lambda: PublishPacket("x" * 65535, b""),
        lambda: Will("x" * 65535, payload=bytes(65535), correlation_data=bytes(65535)),
        lambda: PubAckPacket(65535, reason_str="ä" * 32767 + "x"),
        lambda: SubscribePacket(1, [FILTER] * 1000),
    ],
)
def test_allowed(make: Callable[[], Any]) -> None:
    packet = make()
    if isinstance(packet, Will):
        packet = ConnectPacket("", will=packet)
    elif isinstance(packet, TopicFilter):
        packet = SubscribePacket(1, [packet])
    data = packet.write()
    assert mqtt5.read(data) == (packet, len(data))


# ------------------------------------------------------------------- write


@pytest.mark.parametrize("packet", [value for value in full() if isinstance(value, Packet)], ids=ids)
def test_write_and_read(packet: Any) -> None:
    data = packet.write()
    assert type(data) is bytes
    assert mqtt5.read(data) == (packet, len(data))
    assert mqtt5.read(data)[0].write() == data


@each_packet
def test_write_least(cls: Any) -> None:
    packet = least(cls)
    data = packet.write()
    assert data == bytes.fromhex(LEAST[cls.__name__])
    assert mqtt5.read(data) == (packet, len(data))


LEAST = {
    "ConnectPacket": "10 0e 0004 4d515454 05 00 0000 00 0001 63",
    "ConnAckPacket": "20 03 00 00 00",
    "PublishPacket": "30 04 0001 74 00",
    "PubAckPacket": "40 02 0001",
    "PubRecPacket": "50 02 0001",
    "PubRelPacket": "62 02 0001",
    "PubCompPacket": "70 02 0001",
    "SubscribePacket": "82 07 0001 00 0001 66 0a",
    "SubAckPacket": "90 04 0001 00 87",
    "UnsubscribePacket": "a2 06 0001 00 0001 66",
    "UnsubAckPacket": "b0 04 0001 00 00",
    "PingReqPacket": "c0 00",
    "PingRespPacket": "d0 00",
    "DisconnectPacket": "e0 00",
    "AuthPacket": "f0 02 00 00",
}


def test_write_takes_nothing() -> None:
    with pytest.raises(TypeError):
        PingReqPacket().write(1)
    with pytest.raises(TypeError):
        PingReqPacket().write(buffer=bytearray())
    assert PubAckPacket.write(PubAckPacket(1)) == PubAckPacket(1).write()
    for wrong in (None, 1, b"", Will("t")):
        with pytest.raises((TypeError, AttributeError)):
            PubAckPacket.write(wrong)


def test_a_will_without_payload_is_read_as_empty() -> None:
    packet, _ = mqtt5.read(ConnectPacket("c", will=Will("w")).write())
    assert packet == ConnectPacket("c", will=Will("w", payload=b""))


def test_present_but_empty_is_not_absent() -> None:
    for packet in (
        ConnectPacket("", username="", password=b"", authentication_method="", authentication_data=b""),
        ConnAckPacket(session_expiry_interval=0, server_keep_alive=0, reason_str="", authentication_data=b""),
        PublishPacket("t", b"", message_expiry_interval=0, content_type="", correlation_data=b""),
        DisconnectPacket(session_expiry_interval=0, server_reference="", reason_str=""),
        PubAckPacket(1, reason_str=""),
    ):
        again, _ = mqtt5.read(packet.write())
        assert again == packet
        assert again != least(type(packet))


def test_long_values() -> None:
    for packet in (
        PublishPacket("t", bytes(range(256)) * 10_000),
        PublishPacket("t" * 65535, b"", content_type="c" * 65535, correlation_data=bytes(65535)),
        PublishPacket("t", b"", user_properties=[("n" * 1000, "ü" * 1000)] * 500),
        PublishPacket("t", b"x", user_properties=[("", "")] * 20_000),
        PublishPacket("t", b"", subscription_ids=range(1, 50_000)),
        SubscribePacket(1, [TopicFilter(f"{i}/" + "x" * 300) for i in range(2000)]),
        UnsubscribePacket(1, ["\U0001f600" * 16383] * 30),
        SubAckPacket(1, [0x80] * 100_000),
        ConnectPacket("c" * 65535, username="u" * 65535, password=bytes(65535), will=Will("w", payload=bytes(65535))),
    ):
        data = packet.write()
        assert mqtt5.read(data) == (packet, len(data))
        assert mqtt5.read(bytearray(data) + b"\0") == (packet, len(data))


def test_a_packet_can_be_too_large() -> None:
    """The largest remaining length is 268,435,455; topic and properties of this packet take four bytes of it."""
    payload = bytes(268_435_455 - 4)
    data = PublishPacket("t", payload).write()
    assert len(data) == 5 + 268_435_455
    packet, size = mqtt5.read(data)
    assert size == len(data)
    assert packet.payload == payload
    del data, packet
    packet = PublishPacket("t", payload + b"x")
    with pytest.raises(ValueError, match="larger than the maximum packet size"):
        packet.write()
    del payload, packet
    with pytest.raises(ValueError, match="payload"):  # larger than any packet
        PublishPacket("t", bytes(268_435_456))


# -------------------------------------------------- packets changed by force


FORCED: list[object] = [
    None,
    0,
    1,
    -1,
    3,
    255,
    256,
    65536,
    2**32,
    2**64,
    True,
    1.5,
    float("nan"),
    "",
    "a",
    "\0",
    "\ud800",
    "#",
    "$share//",
    "x" * 65536,
    b"",
    b"a",
    bytes(65536),
    bytearray(b"a"),
    memoryview(b"a"),
    (),
    [],
    (0,),
    ("a",),
    ("a", "b"),
    (("a", "b"),),
    [("a", "b")],
    (("a", "\0"),),
    (("a",),),
    ((1, 2),),
    (None,),
    (b"a",),
    (256,),
    (-1,),
    (2**70,),
    (FILTER,),
    (FILTER, "a"),
    FILTER,
    Will("w"),
    PingReqPacket(),
    mqtt5.SubAckReasonCode.NOT_AUTHORIZED,
    mqtt5.DisconnectReasonCode.SERVER_MOVED,
    QoS.EXACTLY_ONCE,
    object(),
    Items(("a",)),
    Index(),
    dict,
    {},
    {"a": "b"},
    iter(()),
]


def forced(value: Any, **fields: object) -> Any:
    """A copy with these fields, which nobody has checked."""
    made = copy.copy(value)
    for name, field in fields.items():
        object.__setattr__(made, name, field)
    return made


def written(packet: Any) -> bytes | None:
    try:
        return packet.write()
    except (TypeError, ValueError) as error:
        assert str(error)  # noqa: PT017
        return None


def check_forced(packet: Any, right: Any) -> None:
    """A packet that was changed by force, and what a constructor makes of the same values: None if it refuses them.

    Then write() refuses them too, unless they are equal to right ones, as 1 is to True.
    """
    data = written(packet)
    if right is not None:
        assert data == right.write()
    elif data is not None:
        assert mqtt5.read(data)[0] == packet


def constructed(make: Callable[..., Any], fields: dict[str, Any]) -> Any:
    try:
        return make(**fields)
    except (TypeError, ValueError):
        return None


@pytest.mark.parametrize("packet", [value for value in full() if isinstance(value, Packet)], ids=ids)
def test_changed_by_force(packet: Any) -> None:
    fields = {field.name: getattr(packet, field.name) for field in dataclasses.fields(packet)}
    for name in fields:
        for value in FORCED:
            check_forced(forced(packet, **{name: value}), constructed(type(packet), fields | {name: value}))


@pytest.mark.parametrize("part", full()[:2], ids=ids)
def test_parts_changed_by_force(part: Any) -> None:
    fields = {field.name: getattr(part, field.name) for field in dataclasses.fields(part)}
    for name in fields:
        for value in FORCED:
            bad = forced(part, **{name: value})
            good = constructed(type(part), fields | {name: value})
            if isinstance(part, Will):
                check_forced(forced(ConnectPacket("c"), will=bad), good and ConnectPacket("c", will=good))
            else:
                packet = forced(SubscribePacket(1, [part]), topic_filters=(part, bad))
                check_forced(packet, good and SubscribePacket(1, [part, good]))


@pytest.mark.parametrize("packet", [value for value in full() if isinstance(value, Packet)], ids=ids)
def test_a_field_taken_away_by_force(packet: Any) -> None:
    for field in dataclasses.fields(packet):
        bare = copy.copy(packet)
        object.__delattr__(bare, field.name)
        with pytest.raises((AttributeError, TypeError, ValueError)):
            bare.write()
        with pytest.raises(AttributeError):
            getattr(bare, field.name)
        with pytest.raises(AttributeError):
            hash(bare)


@each_packet
def test_an_object_without_fields(cls: Any) -> None:
    bare = cls.__new__(cls)
    if dataclasses.fields(cls):
        with pytest.raises((AttributeError, TypeError, ValueError)):
            bare.write()
        with pytest.raises(AttributeError):
            repr(bare)
    else:
        assert bare.write() == cls().write()


@pytest.mark.parametrize("packet", [value for value in full() if isinstance(value, Packet)], ids=ids)
def test_lying_values_by_force(packet: Any) -> None:
    """Values that are not what they say: whatever write() makes of them, it is a packet or an exception."""
    for field in dataclasses.fields(packet):
        for value in (Text("a"), Liar("a"), Data(b"a"), Number(1), Items([Liar("a")]), Items([(Liar("a"), Text("b"))])):
            data = written(forced(packet, **{field.name: value}))
            if data is not None:
                assert mqtt5.read(data)[1] == len(data)


class Liar(str):
    """Says that it is short."""

    __slots__ = ()

    def encode(self, *_: object) -> bytes:  # type: ignore[override]
        return b"x" * 100_000

    def __len__(self) -> int:
        return 1


def test_a_refused_write_leaves_nothing_behind() -> None:
    packet = PublishPacket("t", b"payload", qos=1, packet_id=1)
    data = packet.write()
    for _ in range(100):
        with pytest.raises(ValueError, match="topic"):
            forced(packet, topic="#").write()
        with pytest.raises(TypeError, match="payload"):
            forced(packet, payload="x").write()
        assert packet.write() == data


def test_init_again_by_force() -> None:
    """__init__ is no way around the rules either."""
    packet = PublishPacket("t", b"")
    with pytest.raises(ValueError, match="topic"):
        packet.__init__("#", b"")  # type: ignore[misc]


# --------------------------------------------------------------- subclasses


class Plain(PublishPacket):
    pass


class Slotted(PublishPacket):
    __slots__ = ()


class Method(PublishPacket):
    __slots__ = ()

    def size(self) -> int:
        return len(self.payload)


class Init(PublishPacket):
    __slots__ = ()

    def __init__(self, number: int) -> None:
        super().__init__(f"number/{number}", str(number).encode(), qos=1, packet_id=number)


@dataclasses.dataclass(frozen=True, slots=True)
class Extra(PublishPacket):
    extra: int = dataclasses.field(default=0, kw_only=True)


@dataclasses.dataclass(frozen=True)
class OtherDefault(SubscribePacket):
    packet_id: int = 77
    topic_filters: tuple[TopicFilter, ...] = (FILTER,)


class Post(PublishPacket):
    __slots__ = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.topic.startswith("a"):
            raise ValueError("not with a")


@pytest.mark.parametrize("cls", [Plain, Slotted, Method, Post])
def test_subclass_that_adds_no_field(cls: Any) -> None:
    base = PublishPacket("a", b"b", qos=1, packet_id=2, user_properties=[("x", "y")])
    packet = cls("a", bytearray(b"b"), qos=1, packet_id=2, user_properties=[["x", "y"]])
    assert type(packet) is cls
    assert isinstance(packet, mqtt5.Packet)
    assert packet.write() == base.write()
    assert packet.packet_type is mqtt5.PacketType.PUBLISH
    assert type(mqtt5.read(packet.write())[0]) is PublishPacket
    assert packet == cls("a", b"b", qos=1, packet_id=2, user_properties=[("x", "y")])
    assert hash(packet) == hash(base)
    assert packet != base  # as for any dataclass: only the same class is equal
    assert base != packet
    assert packet.payload == b"b"
    assert type(packet.payload) is bytes
    assert packet.user_properties == (("x", "y"),)
    assert packet.qos is QoS.AT_LEAST_ONCE
    assert repr(packet) == repr(base).replace("PublishPacket", cls.__name__)
    assert type(dataclasses.replace(packet, topic="ab")) is cls
    for same in (copy.copy(packet), copy.deepcopy(packet), pickle.loads(pickle.dumps(packet))):
        assert same == packet
        assert type(same) is cls
    with pytest.raises(dataclasses.FrozenInstanceError):
        packet.topic = "z"
    match packet:
        case PublishPacket("a", b"b"):
            pass
        case _:
            pytest.fail("no match")


@pytest.mark.parametrize("cls", [Plain, Slotted, Method, Extra, Post])
def test_subclasses_are_checked(cls: Any) -> None:
    with pytest.raises(ValueError, match=rf"{cls.__name__}\.topic='#'"):
        cls("#", b"")
    with pytest.raises(TypeError, match=rf"{cls.__name__}\.payload must be"):
        cls("a", "text")
    with pytest.raises(TypeError, match="'payload'"):
        cls("a")
    with pytest.raises(TypeError, match="'nothing'"):
        cls("a", b"", nothing=1)
    packet = cls("a", b"")
    for change in ({"topic": "#"}, {"payload": 5}, {"topic": None}, {"qos": 7}):
        with pytest.raises((TypeError, ValueError)):
            forced(packet, **change).write()


def test_subclass_with_a_method() -> None:
    assert Method("a", b"123").size() == 3


def test_subclass_with_attributes_of_its_own() -> None:
    """As with any frozen dataclass: the fields are frozen, what a derived class adds is not."""
    packet = Plain("a", b"b")
    packet.note = "kept"
    assert packet.note == "kept"
    assert packet == Plain("a", b"b")
    del packet.note
    assert not hasattr(packet, "note")
    for name in ("topic", "payload", "user_properties"):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(packet, name, getattr(packet, name))
        with pytest.raises(dataclasses.FrozenInstanceError):
            delattr(packet, name)
    with pytest.raises(AttributeError):
        Slotted("a", b"b").note = "nowhere"


def test_subclass_with_an_init() -> None:
    packet = Init(5)
    assert packet.write() == PublishPacket("number/5", b"5", qos=1, packet_id=5).write()
    assert copy.copy(packet) == packet
    assert pickle.loads(pickle.dumps(packet)) == packet
    with pytest.raises(ValueError, match="packet_id=0"):
        Init(0)
    with pytest.raises(TypeError):
        Init("a", b"")  # type: ignore[call-arg, arg-type]


def test_subclass_with_a_field() -> None:
    packet = Extra("a", b"b", extra=5)
    assert packet.extra == 5
    assert packet.write() == PublishPacket("a", b"b").write()
    assert packet == Extra("a", b"b", extra=5)
    assert packet != Extra("a", b"b")
    assert hash(packet) != hash(Extra("a", b"b"))
    assert dataclasses.replace(packet, extra=6).extra == 6
    assert pickle.loads(pickle.dumps(packet)) == packet
    assert "extra=5" in repr(packet)
    assert not hasattr(packet, "__dict__")


def test_subclass_with_other_defaults() -> None:
    assert OtherDefault().write() == SubscribePacket(77, [FILTER]).write()
    assert OtherDefault(5).packet_id == 5
    with pytest.raises(ValueError, match="packet_id"):
        OtherDefault(0)
    with pytest.raises(ValueError, match="topic_filters"):
        OtherDefault(topic_filters=())


def test_subclass_with_a_post_init() -> None:
    with pytest.raises(ValueError, match="not with a"):
        Post("b", b"")


def test_subclasses_of_parts() -> None:
    class Filter(TopicFilter):
        __slots__ = ()

    class Testament(Will):
        __slots__ = ()

    assert SubscribePacket(1, [Filter("a")]).write() == SubscribePacket(1, [TopicFilter("a")]).write()
    assert ConnectPacket("c", will=Testament("w")).write() == ConnectPacket("c", will=Will("w")).write()
    with pytest.raises(ValueError, match=r"Filter\.pattern='#/'"):
        Filter("#/")
    with pytest.raises(ValueError, match=r"Testament\.topic"):
        Testament("")


def test_subclass_of_two() -> None:
    class Mixin:
        __slots__ = ()

        def hello(self) -> str:
            return "hello"

    class Mixed(Mixin, PubAckPacket):
        __slots__ = ()

    assert Mixed(1).hello() == "hello"
    assert Mixed(1).write() == PubAckPacket(1).write()


def test_a_class_that_is_no_packet_of_ours() -> None:
    class Own(Packet):
        __slots__ = ()

    with pytest.raises(TypeError):
        Own().write()
