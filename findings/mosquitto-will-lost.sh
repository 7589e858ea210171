#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Debian 12's mosquitto drops the Will when the client's DISCONNECT reports an error (0x80 and up).
source "$(dirname "$0")/lib.sh"
need mosquitto mosquitto
debian mosquitto
run <<'PYTHON'
from lib import *

with mosquitto() as port:
    watcher = Peer(port, "watcher")
    watcher.send(subscribe("w"))
    watcher.get()
    for code, expected in ((0x00, []), (0x04, ["30050001770078"]), (0x80, []), (0x81, []), (0x82, []), (0x93, [])):
        peer = Peer(port, "dies", flags=6, will=b"\0" + text("w") + text("x"))
        peer.send(packet(0xE0, bytes([code])))
        peer.close()
        same(f"Will after DISCONNECT 0x{code:02x}", watcher.all(), expected)
    Peer(port, "dies", flags=6, will=b"\0" + text("w") + text("x")).close()
    same("Will without a DISCONNECT", watcher.all(), ["30050001770078"])
PYTHON
