# SPDX-License-Identifier: MIT
"""Arguments that act while they are converted: they change others, make packets, release their buffer."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import mqtt5
from mqtt5 import (
    ConnectPacket,
    Decoder,
    PublishPacket,
    PublishTemplate,
    QoS,
    SubAckPacket,
    TopicFilter,
)


class Act:
    """An integer that does something when it is asked for its value."""

    def __init__(self, action: Callable[[], object], value: int = 1) -> None:
        self.action = action
        self.value = value

    def __index__(self) -> int:
        self.action()
        return self.value

    def __repr__(self) -> str:
        self.action()
        return "Act"


def test_each_argument_of_template_converted_once() -> None:
    calls: list[int] = []
    template = PublishTemplate(PublishPacket("t", b""))
    for delivery in ({"packet_id": 5}, {"packet_id": 0}, {"topic_alias": 0}, {"subscription_ids": [Act(int, 0)]}):
        name, value = next(iter(delivery.items()))
        given: Any = {name: Act(lambda: calls.append(1), value) if isinstance(value, int) else value}
        with pytest.raises(ValueError, match=name):
            template.write(**given)
        assert len(calls) == isinstance(value, int)
        calls.clear()


@pytest.mark.parametrize("name", ["max_packet_size", "max_list_items"])
def test_limit_converted_once(name: str) -> None:
    values = iter([5, 0, -1])
    limit: Any = type("Limit", (), {"__index__": lambda self: next(values)})()
    assert getattr(Decoder(**{name: limit}), name) == 5
    with pytest.raises(TypeError, match=f"{name} must be an int or None, not type: <class 'int'>"):
        Decoder(**{name: int})
    liar: Any = type("Liar", (int,), {"__lt__": lambda self, other: False})(-3)
    with pytest.raises(ValueError, match=f"{name}=-3: must be at least 1"):
        Decoder(**{name: liar})


def test_buffer_resized_by_later_argument_copied() -> None:
    """The buffer is not locked then: no BufferError, and its earlier content counts."""
    for action in (bytearray.clear, lambda buffer: buffer.extend(b"x" * 10_000)):
        buffer = bytearray(b"secret" * 100)
        packet = ConnectPacket("c", password=buffer, keep_alive=Act(lambda: action(buffer)))  # noqa: B023
        assert packet.password == b"secret" * 100
        assert packet.keep_alive == 1


def test_view_released_by_another_argument() -> None:
    view = memoryview(bytearray(b"secret"))
    packet = ConnectPacket("c", password=view, keep_alive=Act(view.release))
    assert packet.password == b"secret"
    view = memoryview(bytearray(b"secret"))
    with pytest.raises(ValueError, match="released"):
        ConnectPacket("c", keep_alive=Act(view.release), authentication_method="m", authentication_data=view)


def test_list_changed_during_conversion() -> None:
    """As with any iteration over a list: what it has when its turn comes."""
    numbers: list[Any] = []
    numbers += [Act(numbers.clear), 2, 3]
    assert PublishPacket("t", b"", subscription_ids=numbers).subscription_ids == (1,)
    numbers = []
    numbers += [Act(lambda: numbers.extend([7] * 1000)), 2]
    assert PublishPacket("t", b"", subscription_ids=numbers).subscription_ids == (1, 2, *[7] * 1000)
    codes: list[Any] = [0] * 100
    codes[50] = Act(lambda: codes.__delitem__(slice(None)))
    with pytest.raises(TypeError, match=r"reason_codes\[50\]"):
        SubAckPacket(1, codes)


def test_dict_changed_during_conversion_refused() -> None:
    numbers: dict[Any, None] = {}
    numbers[Act(lambda: numbers.setdefault(len(numbers)))] = None
    with pytest.raises(RuntimeError, match="changed size"):
        PublishPacket("t", b"", subscription_ids=numbers)


def test_pair_changed_during_conversion_refused() -> None:
    pair: list[Any] = ["a", "b"]

    def pairs() -> Iterator[Any]:
        yield pair
        pair.clear()
        yield pair

    with pytest.raises(TypeError, match=r"user_properties\[1\]"):
        PublishPacket("t", b"", user_properties=pairs())


def test_conversion_that_constructs_packets() -> None:
    def nested(depth: int) -> PublishPacket:
        inner = Act(lambda: depth and nested(depth - 1), depth + 1)
        packet = PublishPacket("t", b"", qos=1, packet_id=inner, user_properties=[("a", "b")])
        assert mqtt5.read(packet.write())[0] == packet
        return packet

    assert nested(50).packet_id == 51


def test_conversion_without_end_raises_recursion_error() -> None:
    def endless() -> object:
        return PublishPacket("t", b"", qos=1, packet_id=Act(endless))

    with pytest.raises(RecursionError):
        endless()
    assert PublishPacket("t", b"", qos=1, packet_id=1).write() == bytes.fromhex("3206000174000100")


@pytest.mark.parametrize("number", [3, 77, 255, 256, -1, 2**64])
def test_number_outside_enum_refused(number: int) -> None:
    """An object of the enum's class that is not a member."""
    imposter = int.__new__(QoS, number)
    for make in (
        lambda: PublishPacket("t", b"", qos=imposter, packet_id=1),
        lambda: TopicFilter("t", max_qos=imposter),
        lambda: SubAckPacket(1, [0, int.__new__(mqtt5.SubAckReasonCode, number)]),
    ):
        with pytest.raises(ValueError, match=str(number)):
            make()


def test_number_inside_enum_stored_as_member() -> None:
    packet = PublishPacket("t", b"", qos=int.__new__(QoS, 1), packet_id=1)
    assert packet.qos is QoS.AT_LEAST_ONCE


def test_keyword_freed_during_call_constructs() -> None:
    """How a class was called is remembered; to forget the names of the call before may call it again."""

    class Name(str):
        def __del__(self) -> None:
            PublishPacket("other", b"inside", qos=1, packet_id=3, retain=True)
            PublishPacket(payload=b"inside", topic="other")

    for _ in range(3):
        PublishPacket(**{Name("topic"): "t", "payload": b""})
        packet = PublishPacket("topic", payload=b"payload")
        assert (packet.topic, packet.payload, packet.qos, packet.retain) == ("topic", b"payload", 0, False)
        packet = PublishPacket(topic="topic", payload=b"payload", qos=1, packet_id=2)
        assert (packet.topic, packet.payload, packet.qos, packet.packet_id) == ("topic", b"payload", 1, 2)
