# SPDX-License-Identifier: MIT
"""PyPI's paho-mqtt talks to examples/broker.py."""

import queue
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from peers import HOST, WAIT, Link, peer_importable, start_broker, stop

import mqtt5
from mqtt5 import DisconnectReasonCode, PublishPacket, QoS, Will

USER_PROPERTIES = [("a", "b"), ("a", "c"), ("größe", "温度")]


@pytest.fixture(scope="module")
def paho() -> Iterator[SimpleNamespace]:
    with peer_importable("paho-mqtt"):
        from paho.mqtt import client, packettypes, properties, subscribeoptions

        yield SimpleNamespace(
            client=client,
            types=packettypes.PacketTypes,
            Properties=properties.Properties,
            Options=subscribeoptions.SubscribeOptions,
        )


class Paho:
    """paho's client, with its callbacks turned into queues that can be waited for."""

    def __init__(self, paho: SimpleNamespace, client_id: str = "") -> None:
        self.paho = paho
        self.client = paho.client.Client(
            paho.client.CallbackAPIVersion.VERSION2, client_id, protocol=paho.client.MQTTv5, reconnect_on_failure=False
        )
        self.queues: dict[str, queue.Queue[Any]] = {}
        for event in ("connect", "disconnect", "message", "publish", "subscribe", "unsubscribe"):
            self.queues[event] = queue.Queue()
            setattr(self.client, f"on_{event}", lambda *arguments, event=event: self.queues[event].put(arguments))

    def wait(self, event: str) -> Any:
        """The arguments of the next callback of this name."""
        return self.queues[event].get(timeout=WAIT)

    def properties(self, packet: str, **values: Any) -> Any:
        made = self.paho.Properties(getattr(self.paho.types, packet))
        for name, value in values.items():
            setattr(made, name, value)
        return made

    def connect(self, port: int, **properties: Any) -> Any:
        """Connects, gives the properties of the CONNACK."""
        self.client.connect(HOST, port, clean_start=True, properties=self.properties("CONNECT", **properties))
        self.client.loop_start()
        _, _, flags, reason_code, received = self.wait("connect")
        assert (reason_code.value, flags.session_present) == (0, False)
        return received

    def subscribe(self, topic: str, qos: int = 2, properties: Any = None, **options: Any) -> list[int]:
        self.client.subscribe(topic, options=self.paho.Options(qos, **options), properties=properties)
        return [code.value for code in self.wait("subscribe")[3]]

    def message(self) -> Any:
        return self.wait("message")[2]

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def client(paho: SimpleNamespace) -> Iterator[Callable[..., Paho]]:
    """Makes clients that are closed after the test."""
    clients: list[Paho] = []

    def make(client_id: str = "") -> Paho:
        clients.append(Paho(paho, client_id))
        return clients[-1]

    yield make
    for each in clients:
        each.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("paho")]


def test_paho_connects_and_disconnects(ours: int, client: Callable[..., Paho]) -> None:
    it = client()
    received = it.connect(
        ours,
        SessionExpiryInterval=60,
        ReceiveMaximum=10,
        TopicAliasMaximum=5,
        MaximumPacketSize=100_000,
        RequestProblemInformation=1,
        RequestResponseInformation=1,
        UserProperty=USER_PROPERTIES,
    )
    assert received.AssignedClientIdentifier
    assert received.ReceiveMaximum > 0
    assert received.MaximumPacketSize > 0
    assert received.SessionExpiryInterval == 0  # our broker keeps no sessions, and says so
    it.client.disconnect(properties=it.properties("DISCONNECT", UserProperty=USER_PROPERTIES, ReasonString="bye"))
    assert it.wait("disconnect")[3].value == 0


@pytest.mark.parametrize("granted", QoS)
@pytest.mark.parametrize("sent", QoS)
def test_paho_publishes_and_subscribes(
    ours: int, client: Callable[..., Paho], name: str, sent: QoS, granted: QoS
) -> None:
    it, other = client(), client()
    it.connect(ours)
    other.connect(ours)
    wanted = it.properties("SUBSCRIBE", SubscriptionIdentifier=16_384, UserProperty=USER_PROPERTIES)
    assert it.subscribe(f"{name}/+", granted, properties=wanted) == [granted]
    sent_properties: dict[str, Any] = {
        "PayloadFormatIndicator": 1,
        "MessageExpiryInterval": 4000,
        "ContentType": "text/plain",
        "ResponseTopic": "answers",
        "CorrelationData": bytes(range(256)),
        "UserProperty": USER_PROPERTIES,
    }
    properties = other.properties("PUBLISH", **sent_properties)
    info = other.client.publish(f"{name}/größe", "温度", qos=sent, properties=properties)
    info.wait_for_publish(WAIT)
    assert info.is_published()
    assert other.wait("publish")[3].value in (0x00, 0x10)
    message = it.message()
    assert (message.topic, message.payload.decode(), message.qos) == (f"{name}/größe", "温度", min(sent, granted))
    assert (message.retain, message.dup) == (False, False)
    assert {field: getattr(message.properties, field) for field in sent_properties} == sent_properties
    assert message.properties.SubscriptionIdentifier == [16_384]


def test_paho_gets_what_is_retained(ours: int, client: Callable[..., Paho], name: str) -> None:
    it = client()
    it.connect(ours)
    it.client.publish(name, "kept", qos=1, retain=True).wait_for_publish(WAIT)
    assert it.subscribe(name, retainHandling=2) == [2]
    assert it.subscribe(name, retainHandling=1) == [2]
    assert it.subscribe(name, retainHandling=0, retainAsPublished=True) == [2]
    message = it.message()
    assert (message.payload, message.retain) == (b"kept", True)
    it.client.publish(name, "", qos=1, retain=True).wait_for_publish(WAIT)
    message = it.message()
    assert (message.payload, message.retain) == (b"", True)
    assert it.queues["message"].empty()


def test_no_local_and_unsubscribe_of_paho(ours: int, client: Callable[..., Paho], name: str) -> None:
    it = client()
    it.connect(ours)
    assert it.subscribe(f"{name}/own", noLocal=True) == [2]
    assert it.subscribe(f"{name}/both") == [2]
    it.client.publish(f"{name}/own", "1", qos=1).wait_for_publish(WAIT)
    it.client.publish(f"{name}/both", "2", qos=1).wait_for_publish(WAIT)
    assert it.message().payload == b"2"
    for code in (0x00, 0x11):
        properties = it.properties("UNSUBSCRIBE", UserProperty=USER_PROPERTIES)
        it.client.unsubscribe([f"{name}/both"], properties=properties)
        assert [each.value for each in it.wait("unsubscribe")[3]] == [code]
    it.client.publish(f"{name}/both", "3", qos=2).wait_for_publish(WAIT)
    assert it.queues["message"].empty()


def test_topic_alias_of_paho(ours: int, client: Callable[..., Paho], witness: Link, name: str) -> None:
    it = client()
    it.connect(ours)
    witness.subscribe(name)
    alias = it.properties("PUBLISH", TopicAlias=1)
    for topic, payload in ((name, "1"), ("", "2"), ("", "3")):
        it.client.publish(topic, payload, properties=alias)
    assert [witness.expect(PublishPacket) for _ in range(3)] == [PublishPacket(name, b"%d" % n) for n in (1, 2, 3)]


def test_will_of_paho(ours: int, client: Callable[..., Paho], witness: Link, name: str) -> None:
    witness.subscribe(name)
    it = client()
    will = it.properties("WILLMESSAGE", WillDelayInterval=0, ContentType="text/plain", UserProperty=USER_PROPERTIES)
    it.client.will_set(name, "gone", qos=1, retain=True, properties=will)
    it.connect(ours)
    it.client.socket().shutdown(2)
    message = witness.expect(PublishPacket)
    assert message == PublishPacket(
        name,
        b"gone",
        qos=QoS.AT_LEAST_ONCE,
        retain=True,
        packet_id=message.packet_id,
        content_type="text/plain",
        user_properties=USER_PROPERTIES,
    )
    witness.send(mqtt5.PubAckPacket(message.packet_id), PublishPacket(name, b"", retain=True))


def test_will_of_ours_reaches_paho(ours: int, client: Callable[..., Paho], name: str) -> None:
    it = client()
    it.connect(ours)
    assert it.subscribe(name) == [2]
    with Link(ours) as link:
        link.connect(will=Will(name, payload=b"gone", qos=QoS.EXACTLY_ONCE, correlation_data=b"\x00\xff"))
    message = it.message()
    assert (message.payload, message.qos, message.properties.CorrelationData) == (b"gone", 2, b"\x00\xff")


@pytest.mark.parametrize("qos", QoS)
def test_many_messages_with_paho(ours: int, client: Callable[..., Paho], name: str, qos: QoS) -> None:
    it, other = client(), client()
    it.connect(ours, ReceiveMaximum=3)
    other.connect(ours)
    assert it.subscribe(name, qos) == [qos]
    for number in range(300):
        other.client.publish(name, str(number), qos=qos)
    assert [it.message().payload for _ in range(300)] == [b"%d" % number for number in range(300)]


def test_paho_is_told_why(ours: int, client: Callable[..., Paho], name: str) -> None:
    first, second = client(name), client(name)
    first.connect(ours)
    second.connect(ours)
    assert first.wait("disconnect")[3].value == DisconnectReasonCode.SESSION_TAKEN_OVER
    second.client.publish(name, bytes(300 * 1024))
    assert second.wait("disconnect")[3].value == DisconnectReasonCode.PACKET_TOO_LARGE


def test_paho_is_refused(ours: int, client: Callable[..., Paho]) -> None:
    it = client()
    properties = it.properties("CONNECT", AuthenticationMethod="SCRAM-SHA-1", AuthenticationData=b"n,,n=u,r=1")
    it.client.connect(HOST, ours, clean_start=True, properties=properties)
    it.client.loop_start()
    assert it.wait("connect")[3].value == mqtt5.ConnAckReasonCode.BAD_AUTHENTICATION_METHOD


def test_broker_shuts_down(client: Callable[..., Paho], tmp_path: Path) -> None:
    process, port = start_broker()
    try:
        it = client()
        it.connect(port)
        process.send_signal(signal.SIGTERM)
        assert it.wait("disconnect")[3].value == DisconnectReasonCode.SERVER_SHUTTING_DOWN
        assert process.wait(WAIT) == 0
    finally:
        stop(process)
