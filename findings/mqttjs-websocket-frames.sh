#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# MQTT.js over WebSocket sends one CONNECT as 14 messages, most of two bytes: a server that reads a packet per message,
# or its first bytes from the first message, gets "10".
source "$(dirname "$0")/lib.sh"
need node nodejs
need npm npm
pip_install websockets==15.0.1
npm_install mqtt@5.16.0
cat >client.cjs <<'NODE'
const options = {protocolVersion: 5, clientId: "x", username: "u", password: "p", reconnectPeriod: 0};
require("mqtt").connect(`ws://127.0.0.1:${process.argv[2]}/mqtt`, options).on("error", () => {});
setTimeout(() => process.exit(), 3000);
NODE
run <<'PYTHON'
import asyncio

import websockets

from lib import *

frames = []


async def reader(connection):
    with contextlib.suppress(websockets.ConnectionClosed):
        async for message in connection:
            frames.append(message)


async def main():
    async with websockets.serve(reader, "127.0.0.1", 0, subprotocols=["mqtt"]) as server:
        port = server.sockets[0].getsockname()[1]
        process = await asyncio.create_subprocess_exec("node", "client.cjs", str(port))
        await asyncio.wait_for(process.wait(), 20)


asyncio.run(main())
same("messages", frames, "10 14 0004 4d515454 05 c2 003c 00 0001 78 0001 75 0001 70".split())
PYTHON
