# SPDX-License-Identifier: MIT
"""`python -m mqtt5` and `mqtt5` in a process: the output on each stream, and the exit status."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import mqtt5
import mqtt5.__main__
from mqtt5 import PingReqPacket, PingRespPacket, QoS

VERSION = f"mqtt5-codec {mqtt5.__version__}, {mqtt5.engine} engine\n"
PUBLISH = mqtt5.PublishPacket("a/é", b"\x00\xff", qos=QoS.AT_LEAST_ONCE, packet_id=7, user_properties=[("k", "v")])
BAD_UTF8 = bytes.fromhex("30 05 00 02 c3 28 00")


def run(*arguments, data=b"", **variables):
    done = subprocess.run(
        [sys.executable, "-m", "mqtt5", *arguments],
        input=data,
        capture_output=True,
        timeout=60,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"} | variables,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def decode(*arguments, **options):
    return run("decode", *arguments, **options)


def test_packet_printed_as_expression_after_offset():
    assert decode("c000") == (0, "0: PingReqPacket()\n", "")
    status, out, err = decode((PingReqPacket().write() + PUBLISH.write()).hex())
    assert (status, err) == (0, "")
    offset, _, text = out.splitlines()[1].partition(": ")
    assert (int(offset), eval(text, vars(mqtt5))) == (2, PUBLISH)


@pytest.mark.parametrize(
    "arguments",
    [["c000d000"], ["c0", "00", "d0", "00"], ["C0:00", "D0:00"], ["0xc0,0x00", " 0XD0\n00"], ["c0\t00\r\nd000 "]],
)
def test_forms_of_hexadecimal_text(arguments):
    expected = (0, "0: PingReqPacket()\n2: PingRespPacket()\n", "")
    assert decode(*arguments) == expected
    assert decode("-", data=" ".join(arguments).encode()) == expected


def test_raw_bytes_and_text_distinguished(tmp_path):
    file = tmp_path / "packets"
    raw = PingReqPacket().write() + PingRespPacket().write()
    for content in (raw, raw.hex().encode(), raw.hex(":").encode() + b"\n"):
        file.write_bytes(content)
        assert decode("--file", str(file)) == decode("-", data=content) == (0, decode(raw.hex())[1], "")


def test_form_forced_by_option():
    assert decode("--raw", "-", data=PingReqPacket().write())[0] == 0
    assert decode("--hex", "--file", "-", data=b"c000")[0] == 0
    status, _, err = decode("--raw", "-", data=b"c000")
    assert (status, "error at" in err) == (1, True)
    status, _, err = decode("--hex", "-", data=b"\xc0\x00")
    assert (status, "not a hexadecimal digit" in err) == (2, True)


def test_no_valid_packet_is_hexadecimal_text():
    """The rule for files relies on this: bytes that are all such text are never a packet."""
    text = b"0123456789abcdefABCDEFxX:, \t\r\n\f\v"
    for first in text:
        for length in text:
            for filler in text:
                with pytest.raises(mqtt5.DecodeError):
                    mqtt5.read(bytes([first, length]) + bytes([filler]) * length)


def test_empty_input_has_no_packets():
    assert decode("-") == (0, "", "")


def test_error_follows_packets_before_it():
    status, out, err = decode("c000", BAD_UTF8.hex(), "d000")
    assert (status, out) == (1, "0: PingReqPacket()\n")
    assert err.startswith("error at 4: reason code 0x81 MALFORMED_PACKET, field topic, in the packet at 2: ")
    assert err.count("\n") == 1


def test_error_with_reason_code_of_connack():
    status, _, err = decode("10 0d 0004 4d515454 06 02 003c 00 0000")
    assert (status, "0x84 UNSUPPORTED_PROTOCOL_VERSION" in err) == (1, True)


@pytest.mark.parametrize(("hexadecimal", "left", "needed"), [("c0", 1, 2), ("3007000161", 5, 9), ("30ffff", 3, 4)])
def test_incomplete_packet_reported(hexadecimal, left, needed):
    status, out, err = decode("c000" + hexadecimal)
    assert (status, out) == (1, "0: PingReqPacket()\n")
    end = 2 + left
    assert err == f"error at {end}: the input ends in the packet at 2, after {left} of {needed} bytes\n"


def test_json():
    will = mqtt5.Will("w", payload=b"\x01", qos=QoS.EXACTLY_ONCE)
    packets = [PUBLISH, mqtt5.ConnectPacket("c", will=will), mqtt5.SubAckPacket(1, [0, 0x87])]
    status, out, err = decode("--json", *[packet.write().hex() for packet in packets])
    assert (status, err) == (0, "")
    publish, connect, suback = [json.loads(line) for line in out.splitlines()]
    size = len(PUBLISH.write())
    assert (publish["offset"], publish["size"], publish["type"]) == (0, size, "PublishPacket")
    assert (connect["offset"], connect["type"]) == (size, "ConnectPacket")
    fields = publish["fields"]
    assert (fields["topic"], fields["payload"], fields["qos"], fields["retain"]) == ("a/é", "00ff", 1, False)
    assert (fields["user_properties"], fields["topic_alias"]) == ([["k", "v"]], None)
    assert (connect["fields"]["will"]["payload"], connect["fields"]["will"]["qos"]) == ("01", 2)
    assert suback["fields"]["reason_codes"] == [0, 0x87]


def test_json_errors():
    status, out, err = decode("--json", "c000", BAD_UTF8.hex())
    assert (status, json.loads(out)["type"]) == (1, "PingReqPacket")
    error = json.loads(err)
    assert error.pop("message")
    known = {"error": "DecodeError", "packet_offset": 2, "offset": 4, "reason_code": 0x81, "field": "topic"}
    assert error.items() >= known.items()
    status, out, err = decode("--json", "3007000161")
    error = json.loads(err)
    assert (status, out, bool(error.pop("message"))) == (1, "", True)
    assert error == {"error": "IncompleteError", "packet_offset": 0, "offset": 5, "size": 5, "needed": 9}


SECRETIVE = [
    mqtt5.ConnectPacket("c", password=b"s3cret", authentication_method="m", authentication_data=b"pr00f"),
    mqtt5.AuthPacket(authentication_method="m", authentication_data=b""),
]


def test_secrets_in_text_hidden():
    status, out, err = decode(b"".join(packet.write() for packet in SECRETIVE).hex())
    assert (status, err) == (0, "")
    assert [line.partition(": ")[2] for line in out.splitlines()] == [
        "ConnectPacket(client_id='c', password=<hidden>, authentication_method='m', authentication_data=<hidden>)",
        "AuthPacket(authentication_method='m', authentication_data=<hidden>)",
    ]


def test_secrets_in_text_shown_on_request():
    packets = [*SECRETIVE, mqtt5.ConnectPacket("c", will=mqtt5.Will("w", payload=b"x")), PUBLISH]
    status, out, err = decode("--show-secrets", b"".join(packet.write() for packet in packets).hex())
    assert (status, err) == (0, "")
    assert [eval(line.partition(": ")[2], vars(mqtt5)) for line in out.splitlines()] == packets
    assert out.splitlines()[-1].partition(": ")[2] == repr(PUBLISH)


@pytest.mark.parametrize(
    ("options", "password", "data"),
    [([], "<hidden>", "<hidden>"), (["--show-secrets"], b"s3cret".hex(), b"pr00f".hex())],
)
def test_secrets_in_json(options, password, data):
    packets = [SECRETIVE[0], mqtt5.ConnectPacket("c")]
    status, out, err = decode("--json", *options, b"".join(packet.write() for packet in packets).hex())
    assert (status, err) == (0, "")
    fields, without = [json.loads(line)["fields"] for line in out.splitlines()]
    assert (fields["password"], fields["authentication_data"], fields["client_id"]) == (password, data, "c")
    assert (without["password"], without["authentication_data"]) == (None, None)


def test_secrets_in_errors_hidden():
    broken = SECRETIVE[0].write().replace(b"s3cret", b"s3cret\xff")
    for options in ([], ["--json"]):
        status, _, err = decode(*options, broken.hex())
        assert (status, "s3cret" in err, b"s3cret".hex(" ") in err) == (1, False, False)


def test_secrets_in_bad_hex_hidden(tmp_path):
    data = SECRETIVE[0].write()
    binary, digits = tmp_path / "binary", tmp_path / "digits"
    binary.write_bytes(data)
    digits.write_text(data.hex() + "g0", "utf-8")
    for name in (binary, digits):
        status, _, err = decode("--hex", "--file", str(name))
        assert (status, "s3cret" in err, b"s3cret".hex() in err) == (2, False, False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["c00"], "line 1, column 1: a byte takes two digits"),
        (["c0", "0"], "line 1, column 4: a byte takes two digits"),
        (["c000", "zz"], "line 1, column 6: 'z' is not a hexadecimal digit"),
        (["0x"], "line 1, column 1: a byte takes two digits"),
        (["c000\nd0 q"], "line 2, column 4: 'q'"),
        ([], "give either HEX"),
        (["c000", "--file", "x"], "give either HEX"),
        (["--raw", "c000"], "--raw is for"),
        (["--file", "/nowhere/at/all"], "No such file"),
        (["--raw", "--hex", "-"], "not allowed with"),
    ],
)
def test_unreadable_input_refused(arguments, said):
    status, out, err = decode(*arguments)
    assert (status, out) == (2, "")
    assert said in err


def test_missing_command_refused():
    status, out, err = run()
    assert (status, out) == (2, "")
    assert "required: COMMAND" in err


def test_help_and_version():
    status, out, _ = decode("--help")
    assert (status, "--json" in out) == (0, True)
    assert run("--version") == (0, VERSION, "")


def test_version_beside_other_distribution_warns(tmp_path):
    """PyPI's mqtt5 has the same import name. What says so is its metadata; nothing else is looked at."""
    metadata = tmp_path / "mqtt5-0.8.0.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text("Metadata-Version: 2.1\nName: mqtt5\nVersion: 0.8.0\n", "utf-8")
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    status, out, err = run("--version", PYTHONPATH=path)
    assert (status, out) == (0, VERSION)
    assert "the distribution mqtt5 0.8.0 is installed too" in err
    assert "pip uninstall mqtt5, then pip install --force-reinstall mqtt5-codec" in err
    assert decode("c000", PYTHONPATH=path) == (0, "0: PingReqPacket()\n", "")


def test_command_line_of_replaced_package_explains(tmp_path):
    """`pip install mqtt5` later than ours replaces __init__.py, and leaves this command."""
    package = tmp_path / "mqtt5"
    package.mkdir()
    (package / "__init__.py").write_text("class PublishPacket: pass\n", "utf-8")
    shutil.copy(mqtt5.__path__[0] + "/__main__.py", package)
    done = subprocess.run(
        [sys.executable, "-m", "mqtt5", "--version"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "Another distribution has replaced files of mqtt5-codec" in done.stderr
    assert "Traceback" not in done.stderr


def test_console_script(missing):
    """The command that pip makes of the entry point does what the module does."""
    scripts = entry_points(group="console_scripts", name="mqtt5")
    if not scripts:
        missing("mqtt5-codec is not installed: scripts/setup")
    assert {point.load() for point in scripts} == {mqtt5.__main__.run}
    command = Path(sysconfig.get_path("scripts")) / ("mqtt5.exe" if os.name == "nt" else "mqtt5")
    if not command.exists():
        missing(f"{command} is not there: scripts/setup installs it")
    done = subprocess.run([command, "--version"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, VERSION, "")


def test_unencodable_characters_escaped():
    status, out, err = decode(PUBLISH.write().hex(), PYTHONIOENCODING="ascii")
    assert (status, err) == (0, "")
    assert "a/\\xe9" in out


def test_closed_output_ends_quietly():
    with subprocess.Popen(
        [sys.executable, "-m", "mqtt5", "decode", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.close()
        process.stdin.write(b"c000" * 20_000)
        process.stdin.close()
        assert (process.wait(60), process.stderr.read()) == (141, b"")
