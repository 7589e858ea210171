# SPDX-License-Identifier: MIT
"""Other people's clients talk to examples/broker.py: Debian's mosquitto_pub and mosquitto_sub, and PyPI's paho-mqtt.

So every packet that a server sends is read, and every packet that a client sends is written, by other software.
"""

import json
import queue
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from peers import HOST, ROOT, WAIT, Link, peer_library, program, stop

import mqtt5
from mqtt5 import DisconnectReasonCode, PublishPacket, QoS, Will

BROKER = ROOT / "examples" / "broker.py"
USER_PROPERTIES = [("a", "b"), ("a", "c"), ("größe", "温度")]


def line_of(process: subprocess.Popen[bytes]) -> str:
    """The next line that a program prints, waited for."""
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], WAIT)
    assert ready, "the program prints nothing"
    return process.stdout.readline().decode().rstrip("\n")


def start_broker() -> tuple[subprocess.Popen[bytes], int]:
    process = subprocess.Popen([sys.executable, str(BROKER), "--port", "0"], stdout=subprocess.PIPE, bufsize=0)
    said, _, port = line_of(process).rpartition(":")
    assert said == f"listening on {HOST}"
    return process, int(port)


@pytest.fixture(scope="module")
def ours() -> Iterator[int]:
    """The port of our example broker."""
    process, port = start_broker()
    try:
        yield port
        assert process.poll() is None, "the broker has died"
    finally:
        stop(process)


@pytest.fixture
def witness(ours: int) -> Iterator[Link]:
    """A connection of our own."""
    with Link(ours) as link:
        link.connect()
        yield link


# ------------------------------------------------------------------------------------- mosquitto_pub and mosquitto_sub


def publish(port: int, topic: str, *arguments: str, stdin: bytes = b"") -> None:
    """Runs mosquitto_pub to its end."""
    command = [program("mosquitto_pub", "mosquitto-clients"), "-V", "5", "-h", HOST, "-p", str(port), "-t", topic]
    run = subprocess.run([*command, *arguments], input=stdin, capture_output=True, timeout=WAIT, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, b"", b"")


class Subscriber:
    """mosquitto_sub, while the block runs. It has its subscriptions when the block begins."""

    def __init__(self, port: int, name: str, topics: list[str], *arguments: str) -> None:
        path = program("mosquitto_sub", "mosquitto-clients")
        # One SUBSCRIBE holds all topics, and what is retained comes after its SUBACK.
        publish(port, f"{name}/ready", "-r", "-m", "ready")
        filters = [argument for topic in (f"{name}/ready", *topics) for argument in ("-t", topic)]
        command = [path, "-V", "5", "-h", HOST, "-p", str(port), "-F", "%j", *filters, *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)

    def __enter__(self) -> "Subscriber":
        try:
            assert self.message()["payload"] == "ready"
        except BaseException:
            stop(self.process)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        stop(self.process)

    def message(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(line_of(self.process))
        return message


@pytest.mark.parametrize("qos", QoS)
def test_mosquitto_pub_and_sub(ours: int, name: str, qos: QoS) -> None:
    with Subscriber(ours, name, [f"{name}/a"], "-q", str(qos), "-C", "3") as it:
        publish(ours, f"{name}/a", "-q", str(qos), "-m", "größe")
        publish(ours, f"{name}/b", "-q", str(qos), "-m", "no subscriber")
        publish(ours, f"{name}/a", "-q", str(qos), "-n")
        first, second = it.message(), it.message()
        assert it.process.wait(WAIT) == 0
    assert (first["topic"], first["payload"], first["qos"], first["retain"]) == (f"{name}/a", "größe", qos, 0)
    assert (second["payloadlen"], second["qos"]) == (0, qos)


@pytest.mark.parametrize("qos", QoS)
def test_properties_from_mosquitto_pub(ours: int, witness: Link, name: str, qos: QoS) -> None:
    witness.subscribe(mqtt5.TopicFilter(name, max_qos=QoS.AT_MOST_ONCE))
    properties = {
        "content-type": "text/plain",
        "correlation-data": "größe",
        "message-expiry-interval": "4000",
        "payload-format-indicator": "1",
        "response-topic": "answers",
    }
    arguments = [argument for item in properties.items() for argument in ("-D", "PUBLISH", *item)]
    for pair in USER_PROPERTIES:
        arguments += ["-D", "PUBLISH", "user-property", *pair]
    publish(ours, name, "-q", str(qos), "-m", "payload", *arguments)
    assert witness.expect(PublishPacket) == PublishPacket(
        name,
        b"payload",
        content_type="text/plain",
        correlation_data="größe".encode(),
        message_expiry_interval=4000,
        payload_format_indicator=1,
        response_topic="answers",
        user_properties=USER_PROPERTIES,
    )


def test_properties_to_mosquitto_sub(ours: int, witness: Link, name: str) -> None:
    with Subscriber(ours, name, [name], "-D", "SUBSCRIBE", "subscription-identifier", "268435455") as it:
        witness.send(
            PublishPacket(
                name,
                "größe".encode(),
                retain=True,
                payload_format_indicator=1,
                message_expiry_interval=4000,
                content_type="text/plain",
                response_topic="answers",
                correlation_data=b"42",
                user_properties=[("größe", "温度")],
            ),
            PublishPacket(name, b"", retain=True),
        )
        message = it.message()
    assert (message["topic"], message["payload"], message["qos"]) == (name, "größe", 0)
    assert message["properties"] == {
        "payload-format-indicator": 1,
        "message-expiry-interval": 4000,
        "content-type": "text/plain",
        "response-topic": "answers",
        "correlation-data": "42",
        "subscription-identifier": 268_435_455,
        "user-properties": {"größe": "温度"},
    }


def test_retained_with_mosquitto(ours: int, name: str) -> None:
    publish(ours, f"{name}/a", "-q", "1", "-r", "-m", "kept")
    publish(ours, f"{name}/b", "-q", "1", "-r", "-m", "removed")
    publish(ours, f"{name}/b", "-q", "1", "-r", "-n")
    with Subscriber(ours, name, [f"{name}/a", f"{name}/b"], "-q", "1") as it:
        message = it.message()
        assert (message["topic"], message["payload"], message["retain"]) == (f"{name}/a", "kept", 1)
        publish(ours, f"{name}/b", "-m", "next")
        assert it.message()["payload"] == "next"


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [("+", ["x", "y"], ["x/y"]), ("#", ["", "x", "x/y"], []), ("+/c", ["a/c", "b/c"], ["c", "a/b/c", "a/b"])],
)
def test_wildcards_with_mosquitto(ours: int, name: str, pattern: str, matching: list[str], other: list[str]) -> None:
    with Subscriber(ours, name, [f"{name}/w/{pattern}"], "-q", "1") as it:
        for topic in [*other, *matching]:
            publish(ours, f"{name}/w/{topic}", "-q", "1", "-m", topic or "empty")
        topics = [it.message()["topic"] for _ in matching]
    assert topics == [f"{name}/w/{topic}" for topic in matching]


def test_will_of_mosquitto_sub(ours: int, witness: Link, name: str) -> None:
    witness.subscribe(f"{name}/will")
    arguments = ["--will-topic", f"{name}/will", "--will-payload", "gone", "--will-qos", "2"]
    arguments += ["-D", "WILL", "user-property", "a", "b", "-D", "WILL", "content-type", "text/plain"]
    with Subscriber(ours, name, [name], *arguments) as it:
        it.process.kill()
        message = witness.expect(PublishPacket)
    assert message == PublishPacket(
        f"{name}/will",
        b"gone",
        qos=QoS.EXACTLY_ONCE,
        packet_id=message.packet_id,
        content_type="text/plain",
        user_properties=[("a", "b")],
    )


@pytest.mark.parametrize("qos", QoS)
def test_many_messages_with_mosquitto(ours: int, name: str, qos: QoS) -> None:
    """mosquitto_pub sends each line of its input, as many at a time as the broker's Receive Maximum lets it."""
    payloads = [str(number) for number in range(500)]
    with Subscriber(ours, name, [name], "-q", str(qos)) as it:
        publish(ours, name, "-q", str(qos), "-l", stdin="".join(f"{payload}\n" for payload in payloads).encode())
        assert [it.message()["payload"] for _ in payloads] == payloads


def test_unsubscribe_of_mosquitto_sub(ours: int, name: str) -> None:
    """-U is sent right after the SUBSCRIBE, so it holds before the broker is asked for anything else."""
    with Subscriber(ours, name, [f"{name}/a", f"{name}/b"], "-U", f"{name}/a", "-q", "1") as it:
        publish(ours, f"{name}/a", "-q", "1", "-m", "a")
        publish(ours, f"{name}/b", "-q", "1", "-m", "b")
        assert it.message()["payload"] == "b"


# ---------------------------------------------------------------------------------------------------------------- paho


@pytest.fixture(scope="module")
def paho() -> Iterator[SimpleNamespace]:
    path = str(peer_library("paho-mqtt"))
    sys.path.append(path)
    try:
        from paho.mqtt import client, packettypes, properties, subscribeoptions

        yield SimpleNamespace(
            client=client,
            types=packettypes.PacketTypes,
            Properties=properties.Properties,
            Options=subscribeoptions.SubscribeOptions,
        )
    finally:
        sys.path.remove(path)


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
    properties = other.properties(
        "PUBLISH",
        PayloadFormatIndicator=1,
        MessageExpiryInterval=4000,
        ContentType="text/plain",
        ResponseTopic="answers",
        CorrelationData=bytes(range(256)),
        UserProperty=USER_PROPERTIES,
    )
    info = other.client.publish(f"{name}/größe", "温度", qos=sent, properties=properties)
    info.wait_for_publish(WAIT)
    assert info.is_published()
    assert other.wait("publish")[3].value in (0x00, 0x10)
    message = it.message()
    assert (message.topic, message.payload.decode(), message.qos) == (f"{name}/größe", "温度", min(sent, granted))
    assert (message.retain, message.dup) == (False, False)
    arrived = message.properties
    assert arrived.PayloadFormatIndicator == 1
    assert arrived.MessageExpiryInterval == 4000
    assert arrived.ContentType == "text/plain"
    assert arrived.ResponseTopic == "answers"
    assert arrived.CorrelationData == bytes(range(256))
    assert arrived.UserProperty == USER_PROPERTIES
    assert arrived.SubscriptionIdentifier == [16_384]


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
    """The broker's DISCONNECT is read: another client with the same identifier, a packet that is too large."""
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
