# SPDX-License-Identifier: MIT
"""PublishTemplate: equal to replace() and write() for every delivery, and its errors are the same."""

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mqtt5
from mqtt5 import PubAckPacket, PublishPacket, PublishTemplate, QoS

PACKETS = [
    PublishPacket("t", b"payload"),
    PublishPacket("größe/t", b"", retain=True, user_properties=[("a", "b"), ("", "")], content_type="text"),
    PublishPacket("", b"x" * 70_000, topic_alias=3, subscription_ids=[1, 200, 268_435_455]),
    PublishPacket("t", b"p", qos=1, packet_id=4, duplicate=True, message_expiry_interval=0, correlation_data=b"\0"),
    PublishPacket("t" * 65_535, b"", qos=2, packet_id=1, user_properties=[("n" * 60_000, "v")] * 3),
    mqtt5.read(bytes.fromhex("3006000174020102"), strict=False)[0],
]


def outcome(call: Any) -> Any:
    try:
        return call()
    except (TypeError, ValueError) as error:
        return type(error), str(error)


def replaced(packet: Any, delivery: dict[str, Any]) -> Any:
    """What the documentation of the template promises."""
    own = {"packet_id": None, "duplicate": False}
    given = {name: value for name, value in delivery.items() if value is not ... or name in own}
    return packet.replace(**given, **{name: value for name, value in own.items() if name not in given})


#: Right and wrong values of each argument.
VALUES: dict[str, list[Any]] = {
    "packet_id": [1, 65_535, None, 0, 65_536, "1", ...],
    "qos": [..., 0, QoS.AT_LEAST_ONCE, 2, 3, "1", None],
    "retain": [..., True, False, 1],
    "duplicate": [False, True, None, ...],
    "topic_alias": [..., None, 1, 65_535, 0, 65_536],
    "subscription_ids": [..., None, (), [5], [1, 300, 70_000], range(1, 200), [0], [1, "2"], 5, "1"],
    "message_expiry_interval": [..., None, 0, 0xFFFFFFFF, -1],
}
DELIVERIES = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in VALUES.items()})
TEMPLATES = [PublishTemplate(packet) for packet in PACKETS]


def check_delivery(packet: PublishPacket, template: PublishTemplate, delivery: dict[str, Any]) -> None:
    expected = outcome(lambda: replaced(packet, delivery).write())
    assert outcome(lambda: template.write(**delivery)) == expected
    assert outcome(lambda: b"".join(template.write_parts(**delivery))) == expected


@given(st.sampled_from(range(len(PACKETS))), DELIVERIES)
def test_template_equals_replace(which: int, delivery: dict[str, Any]) -> None:
    check_delivery(PACKETS[which], TEMPLATES[which], delivery)


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("others", [{}, {"qos": 1, "packet_id": 7}], ids=["alone", "valid"])
def test_template_equals_replace_for_each_value(name: str, others: dict[str, Any]) -> None:
    for packet, template in zip(PACKETS, TEMPLATES, strict=True):
        for value in VALUES[name]:
            check_delivery(packet, template, {**others, name: value})


def test_template_writes_each_delivery() -> None:
    template = PublishTemplate(PublishPacket("t", b"p", qos=1, packet_id=9, duplicate=True))
    assert template.write(packet_id=1) == PublishPacket("t", b"p", qos=1, packet_id=1).write()
    again = template.write(packet_id=1, duplicate=True, topic_alias=2, message_expiry_interval=3, subscription_ids=[4])
    assert mqtt5.read(again)[0] == PublishPacket(
        "t",
        b"p",
        qos=QoS.AT_LEAST_ONCE,
        packet_id=1,
        duplicate=True,
        topic_alias=2,
        message_expiry_interval=3,
        subscription_ids=[4],
    )
    assert template.write(qos=0, retain=True) == PublishPacket("t", b"p", retain=True).write()


def test_packet_id_and_dup_never_of_packet() -> None:
    template = PublishTemplate(PublishPacket("t", b"", qos=1, packet_id=9, duplicate=True))
    with pytest.raises(ValueError, match=r"PublishPacket\.packet_id=None: a packet identifier"):
        template.write()
    assert template.write(packet_id=5)[0] == 0x32


def test_template_parts_share_payload() -> None:
    payload = bytes(100_000)
    template = PublishTemplate(PublishPacket("t", payload))
    assert all(template.write_parts(qos=1, packet_id=i)[1] is payload for i in range(1, 5))


def test_template_of_iterator_as_of_list() -> None:
    template = PublishTemplate(PublishPacket("t", b""))
    assert template.write(subscription_ids=iter([1, 2])) == template.write(subscription_ids=[1, 2])
    with pytest.raises(ValueError, match=r"subscription_ids\[1\]=0"):
        template.write(subscription_ids=(number for number in (1, 0)))


@pytest.mark.parametrize("wrong", [None, PubAckPacket(1), PublishPacket, b"", PublishPacket("t", b"").write()])
def test_template_of_other_object_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match="packet must be a PublishPacket, not"):
        PublishTemplate(wrong)


def test_template_of_subclass_like_its_packet() -> None:
    class Message(PublishPacket):
        pass

    assert PublishTemplate(Message("t", b"p")).write() == PublishPacket("t", b"p").write()

    class Text(PublishPacket):
        def __new__(cls, text: str) -> "Text":
            return super().__new__(cls, "t", text.encode())

    template = PublishTemplate(Text("p"))
    assert template.write(qos=1, packet_id=5) == PublishPacket("t", b"p", qos=1, packet_id=5).write()
    with pytest.raises(ValueError, match="packet_id=5: a packet with QoS 0 must not have"):
        template.write(packet_id=5)


def test_template_immutable_and_not_copied() -> None:
    template = PublishTemplate(packet=PublishPacket("t", b"p"))
    data = template.write()
    for change in (
        lambda: copy.copy(template),
        lambda: copy.deepcopy(template),
        lambda: pickle.dumps(template),
    ):
        with pytest.raises(TypeError, match="cannot pickle or copy 'PublishTemplate' object"):
            change()
    with pytest.raises(AttributeError):
        template.packet = None  # type: ignore[attr-defined]
    assert template.write() == data


@pytest.mark.parametrize("name", ["write", "write_parts"])
def test_template_called_with_wrong_arguments_refused(name: str) -> None:
    write = getattr(PublishTemplate(PublishPacket("t", b"")), name)
    with pytest.raises(TypeError):
        write(1)
    with pytest.raises(TypeError, match="payload"):
        write(payload=b"")
    with pytest.raises(TypeError):
        PublishTemplate()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        PublishTemplate(PublishPacket("t", b""), 1)  # type: ignore[call-arg]
