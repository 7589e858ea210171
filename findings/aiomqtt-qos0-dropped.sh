#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# aiomqtt 3.0.0a1 drops a QoS 0 message if no task waits for one at that moment: of ten that arrive together, a loop over
# messages() gets the first. With QoS 1 it gets all.
source "$(dirname "$0")/lib.sh"
pip_install --no-deps aiomqtt==3.0.0a1 mqtt5==0.8.0 # it asks for 0.5, whose wheels are rarer
run <<'PYTHON'
import asyncio

import mqtt5

mqtt5.Subscription = mqtt5.TopicFilter  # its name in 0.5
import aiomqtt

from lib import *

BURST = {qos: b"".join(publish("t", b"%d" % number, qos, number) for number in range(1, 11)) for qos in (0, 1)}


async def received(qos):
    """The payloads that a waiting loop gets of ten messages in one segment."""

    async def server(reader, writer):
        await reader.read(1000)
        writer.write(packet(0x20, b"\0\0\0"))
        await asyncio.sleep(0.5)  # the loop below waits by then
        writer.write(BURST[qos])
        with contextlib.suppress(OSError):
            while await reader.read(1000):
                pass
        writer.close()

    listening = await asyncio.start_server(server, "127.0.0.1", 0)
    payloads = []
    with contextlib.suppress(TimeoutError):
        async with aiomqtt.Client(hostname="127.0.0.1", port=listening.sockets[0].getsockname()[1]) as client:
            async with asyncio.timeout(2):
                async for message in client.messages():
                    payloads.append(int(message.payload))
    listening.close()
    return payloads


same("QoS 0", asyncio.run(received(0)), [1])
same("QoS 1", asyncio.run(received(1)), list(range(1, 11)))
PYTHON
