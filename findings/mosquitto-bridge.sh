#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A bridge of Debian 12's mosquitto drops all properties, with them the expiry, unless it is told to use MQTT 5.
source "$(dirname "$0")/lib.sh"
need mosquitto mosquitto
debian mosquitto
run <<'PYTHON'
from lib import *

props = user("k", "v") + b"\x03" + text("c") + b"\x02" + struct.pack(">I", 300)
with mosquitto() as far:
    for setting, kept in (("", b""), ("bridge_protocol_version mqttv50\n", props)):
        with mosquitto(f"connection b{len(setting)}\naddress 127.0.0.1:{far}\ntopic # out 1\n{setting}") as near:
            time.sleep(1.5)  # The bridge connects; the message then has its 300 seconds left.
            peer, sender = Peer(far, "a"), Peer(near, "b")
            peer.send(subscribe("t", 0))
            peer.get()
            sender.send(publish("t", b"x", 1, 1, props))
            same(f"through the bridge, {setting.strip() or 'default'}", peer.all(), [publish("t", props=kept).hex()])
PYTHON
