#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The MQTT 5 client of awscrt adds 110 bytes about itself to the User Name of every CONNECT, also if the caller gave
# none and the server is not Amazon's. disable_metrics=True stops it.
source "$(dirname "$0")/lib.sh"
pip_install awscrt==0.38.1
cat >client.py <<'AWSCRT'
import sys
import time

from awscrt import mqtt5

port, name, disabled = sys.argv[1:]
packet = mqtt5.ConnectPacket(client_id="c", username=name or None)
options = mqtt5.ClientOptions("127.0.0.1", int(port), connect_options=packet, disable_metrics=disabled == "disabled")
client = mqtt5.Client(options)
client.start()
time.sleep(10)
AWSCRT
run <<'PYTHON'
from lib import *


def name_of(name, metrics):
    """The User Name of the CONNECT; None if its flag is not set."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        command = [sys.executable, "client.py", str(server.getsockname()[1]), name, metrics]
        process = subprocess.Popen(command)
        server.settimeout(20)
        peer = Peer.__new__(Peer)
        peer.socket, peer.data = server.accept()[0], b""
        item = peer.get()
        peer.close()
        process.kill()
        process.wait(10)
    body = item[item.index(b"MQTT") + 4 :]
    rest = body[5 + len(text("c")) :]  # after version, flags, keep alive and no properties
    return rest[2:].decode() if body[1] & 0x80 else None


ADDED = re.compile(r"SDK=IoTDeviceSDK/Python&Platform=\w+&Metadata=\(.*\)$")
for name in ("", "me", "me?a=b"):
    sent = name_of(name, "enabled")
    same(f"User Name {name!r}", ADDED.sub("...", sent), f"{name}{'&' if '?' in name else '?'}...")
same("User Name '' with disable_metrics", name_of("", "disabled"), None)
same("User Name 'me' with disable_metrics", name_of("me", "disabled"), "me")
PYTHON
