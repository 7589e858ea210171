# SPDX-License-Identifier: MIT
"""sender= and from_start=: what each side may not send, the first packet of a connection, and a second CONNECT.

tests/vectors has what the sender decides in one packet; here is what read() and a Decoder make of it.
"""

from typing import Any

import pytest
from samples import full_packets
from streams import PING, fed

import mqtt5
from mqtt5 import (
    AuthPacket,
    ConnAckPacket,
    ConnectPacket,
    DecodeError,
    Decoder,
    DisconnectPacket,
    PingReqPacket,
    PublishPacket,
    read,
)

#: The types of packets that one side may send (2.1.2).
ONLY = {
    "client": {"ConnectPacket", "SubscribePacket", "UnsubscribePacket", "PingReqPacket"},
    "server": {"ConnAckPacket", "SubAckPacket", "UnsubAckPacket", "PingRespPacket"},
}
OTHER = {"client": "server", "server": "client"}


@pytest.mark.parametrize("sender", ["client", "server"])
@pytest.mark.parametrize("cls", sorted({type(packet) for packet in full_packets()}, key=lambda cls: cls.__name__))
def test_type_of_other_side_refused(sender: Any, cls: type[Any]) -> None:
    data = next(packet for packet in full_packets() if type(packet) is cls).write()
    refused = cls.__name__ in ONLY[OTHER[sender]]
    for arrived in (data, data[:5]) if refused else ():
        with pytest.raises(DecodeError) as caught:  # as soon as the length has arrived
            read(arrived, sender=sender)
        assert (caught.value.reason_code, caught.value.field) == (0x82, "packet_type")
        assert (caught.value.packet_type, caught.value.packet_size) == (cls.packet_type, len(data))
    if cls.__name__ in ONLY[sender]:
        assert read(data, sender=sender)[0] == read(data)[0]
    assert read(data, sender=None)[0] == read(data)[0]


@pytest.mark.parametrize(
    ("packet", "sender", "field"),
    [
        (PublishPacket("t", b"", subscription_ids=[1]), "server", "subscription_ids"),
        (DisconnectPacket(session_expiry_interval=1), "client", "session_expiry_interval"),
        (DisconnectPacket(server_reference="s"), "server", "server_reference"),
        (DisconnectPacket(reason_code=0x04), "client", "reason_code"),
        (DisconnectPacket(reason_code=0x8B), "server", "reason_code"),
        (AuthPacket(reason_code=0x19, authentication_method="m"), "client", "reason_code"),
    ],
)
def test_value_of_other_side_refused(packet: Any, sender: Any, field: str) -> None:
    assert read(packet.write(), sender=sender)[0] == packet
    with pytest.raises(DecodeError) as caught:
        read(packet.write(), sender=OTHER[sender])
    assert (caught.value.reason_code, caught.value.field) == (0x82, field)


@pytest.mark.parametrize("wrong", ["", "Client", "broker", b"client", 1, True, ["client"]])
def test_unknown_sender_refused(wrong: Any) -> None:
    error = ValueError if isinstance(wrong, str) else TypeError
    for call in (lambda: read(PING, sender=wrong), lambda: Decoder(sender=wrong)):
        with pytest.raises(error, match=r'sender.*"client", "server" or None'):
            call()


CONNECT, CONNACK = ConnectPacket("c"), ConnAckPacket()
AUTH = AuthPacket(reason_code=0x18, authentication_method="m")
MESSAGE = PublishPacket("t", b"p")


def outcome(packets: list[Any], **arguments: Any) -> list[Any]:
    """What a Decoder gives for these packets; the reason codes of those that it refuses."""
    decoder = fed(b"".join(packet.write() for packet in packets), **arguments)
    found: list[Any] = []
    while True:
        try:
            found += decoder
        except DecodeError as error:
            found.append(error.reason_code)
            decoder.skip()
        else:
            return found


@pytest.mark.parametrize(
    ("sender", "sent", "found"),
    [
        ("client", [CONNECT, MESSAGE, CONNECT, MESSAGE], [CONNECT, MESSAGE, 0x82, MESSAGE]),
        ("client", [MESSAGE, CONNECT, MESSAGE], [0x82, CONNECT, MESSAGE]),
        ("client", [AUTH, CONNECT, AUTH], [0x82, CONNECT, AUTH]),
        ("server", [CONNACK, MESSAGE, CONNACK], [CONNACK, MESSAGE, 0x82]),
        ("server", [AUTH, AUTH, CONNACK, AUTH], [AUTH, AUTH, CONNACK, AUTH]),
        ("server", [MESSAGE, CONNACK, MESSAGE], [0x82, CONNACK, MESSAGE]),
        ("server", [CONNECT, CONNACK], [0x82, CONNACK]),
        (None, [MESSAGE, CONNECT, CONNACK, CONNECT], [MESSAGE, CONNECT, CONNACK, CONNECT]),
    ],
)
def test_connection_read_from_its_start(sender: Any, sent: list[Any], found: list[Any]) -> None:
    assert outcome(sent, sender=sender) == found


@pytest.mark.parametrize(
    ("sender", "sent", "found"),
    [
        ("client", [MESSAGE, MESSAGE, CONNECT], [MESSAGE, MESSAGE, 0x82]),
        ("client", [CONNECT, CONNECT], [CONNECT, 0x82]),
        ("client", [CONNACK, CONNECT, MESSAGE], [0x82, CONNECT, MESSAGE]),
        ("server", [MESSAGE, CONNACK], [MESSAGE, 0x82]),
        ("server", [CONNACK, MESSAGE, CONNACK], [CONNACK, MESSAGE, 0x82]),
    ],
)
def test_connection_joined_later(sender: Any, sent: list[Any], found: list[Any]) -> None:
    assert outcome(sent, sender=sender, from_start=False) == found


def test_read_does_not_know_the_connection() -> None:
    for packet in (CONNECT, MESSAGE, CONNECT):
        assert read(packet.write(), sender="client")[0] == packet


@pytest.mark.parametrize("data", [b"POST / HTTP/1.1\r\n", b"PRI * HTTP/2.0\r\n", b"PROXY TCP4 "])
@pytest.mark.parametrize("size", [1, 2, 3, 4, 100])
def test_foreign_bytes_refused_at_once(data: bytes, size: int) -> None:
    """Without a sender, they begin a PUBREC of about 80 bytes."""

    def read_start(decoder: Decoder) -> None:
        for at in range(0, 8, size):
            decoder.feed(data[at : at + size])
            assert list(decoder) == []

    read_start(Decoder())
    for from_start in (True, False):
        with pytest.raises(DecodeError):
            read_start(Decoder(sender="client", from_start=from_start))


def test_decoder_of_new_connection_begins_anew() -> None:
    decoder = fed(CONNECT.write(), sender="client")
    assert list(decoder) == [CONNECT]
    decoder.__init__(sender="client")  # type: ignore[misc]
    decoder.feed(CONNECT.write() + PING)
    assert list(decoder) == [CONNECT, PingReqPacket()]


def test_lenient_reading_keeps_rules_of_sender() -> None:
    with pytest.raises(DecodeError):
        read(PublishPacket("t", b"", subscription_ids=[1]).write(), sender="client", strict=False)
    assert mqtt5.read(bytes.fromhex("4003000795"), sender="server", strict=False)[0].lenient
