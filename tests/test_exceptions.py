# SPDX-License-Identifier: MIT
"""The exceptions: their classes, attributes and copies, what their texts say, and the packets that answer them."""

import copy
import pickle
from typing import Any

import pytest

import mqtt5
from mqtt5 import (
    Decoder,
    PingReqPacket,
)

BAD = bytes.fromhex("3804 0001 74 00".replace(" ", ""))  # DUP with QoS 0


PING = PingReqPacket().write()


def fed(*chunks: Any, **arguments: Any) -> Decoder:
    decoder = Decoder(**arguments)
    for chunk in chunks:
        decoder.feed(chunk)
    return decoder


def test_exception_classes_derive_as_documented() -> None:
    assert issubclass(mqtt5.Error, Exception)
    assert mqtt5.IncompleteError.__bases__ == (mqtt5.Error, IndexError)
    assert mqtt5.DecodeError.__bases__ == (mqtt5.Error, ValueError)
    assert not issubclass(mqtt5.IncompleteError, ValueError)
    assert not issubclass(mqtt5.DecodeError, LookupError)
    with pytest.raises(IndexError):
        mqtt5.read(b"")
    with pytest.raises(ValueError, match="duplicate"):
        mqtt5.read(BAD)
    for data in (b"", BAD):
        with pytest.raises(mqtt5.Error):
            mqtt5.read(data)


def raised(data: bytes) -> mqtt5.Error:
    with pytest.raises(mqtt5.Error) as caught:
        mqtt5.read(data)
    return caught.value


@pytest.mark.parametrize("data", [b"", b"\x30\x05", BAD, bytes.fromhex("4003000105")])
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_exception_copied_keeps_attributes(data: bytes, protocol: int) -> None:
    error = raised(data)
    for same in (pickle.loads(pickle.dumps(error, protocol)), copy.copy(error), copy.deepcopy(error)):
        assert type(same) is type(error)
        assert str(same) == str(error)
        assert vars(same) == vars(error)
        assert same.args == error.args


def test_exception_constructed_by_user() -> None:
    error = mqtt5.DecodeError("text", reason_code=0x82, field="topic", offset=5)
    assert (str(error), error.reason_code, error.field, error.offset) == ("text", 0x82, "topic", 5)
    assert str(mqtt5.IncompleteError("text", needed=3)) == "text"
    assert mqtt5.IncompleteError("text", needed=3).needed == 3
    assert str(mqtt5.Error("text")) == "text"


def test_error_text_names_packet_field_and_offset() -> None:
    text = str(raised(bytes.fromhex("4003000105")))
    for part in ("PUBACK", "reason_code", "offset 4", "05"):
        assert part in text
    text = str(raised(b"\x30\x05\x00"))
    for part in ("3", "7"):
        assert part in text
    assert "\n" not in text


def test_error_text_of_long_packet_short() -> None:
    error = raised(b"\x30\x90\x4e\x00\x01#" + bytes(9997 + 10))
    assert len(str(error)) < 300
    assert error.__cause__ is None


@pytest.mark.parametrize(
    ("data", "connack", "disconnect"),
    [
        ("300700016103230000", 0x82, 0x94),  # topic alias 0: no code of CONNACK
        ("101000044d5154540402003c000000000000", 0x84, 0x82),  # another version: no code of DISCONNECT
        ("3005000123000a", 0x81, 0x81),
        ("3207000161000000ff", 0x82, 0x82),
    ],
)
def test_error_gives_answering_packet(data: str, connack: int, disconnect: int) -> None:
    with pytest.raises(mqtt5.DecodeError) as caught:
        mqtt5.read(bytes.fromhex(data))
    error = caught.value
    assert error.connack() == mqtt5.ConnAckPacket(reason_code=connack)
    assert error.disconnect("so") == mqtt5.DisconnectPacket(reason_code=disconnect, reason_str="so")
    for answer in error.connack(str(error)), error.disconnect(str(error)):
        assert mqtt5.read(answer.write())[0] == answer


def test_error_of_large_packet_answered_with_0x95() -> None:
    decoder = mqtt5.Decoder(max_packet_size=10)
    decoder.feed(b"\x30\x20")
    with pytest.raises(mqtt5.DecodeError) as caught:
        next(decoder)
    assert caught.value.connack().reason_code == caught.value.disconnect().reason_code == 0x95


def test_error_reason_code_fits_answering_packet() -> None:
    with pytest.raises(mqtt5.DecodeError) as caught:
        list(fed(bytes.fromhex("3007000174 03 230000".replace(" ", ""))))
    answer = mqtt5.DisconnectPacket(reason_code=caught.value.reason_code)
    assert answer.reason_code is mqtt5.DisconnectReasonCode.TOPIC_ALIAS_INVALID
    with pytest.raises(mqtt5.DecodeError) as caught:
        mqtt5.read(bytes.fromhex("100d00044d5154540402003c00000163"))
    answer = mqtt5.ConnAckPacket(reason_code=caught.value.reason_code)
    assert answer.reason_code is mqtt5.ConnAckReasonCode.UNSUPPORTED_PROTOCOL_VERSION
