#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Debian 12's mosquitto does not start if all its listeners are WebSocket ones. It accepts a WebSocket that offers no
# subprotocol, and never answers its CONNECT; one that offers only an unknown one gets no HTTP response.
source "$(dirname "$0")/lib.sh"
need mosquitto mosquitto
debian mosquitto
pip_install websockets==17.4
run <<'PYTHON'
from websockets.exceptions import InvalidMessage
from websockets.sync.client import connect as open_websocket

from lib import *

WEBSOCKET = "listener {} 127.0.0.1\nprotocol websockets\n"


def answer(port, subprotocols):
    try:
        with open_websocket(f"ws://127.0.0.1:{port}/", subprotocols=subprotocols) as websocket:
            websocket.send(connect())
            try:
                return websocket.recv(timeout=2)[:1].hex()
            except TimeoutError:
                return "accepted, no CONNACK"
    except InvalidMessage:
        return "no HTTP response"


with open("conf", "w") as file:
    file.write(WEBSOCKET.format(free_port()))
done = subprocess.run(
    ["mosquitto", "-c", "conf"],
    env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"},
    capture_output=True,
    text=True,
    timeout=20,
)
error = done.stderr.strip().rpartition("\n")[2].partition(": ")[2]
same("a WebSocket listener alone", (done.returncode, error), (1, "Error: Unable to start any listening sockets, exiting."))
port = free_port()
with mosquitto(WEBSOCKET.format(port)):
    same("subprotocol mqtt, with another listener", answer(port, ["mqtt"]), "20")
    same("no subprotocol", answer(port, None), "accepted, no CONNACK")
    same("subprotocol x", answer(port, ["x"]), "no HTTP response")
PYTHON
