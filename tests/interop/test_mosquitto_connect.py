# SPDX-License-Identifier: MIT
"""Packets of this package in a conversation with Debian's mosquitto broker, 2.0: connections and sessions.

Most use a plain socket (peers.Link): what goes out is what write() gives, what comes in is read by a Decoder.
Each test states where mosquitto differs from the specification.
"""

from pathlib import Path
from typing import Any

import pytest
from conversation import MESSAGE, USER_PROPERTIES, MakeLink, content, publish, receive
from peers import Link, mosquitto

import mqtt5
from mqtt5 import (
    AuthPacket,
    AuthReasonCode,
    ConnAckPacket,
    ConnAckReasonCode,
    ConnectPacket,
    DisconnectPacket,
    DisconnectReasonCode,
    PublishPacket,
    QoS,
    Will,
)


def test_connect_with_every_field(link: MakeLink, name: str) -> None:
    it = link(connect=False)
    answer = it.connect(
        name,
        username="Jürgen",
        password=b"\x00\xff",
        will=Will(f"{name}/will", payload=b"gone", qos=QoS.EXACTLY_ONCE, retain=True, will_delay_interval=1, **MESSAGE),
        keep_alive=60,
        session_expiry_interval=3600,
        request_problem_info=False,
        request_response_info=True,
        receive_max=7,
        topic_alias_max=3,
        max_packet_size=100_000,
        user_properties=USER_PROPERTIES,
    )
    assert answer == ConnAckPacket(receive_max=20, topic_alias_max=10)
    it.nothing_more()
    it.send(DisconnectPacket())
    assert it.receive() is None


@pytest.mark.parametrize(
    "fields",
    [
        {"username": "u"},
        {"password": b"p"},
        {"keep_alive": 65535},
        {"session_expiry_interval": 0xFFFFFFFF},
        {"request_problem_info": False},
        {"request_response_info": True},
        {"receive_max": 1},
        {"topic_alias_max": 65535},
        {"max_packet_size": 1000},
        {"user_properties": USER_PROPERTIES},
        {"will": Will("t", payload=None)},
        {"will": Will("t", qos=QoS.AT_LEAST_ONCE)},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_connect_with_one_field(link: MakeLink, name: str, fields: dict[str, Any]) -> None:
    it = link(connect=False)
    assert it.connect(name, **fields).session_present is False
    it.nothing_more()
    it.send(DisconnectPacket(session_expiry_interval=0))
    assert it.receive() is None


def test_client_identifier_is_assigned(link: MakeLink) -> None:
    answer = link(connect=False).connect("")
    assert answer.assigned_client_id
    assert answer == ConnAckPacket(
        assigned_client_id=answer.assigned_client_id,
        server_keep_alive=answer.server_keep_alive,
        receive_max=20,
        topic_alias_max=10,
    )


def test_limits_of_a_server(tmp_path: Path, name: str) -> None:
    settings = "max_keepalive 30\nmax_packet_size 2000\nmax_qos 1\nretain_available false\nmax_topic_alias 0"
    with mosquitto(tmp_path, settings) as port:
        with Link(port) as it:
            assert it.connect(name, keep_alive=100) == ConnAckPacket(
                server_keep_alive=30,
                receive_max=20,
                max_qos=QoS.AT_LEAST_ONCE,
                retain_available=False,
                max_packet_size=2000,
            )
            largest = PublishPacket(name, bytes(2000 - len(PublishPacket(name, bytes(200)).write()) + 200))
            assert len(largest.write()) == 2000
            it.send(largest)
            it.nothing_more()
            it.send(PublishPacket(name, bytes(2001)))  # mosquitto counts without the fixed header (3.2.2.3.6)
            assert it.expect(DisconnectPacket) == DisconnectPacket(reason_code=DisconnectReasonCode.PACKET_TOO_LARGE)
            assert it.receive() is None
        for packet, reason_code in (
            (PublishPacket(name, b"", qos=QoS.EXACTLY_ONCE, packet_id=1), DisconnectReasonCode.QOS_NOT_SUPPORTED),
            (PublishPacket(name, b"x", retain=True), DisconnectReasonCode.RETAIN_NOT_SUPPORTED),
            (PublishPacket(name, b"x", topic_alias=1), DisconnectReasonCode.TOPIC_ALIAS_INVALID),
        ):
            with Link(port) as it:
                it.connect(name)
                it.send(packet)
                assert it.expect(DisconnectPacket) == DisconnectPacket(reason_code=reason_code)
                assert it.receive() is None


def test_session_taken_over(link: MakeLink, name: str) -> None:
    """mosquitto 2.0.11 closes the earlier connection, but omits the DISCONNECT [MQTT-3.1.4-3]."""
    first = link(name)
    second = link(name)
    if goodbye := first.receive():
        assert goodbye == DisconnectPacket(reason_code=DisconnectReasonCode.SESSION_TAKEN_OVER)
        assert first.receive() is None
    second.nothing_more()


def test_session_resumed(link: MakeLink, name: str) -> None:
    """Unacknowledged messages come again with DUP; messages sent meanwhile come too."""
    it = link(name, session_expiry_interval=60)
    it.subscribe(name)
    sender = link()
    publish(sender, PublishPacket(name, b"1", qos=QoS.AT_LEAST_ONCE, packet_id=1))
    first = it.expect(PublishPacket)
    assert first.duplicate is False
    it.send(DisconnectPacket())
    assert it.receive() is None
    publish(sender, PublishPacket(name, b"2", qos=QoS.AT_LEAST_ONCE, packet_id=1))

    it = link(connect=False)
    assert it.connect(name, clean_start=False).session_present is True
    again = receive(it)
    assert (again.payload, again.duplicate, again.packet_id) == (b"1", True, first.packet_id)
    meanwhile = receive(it)
    assert (meanwhile.payload, meanwhile.duplicate) == (b"2", False)
    it.nothing_more()
    it.send(DisconnectPacket(session_expiry_interval=0))
    assert it.receive() is None
    assert link(connect=False).connect(name, clean_start=False).session_present is False


@pytest.mark.parametrize(("qos", "delay"), [(0, 0), (1, 0), (2, 0), (2, 1)])
def test_will_with_its_properties(link: MakeLink, name: str, qos: int, delay: int) -> None:
    will = Will(f"{name}/will", payload="адиос".encode(), qos=qos, retain=True, will_delay_interval=delay, **MESSAGE)
    witness = link()
    witness.subscribe(f"{name}/#")
    link(will=will, session_expiry_interval=10).close()
    packet = receive(witness)
    assert content(packet) == content(will)
    assert packet.retain is True
    witness.nothing_more()


@pytest.mark.parametrize(
    ("reason_code", "delivered"),
    [
        (DisconnectReasonCode.NORMAL_DISCONNECTION, False),
        (DisconnectReasonCode.DISCONNECT_WITH_WILL_MESSAGE, True),
        # Not 0x80 and up: mosquitto 2.0.11 drops the Will then, against [MQTT-3.1.2-8] and 3.14.4.
    ],
)
def test_will_after_disconnect(link: MakeLink, name: str, reason_code: DisconnectReasonCode, delivered: bool) -> None:
    witness = link()
    witness.subscribe(name)
    it = link(will=Will(name, payload=b"gone"))
    it.send(DisconnectPacket(reason_code=reason_code))
    assert it.receive() is None
    if delivered:
        assert witness.expect(PublishPacket) == PublishPacket(name, b"gone")
    witness.nothing_more()


def test_extended_authentication_is_refused(link: MakeLink, name: str) -> None:
    it = link(connect=False)
    it.send(ConnectPacket(name, authentication_method="SCRAM-SHA-256", authentication_data=b"n,,n=u,r=1"))
    assert it.expect(ConnAckPacket) == ConnAckPacket(reason_code=ConnAckReasonCode.BAD_AUTHENTICATION_METHOD)
    assert it.receive() is None


def test_authentication_again_without_a_method_is_refused(link: MakeLink, name: str) -> None:
    """A Protocol Error (4.12.1); mosquitto closes the connection, but omits the DISCONNECT (4.13.1)."""
    it = link(name)
    it.send(AuthPacket(reason_code=AuthReasonCode.RE_AUTHENTICATE, authentication_method="SCRAM-SHA-256"))
    answer = it.receive()
    assert answer in (None, DisconnectPacket(reason_code=DisconnectReasonCode.PROTOCOL_ERROR))


def test_other_versions_of_the_protocol(link: MakeLink) -> None:
    """To a version that it does not know mosquitto answers as MQTT 3.1.1 does, not with CONNACK 0x84 (3.1.2.2)."""
    packet = bytes.fromhex("10 0d 0004 4d515454 06 02 003c 00 0000")
    with pytest.raises(mqtt5.DecodeError) as ours:
        mqtt5.read(packet)
    assert ours.value.reason_code == ConnAckReasonCode.UNSUPPORTED_PROTOCOL_VERSION
    it = link(connect=False)
    it.send(packet)
    answer = it.everything()
    if answer == bytes.fromhex("20 02 00 01"):
        it.decoder.feed(answer)
        with pytest.raises(mqtt5.DecodeError) as theirs:
            next(it.decoder)
        assert theirs.value.reason_code == 0x81
    else:
        assert mqtt5.read(answer)[0].reason_code is ConnAckReasonCode.UNSUPPORTED_PROTOCOL_VERSION
