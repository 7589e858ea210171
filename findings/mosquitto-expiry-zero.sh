#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Debian 12's mosquitto removes a Message Expiry Interval of 0: what should expire at once never expires.
source "$(dirname "$0")/lib.sh"
need mosquitto mosquitto
debian mosquitto
run <<'PYTHON'
from lib import *

with mosquitto() as port:
    sender, live = Peer(port, "a"), Peer(port, "b")
    live.send(subscribe("live"))
    live.get()
    for interval in (0, 9):
        sender.send(publish("live", props=b"\x02" + struct.pack(">I", interval)))
    same("relayed, sent with interval 0 and 9", live.all(), ["300800046c6976650078", "300d00046c69766505020000000978"])

    for topic, interval in (("r0", 0), ("r1", 1)):
        sender.send(publish(topic, b"x", 1, 1, b"\x02" + struct.pack(">I", interval), retain=1))
        sender.get()
    time.sleep(3)
    for topic, expected in (("r0", ["900400010000", "3106000272300078"]), ("r1", ["900400010000"])):
        late = Peer(port, "late" + topic)
        late.send(subscribe(topic))
        same(f"retained, {topic[1]} s of life, 3 s later", late.all(), expected)
PYTHON
