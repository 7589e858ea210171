# SPDX-License-Identifier: MIT
"""MQTT.js (npm) talks to examples/broker.py: over TCP, and over WebSocket through a gateway that knows packets.

MQTT.js sends one CONNECT as about ten WebSocket messages. The gateway feeds each message to a Decoder, and writes each
packet to the broker anew; the other way it sends one message for each packet.
"""

import itertools
import json
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conversation import MESSAGE, content, publish, receive
from peers import HOST, WAIT, Link, line_of, peer_importable, peer_library, program, stop

import mqtt5
from mqtt5 import ConnectPacket, DisconnectPacket, PublishPacket, QoS, SubscribePacket, Will

SCRIPT = Path(__file__).with_name("mqttjs.cjs")
#: An object of JavaScript has each name once, so the names are sorted by their first occurrence.
SENT = {**MESSAGE, "user_properties": (("a", "b"), ("a", "c"), ("größe", "温度"))}


class Gateway:
    """Accepts WebSocket connections and forwards their packets to a broker."""

    def __init__(self, broker: int) -> None:
        with peer_importable("websockets"):
            from websockets import ConnectionClosed
            from websockets.sync.server import serve

        self.closed = ConnectionClosed
        self.broker = broker
        self.frames: list[bytes] = []  # the messages of the first connection
        self.packets: list[mqtt5.Packet] = []
        self.errors: list[Exception] = []
        self.server = serve(self.handle, HOST, 0, subprotocols=["mqtt"])
        self.port = self.server.socket.getsockname()[1]

    def handle(self, connection: Any) -> None:
        with Link(self.broker) as link:
            backwards = threading.Thread(target=self.answer, args=(link, connection))
            backwards.start()
            try:
                self.forward(connection, link)
            except Exception as error:
                self.errors.append(error)
            link.socket.shutdown(socket.SHUT_WR)
            backwards.join(WAIT)

    def forward(self, connection: Any, link: Link) -> None:
        decoder = mqtt5.Decoder(sender="client")
        for frame in connection:
            self.frames.append(frame)
            decoder.feed(frame)
            for packet in decoder:
                self.packets.append(packet)
                link.send(packet)
                if isinstance(packet, DisconnectPacket):
                    return  # MQTT.js sends the beginning of a PUBCOMP after it

    def answer(self, link: Link, connection: Any) -> None:
        while (packet := link.receive()) is not None:
            connection.send(packet.write())
        connection.close()

    def __enter__(self) -> "Gateway":
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join(WAIT)
        assert not self.errors


@pytest.fixture(scope="module")
def gateway(ours: int) -> Iterator[Gateway]:
    with Gateway(ours) as running:
        yield running


class Script:
    """mqttjs.cjs, while the block runs."""

    def __init__(self, url: str, name: str) -> None:
        modules = peer_library("mqtt.js") / "node_modules"
        command = [program("node", "nodejs"), str(SCRIPT), url, name]
        self.process = subprocess.Popen(
            command, env={"NODE_PATH": str(modules)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
        )

    def __enter__(self) -> "Script":
        return self

    def __exit__(self, *_: object) -> None:
        stop(self.process)

    def said(self, kind: str) -> Any:
        """The next line that it prints, which must be of this kind."""
        line = json.loads(line_of(self.process))
        assert line["kind"] == kind, line
        return line["packet"]


def converse(script: Script, witness: Link, name: str) -> None:
    """Plays the other part of the script."""
    connack = script.said("connack")
    assert (connack["reasonCode"], connack["sessionPresent"]) == (0, False)
    assert connack["properties"]["receiveMaximum"] == 100
    assert connack["properties"]["sharedSubscriptionAvailable"] is False
    [granted] = script.said("suback")
    assert (granted["topic"], granted["qos"]) == (f"{name}/in", 2)
    for qos in QoS:
        expected = PublishPacket(f"{name}/out", b"QoS %d" % qos, qos=qos, packet_id=1 if qos else None, **SENT)
        assert content(receive(witness)) == content(expected)
    for qos in QoS:
        publish(witness, PublishPacket(f"{name}/in", b"%d" % qos, qos=qos, packet_id=9 if qos else None, **MESSAGE))
    for qos in QoS:
        message = script.said("message")
        properties = message["properties"]
        assert (message["topic"], message["payload"], message["qos"]) == (f"{name}/in", str(int(qos)), qos)
        assert properties["subscriptionIdentifier"] == 268_435_455
        assert bytes(properties["correlationData"]["data"]) == MESSAGE["correlation_data"]
        assert properties["contentType"] == MESSAGE["content_type"]
        assert properties["responseTopic"] == MESSAGE["response_topic"]
        assert properties["payloadFormatIndicator"] is True
        assert 3900 <= properties["messageExpiryInterval"] <= 4000
        assert properties["userProperties"]["a"] == ["b", "c"]
    script.said("end")
    assert content(receive(witness)) == content(Will(f"{name}/will", payload=b"gone", qos=1, **SENT))


def test_mqttjs_over_tcp_exchanges_messages(ours: int, witness: Link, name: str) -> None:
    witness.subscribe(f"{name}/out", f"{name}/will")
    with Script(f"mqtt://{HOST}:{ours}", name) as script:
        converse(script, witness, name)


def test_mqttjs_over_websocket_exchanges_messages(gateway: Gateway, witness: Link, name: str) -> None:
    witness.subscribe(f"{name}/out", f"{name}/will")
    with Script(f"ws://{HOST}:{gateway.port}/mqtt", name) as script:
        converse(script, witness, name)
        assert script.process.wait(WAIT) == 0
    connect, subscribe, *_, last = gateway.packets
    assert isinstance(connect, ConnectPacket)
    assert isinstance(subscribe, SubscribePacket)
    assert isinstance(last, DisconnectPacket)
    assert (last.reason_code, last.reason_str) == (4, "bye")
    assert (connect.client_id, connect.username, connect.password) == (name, "größe", b"secret")
    assert (connect.session_expiry_interval, connect.receive_max) == (100, 2)
    # The CONNECT alone is many messages, and none of them is a packet.
    _, size = mqtt5.read(b"".join(gateway.frames))
    ends = list(itertools.accumulate(map(len, gateway.frames)))
    assert ends.index(size) >= 10
