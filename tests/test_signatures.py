# SPDX-License-Identifier: MIT
"""Signatures, calls, defaults, public names and documentation of the classes.

The table is typed from the description of the API; nothing is taken from the package.
"""

import ast
import dataclasses
import inspect
import re
from pathlib import Path
from typing import Any

import pytest
from samples import CLASSES, REQUIRED, each_class, each_packet, least
from test_enums import ENUMS

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
    SubAckPacket,
    SubscribePacket,
    TopicFilter,
    UnsubAckPacket,
    UnsubscribePacket,
    Will,
)

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


@each_class
def test_signature(cls: type) -> None:
    parameters = inspect.signature(cls).parameters.values()
    plain = inspect.Signature([parameter.replace(annotation=parameter.empty) for parameter in parameters])
    assert str(plain) == f"({SIGNATURES[cls]})"


@each_class
def test_parameters_annotated_and_fields(cls: type) -> None:
    parameters = inspect.signature(cls).parameters
    assert list(parameters) == [field.name for field in dataclasses.fields(cls)]
    assert all(parameter.annotation is not parameter.empty for parameter in parameters.values())


@each_class
def test_calls_follow_the_signature(cls: type) -> None:
    """The class accepts the calls that a Python function with this signature accepts, and no others."""
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


def test_public_names_all_present() -> None:
    exceptions = {"Error", "IncompleteError", "DecodeError", "PacketTooLarge"}
    functions = {
        "Decoder",
        "PublishTemplate",
        "read",
        "topic_matches",
        "Packet",
        "BasePacket",
        "engine",
        "get_include",
        "get_sources",
    }
    helpers = {"TopicAliasReceiver", "TopicAliasSender", "TopicTree"}
    helpers |= {"check_topic_filter", "check_topic_name", "split_shared"}
    assert set(mqtt5.__all__) == {cls.__name__ for cls in CLASSES} | set(ENUMS) | exceptions | functions | helpers
    assert all(hasattr(mqtt5, name) for name in mqtt5.__all__)
    assert mqtt5.__all__ == sorted(mqtt5.__all__, key=mqtt5.__all__.index)
    namespace: dict[str, object] = {}
    exec("from mqtt5 import *", namespace)
    assert set(mqtt5.__all__) <= set(namespace)


@pytest.mark.parametrize(
    "value",
    [mqtt5, *(getattr(mqtt5, name) for name in mqtt5.__all__ if name not in {"engine", "Packet", *ENUMS})],
)
def test_documented(value: Any) -> None:
    assert value.__doc__
    assert not value.__doc__.startswith(f"{value.__name__}(")  # which is what dataclass makes up


@each_packet
def test_packet_type(cls: Any) -> None:
    name = cls.__name__.removesuffix("Packet").upper()
    assert cls.packet_type is mqtt5.PacketType[name]
    assert least(cls).packet_type is cls.packet_type


def test_documentation_of_methods_is_that_of_their_source() -> None:
    """The native engine has the texts of its methods in C."""
    for cls, name, home in (
        (mqtt5.PublishPacket, "replace", "_engine"),
        (mqtt5.PublishPacket, "lenient", "_engine"),
        (mqtt5.PublishPacket, "packet_size", "_engine"),
        (mqtt5.PublishPacket, "write", "_engine"),
        (mqtt5.PublishPacket, "write_parts", "_engine"),
        (mqtt5.Decoder, "feed", "stream"),
        (mqtt5.Decoder, "skip", "stream"),
        (mqtt5.Decoder, "max_packet_size", "stream"),
        (mqtt5.PublishTemplate, "write", "template"),
        (mqtt5.PublishTemplate, "write_parts", "template"),
    ):
        tree = ast.parse(Path(mqtt5.__file__).with_name(f"{home}.py").read_text(encoding="utf-8"))
        text, *_ = [ast.get_docstring(f) for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) and f.name == name]
        assert inspect.getdoc(getattr(cls, name)) == text
