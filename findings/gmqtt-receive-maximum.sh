#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# gmqtt takes the Receive Maximum of a CONNACK for the highest packet identifier plus one: publish() raises at one
# message less than the server allows, and 1 is ignored.
source "$(dirname "$0")/lib.sh"
pip_install gmqtt==0.8.0
cat >client.py <<'GMQTT'
import asyncio
import sys

import gmqtt


async def main():
    client = gmqtt.Client("g")
    await client.connect("127.0.0.1", int(sys.argv[1]), keepalive=60)
    for number in range(6):
        try:
            client.publish("t", str(number), qos=1)
        except OverflowError:
            break
    await asyncio.sleep(1)


asyncio.run(main())
GMQTT
run <<'PYTHON'
from lib import *

for maximum, expected in ((1, 6), (2, 1), (3, 2), (4, 3)):
    with socket.create_server(("127.0.0.1", 0)) as server:
        command = [sys.executable, "client.py", str(server.getsockname()[1])]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        server.settimeout(20)
        peer = Peer.__new__(Peer)
        peer.socket, peer.data = server.accept()[0], b""
        peer.get()
        peer.send(packet(0x20, b"\0\0" + properties(b"\x21" + struct.pack(">H", maximum))))
        sent = [item for item in peer.all() if item[0] == 0x32]
        same(f"Receive Maximum {maximum}, QoS 1 messages sent at once, of 6", len(sent), expected)
        process.kill()
        process.wait(10)
        peer.close()
PYTHON
