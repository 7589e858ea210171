#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tshark 4.0 gives the MQTT packets of one TCP segment as one row or one object. An empty payload becomes the text
# <MISSING>, an empty property nothing, and nothing tells which property is whose. A filter matches across packets, and
# JSON repeats the key "mqtt".
source "$(dirname "$0")/lib.sh"
need tshark tshark
debian tshark
run <<'PYTHON'
import json

from lib import *

capture = Capture()
capture.client(connect())
capture.server(packet(0x20, b"\0\0\0"))
first, second = publish("a", b"1", props=user("k", "v")), publish("b", b"")
capture.client(first + second + publish("c", b"3", props=user("l", "w") + user("m", "")))
capture.save("c.pcap")
only = ["-Y", "mqtt.msgtype == 3"]
names = ["mqtt.topic", "mqtt.msg", "mqtt.prop_key", "mqtt.prop_value", "mqtt.property_len"]
row = tshark("c.pcap", *only, "-T", "fields", *[part for name in names for part in ("-e", name)])
same("row", row.rstrip("\n").split("\t"), ["a,b,c", "31,<MISSING>,33", "k,l,m", "v,w,", "7,0,13"])
both = 'mqtt.topic == "a" && mqtt.prop_key == "m"'
match = tshark("c.pcap", "-Y", both, "-T", "fields", "-e", "frame.number")
same("frames where a packet of topic a has the property m", match.split(), ["6"])
found = json.loads(tshark("c.pcap", *only, "-T", "json"))
topics = [item["_source"]["layers"]["mqtt"]["mqtt.topic"] for item in found]
same("topics that Python's json finds in -T json", topics, ["c"])
PYTHON
