#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# MQTT.js, paho-mqtt and gmqtt ignore Maximum QoS 0, Retain Available 0 and Maximum Packet Size 100 of a CONNACK, all of
# which bind the client (3.2.2.3). They do keep its Server Keep Alive.
source "$(dirname "$0")/lib.sh"
need node nodejs
need npm npm
pip_install paho-mqtt==2.2.0 gmqtt==0.8.0
npm_install mqtt@5.16.0
cat >client.cjs <<'NODE'
const client = require("mqtt").connect(`mqtt://127.0.0.1:${process.argv[2]}`, {protocolVersion: 5, reconnectPeriod: 0});
client.on("error", error => console.error(error.message));
client.on("connect", () => {
  client.publish("q", "x", {qos: 2});
  client.publish("r", "x", {retain: true});
  client.publish("s", "x".repeat(200));
});
setTimeout(() => process.exit(), 6000);
NODE
cat >paho_client.py <<'PAHO'
import sys
import time

import paho.mqtt.client as paho

client = paho.Client(paho.CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
client.connect("127.0.0.1", int(sys.argv[1]), keepalive=60)
client.loop_start()
while not client.is_connected():
    time.sleep(0.05)
client.publish("q", "x", 2)
client.publish("r", "x", retain=True)
client.publish("s", "x" * 200)
time.sleep(5)
PAHO
cat >gmqtt_client.py <<'GMQTT'
import asyncio
import sys

import gmqtt


async def main():
    client = gmqtt.Client("g")
    await client.connect("127.0.0.1", int(sys.argv[1]), keepalive=60)
    for topic, payload, options in (("q", "x", {"qos": 2}), ("r", "x", {"retain": True}), ("s", "x" * 200, {})):
        try:
            client.publish(topic, payload, **options)
        except Exception as error:
            print(repr(error))
    await asyncio.sleep(5)


asyncio.run(main())
GMQTT
run 90 <<'PYTHON'
from lib import *

LIMITS = b"\x24\0" + b"\x25\0" + b"\x27" + struct.pack(">I", 100) + b"\x13\0\2"
EVERYTHING = ["PINGREQ", "q flags 4 size 9", "r flags 1 size 7", "s flags 0 size 207"]


def serve(command):
    """What the client sends after the CONNACK: the topic of a PUBLISH with its flags and size, or the packet's type."""
    sent = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        process = subprocess.Popen([*command, str(server.getsockname()[1])])
        server.settimeout(20)
        peer = Peer.__new__(Peer)
        peer.socket, peer.data = server.accept()[0], b""
        peer.get()
        peer.send(packet(0x20, b"\0\0" + properties(LIMITS)))
        end = time.monotonic() + 4.5
        while time.monotonic() < end:
            item = peer.get(0.5)
            if item == "closed":
                break
            if item and item[0] >> 4 == 3:
                start = 1 + len(varint(len(item)))
                sent.append(f"{item[start + 2:start + 3].decode()} flags {item[0] & 15} size {len(item)}")
            elif item and item[0] == 0xC0:
                peer.send(packet(0xD0))
                sent.append("PINGREQ")
        peer.close()
        process.kill()
        process.wait(10)
    return sorted(set(sent))


same("MQTT.js", serve(["node", "client.cjs"]), EVERYTHING)
same("paho-mqtt", serve([sys.executable, "paho_client.py"]), EVERYTHING)
same("gmqtt", serve([sys.executable, "gmqtt_client.py"]), EVERYTHING)
PYTHON
