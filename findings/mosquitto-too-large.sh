#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Debian 12's mosquitto answers a PUBLISH over its message_size_limit with PUBACK 0x95, which PUBACK does not have
# (table 3-4): paho sends the message again for ever, MQTT.js and ohmqtt never tell the caller.
source "$(dirname "$0")/lib.sh"
need mosquitto mosquitto
need node nodejs
need npm npm
debian mosquitto
pip_install paho-mqtt==2.2.0 ohmqtt==1.2.1
npm_install mqtt@5.16.0
cat >client.cjs <<'NODE'
const client = require("mqtt").connect(`mqtt://127.0.0.1:${process.argv[2]}`, {protocolVersion: 5, reconnectPeriod: 100});
const seen = {connects: 0, errors: [], closed: 0, called: 0, later: 0};
client.on("error", error => seen.errors.push(error.message));
client.on("close", () => seen.closed++);
client.on("connect", () => {
  seen.connects++;
  client.publish("t", "x".repeat(20), {qos: 1}, () => seen.called++);
  setTimeout(() => client.publish("t", "x", {qos: 1}, () => seen.later++), 500);
});
setTimeout(() => { console.log(JSON.stringify(seen)); process.exit(); }, 3000);
NODE
run 60 <<'PYTHON'
import json
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
    seen = json.loads(done.stdout)
    print("MQTT.js:", seen)
    same("MQTT.js calls back", seen["called"], 0)
    same("MQTT.js errors", len(seen["errors"]), 1)
    same("MQTT.js connects, closes", [seen["connects"], seen["closed"]], [1, 0])
    same("a later message of MQTT.js is acknowledged", seen["later"], 0)

    client = ohmqtt.Client()
    client.start_loop()
    client.connect(f"mqtt://127.0.0.1:{port}")
    client.wait_for_connect(timeout=5)
    handle = client.publish("t", bytes(20), qos=1)
    try:
        told = repr(handle.wait_for_ack(timeout=2))
    except TimeoutError:
        told = "nothing in 2 s"
    same("ohmqtt tells the caller", told, "nothing in 2 s")
    client.shutdown()
PYTHON
