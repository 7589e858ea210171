#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# scapy reads MQTT 5 packets with the layout of 3.1.1 without a word, although its CONNECT shows level 5: the filter of
# a SUBSCRIBE is empty, an UNSUBSCRIBE has two, a SUBACK grants one code too many.
source "$(dirname "$0")/lib.sh"
pip_install scapy==2.8.0
run <<'PYTHON'
from scapy.contrib.mqtt import MQTT

from lib import *

found = MQTT(connect("x"))
same("CONNECT: level, client identifier", [found.protolevel, found.clientId], [5, ""])
found = MQTT(subscribe("f", 1))
filters = [(item.name, getattr(item, "topic", None)) for item in found.topics]
same("SUBSCRIBE to f", filters, [("MQTT topic", b""), ("Raw", None)])
found = MQTT(packet(0xA2, b"\0\1\0" + text("f")))
same("UNSUBSCRIBE from f", [(item.length, item.topic) for item in found.topics], [(0, b""), (358, b"")])
found = MQTT(packet(0x90, b"\0\1\0\1"))
same("SUBACK with the code 1", list(found.retcodes), [0, 1])
found = MQTT(publish("t", b"x", props=user("k", "v")))
same("PUBLISH: payload", found.value, "072600016b00017678")
PYTHON
