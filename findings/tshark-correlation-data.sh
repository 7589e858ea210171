#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tshark 4.0 reads Correlation Data as text: it is lost from the first zero byte on, with a warning about the packet.
source "$(dirname "$0")/lib.sh"
need tshark tshark
debian tshark
run <<'PYTHON'
from lib import *

capture = Capture()
capture.client(connect())
for data in (b"ab", b"a\0b", b"\0ab"):
    capture.client(publish("t", props=b"\x09" + text(data)))
capture.save("c.pcap")
fields = ["mqtt.prop_string_len", "mqtt.prop_string", "_ws.expert.message"]
options = [part for name in fields for part in ("-e", name)]
rows = tshark("c.pcap", "-Y", "mqtt.msgtype == 3", "-T", "fields", *options)
warned = "Trailing stray characters"
found = [row.split("\t") for row in rows.splitlines()]
same("length, text, warning", found, [["2", "ab", ""], ["3", "a", warned], ["3", "", warned]])
every = tshark("c.pcap", "-Y", "mqtt.msgtype == 3", "-T", "json", "-J", "mqtt")
same("the bytes 61 00 62 in -T json", "610062" in every or "61:00:62" in every, False)
PYTHON
