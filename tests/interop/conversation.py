# SPDX-License-Identifier: MIT
"""Shared by the tests with mosquitto: messages with all properties, and their handshakes."""

from collections.abc import Callable
from typing import Any

import samples
from peers import Link

from mqtt5 import (
    PubAckPacket,
    PubCompPacket,
    PublishPacket,
    PubRecPacket,
    PubRelPacket,
    QoS,
    Will,
)

MakeLink = Callable[..., Link]

USER_PROPERTIES = samples.USER_PROPERTIES
#: The broker counts the expiry interval down.
MESSAGE = {**samples.MESSAGE, "message_expiry_interval": 4000, "correlation_data": bytes(range(256))}


def publish(link: Link, packet: PublishPacket) -> None:
    """Sends a PUBLISH and completes the handshake of its QoS."""
    link.send(packet)
    if packet.qos is QoS.AT_LEAST_ONCE:
        assert link.expect(PubAckPacket) == PubAckPacket(packet.packet_id)
    elif packet.qos is QoS.EXACTLY_ONCE:
        assert link.expect(PubRecPacket) == PubRecPacket(packet.packet_id)
        link.send(PubRelPacket(packet.packet_id))
        assert link.expect(PubCompPacket) == PubCompPacket(packet.packet_id)


def receive(link: Link) -> PublishPacket:
    """The next PUBLISH, with the handshake of its QoS completed."""
    packet = link.expect(PublishPacket)
    if packet.qos is QoS.AT_LEAST_ONCE:
        link.send(PubAckPacket(packet.packet_id))
    elif packet.qos is QoS.EXACTLY_ONCE:
        link.send(PubRecPacket(packet.packet_id))
        assert link.expect(PubRelPacket) == PubRelPacket(packet.packet_id)
        link.send(PubCompPacket(packet.packet_id))
    return packet


def content(packet: PublishPacket | Will) -> dict[str, Any]:
    """The fields that a broker forwards unchanged. It subtracts the waiting time from the expiry (3.3.2.3.3)."""
    fields = {field: getattr(packet, field) for field in ("topic", "payload", "qos", *MESSAGE)}
    if fields["message_expiry_interval"] is not None:
        assert 3900 <= fields["message_expiry_interval"] <= 4000
        fields["message_expiry_interval"] = 4000
    return fields
