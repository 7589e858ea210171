# SPDX-License-Identifier: MIT
"""Packets of this package in a conversation with Debian's mosquitto broker, 2.0.

Most use a plain socket (peers.Link): what goes out is what write() gives, what comes in is read by a Decoder. Where a
conversation is to succeed as a whole, it is examples/client.py that leads it.
What mosquitto does otherwise than the specification says is stated where it is met.
"""

import asyncio
import importlib.util
import random
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import samples
from peers import HOST, ROOT, WAIT, Link, mosquitto

import mqtt5
from mqtt5 import (
    AuthPacket,
    AuthReasonCode,
    ConnAckPacket,
    ConnAckReasonCode,
    ConnectPacket,
    DisconnectPacket,
    DisconnectReasonCode,
    PingReqPacket,
    PingRespPacket,
    PubAckPacket,
    PubAckReasonCode,
    PubCompPacket,
    PublishPacket,
    PubRecPacket,
    PubRecReasonCode,
    PubRelPacket,
    QoS,
    RetainHandling,
    SubAckReasonCode,
    SubscribePacket,
    TopicFilter,
    UnsubAckPacket,
    UnsubAckReasonCode,
    UnsubscribePacket,
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
    """What a broker hands on unchanged. Of the expiry it takes the time that the message has waited (3.3.2.3.3)."""
    fields = {field: getattr(packet, field) for field in ("topic", "payload", "qos", *MESSAGE)}
    if fields["message_expiry_interval"] is not None:
        assert 3900 <= fields["message_expiry_interval"] <= 4000
        fields["message_expiry_interval"] = 4000
    return fields


# ---------------------------------------------------------------------------------------------------------- connecting


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
    """mosquitto 2.0.11 closes the earlier connection, the DISCONNECT it leaves out [MQTT-3.1.4-3]."""
    first = link(name)
    second = link(name)
    if goodbye := first.receive():
        assert goodbye == DisconnectPacket(reason_code=DisconnectReasonCode.SESSION_TAKEN_OVER)
        assert first.receive() is None
    second.nothing_more()


def test_session_resumed(link: MakeLink, name: str) -> None:
    """What was not acknowledged comes again with DUP, what was sent meanwhile comes too."""
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
    """A Protocol Error (4.12.1); mosquitto closes the connection, the DISCONNECT it leaves out (4.13.1)."""
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


# ---------------------------------------------------------------------------------------------------------- publishing


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
    nobody = PubAckPacket(0x1234, reason_code=PubAckReasonCode.NO_MATCHING_SUBSCRIBERS)
    assert it.expect(PubAckPacket) == nobody
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
    """A packet of exactly the size arrives, a larger one is left out [MQTT-3.1.2-24].

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


# --------------------------------------------------------------------------------------------------------- subscribing


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


# -------------------------------------------------------------------------------------------------------------- stream


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


# -------------------------------------------------------------------------------------------------- our example client

EXAMPLE = ROOT / "examples" / "client.py"


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("example_client", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(2 * WAIT):
            await test()

    asyncio.run(bounded())


@pytest.mark.parametrize("qos", QoS)
def test_example_client(example: ModuleType, broker: int, name: str, qos: QoS) -> None:
    async def test() -> None:
        connect = ConnectPacket(name, clean_start=True, keep_alive=60, receive_max=5, user_properties=USER_PROPERTIES)
        async with example.Client(HOST, broker, connect) as it:
            assert it.connack.receive_max == 20
            granted = await it.subscribe(f"{name}/+", TopicFilter(f"{name}/b/#", max_qos=1), subscription_id=128)
            assert granted == (SubAckReasonCode(2), SubAckReasonCode(1))
            for number in range(50):
                answer = await it.publish(f"{name}/a", b"%d" % number, qos, **MESSAGE)
                assert type(answer) is (type(None), PubAckPacket, PubCompPacket)[qos]
            for number in range(50):
                arrived = await it.receive()
                expected = PublishPacket(f"{name}/a", b"%d" % number, qos=qos, packet_id=1 if qos else None, **MESSAGE)
                assert content(arrived) == content(expected)
                assert arrived.subscription_ids == (128,)
            await it.ping()
            codes = await it.unsubscribe(f"{name}/+", "other")
            assert codes == (UnsubAckReasonCode.SUCCESS, UnsubAckReasonCode.NO_SUBSCRIPTION_EXISTED)
            await it.publish(f"{name}/a", b"", qos)
            await it.ping()
            assert it.messages.empty()

    run(test)


def test_example_client_at_the_same_time(example: ModuleType, broker: int, name: str) -> None:
    """More messages at once than the server's Receive Maximum of 20."""

    async def test() -> None:
        async with example.Client(HOST, broker, ConnectPacket(name, clean_start=True)) as it:
            await it.subscribe(name)
            await asyncio.gather(*(it.publish(name, b"%d" % number, number % 3) for number in range(300)))
            arrived = [(await it.receive()).payload for _ in range(300)]
        assert sorted(arrived) == sorted(b"%d" % number for number in range(300))

    run(test)


def test_example_client_shares_a_subscription(example: ModuleType, broker: int, name: str) -> None:
    async def test() -> None:
        clients = [example.Client(HOST, broker, ConnectPacket("", clean_start=True)) for _ in range(2)]
        async with clients[0], clients[1]:
            for client in clients:
                await client.subscribe(f"$share/group/{name}")
            for number in range(20):
                await clients[0].publish(name, b"%d" % number, 2)
            for client in clients:
                await client.ping()
            shares = [
                [client.messages.get_nowait().payload for _ in range(client.messages.qsize())] for client in clients
            ]
        assert all(shares), "every member has its share"
        assert sorted(shares[0] + shares[1]) == sorted(b"%d" % number for number in range(20))

    run(test)


@pytest.mark.parametrize("lost", [False, True])
def test_will_of_the_example_client(example: ModuleType, broker: int, link: MakeLink, name: str, lost: bool) -> None:
    will = Will(name, payload=b"gone", qos=QoS.AT_LEAST_ONCE, **MESSAGE)
    witness = link()
    witness.subscribe(name)

    async def test() -> None:
        async with example.Client(HOST, broker, ConnectPacket("", clean_start=True, will=will)) as it:
            if lost:
                await it.abort()

    run(test)
    if lost:
        assert content(receive(witness)) == content(will)
    witness.nothing_more()


def test_example_client_is_refused(example: ModuleType, broker: int) -> None:
    async def test() -> None:
        connect = ConnectPacket("", clean_start=True, authentication_method="SCRAM-SHA-1")
        with pytest.raises(example.MqttError) as error:
            await example.Client(HOST, broker, connect).__aenter__()
        assert error.value.reason_code is ConnAckReasonCode.BAD_AUTHENTICATION_METHOD

    run(test)


def test_example_client_as_a_program(broker: int, name: str) -> None:
    command = [sys.executable, str(EXAMPLE), "--host", HOST, "--port", str(broker), "--topic", name]
    done = subprocess.run(command, capture_output=True, timeout=2 * WAIT, check=False, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("hello at QoS") == 3


# ------------------------------------------------------------------------------------------------------------- refusing

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
