#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tshark 4.0 reads a connection whose CONNECT is not in the capture as MQTT 3.1.1: properties become payload and reason
# codes are absent. Only the expert information says so. A preference that is off by default helps.
source "$(dirname "$0")/lib.sh"
need tshark tshark
debian tshark
run <<'PYTHON'
from lib import *

capture = Capture()
capture.client(publish("t", b"x", 1, 7, user("k", "v")))
capture.server(packet(0x40, b"\0\7\x10"))
capture.save("c.pcap")
shown = ["-Y", "mqtt", "-T", "fields", "-E", "separator=|"]
for name in ("mqtt.msgtype", "mqtt.msg", "mqtt.prop_key", "mqtt.puback.reason_code", "_ws.expert.message"):
    shown += ["-e", name]
warned = "Unknown version (missing the CONNECT packet?)"
rows = tshark("c.pcap", *shown)
same("as it is", rows.splitlines(), ["3|072600016b00017678|||" + warned, "4||||" + warned])
rows = tshark("c.pcap", "-o", "mqtt.default_version:MQTT v5.0", *shown)
same("with mqtt.default_version", rows.split(), ["3|78|k||", "4|||16|"])
PYTHON
