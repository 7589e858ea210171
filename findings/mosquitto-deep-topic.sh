#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Debian 12's mosquitto closes the connection on a valid topic with more than 200 slashes: no limit was announced.
source "$(dirname "$0")/lib.sh"
need mosquitto mosquitto
debian mosquitto
run <<'PYTHON'
from lib import *

with mosquitto() as port:
    peer = Peer(port, "a")
    same("CONNACK", peer.answer, "200900000622000a210014")
    peer.send(publish("a" + "/a" * 200, b"x", 1, 1))
    same("PUBLISH, 200 slashes", peer.all(), ["4003000110"])
    peer.send(publish("a" + "/a" * 201, b"x", 1, 1))
    same("PUBLISH, 201 slashes (0x82 Protocol Error)", peer.all(), ["e00182", "closed"])
    peer = Peer(port, "b")
    peer.send(subscribe("a" + "/a" * 201))
    same("SUBSCRIBE, 201 slashes (0x81 Malformed Packet)", peer.all(), ["e00181", "closed"])
PYTHON
