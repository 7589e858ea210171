#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# PyPI's zmqtt keeps only the last of several Subscription Identifiers of a PUBLISH, which overlapping subscriptions
# give (3.3.2.3.8).
source "$(dirname "$0")/lib.sh"
pip_install zmqtt==0.2.5 ohmqtt==1.2.1
run <<'PYTHON'
from lib import *
from ohmqtt.packet import decode_packet
from zmqtt._internal.packets import codec

sent = publish("t", b"x", props=b"\x0b\1\x0b\2\x0b\3")
found, size = codec.decode(sent, version="5.0")
same("zmqtt reads the whole packet", size, len(sent))
print(found.properties)
same("zmqtt, written again", bytes(codec.encode(found, version="5.0")), publish("t", b"x", props=b"\x0b\3").hex())
same("ohmqtt, written again", bytes(decode_packet(sent).encode()), sent.hex())
PYTHON
