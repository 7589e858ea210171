# SPDX-License-Identifier: MIT
"""The options of `mqtt5 decode` that concern reading: --keep-going, --lenient, --sender and --join."""

import json
import subprocess
import sys

import pytest
from test_cli import BAD_UTF8, decode

from mqtt5 import ConnAckPacket, ConnectPacket, PingReqPacket, PubAckPacket

LENIENT = "4003000795"
CONNECT = ConnectPacket("c").write().hex()


def test_keep_going_passes_over_refused_packets():
    status, out, err = decode("--keep-going", "c000", BAD_UTF8.hex(), "d000", LENIENT, "c000")
    assert (status, out) == (1, "0: PingReqPacket()\n9: PingRespPacket()\n16: PingReqPacket()\n")
    first, second = err.splitlines()
    assert first.startswith("error at 4: reason code 0x81 MALFORMED_PACKET, field topic, in the packet at 2: ")
    assert second.startswith("error at 15: reason code 0x82 PROTOCOL_ERROR, field reason_code, in the packet at 11: ")


def test_keep_going_without_errors_succeeds():
    assert decode("--keep-going", "c000") == (0, "0: PingReqPacket()\n", "")


def test_keep_going_ends_where_framing_is_lost():
    status, out, err = decode("--keep-going", "c000", "c100", "c000")
    assert (status, out) == (1, "0: PingReqPacket()\n")
    assert err.startswith("error at 2: ")
    assert err.count("\n") == 1


def test_keep_going_reports_cut_packet():
    status, out, err = decode("--keep-going", BAD_UTF8.hex(), "c000", "3005")
    assert (status, out) == (1, "7: PingReqPacket()\n")
    assert err.endswith("error at 11: the input ends in the packet at 9, after 2 of 7 bytes\n")


@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_closed_output_is_no_error(closed):
    command = ["decode", "--keep-going", LENIENT, "c000"]
    code = f"import sys; from mqtt5.__main__ import run; sys.argv[1:] = {command}; sys.{closed} = None; sys.exit(run())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    if closed == "stdout":
        assert (done.returncode, done.stdout, done.stderr.count("error at 4")) == (1, "", 1)
    else:
        assert (done.returncode, done.stdout, done.stderr) == (1, "5: PingReqPacket()\n", "")


def test_keep_going_in_json_keeps_order():
    status, out, err = decode("--json", "--keep-going", BAD_UTF8.hex(), "c000", LENIENT)
    assert status == 1
    assert [json.loads(line)["offset"] for line in out.splitlines()] == [7]
    first, second = [json.loads(line) for line in err.splitlines()]
    assert (first["packet_offset"], first["offset"], first["field"]) == (0, 2, "topic")
    assert second == {
        "error": "DecodeError",
        "packet_offset": 9,
        "offset": 13,
        "message": "PUBACK reason_code at offset 4 (95): this reason code is not allowed in this packet [2.4]",
        "reason_code": 0x82,
        "field": "reason_code",
        "index": None,
        "packet_type": "PUBACK",
        "packet_size": 5,
        "packet_id": 7,
        "protocol": None,
        "protocol_level": None,
    }


def test_lenient_packet_marked():
    status, out, err = decode("--lenient", "c000", LENIENT)
    code = "<PubAckReasonCode.PACKET_TOO_LARGE: 0x95>"
    lines = f"0: PingReqPacket()\n2: PubAckPacket(packet_id=7, reason_code={code})  # lenient\n"
    assert (status, out, err) == (0, lines, "")
    _, out, _ = decode("--lenient", "--json", "c000", LENIENT)
    ping, puback = [json.loads(line) for line in out.splitlines()]
    assert (ping["lenient"], puback["lenient"], puback["fields"]["reason_code"]) == (False, True, 0x95)
    assert decode(LENIENT)[0] == 1


@pytest.mark.parametrize(
    ("sender", "first", "said"),
    [
        ("client", PingReqPacket(), "a client's first packet must be CONNECT"),
        ("client", ConnAckPacket(), "this side must not send this packet type"),
        ("server", PubAckPacket(1), "a client's first packet must be CONNECT, a server's CONNACK or AUTH"),
        ("server", ConnectPacket("c"), "this side must not send this packet type"),
    ],
)
def test_sender_refuses_what_it_may_not_send_first(sender, first, said):
    status, out, err = decode("--sender", sender, first.write().hex())
    assert (status, out, said in err) == (1, "", True)


def test_sender_known_from_start_or_joined():
    assert decode("--sender", "client", CONNECT, "c000")[0] == 0
    assert decode("--sender", "client", "--join", "c000", "40020001")[0] == 0
    assert decode("--sender", "client", "--join", CONNECT, "c000")[0] == 0
    status, out, err = decode("--sender", "client", "--join", "c000", CONNECT)
    assert (status, out.count("\n"), "CONNECT and CONNACK must not be repeated" in err) == (1, 1, True)
    status, _, err = decode("--join", "c000")
    assert (status, "--join is for --sender" in err) == (2, True)
    assert decode("--sender", "broker", "c000")[0] == 2


def test_foreign_protocol_named():
    status, _, err = decode("20020001")
    assert (status, "this looks like MQTT 3.1.1: the server does not support MQTT 5.0" in err) == (1, True)
