#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Debian 12's mosquitto sends more than the client's Receive Maximum: always with QoS 2, and after a resumed session.
source "$(dirname "$0")/lib.sh"
need mosquitto mosquitto
debian mosquitto
run <<'PYTHON'
from lib import *

def receive_maximum(number):
    return b"\x21" + struct.pack(">H", number) + b"\x11" + struct.pack(">I", 300)

with mosquitto() as port:
    sender, peer = Peer(port, "sender"), Peer(port, "resumes", receive_maximum(10))
    peer.send(subscribe("t", 1))
    peer.get()
    for number in range(1, 6):
        sender.send(publish("t", b"%d" % number, 1, number))
    same("PUBLISH of QoS 1 in flight, Receive Maximum 10", len(peer.all()), 5)
    peer.close()
    peer = Peer(port, "resumes", receive_maximum(1), flags=0)
    same("unacknowledged after reconnection with Receive Maximum 1", len(peer.all()), 5)

    peer = Peer(port, "exactly", receive_maximum(2))
    peer.send(subscribe("u", 2))
    peer.get()
    for number in range(1, 9):
        sender.send(publish("u", b"%d" % number, 2, number))
        sender.get()
        sender.send(packet(0x62, struct.pack(">H", number)))
        sender.get()
    open_now, most = set(), 0
    while (item := peer.get(1)) is not None:
        if item[0] >> 4 == 3:
            identifier = item[5:7]
            open_now.add(identifier)
            most = max(most, len(open_now))
            peer.send(packet(0x50, identifier))
        else:  # PUBREL: with PUBCOMP the exchange is over (4.9)
            open_now.discard(item[2:4])
            peer.send(packet(0x70, item[2:4]))
    same("most QoS 2 exchanges open at once, Receive Maximum 2", most, 4)
PYTHON
