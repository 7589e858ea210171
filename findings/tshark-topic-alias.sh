#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tshark 4.0 keeps one table of Topic Aliases for both directions of a connection: a client's message gets the topic
# that the server gave to that number. mqtt.topic does not show which topics were sent and which were filled in.
source "$(dirname "$0")/lib.sh"
need tshark tshark
debian tshark
run <<'PYTHON'
from lib import *

alias = b"\x23\0\1"
capture = Capture()
capture.client(connect(props=b"\x22\0\5"))
capture.server(packet(0x20, b"\0\0" + properties(b"\x22\0\5")))
capture.client(publish("t", props=alias))
capture.client(publish("", props=alias))
capture.server(publish("u", props=alias))
capture.client(publish("", props=alias))
capture.server(publish("", props=alias))
capture.save("c.pcap")
fields = ["-e", "tcp.srcport", "-e", "mqtt.topic_len", "-e", "mqtt.topic"]
rows = tshark("c.pcap", "-Y", "mqtt.msgtype == 3", "-T", "fields", *fields)
same("port, length on the wire, topic", [row.split("\t") for row in rows.splitlines()], [
    ["50000", "1", "t"],
    ["50000", "0", "t"],
    ["1883", "1", "u"],
    ["50000", "0", "u"],  # The client's alias 1 is t.
    ["1883", "0", "u"],
])
PYTHON
