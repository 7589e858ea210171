# SPDX-License-Identifier: MIT
"""Packets of this package in a conversation with Debian's mosquitto broker, 2.0: messages.

Most use a plain socket (peers.Link): what goes out is what write() gives, what comes in is read by a Decoder.
Each test states where mosquitto differs from the specification.
"""

import pytest
from conversation import MESSAGE, USER_PROPERTIES, MakeLink, content, publish, receive

import mqtt5
from mqtt5 import (
    DisconnectPacket,
    DisconnectReasonCode,
    PingReqPacket,
    PingRespPacket,
    PubAckPacket,
    PubAckReasonCode,
    PublishPacket,
    PubRecPacket,
    PubRecReasonCode,
    QoS,
    SubAckReasonCode,
    TopicFilter,
)


@pytest.mark.parametrize("granted", QoS)
@pytest.mark.parametrize("sent", QoS)
def test_every_quality_of_service(link: MakeLink, name: str, sent: QoS, granted: QoS) -> None:
    receiver, sender = link(), link()
    answer = receiver.subscribe(TopicFilter(name, max_qos=granted))
    assert answer.reason_codes == (SubAckReasonCode(granted),)
    packet = PublishPacket(name, b"payload", qos=sent, packet_id=0xFFFF if sent else None)
    publish(sender, packet)
    arrived = receive(receiver)
    expected = min(sent, granted)
    assert arrived == PublishPacket(name, b"payload", qos=expected, packet_id=arrived.packet_id)
    assert (arrived.packet_id is None) == (expected == 0)
    sender.nothing_more()
    receiver.nothing_more()


@pytest.mark.parametrize("qos", QoS)
def test_properties_arrive_unchanged(link: MakeLink, name: str, qos: QoS) -> None:
    receiver, sender = link(), link()
    receiver.subscribe(f"{name}/#", user_properties=USER_PROPERTIES, subscription_id=268_435_455)
    packet = PublishPacket(f"{name}/größe", "温度".encode(), qos=qos, packet_id=1 if qos else None, **MESSAGE)
    publish(sender, packet)
    arrived = receive(receiver)
    assert content(arrived) == content(packet)
    assert arrived.subscription_ids == (268_435_455,)
    receiver.nothing_more()


@pytest.mark.parametrize("field", MESSAGE)
def test_one_property_arrives_alone(link: MakeLink, name: str, field: str) -> None:
    it = link()
    it.subscribe(name)
    packet = PublishPacket(name, b"", **{field: MESSAGE[field]})
    it.send(packet)
    assert content(it.expect(PublishPacket)) == content(packet)
    it.nothing_more()


def test_empty_values_arrive(link: MakeLink, name: str) -> None:
    it = link()
    it.subscribe(name)
    packet = PublishPacket(name, b"", content_type="", correlation_data=b"", user_properties=[("", "")])
    it.send(packet)
    assert it.expect(PublishPacket) == packet


def test_unsuccessful_acknowledgements(link: MakeLink, name: str) -> None:
    it = link()
    it.send(PublishPacket(name, b"", qos=QoS.AT_LEAST_ONCE, packet_id=0x1234))
    unmatched = PubAckPacket(0x1234, reason_code=PubAckReasonCode.NO_MATCHING_SUBSCRIBERS)
    assert it.expect(PubAckPacket) == unmatched
    it.subscribe(name)
    publish(link(), PublishPacket(name, b"1", qos=QoS.EXACTLY_ONCE, packet_id=2))
    packet = it.expect(PublishPacket)
    it.send(PubRecPacket(packet.packet_id, reason_code=PubRecReasonCode.QUOTA_EXCEEDED, reason_str="full"))
    it.nothing_more()  # no PUBREL after a PUBREC that says no (4.3.3)


def test_subscription_identifiers(link: MakeLink, name: str) -> None:
    """Overlapping subscriptions: one copy for each, or one with all identifiers; the server may choose (3.3.4)."""
    it = link()
    it.subscribe(f"{name}/#", subscription_id=1)
    it.subscribe(f"{name}/+", subscription_id=128)
    it.subscribe(f"{name}/a", f"{name}/b", subscription_id=16_384)
    it.send(PublishPacket(f"{name}/a", b"x"), PingReqPacket())
    ids: list[int] = []
    while isinstance(packet := it.receive(), PublishPacket):
        assert packet.topic == f"{name}/a"
        ids += packet.subscription_ids
    assert isinstance(packet, PingRespPacket)
    assert sorted(ids) == [1, 128, 16_384]


def test_topic_alias_to_the_server(link: MakeLink, name: str) -> None:
    receiver, sender = link(), link()
    receiver.subscribe(f"{name}/+")
    sender.send(
        PublishPacket(f"{name}/a", b"1", topic_alias=1),
        PublishPacket(f"{name}/b", b"2", topic_alias=10),
        PublishPacket("", b"3", topic_alias=1),
        PublishPacket("", b"4", topic_alias=10),
        PublishPacket(f"{name}/c", b"5", topic_alias=1),
        PublishPacket("", b"6", topic_alias=1),
    )
    arrived = [receiver.expect(PublishPacket) for _ in range(6)]
    assert [(p.topic[-1], p.payload, p.topic_alias) for p in arrived] == [
        ("a", b"1", None),
        ("b", b"2", None),
        ("a", b"3", None),
        ("b", b"4", None),
        ("c", b"5", None),
        ("c", b"6", None),
    ]


def test_topic_alias_from_the_server(link: MakeLink, name: str) -> None:
    """mosquitto 2.0 uses none, 2.1 does; both are allowed (3.3.2.3.4), and every topic is known."""
    it = link(topic_alias_max=2)
    it.subscribe(f"{name}/+")
    topics = [f"{name}/{letter}" for letter in "abcabcaab"]
    it.send(*(PublishPacket(topic, b"") for topic in topics))
    known: dict[int | None, str] = {}
    for topic in topics:
        packet = it.expect(PublishPacket)
        assert packet.topic_alias in (None, 1, 2)
        if packet.topic:
            known[packet.topic_alias] = packet.topic
        else:
            assert packet.topic_alias is not None
        assert (packet.topic or known[packet.topic_alias]) == topic


@pytest.mark.parametrize(
    ("alias", "reason_codes"),
    [
        (11, [DisconnectReasonCode.TOPIC_ALIAS_INVALID]),
        # Never set: a Protocol Error (3.3.2.3.4).
        (1, [DisconnectReasonCode.PROTOCOL_ERROR]),
    ],
)
def test_topic_alias_is_refused(link: MakeLink, alias: int, reason_codes: list[DisconnectReasonCode]) -> None:
    it = link()
    it.send(PublishPacket("", b"", topic_alias=alias))
    assert it.expect(DisconnectPacket).reason_code in reason_codes
    assert it.receive() is None


def test_receive_maximum_is_kept(link: MakeLink, name: str) -> None:
    receiver, sender = link(receive_max=1), link()
    receiver.subscribe(name)
    for packet_id in (1, 2, 3):
        publish(sender, PublishPacket(name, b"%d" % packet_id, qos=QoS.AT_LEAST_ONCE, packet_id=packet_id))
    for payload in (b"1", b"2", b"3"):
        packet = receiver.expect(PublishPacket)
        assert packet.payload == payload
        receiver.nothing_more()
        receiver.send(PubAckPacket(packet.packet_id))


def test_maximum_packet_size_is_kept(link: MakeLink, name: str) -> None:
    """A packet of exactly the size arrives, a larger one is dropped [MQTT-3.1.2-24].

    Larger by more than its fixed header, which mosquitto 2.0.11 does not count (3.1.2.11.4).
    """
    it = link(max_packet_size=500)
    it.decoder = mqtt5.Decoder(max_packet_size=500)
    it.subscribe(name)
    exact = PublishPacket(name, bytes(500 - len(PublishPacket(name, bytes(200)).write()) + 200))
    assert len(exact.write()) == 500
    it.send(PublishPacket(name, exact.payload + b"1234"), exact)
    assert it.expect(PublishPacket) == exact
    it.nothing_more()
