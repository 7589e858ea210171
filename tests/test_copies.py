# SPDX-License-Identifier: MIT
"""copy, replace, and what the dataclasses module does with packets."""

import copy
import dataclasses
import inspect
import pprint
import re
import sys
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from samples import (
    FILTER,
    FULL,
    SECRETS,
    each_class,
    each_sample,
    fields_of,
    least,
    names_of,
    without_secrets,
)

import mqtt5
from mqtt5 import (
    ConnectPacket,
    PubAckPacket,
    PublishPacket,
    SubscribePacket,
    TopicFilter,
    Will,
)


@each_sample
def test_copy_of_object_equal(value: Any) -> None:
    for same in (copy.copy(value), copy.deepcopy(value), copy.deepcopy([value])[0]):
        assert same == value
        assert type(same) is type(value)
        assert same.__class__ is value.__class__


@each_sample
def test_copy_of_immutable_object_is_itself(value: Any) -> None:
    assert copy.copy(value) is value
    assert copy.deepcopy(value) is value


replacers: list[Callable[..., Any]] = [dataclasses.replace, lambda value, **changes: value.replace(**changes)]
if sys.version_info >= (3, 13):
    replacers.append(copy.replace)
each_replace = pytest.mark.parametrize("replace", replacers, ids=["dataclasses", "method", "copy"][: len(replacers)])


@each_replace
def test_replace_with_changes_checked(replace: Callable[..., Any]) -> None:
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


@each_replace
@each_sample
def test_replace_of_each_field_gives_constructed(replace: Callable[..., Any], value: Any) -> None:
    assert replace(value) == value
    assert type(replace(value)) is type(value)
    fields = fields_of(value)
    for name, default in fields_of(least(type(value))).items():
        try:
            expected = type(value)(**{**fields, name: default})
        except ValueError as error:
            with pytest.raises(ValueError, match=re.escape(str(error))):
                replace(value, **{name: default})
        else:
            assert replace(value, **{name: default}) == expected
    assert fields_of(value) == fields


@each_replace
def test_replace_of_packet_read_encodes_changes(replace: Callable[..., Any]) -> None:
    packet, _ = mqtt5.read(FULL[PublishPacket].write())
    changed = replace(packet, packet_id=7, payload=bytearray(b"other"))
    assert (changed.packet_id, changed.payload, type(changed.payload)) == (7, b"other", bytes)
    assert mqtt5.read(changed.write())[0] == changed
    assert packet == FULL[PublishPacket]


def test_replace_with_positional_argument_refused() -> None:
    with pytest.raises(TypeError, match="argument"):
        PubAckPacket(1).replace(2)  # type: ignore[call-arg]


def test_replace_with_alias_changes_field() -> None:
    packet = SubscribePacket(1, [FILTER])
    assert packet.replace(subscriptions=[TopicFilter("other")]) == SubscribePacket(1, [TopicFilter("other")])


@each_sample
def test_fields_of_dataclass_as_documented(value: Any) -> None:
    """fields(), asdict(), astuple() and is_dataclass() of the class and of an object."""
    cls = type(value)
    assert dataclasses.is_dataclass(cls)
    assert dataclasses.is_dataclass(value)
    parameters = inspect.signature(cls).parameters
    fields = dataclasses.fields(cls)
    assert fields == dataclasses.fields(value)
    assert [field.name for field in fields] == list(parameters)
    for field, parameter in zip(fields, parameters.values(), strict=True):
        default = dataclasses.MISSING if parameter.default is parameter.empty else parameter.default
        assert (field.default, field.default_factory) == (default, dataclasses.MISSING)
        assert field.kw_only is (parameter.kind is parameter.KEYWORD_ONLY)
        assert (field.init, field.repr) == (True, field.name not in SECRETS)  # False for secrets
        assert field.type == parameter.annotation


def test_asdict_and_astuple_of_nested_packet() -> None:
    packet = FULL[ConnectPacket]
    found = dataclasses.asdict(packet)
    assert list(found) == list(inspect.signature(ConnectPacket).parameters)
    assert found["will"] == fields_of(packet.will)
    assert found["user_properties"] == packet.user_properties
    assert ConnectPacket(**{**found, "will": Will(**found["will"])}) == packet
    assert dataclasses.astuple(PubAckPacket(1)) == (1, 0, None, ())


@each_sample
def test_pprint_of_object_is_expression(value: Any) -> None:
    bare = without_secrets(value)
    assert eval(pprint.pformat(bare), {}, vars(mqtt5)) == bare
    assert eval(pprint.pformat([bare] * 2, width=20), {}, vars(mqtt5)) == [bare] * 2


@each_class
def test_getmembers_of_class_and_object(cls: Any) -> None:
    """Debuggers, documentation generators and mock ask for every attribute, and expect AttributeError at most."""
    names = set(names_of(cls))
    assert names <= {name for name, _ in inspect.getmembers(least(cls))}
    assert names <= {name for name, _ in inspect.getmembers(cls)}
    assert "replace" in dir(mock.create_autospec(cls, instance=True))
