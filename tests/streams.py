# SPDX-License-Identifier: MIT
"""A stream of packets, and Decoders that were fed, for the tests of the Decoder. It does not know what is tested."""

from typing import Any

import mqtt5
from mqtt5 import Decoder, PingReqPacket, PubAckPacket, PublishPacket

SENT = [
    mqtt5.ConnectPacket("client", will=mqtt5.Will("w", payload=b"p"), user_properties=[("a", "b")]),
    PublishPacket("topic", b"payload" * 40, qos=1, packet_id=1),
    PingReqPacket(),
    PubAckPacket(1),
    mqtt5.SubscribePacket(2, [mqtt5.TopicFilter("a/#"), mqtt5.TopicFilter("$share/n/f")]),
    PublishPacket("t", b""),
    mqtt5.DisconnectPacket(),
]
STREAM = b"".join(packet.write() for packet in SENT)
PING = PingReqPacket().write()
BAD = bytes.fromhex("3804 0001 74 00".replace(" ", ""))  # DUP with QoS 0


def fed(*chunks: Any, **arguments: Any) -> Decoder:
    decoder = Decoder(**arguments)
    for chunk in chunks:
        decoder.feed(chunk)
    return decoder
