#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# If a message handler calls end(), MQTT.js sends DISCONNECT, and after it the PUBACK or PUBCOMP of that message, which
# 3.14.4 forbids. Over WebSocket, only the first byte of it may arrive.
source "$(dirname "$0")/lib.sh"
need node nodejs
need npm npm
npm_install mqtt@5.16.0
cat >client.cjs <<'NODE'
const client = require("mqtt").connect(`mqtt://127.0.0.1:${process.argv[2]}`, {protocolVersion: 5, reconnectPeriod: 0});
client.on("message", () => client.end());
setTimeout(() => process.exit(), 5000);
NODE
run <<'PYTHON'
from lib import *

for qos, expected in (
    (0, ["e0020000", "closed"]),
    (1, ["e0020000", "40020007", "closed"]),
    (2, ["500400070000", "e0020000", "700400070000", "closed"]),
):
    with socket.create_server(("127.0.0.1", 0)) as server:
        process = subprocess.Popen(["node", "client.cjs", str(server.getsockname()[1])])
        server.settimeout(20)
        peer = Peer.__new__(Peer)
        peer.socket, peer.data = server.accept()[0], b""
        peer.get()
        peer.send(packet(0x20, b"\0\0\0"), publish("t", b"x", qos, 7))
        sent = [peer.get()]
        if qos == 2:
            peer.send(packet(0x62, b"\0\7"))
        same(f"QoS {qos}", sent + peer.all(1), expected)
        peer.close()
        process.kill()
        process.wait(10)
PYTHON
