# SPDX-License-Identifier: MIT
"""Derived classes that add behaviour: methods, attributes, __init__, __new__; and what they may not add."""

import copy
import dataclasses
import inspect
import pickle
from typing import Any

import pytest
from samples import (
    FILTER,
    FULL,
    each_class,
    fields_of,
    names_of,
    packet_with,
)

import mqtt5
from mqtt5 import (
    BasePacket,
    ConnectPacket,
    PubAckPacket,
    PublishPacket,
    QoS,
    SubscribePacket,
    TopicFilter,
    Will,
)


class Plain(PublishPacket):
    pass


class Slotted(PublishPacket):
    __slots__ = ()


class Method(PublishPacket):
    __slots__ = ()

    def size(self) -> int:
        return len(self.payload)


class Own(PublishPacket):
    """Takes other arguments, and says how to construct a copy."""

    __slots__ = ()

    def __new__(cls, number: int) -> Any:
        return super().__new__(cls, f"number/{number}", str(number).encode(), qos=1, packet_id=number)

    def __getnewargs_ex__(self) -> Any:
        return (self.packet_id,), {}


class Init(PublishPacket):
    """Gets the same arguments in __init__() as __new__() does."""

    def __init__(self, topic: str, payload: bytes, **fields: Any) -> None:
        super().__init__()
        self.seen = topic, payload, fields


@pytest.mark.parametrize("cls", [Plain, Slotted, Method])
def test_subclass_without_fields_behaves_like_base(cls: Any) -> None:
    base = PublishPacket("a", b"b", qos=1, packet_id=2, user_properties=[("x", "y")])
    packet = cls("a", bytearray(b"b"), qos=1, packet_id=2, user_properties=[["x", "y"]])
    assert type(packet) is cls
    assert isinstance(packet, mqtt5.Packet)
    assert isinstance(packet, BasePacket)
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


@pytest.mark.parametrize("cls", [Plain, Slotted, Method, Init])
def test_subclass_with_wrong_arguments_refused(cls: Any) -> None:
    with pytest.raises(ValueError, match=r"PublishPacket\.topic='#'"):
        cls("#", b"")
    with pytest.raises(TypeError, match=r"PublishPacket\.payload must be"):
        cls("a", "text")
    with pytest.raises(TypeError, match="'payload'"):
        cls("a")
    with pytest.raises(TypeError, match="'nothing'"):
        cls("a", b"", nothing=1)


def test_subclass_with_method_calls_it() -> None:
    assert Method("a", b"123").size() == 3


def test_subclass_attributes_set_but_fields_frozen() -> None:
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


def test_subclass_with_attributes_copied_keeps_them() -> None:
    packet: Any = Plain("a", b"b")
    packet.note, packet.itself = ["kept"], packet
    for same in (copy.copy(packet), copy.deepcopy(packet), pickle.loads(pickle.dumps(packet))):
        assert same is not packet
        assert (type(same), same, same.note) == (Plain, packet, ["kept"])
    assert copy.copy(packet).note is packet.note
    assert copy.deepcopy(packet).note is not packet.note
    deep = copy.deepcopy(packet)
    assert deep.itself is deep
    assert not hasattr(packet.replace(topic="c"), "note")


def test_subclass_with_init_gets_same_arguments() -> None:
    packet = Init("a", b"b", qos=1, packet_id=2)
    assert packet.seen == ("a", b"b", {"qos": 1, "packet_id": 2})
    assert packet.write() == PublishPacket("a", b"b", qos=1, packet_id=2).write()
    assert packet == Init("a", b"b", qos=1, packet_id=2)
    assert pickle.loads(pickle.dumps(packet)).seen == packet.seen
    assert copy.deepcopy(packet).seen == packet.seen
    assert packet.replace(topic="c").topic == "c"
    assert dataclasses.replace(packet, topic="c").topic == "c"


def test_subclass_with_init_that_raises() -> None:
    class Picky(PublishPacket):
        def __init__(self, *_: Any, **__: Any) -> None:
            if not self.topic.startswith("a"):
                raise ValueError("not with a")

    assert Picky("ab", b"").topic == "ab"
    with pytest.raises(ValueError, match="not with a"):
        Picky("b", b"")


def test_subclass_with_new_takes_other_arguments() -> None:
    packet = Own(5)
    assert type(packet) is Own
    assert packet.write() == PublishPacket("number/5", b"5", qos=1, packet_id=5).write()
    for same in (copy.copy(packet), copy.deepcopy(packet), pickle.loads(pickle.dumps(packet))):
        assert (type(same), same) == (Own, packet)
    with pytest.raises(ValueError, match="packet_id=0"):
        Own(0)
    with pytest.raises(TypeError):
        Own("a", b"")  # type: ignore[call-arg, arg-type]


def test_subclass_signature_is_its_own() -> None:
    assert list(inspect.signature(Own).parameters) == ["number"]
    assert list(inspect.signature(Init).parameters) == ["topic", "payload", "fields"]
    for cls in (Plain, Slotted, Method):
        assert inspect.signature(cls) == inspect.signature(PublishPacket)


@pytest.mark.parametrize("options", [{}, {"frozen": True}, {"frozen": True, "slots": True}, {"init": False}], ids=str)
@each_class
def test_subclass_as_dataclass_refused(cls: Any, options: dict[str, Any]) -> None:
    """The same error on both engines, with or without fields."""
    text = f"a class derived from {cls.__name__} cannot be a dataclass: it may add behaviour, but no fields"
    for annotations in ({}, {"extra": int}, {next(iter(names_of(cls)), "x"): int}):
        derived = type("Derived", (cls,), {"__annotations__": annotations})
        with pytest.raises(TypeError) as caught:
            dataclasses.dataclass(**options)(derived)
        assert str(caught.value) == text


def test_subclass_with_annotations_adds_no_field() -> None:
    class Annotated(PubAckPacket):
        note: str = "default"

    assert names_of(Annotated) == names_of(PubAckPacket)
    assert Annotated(1).note == "default"
    with pytest.raises(TypeError, match="'note'"):
        Annotated(1, note="x")  # type: ignore[call-arg]


def test_subclass_with_mixin_has_both() -> None:
    class Mixin:
        __slots__ = ()

        def hello(self) -> str:
            return "hello"

    class Mixed(Mixin, PubAckPacket):
        __slots__ = ()

    assert Mixed(1).hello() == "hello"
    assert Mixed(1).write() == PubAckPacket(1).write()


@pytest.mark.parametrize("holder", [SubscribePacket, ConnectPacket])
def test_component_of_subclass_is_object_held(holder: Any) -> None:
    class Filter(TopicFilter):
        pass

    class LastWill(Will):
        pass

    if holder is SubscribePacket:
        component: Any = Filter("a")
        packet = SubscribePacket(1, [component])
        assert packet.topic_filters[0] is component
        assert packet.write() == SubscribePacket(1, [TopicFilter("a")]).write()
    else:
        component = LastWill("a")
        packet = ConnectPacket("c", will=component)
        assert packet.will is component
        assert packet.write() == ConnectPacket("c", will=Will("a")).write()
    component.note = packet
    assert component.note.write() == packet.write()
    with pytest.raises(ValueError, match=r"TopicFilter\.pattern='#/'"):
        Filter("#/")
    with pytest.raises(ValueError, match=r"Will\.topic"):
        LastWill("")


@each_class
def test_subclass_of_each_class_behaves(cls: Any) -> None:
    derived = type("Derived", (cls,), {"double": lambda self: (self, self)})
    value = derived(**fields_of(FULL[cls]))
    assert value.double() == (value, value)
    assert fields_of(value) == fields_of(FULL[cls])
    assert packet_with(value).write() == packet_with(FULL[cls]).write()
    assert isinstance(value, cls)
    assert repr(value) == repr(FULL[cls]).replace(cls.__name__, "Derived", 1)


def test_subclass_of_subclass_constructed() -> None:
    class Second(Init):
        def __init__(self, *arguments: Any, **keywords: Any) -> None:
            super().__init__(*arguments, **keywords)
            self.second = True

    packet = Second("a", payload=b"b")
    assert (packet.second, packet.seen) == (True, ("a", b"b", {}))
    assert packet.write() == PublishPacket("a", b"b").write()


def test_alias_of_topic_filters_accepted() -> None:
    """The name in PyPI's mqtt5 up to 0.6, which aiomqtt 3.0.0a1 uses."""
    packet = SubscribePacket(1, subscriptions=[FILTER])
    assert packet == SubscribePacket(1, [FILTER])
    assert packet.subscriptions is packet.topic_filters
    assert SubscribePacket(packet_id=1, subscriptions=[FILTER], subscription_id=5).subscription_id == 5
    assert "subscriptions" not in repr(packet)
    assert "subscriptions" not in names_of(SubscribePacket)
    assert mqtt5.Subscription is TopicFilter
    for arguments, keywords in (
        ((1, [FILTER]), {"subscriptions": [FILTER]}),
        ((1,), {"subscriptions": [FILTER], "topic_filters": [FILTER]}),
    ):
        with pytest.raises(TypeError, match="multiple values for argument"):
            SubscribePacket(*arguments, **keywords)
    with pytest.raises(AttributeError):
        packet.subscriptions = ()
