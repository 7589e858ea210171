#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# mosquitto_sub -F %j of Debian 12 writes repeated User Properties as repeated keys of one object. DuckDB, polars and
# pyarrow all refuse that line; Python's json keeps the last value.
source "$(dirname "$0")/lib.sh"
need mosquitto mosquitto
need mosquitto_sub mosquitto-clients
debian mosquitto-clients
pip_install duckdb==2.0.1 polars==2.1.0 pyarrow==26.0.1
run <<'PYTHON'
import json

import duckdb
import polars
import pyarrow.json

from lib import *

with mosquitto() as port:
    command = ["mosquitto_sub", "-V", "mqttv5", "-h", "127.0.0.1", "-p", str(port), "-t", "t", "-C", "1", "-W", "8"]
    with open("lines.json", "wb") as file:
        process = subprocess.Popen([*command, "-F", "%j"], stdout=file)
        time.sleep(0.5)
        Peer(port, "a").send(publish("t", props=user("b", "1") + user("a", "2") + user("b", "3")))
        process.wait(timeout=15)
with open("lines.json") as file:
    line = file.read()
print(line)
same("keys as written", re.findall(r'"(\w)":', line), ["b", "a", "b"])
same("Python's json", json.loads(line)["properties"], {"user-properties": {"b": "3", "a": "2"}})
for name, call, expected in (
    ("DuckDB", lambda: duckdb.sql("from read_json('lines.json')").fetchall(), "InvalidInputException"),
    ("polars", lambda: polars.read_ndjson("lines.json").to_dicts(), "DuplicateError"),
    ("pyarrow", lambda: pyarrow.json.read_json("lines.json"), "ArrowInvalid"),
):
    try:
        same(name, call(), expected)
    except Exception as error:
        print(f"{name}: {str(error).splitlines()[0][:150]}")
        same(name, type(error).__name__, expected)
PYTHON
