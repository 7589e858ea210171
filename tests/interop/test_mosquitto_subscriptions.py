# SPDX-License-Identifier: MIT
"""Packets of this package in a conversation with Debian's mosquitto broker, 2.0: subscriptions.

Most use a plain socket (peers.Link): what goes out is what write() gives, what comes in is read by a Decoder.
Each test states where mosquitto differs from the specification.
"""

import random

import pytest
from conversation import USER_PROPERTIES, MakeLink, publish

import mqtt5
from mqtt5 import (
    PingReqPacket,
    PingRespPacket,
    PubAckPacket,
    PublishPacket,
    QoS,
    RetainHandling,
    SubAckReasonCode,
    SubscribePacket,
    TopicFilter,
    UnsubAckPacket,
    UnsubAckReasonCode,
    UnsubscribePacket,
)


def test_shared_subscription(link: MakeLink, name: str) -> None:
    members = [link(), link()]
    for member in members:
        assert member.subscribe(f"$share/group/{name}/+").reason_codes == (SubAckReasonCode.GRANTED_QOS_EXACTLY_ONCE,)
    sender = link()
    for number in range(20):
        publish(sender, PublishPacket(f"{name}/{number}", b"", qos=QoS.AT_LEAST_ONCE, packet_id=number + 1))
    shares: list[list[str]] = []
    for member in members:
        member.send(PingReqPacket())
        share = []
        while isinstance(packet := member.receive(), PublishPacket):
            share.append(packet.topic)
            member.send(PubAckPacket(packet.packet_id))
        assert isinstance(packet, PingRespPacket)
        shares.append(share)
    assert all(shares), "every member has its share"
    assert sorted(shares[0] + shares[1]) == sorted(f"{name}/{number}" for number in range(20))


def test_retained_messages(link: MakeLink, name: str) -> None:
    it = link()
    kept = PublishPacket(name, b"kept", retain=True, content_type="x")
    it.send(kept)
    it.subscribe(name)
    assert it.expect(PublishPacket) == kept
    it.subscribe(name)
    assert it.expect(PublishPacket) == kept
    it.subscribe(TopicFilter(name, retain_handling=RetainHandling.SEND_IF_SUBSCRIPTION_NOT_EXISTS))
    it.nothing_more()
    new = f"{name}/#"  # it matches the parent level too (4.7.1.2)
    it.subscribe(TopicFilter(new, retain_handling=RetainHandling.SEND_NEVER))
    it.nothing_more()
    it.send(UnsubscribePacket(1, [name, new]))
    assert it.expect(UnsubAckPacket).reason_codes == (UnsubAckReasonCode.SUCCESS,) * 2
    it.subscribe(TopicFilter(new, retain_handling=RetainHandling.SEND_IF_SUBSCRIPTION_NOT_EXISTS))
    assert it.expect(PublishPacket) == kept
    it.send(PublishPacket(name, b"", retain=True))
    assert it.expect(PublishPacket) == PublishPacket(name, b"", retain=True)
    it.subscribe(name)
    it.nothing_more()  # an empty payload has removed it (3.3.1.3)


@pytest.mark.parametrize("as_published", [False, True])
def test_retain_as_published(link: MakeLink, name: str, as_published: bool) -> None:
    it = link()
    it.subscribe(TopicFilter(name, retain_as_published=as_published))
    it.send(PublishPacket(name, b"x", retain=True), PublishPacket(name, b"", retain=True))
    assert [it.expect(PublishPacket).retain for _ in range(2)] == [as_published] * 2


@pytest.mark.parametrize("no_local", [False, True])
def test_no_local(link: MakeLink, name: str, no_local: bool) -> None:
    it = link()
    it.subscribe(TopicFilter(name, no_local=no_local))
    it.send(PublishPacket(name, b""))
    if not no_local:
        assert it.expect(PublishPacket) == PublishPacket(name, b"")
    it.nothing_more()


def test_many_filters_in_one_packet(link: MakeLink, name: str) -> None:
    it = link()
    random.seed(1)
    qualities = [random.choice(list(QoS)) for _ in range(300)]
    filters = [TopicFilter(f"{name}/{number}/+", max_qos=qos) for number, qos in enumerate(qualities)]
    it.send(SubscribePacket(0xFFFF, filters, user_properties=USER_PROPERTIES))
    answer = it.expect(mqtt5.SubAckPacket)
    assert answer == mqtt5.SubAckPacket(0xFFFF, [SubAckReasonCode(qos) for qos in qualities])
    it.send(UnsubscribePacket(0xFFFE, [f.pattern for f in filters[::2]] + ["other"], user_properties=USER_PROPERTIES))
    gone = [UnsubAckReasonCode.SUCCESS] * 150 + [UnsubAckReasonCode.NO_SUBSCRIPTION_EXISTED]
    assert it.expect(UnsubAckPacket) == UnsubAckPacket(0xFFFE, gone)
    it.send(PublishPacket(f"{name}/298/a", b""), PublishPacket(f"{name}/299/a", b""))
    assert it.expect(PublishPacket).topic == f"{name}/299/a"
    it.nothing_more()
