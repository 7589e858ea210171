#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Debian 12's mosquitto sends packets above the client's Maximum Packet Size; larger ones it drops with PUBACK 0x00.
source "$(dirname "$0")/lib.sh"
need mosquitto mosquitto
debian mosquitto
run <<'PYTHON'
from lib import *

with mosquitto() as port:
    sender, peer = Peer(port, "a"), Peer(port, "b", b"\x27" + struct.pack(">I", 300))
    peer.send(subscribe("t", 1))
    peer.get()
    codes = set()
    for size in range(285, 310):
        sender.send(publish("t", bytes(size), 1, size))
        answer = sender.get()
        codes.add(answer[4] if len(answer) > 4 else 0)
    same("largest packet that arrives, limit 300", max(len(item) for item in peer.all()), 301)
    same("reason codes to the sender", sorted(codes), [0])
PYTHON
