#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Debian 12's mosquitto answers a PUBLISH over its message_size_limit with PUBACK 0x95, which PUBACK does not have
# (3.4.2.1): paho reconnects and sends the message again each time, MQTT.js and ohmqtt call the broker's packet invalid.
source "$(dirname "$0")/lib.sh"
need mosquitto mosquitto
need node nodejs
need npm npm
debian mosquitto
pip_install paho-mqtt==2.2.0 ohmqtt==1.2.1
npm_install mqtt@5.16.0
cat >client.cjs <<'NODE'
const client = require("mqtt").connect(`mqtt://127.0.0.1:${process.argv[2]}`, {protocolVersion: 5});
client.on("error", error => { console.log(error.message); process.exit(); });
client.on("connect", () => client.publish("t", "x".repeat(20), {qos: 1}));
setTimeout(() => { console.log("no error"); process.exit(); }, 5000);
NODE
run 60 <<'PYTHON'
import logging

import ohmqtt
import paho.mqtt.client as paho

from lib import *

logging.disable()
with mosquitto("message_size_limit 10\n") as port:
    peer = Peer(port, "raw")
    same("CONNACK", peer.answer, "200900000622000a210014")
    for qos, expected in ((1, "4003000195"), (2, "5003000195")):
        peer.send(publish("t", bytes(20), qos, 1))
        same(f"answer with QoS {qos}", peer.get(), expected)
    peer.send(publish("t", bytes(20)), packet(0xC0))
    same("answer with QoS 0 and to PINGREQ after it", peer.get(), "d000")

    connects, ends = [], []
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    client.reconnect_delay_set(1, 1)

    def connected(*_):
        connects.append(1)
        if len(connects) == 1:
            client.publish("t", bytes(20), 1)

    client.on_connect = connected
    client.on_disconnect = lambda *arguments: ends.append(str(arguments[3]))
    client.connect("127.0.0.1", port)
    client.loop_start()
    time.sleep(4.5)
    same("paho connects again and again", len(connects) >= 3, True)
    same("paho's reasons", sorted(set(ends)), ["Protocol error"])
    client.loop_stop()

    done = subprocess.run(["node", "client.cjs", str(port)], capture_output=True, text=True, check=True, timeout=20)
    same("error of MQTT.js", done.stdout.strip(), "Invalid puback reason code")

    client = ohmqtt.Client()
    client.start_loop()
    client.connect(f"mqtt://127.0.0.1:{port}")
    client.wait_for_connect(timeout=5)
    client.publish("t", bytes(20), qos=1)
    time.sleep(1)
    same("ohmqtt is still connected", client.is_connected(), False)
    client.shutdown()

with mosquitto("message_size_limit 10\nmax_queued_messages 0\n") as port:
    peer = Peer(port, "raw")
    peer.send(publish("t", bytes(20), 1, 1))
    same("with max_queued_messages 0", peer.all(), ["4003000195", "closed"])
PYTHON
