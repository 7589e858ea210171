#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# scapy's TCPSession does not put MQTT packets together: the second segment of a PUBLISH (3.1.1) is read as packets of
# its own, made of payload bytes.
source "$(dirname "$0")/lib.sh"
pip_install scapy==2.8.0
run <<'PYTHON'
import logging

logging.disable()
from scapy.all import TCP, TCPSession, sniff
from scapy.contrib.mqtt import MQTT

from lib import *

capture = Capture()
capture.client(connect(version=4))
capture.server(packet(0x20, b"\0\0"))
sent = packet(0x30, text("t") + b"Z" * 20)
capture.client(sent[:9])
capture.client(sent[9:])
capture.save("c.pcap")
found = []
for frame in sniff(offline="c.pcap", session=TCPSession, quiet=True):
    layer = frame.getlayer(MQTT)
    while layer:
        found.append(layer.sprintf("%MQTT.type%"))
        layer = layer.payload.getlayer(MQTT)
same("packets", found, ["CONNECT", "CONNACK", "PUBLISH"] + ["PUBREC"] * 4)
PYTHON
