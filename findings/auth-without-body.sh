#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# AUTH with Remaining Length 0 (f000) means Success (3.15.2.1). The npm package mqtt-packet and PyPI's zmqtt refuse it;
# PyPI's ohmqtt reads and writes it.
source "$(dirname "$0")/lib.sh"
need node nodejs
need npm npm
pip_install zmqtt==0.2.5 ohmqtt==1.2.1
npm_install mqtt-packet@9.0.2
cat >auth.cjs <<'NODE'
const parser = require("mqtt-packet").parser({protocolVersion: 5});
parser.on("packet", packet => console.log("reason code", packet.reasonCode));
parser.on("error", error => console.log(error.message));
parser.parse(Buffer.from(process.argv[2], "hex"));
NODE
run <<'PYTHON'
from lib import *
from ohmqtt.packet import decode_packet
from zmqtt._internal.packets import codec

short, long = packet(0xF0), packet(0xF0, b"\0\0")
for data, expected in ((short, "Invalid auth reason code"), (long, "reason code 0")):
    done = subprocess.run(["node", "auth.cjs", data.hex()], capture_output=True, text=True, check=True, timeout=20)
    same(f"mqtt-packet, {data.hex()}", done.stdout.strip(), expected)
try:
    same("zmqtt, f000", str(codec.decode(short, version="5.0")), None)
except ValueError as error:
    same("zmqtt, f000", str(error), "AUTH too short")
same("zmqtt, f0020000", codec.decode(long, version="5.0")[1], 4)
same("ohmqtt, f0020000, written again", bytes(decode_packet(long).encode()), "f000")
same("ohmqtt, f000, written again", bytes(decode_packet(short).encode()), "f000")
PYTHON
