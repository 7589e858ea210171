#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The brokers aedes 1.2 (npm) and amqtt 0.12 (PyPI) do not speak MQTT 5. They answer its CONNECT with the CONNACK of
# 3.1.1 (20020001), which is not a valid MQTT 5 packet; the code 0x84 that MQTT 5 has for this is not used.
source "$(dirname "$0")/lib.sh"
need node nodejs
need npm npm
pip_install amqtt==0.12.1
npm_install aedes@1.2.0
cat >aedes.cjs <<'NODE'
const {Aedes} = require("aedes");
Aedes.createBroker().then(broker => require("net").createServer(broker.handle).listen(+process.argv[2], "127.0.0.1"));
setTimeout(() => process.exit(), 20000);
NODE
cat >amqtt_broker.py <<'AMQTT'
import asyncio
import sys

from amqtt.broker import Broker


async def main():
    anonymous = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
    listener = {"type": "tcp", "bind": f"127.0.0.1:{sys.argv[1]}"}
    await Broker({"listeners": {"default": listener}, "plugins": anonymous}).start()
    await asyncio.sleep(20)


asyncio.run(main())
AMQTT
run <<'PYTHON'
from lib import *

for command in (["node", "aedes.cjs"], [sys.executable, "amqtt_broker.py"]):
    port = free_port()
    process = subprocess.Popen([*command, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        same(f"{command[1]}, CONNECT of 3.1.1", Peer(port, version=4).answer, "20020000")
        peer = Peer(port)
        same(f"{command[1]}, CONNECT of 5", [peer.answer, *peer.all(2)], ["20020001", "closed"])
    finally:
        process.terminate()
        process.wait(10)
PYTHON
