# SPDX-License-Identifier: MIT
"""RabbitMQ 4 and packets of this package. scripts/rabbitmq runs it, with the port in MQTT5_RABBITMQ; not part of CI.

Each test states where RabbitMQ differs from mosquitto or from the specification.
"""

import os

import pytest
from conversation import MESSAGE, MakeLink, content, publish, receive

import mqtt5
from mqtt5 import ConnectPacket, DisconnectPacket, PubAckPacket, PubAckReasonCode, PublishPacket, QoS, TopicFilter, Will

LEVELS = [QoS.AT_MOST_ONCE, QoS.AT_LEAST_ONCE]


@pytest.fixture(scope="session")
def broker() -> int:
    """The port of RabbitMQ: `link` connects to it."""
    return int(os.environ["MQTT5_RABBITMQ"])


def test_connack_announces_limits(link: MakeLink) -> None:
    one = link(connect=False)
    connack = one.connect(session_expiry_interval=100)
    assert connack.max_qos is QoS.AT_LEAST_ONCE
    assert connack.assigned_client_id
    assert connack.session_expiry_interval in (None, 100)
    assert connack.max_packet_size
    assert not connack.shared_subscription_available
    assert connack.topic_alias_max == 16


@pytest.mark.parametrize("qos", LEVELS)
def test_message_keeps_all_properties(link: MakeLink, name: str, qos: QoS) -> None:
    sender, receiver = link(), link()
    receiver.subscribe(TopicFilter(f"{name}/+", max_qos=QoS.AT_LEAST_ONCE), subscription_id=268_435_455)
    sent = PublishPacket(f"{name}/größe", "温度".encode(), qos=qos, packet_id=1 if qos else None, **MESSAGE)
    publish(sender, sent)
    message = receive(receiver)
    assert content(message) == content(sent)
    assert message.subscription_ids == (268_435_455,)


def test_qos_2_subscription_is_granted_1(link: MakeLink, name: str) -> None:
    assert link().subscribe(TopicFilter(name, max_qos=QoS.EXACTLY_ONCE)).reason_codes == (QoS.AT_LEAST_ONCE,)


def test_topic_alias_is_resolved(link: MakeLink, name: str) -> None:
    sender, receiver = link(), link()
    receiver.subscribe(TopicFilter(name))
    for topic in (name, "", ""):
        sender.send(PublishPacket(topic, b"x", topic_alias=3))
    assert [receive(receiver).topic for _ in range(3)] == [name] * 3


def test_retained_message_is_sent_to_new_subscriber(link: MakeLink, name: str) -> None:
    sender, receiver = link(), link()
    sender.send(PublishPacket(name, b"kept", qos=1, packet_id=1, retain=True))
    assert sender.expect(PubAckPacket).reason_code is PubAckReasonCode.NO_MATCHING_SUBSCRIBERS
    receiver.subscribe(TopicFilter(name))
    message = receive(receiver)
    assert (message.payload, message.retain) == (b"kept", True)
    publish(sender, PublishPacket(name, b"", qos=1, packet_id=1, retain=True))


def test_will_keeps_all_properties(link: MakeLink, name: str) -> None:
    receiver, lost = link(), link(connect=False)
    receiver.subscribe(TopicFilter(name))
    will = Will(name, payload=b"gone", qos=1, **MESSAGE)
    lost.connect(will=will)
    lost.close()
    assert content(receive(receiver)) == content(will)


@pytest.mark.parametrize(
    ("data", "reason_code"),
    [
        (bytes.fromhex("36 06 0001 61 0001 00"), None),  # QoS 3: closed without DISCONNECT
        (PublishPacket("a", b"", topic_alias=17).write(), 0x94),
        (PublishPacket("a", b"", qos=2, packet_id=1).write(), 0x9B),
        (ConnectPacket("b").write(), None),
    ],
)
def test_bad_packet_ends_connection(link: MakeLink, data: bytes, reason_code: int | None) -> None:
    one = link()
    one.send(data)
    if reason_code is not None:
        assert one.expect(DisconnectPacket).reason_code == reason_code
    assert one.receive() is None


def test_goodbye_ends_connection(link: MakeLink) -> None:
    one = link()
    one.nothing_more()
    one.send(mqtt5.DisconnectPacket(reason_str="bye"))
    assert one.receive() is None


def test_dot_and_star_are_taken_for_separator_and_wildcard(link: MakeLink, name: str) -> None:
    """RabbitMQ keeps topics as routing keys of AMQP, so the topic that arrives is not even a topic name."""
    sender, receiver = link(), link()
    receiver.subscribe(TopicFilter(f"{name}/+"))
    sender.send(PublishPacket(f"{name}.a", b"1"), PublishPacket(f"{name}/*", b"2"))
    assert receive(receiver).topic == f"{name}/a"
    with pytest.raises(mqtt5.DecodeError, match="PUBLISH topic"):
        receiver.receive()
