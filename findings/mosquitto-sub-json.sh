#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# mosquitto_sub -F %j of Debian 12 cuts payload and correlation data at the first zero byte, copies invalid UTF-8 into
# its JSON, and writes a time with two zones.
source "$(dirname "$0")/lib.sh"
need mosquitto mosquitto
need mosquitto_sub mosquitto-clients
debian mosquitto-clients
run <<'PYTHON'
import json

from lib import *

with mosquitto() as port:
    sender = Peer(port, "a")

    def line(payload, props=b"", form="%j"):
        command = ["mosquitto_sub", "-V", "mqttv5", "-h", "127.0.0.1", "-p", str(port), "-t", "t", "-C", "1", "-W", "8"]
        process = subprocess.Popen([*command, "-F", form], stdout=subprocess.PIPE)
        time.sleep(0.5)
        sender.send(publish("t", payload, props=props))
        return process.communicate(timeout=15)[0]

    found = json.loads(line(b"a\0b", b"\x09" + text(b"c\0d")))
    same("length, payload of a NUL b", [found["payloadlen"], found["payload"]], [3, "a"])
    same("correlation data of c NUL d", found["properties"]["correlation-data"], "c")
    same("time", re.sub(r"\d", "9", found["tst"]), "9999-99-99T99:99:99.999999Z+9999")
    raw = line(b"a\xff")
    print("payload a 0xff:", raw)
    try:
        json.loads(raw)
        same("that line is JSON", True, False)
    except UnicodeDecodeError as error:
        same("that line is JSON", type(error).__name__, "UnicodeDecodeError")
    pairs = user("a", "1 b:2") + user("c", "3")
    same("%P with the User Properties (a, 1 b:2) and (c, 3)", line(b"", pairs, "%P").decode(), "a:1 b:2 c:3\n")
PYTHON
