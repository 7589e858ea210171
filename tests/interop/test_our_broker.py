# SPDX-License-Identifier: MIT
"""Debian's mosquitto_pub and mosquitto_sub talk to examples/broker.py.

So packets that a server sends are read, and those that a client sends are written, by other software. test_paho.py,
test_awscrt.py, test_gmqtt.py and test_mqttjs.py do the same with other clients.
"""

import json
import subprocess
from typing import Any

import pytest
from peers import HOST, WAIT, Link, line_of, program, stop

import mqtt5
from mqtt5 import PublishPacket, QoS

USER_PROPERTIES = [("a", "b"), ("a", "c"), ("größe", "温度")]


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
