# SPDX-License-Identifier: MIT
"""Packets of this package in a conversation with Debian's mosquitto broker, 2.0: packets that it refuses.

Most use a plain socket (peers.Link): what goes out is what write() gives, what comes in is read by a Decoder.
Each test states where mosquitto differs from the specification.
"""

import pytest
from conversation import MakeLink
from peers import Link

import mqtt5
from mqtt5 import (
    ConnAckPacket,
    DisconnectPacket,
    PingReqPacket,
    PingRespPacket,
    PubAckPacket,
    PublishPacket,
)

CLOSED = -1  #: The connection ends without a DISCONNECT or CONNACK; 4.13.1 would have one sent.
ACCEPTED = -2  #: The packet is taken as if nothing were wrong with it.

# Bytes, and which answers of mosquitto 2.0 other than our reason code are known. It was 2.0.11 that gave them; a later
# one may come nearer to the specification, so our own reason code is always right.
REFUSED: list[tuple[str, str, list[int]]] = [
    # Nothing known: mosquitto gives the reason code that we give.
    ("PUBLISH with QoS 3 [MQTT-3.3.1-4]", "36 06 000174 0001 00", []),
    ("PUBLISH: topic with U+0000 [MQTT-1.5.4-2]", "30 05 0001 00 00 70", []),
    ("PUBLISH: topic with a surrogate [MQTT-1.5.4-1]", "30 07 0003 eda080 00 70", []),
    ("PUBLISH: topic with an overlong form [MQTT-1.5.4-1]", "30 06 0002 c080 00 70", []),
    ("PUBLISH: topic longer than the packet [3.3.2]", "30 03 0005 61", []),
    ("PUBLISH: no property length [3.3.2.3.1]", "30 03 0001 61", []),
    ("PUBLISH: property of CONNECT [2.2.2.2]", "30 09 000174 05 1100000001", []),
    ("PUBLISH: property that there is not [2.2.2.2]", "30 06 000174 02 0400", []),
    ("PUBLISH: empty topic, no alias [3.3.2.1]", "30 03 0000 00", []),
    ("SUBSCRIBE with flags 0 [MQTT-3.8.1-1]", "80 07 0001 00 000166 00", []),
    ("SUBSCRIBE: filter a/#/b [MQTT-4.7.1-1]", "82 0b 0001 00 0005 612f232f62 00", []),
    ("SUBSCRIBE: filter a+ [MQTT-4.7.1-2]", "82 08 0001 00 0002 612b 00", []),
    ("SUBSCRIBE: reserved option [MQTT-3.8.3-5]", "82 07 0001 00 000166 40", []),
    ("SUBSCRIBE: no options [3.8.3]", "82 06 0001 00 000166", []),
    ("UNSUBSCRIBE with flags 0 [MQTT-3.10.1-1]", "a0 06 0001 00 000166", []),
    ("UNSUBSCRIBE: filter #a [MQTT-4.7.1-1]", "a2 07 0001 00 0002 2361", []),
    # 0x81 where the specification says Protocol Error, 0x82.
    ("SUBSCRIBE: QoS 3 [3.8.3.1]", "82 07 0001 00 000166 03", [0x81]),
    ("SUBSCRIBE: retain handling 3 [3.8.3.1]", "82 07 0001 00 000166 30", [0x81]),
    ("SUBSCRIBE without filters [MQTT-3.8.3-2]", "82 03 0001 00", [0x81]),
    ("SUBSCRIBE: subscription identifier 0 [3.8.2.1.2]", "82 09 0001 02 0b00 000166 00", [0x81]),
    ("UNSUBSCRIBE without filters [MQTT-3.10.3-2]", "a2 03 0001 00", [0x81]),
    # No code is named [MQTT-2.2.1-3]; we say 0x82.
    ("SUBSCRIBE: packet identifier 0 [MQTT-2.2.1-3]", "82 07 0000 00 000166 00", [0x81]),
    ("UNSUBSCRIBE: packet identifier 0 [MQTT-2.2.1-3]", "a2 06 0000 00 000166", [0x81]),
    # 0x81 where the specification says 0x94.
    ("PUBLISH: topic alias 0 [3.3.2.3.4]", "30 07 000174 03 230000 70", [0x81]),
    # 0x82 where the specification has a reserved value, and the packet cannot be parsed: 0x81 (4.13.1).
    ("packet type 0 [2.1.2]", "00 00", [0x82]),
    # No code is named [MQTT-3.3.2-2]; we say 0x81.
    ("PUBLISH: topic a/# [MQTT-3.3.2-2]", "30 07 0003 612f23 00 70", [0x82]),
    # The right answer but for the DISCONNECT.
    ("PUBREL with flags 0 [MQTT-3.6.1-1]", "60 02 0001", [CLOSED]),
    ("DISCONNECT with flags 1 [MQTT-3.14.1-1]", "e1 00", [CLOSED]),
    ("AUTH with flags 1 [MQTT-3.15.1-1]", "f1 02 1800", [CLOSED]),
    ("DISCONNECT: reason code 0x01 [3.14.2.1]", "e0 01 01", [CLOSED]),
    ("PUBACK: property of CONNECT [2.2.2.2]", "40 09 0001 00 05 1100000001", [CLOSED]),
    ("PUBACK: half a packet identifier [3.4.2]", "40 01 00", [CLOSED]),
    ("PUBACK: packet identifier 0 [2.2.1]", "40 02 0000", [CLOSED]),
    ("PUBLISH: content type twice [3.3.2.3.9]", "30 0c 000174 08 03000161 03000162", [CLOSED]),
    ("SUBSCRIBE: two subscription identifiers [3.8.2.1.2]", "82 0b 0001 04 0b01 0b02 000166 00", [CLOSED]),
    ("a fifth byte of remaining length [2.1.4]", "30 ffffffff 01", [CLOSED]),
    ("CONNECT with flags 1 [MQTT-2.1.3-1]", "11 0d 0004 4d515454 05 02 003c 00 0000", [CLOSED]),
    ("CONNECT: reserved flag [MQTT-3.1.2-3]", "10 0d 0004 4d515454 05 03 003c 00 0000", [CLOSED]),
    ("CONNECT: Will QoS 3 [MQTT-3.1.2-12]", "10 14 0004 4d515454 05 1e 003c 00 0000 00 000177 000170", [CLOSED]),
    ("CONNECT: Will flags, no Will [MQTT-3.1.2-11]", "10 0d 0004 4d515454 05 0a 003c 00 0000", [CLOSED]),
    ("CONNECT: shortened [3.1.2]", "10 0b 0004 4d515454 05 02 003c 00", [CLOSED]),
    ("CONNECT: client identifier with U+0000 [MQTT-1.5.4-2]", "10 0e 0004 4d515454 05 02 003c 00 0001 00", [CLOSED]),
    ("CONNECT: receive maximum 0 [3.1.2.11.3]", "10 10 0004 4d515454 05 02 003c 03 210000 0000", [CLOSED]),
    ("CONNECT: maximum packet size 0 [3.1.2.11.4]", "10 12 0004 4d515454 05 02 003c 05 2700000000 0000", [CLOSED]),
    ("CONNECT: request problem info 2 [3.1.2.11.7]", "10 0f 0004 4d515454 05 02 003c 02 1702 0000", [CLOSED]),
    ("CONNECT: expiry twice [3.1.2.11.2]", "10 17 0004 4d515454 05 02 003c 0a 1100000001 1100000001 0000", [CLOSED]),
    ("CONNECT: property of PUBLISH [2.2.2.2]", "10 10 0004 4d515454 05 02 003c 03 230001 0000", [CLOSED]),
    ("CONNECT: Will topic + [3.1.3.3]", "10 14 0004 4d515454 05 06 003c 00 0000 00 00012b 000170", [CLOSED]),
    ("CONNECT: bytes left over [2.1.4]", "10 0e 0004 4d515454 05 02 003c 00 0000 00", [CLOSED]),
    # What mosquitto does not look at.
    ("PUBLISH: DUP with QoS 0 [MQTT-3.3.1-2]", "38 04 000174 00", [ACCEPTED]),
    ("PUBLISH: response topic with a wildcard [MQTT-3.3.2-14]", "30 08 000174 04 08000123", [ACCEPTED]),
    ("PUBLISH: payload format 2 [3.3.2.3.2]", "30 06 000174 02 0102", [ACCEPTED]),
    ("PUBLISH: a length that is not minimal [MQTT-1.5.5-1]", "30 8400 000174 00", [ACCEPTED]),
    ("PUBACK with flags 1 [MQTT-2.1.3-1]", "41 02 0001", [ACCEPTED]),
    ("PUBACK: reason code 0x01 [3.4.2.1]", "40 03 0001 01", [ACCEPTED]),
    ("PINGREQ with flags 1 [MQTT-2.1.3-1]", "c1 00", [ACCEPTED]),
    ("PINGREQ with a body [3.12.2]", "c0 01 00", [ACCEPTED]),
    ("SUBSCRIBE: $share/+/a [MQTT-4.8.2-2]", "82 10 0001 00 000a 2473686172652f2b2f61 00", [ACCEPTED]),
    ("CONNECT: data, no method [3.1.2.11.10]", "10 11 0004 4d515454 05 02 003c 04 16000178 0000", [ACCEPTED]),
    ("CONNECT: a length that is not minimal [MQTT-1.5.5-1]", "10 8d00 0004 4d515454 05 02 003c 00 0000", [ACCEPTED]),
]


def answer_of(it: Link) -> int:
    """The reason code with which the server refuses, CLOSED or ACCEPTED."""
    while True:
        match it.receive():
            case None:
                return CLOSED
            case DisconnectPacket(reason_code=reason_code):
                assert it.receive() is None
                return reason_code
            case ConnAckPacket(reason_code=reason_code) if reason_code:
                assert it.receive() is None
                return reason_code
            case PublishPacket() | mqtt5.SubAckPacket() | PubAckPacket():
                pass  # a packet that was accepted has consequences
            case PingRespPacket():
                return ACCEPTED


@pytest.mark.parametrize(("hexadecimal", "known"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_refused_packets(link: MakeLink, hexadecimal: str, known: list[int]) -> None:
    data = bytes.fromhex(hexadecimal)
    with pytest.raises(mqtt5.DecodeError) as ours:
        mqtt5.read(data)
    it = link(connect=False)
    if data[0] >> 4 != 1:
        it.connect()
    it.send(data)
    if ACCEPTED in known:
        # Only then: after a packet that was refused, it would make the server's kernel reset the connection.
        it.send(PingReqPacket())
    assert answer_of(it) in [ours.value.reason_code, *known]
