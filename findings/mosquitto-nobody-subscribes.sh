#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Debian 12's mosquitto says "No matching subscribers" for a retained message that it keeps, and never for QoS 2.
source "$(dirname "$0")/lib.sh"
need mosquitto mosquitto
debian mosquitto
run <<'PYTHON'
from lib import *

with mosquitto() as port:
    peer = Peer(port, "a")
    peer.send(publish("kept", b"x", 1, 1, retain=1))
    same("PUBACK of a retained message (0x10)", peer.all(), ["4003000110"])
    late = Peer(port, "b")
    late.send(subscribe("kept"))
    same("delivered to the next subscriber", late.all(), ["900400010000", "310800046b6570740078"])
    late.close()
    peer.send(publish("other", b"x", 2, 2), packet(0x62, b"\0\2"))
    same("QoS 2, no subscriber: PUBREC and PUBCOMP (0x00)", peer.all(), ["50020002", "70020002"])
    peer.send(publish("$CONTROL/other", b"x", 1, 3))
    same("QoS 1 to $CONTROL, no subscriber (0x00)", peer.all(), ["40020003"])
    peer.send(publish("$SYS/other", b"x", 1, 4))
    same("QoS 1 to $SYS (0x87)", peer.all(), ["4003000487"])
PYTHON
