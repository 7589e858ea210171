# SPDX-License-Identifier: MIT
"""The texts of errors are those of docs/errors.md, and no secret is in any.

Other tests compare types, fields and reason codes; these compare the words, which are the same on both engines.
"""

import copy
import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
from samples import SECRETS, given

import mqtt5
from mqtt5 import AuthPacket, ConnAckPacket, ConnectPacket
from mqtt5.lowlevel import ffi, lib

PAGE = Path(__file__).parent.parent / "docs" / "errors.md"


def rows(columns: int) -> list[list[str]]:
    """The rows of the page's table with that number of columns, without its head; none if there is no page."""
    if not PAGE.exists():
        return []
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if len(row) == columns]


STATUSES = rows(4)
CALLS = rows(2)


@pytest.mark.skipif(not PAGE.exists(), reason="docs/ is not here")
def test_page_lists_each_status() -> None:
    numbers = ffi.typeof("mqtt5_status").relements
    expected = [name for name in sorted(numbers, key=numbers.__getitem__) if name != "MQTT5_STATUS_COUNT"]
    assert [name.strip("`") for name, *_ in STATUSES] == expected
    assert len(CALLS) > 40


@pytest.mark.parametrize(("status", "code", "text", "example"), STATUSES, ids=[row[0] for row in STATUSES])
def test_status_has_text_and_code_of_page(status: str, code: str, text: str, example: str) -> None:
    number = getattr(lib, status.strip("`"))
    assert text == ffi.string(lib.mqtt5_strerror(number)).decode()
    assert int(code or "0", 16) == lib.mqtt5_reason_code(number)
    if found := re.fullmatch(r"`([0-9a-f ]+)`(?: with `(.+)`)?", example):
        options = eval(f"dict({found[2] or ''})")
        with pytest.raises(mqtt5.Error) as caught:
            mqtt5.read(bytes.fromhex(found[1]), **options)
        assert text in str(caught.value)
        assert getattr(caught.value, "reason_code", 0) == int(code or "0", 16)


@pytest.mark.parametrize(("code", "text"), CALLS, ids=[row[0] for row in CALLS])
def test_exception_of_page_has_whole_text(code: str, text: str) -> None:
    names = {**vars(mqtt5), "copy": copy.copy, "dataclass": dataclasses.dataclass}
    with pytest.raises(Exception) as caught:  # noqa: PT011
        exec(code.strip("`"), names)
    assert f"{caught.type.__name__}: {caught.value}" == text.strip("`")


SECRET = b"s3cret"


@pytest.mark.parametrize("cls", [ConnectPacket, ConnAckPacket, AuthPacket])
@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize(
    "wrong", [SECRET.decode(), [SECRET], SECRET * 20_000, {SECRET: SECRET}], ids=lambda w: type(w).__name__
)
def test_error_of_secret_argument_hides_it(cls: Any, name: str, wrong: Any) -> None:
    fields = {field: SECRET for field in SECRETS if hasattr(cls, field)}
    fields = {**fields, "authentication_method": "m", name: wrong}
    with pytest.raises((TypeError, ValueError)) as caught:
        given(cls, **fields)
    assert "s3cret" not in str(caught.value)
    assert "s3cret" not in repr(caught.value.__context__)
    assert name in str(caught.value)


CONNECT = ConnectPacket("c", username="u", password=SECRET, authentication_method="m", authentication_data=SECRET)


@pytest.mark.parametrize("packet", [CONNECT, AuthPacket(authentication_method="m", authentication_data=SECRET)])
def test_error_of_changed_bytes_shows_no_secret(packet: Any) -> None:
    """Each byte in turn is changed, and the packet cut before each: no error shows a part of the secret."""
    data = packet.write()
    refused = 0
    for at in range(len(data)):
        for number in (0, 1, 0x24, 0x7F, 0xFF, data[at] + 1 & 0xFF):
            changed = bytes([*data[:at], number, *data[at + 1 :]])
            for wrong in (changed, changed[:-3], bytes([data[0], data[1] - 3]) + changed[2:-3]):
                try:
                    mqtt5.read(wrong)
                except mqtt5.Error as error:
                    refused += 1
                    text = str(error)
                    assert "s3cret" not in text
                    assert not any(SECRET[i : i + 3].hex(" ") in text for i in range(4)), text
    assert refused > 100


@pytest.mark.parametrize("first", ["20 0d 00 00 0a", "f0 0c 18 0a"])
@pytest.mark.parametrize(("code", "options"), [(0x95, {"max_packet_size": 5}), (0x82, {"sender": "client"})])
def test_error_of_header_shows_no_secret(first: str, code: int, options: dict[str, Any]) -> None:
    """The authentication data is the first property, so it begins a few bytes after the length."""
    decoder = mqtt5.Decoder(**options)
    decoder.feed(bytes.fromhex(first) + b"\x16\x00\x06s3cret" + b"\x15\x00\x01m")
    with pytest.raises(mqtt5.DecodeError) as caught:
        next(decoder)
    assert caught.value.reason_code == code
    assert not any(f"{byte:02x}" in str(caught.value).partition("(")[2].partition(")")[0] for byte in SECRET)
