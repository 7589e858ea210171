# SPDX-License-Identifier: MIT
"""Packets of this package in a conversation with Debian's mosquitto broker, 2.0: sizes and chunks.

Most use a plain socket (peers.Link): what goes out is what write() gives, what comes in is read by a Decoder.
Each test states where mosquitto differs from the specification.
"""

import random
from typing import Any

import pytest
from conversation import MESSAGE, MakeLink, content, publish, receive
from peers import WAIT

from mqtt5 import (
    ConnectPacket,
    PingReqPacket,
    PingRespPacket,
    PubAckPacket,
    PublishPacket,
    PubRelPacket,
    QoS,
    SubscribePacket,
    TopicFilter,
)


@pytest.mark.parametrize("qos", QoS)
def test_large_payload(link: MakeLink, name: str, qos: QoS) -> None:
    receiver, sender = link(), link()
    receiver.subscribe(name)
    packet = PublishPacket(name, random.Random(2).randbytes(1 << 20), qos=qos, packet_id=9 if qos else None)
    publish(sender, packet)
    assert content(receive(receiver)) == content(packet)


def test_many_packets_in_one_write(link: MakeLink, name: str) -> None:
    it = link()
    it.subscribe(TopicFilter(name, max_qos=QoS.AT_MOST_ONCE))
    packets = [
        PublishPacket(name, b"%d" % number, qos=number % 2, packet_id=number if number % 2 else None)
        for number in range(2000)
    ]
    it.send(*packets, PingReqPacket())
    arrived, acknowledged = [], []
    while not isinstance(packet := it.receive(), PingRespPacket):
        if isinstance(packet, PublishPacket):
            arrived.append(packet.payload)
        else:
            assert isinstance(packet, PubAckPacket)
            acknowledged.append(packet.packet_id)
    assert arrived == [packet.payload for packet in packets]
    assert acknowledged == [packet.packet_id for packet in packets if packet.packet_id]


def test_byte_by_byte(link: MakeLink, name: str) -> None:
    """Both ways: bytes leave one at a time, and the decoder is fed one at a time."""
    it = link(connect=False)
    packet = PublishPacket(name, b"payload", qos=QoS.EXACTLY_ONCE, packet_id=5, **MESSAGE)
    for each in (ConnectPacket(name), SubscribePacket(4, [TopicFilter(name)]), packet, PubRelPacket(5)):
        for byte in each.write():
            it.send(bytes([byte]))
    it.socket.settimeout(WAIT)
    arrived: list[Any] = []
    while not any(isinstance(each, PublishPacket) for each in arrived) or len(arrived) < 5:
        data = it.socket.recv(1)
        assert data
        it.decoder.feed(data)
        arrived += it.decoder
    kinds = sorted(type(each).__name__ for each in arrived)
    assert kinds == ["ConnAckPacket", "PubCompPacket", "PubRecPacket", "PublishPacket", "SubAckPacket"]
    assert content(next(each for each in arrived if isinstance(each, PublishPacket))) == content(packet)
