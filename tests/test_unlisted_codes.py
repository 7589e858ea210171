# SPDX-License-Identifier: MIT
"""Reason codes that their packet's table lacks, as lenient reading shows them: not members, but like members."""

import copy
import enum
import pickle
from typing import Any

import pytest
from test_enums import ENUMS

import mqtt5
from mqtt5 import (
    ConnAckReasonCode,
    DisconnectReasonCode,
    PubAckReasonCode,
    ReasonCode,
    SubAckReasonCode,
    UnsubAckReasonCode,
)


def read_code(data: str) -> Any:
    """The reason code of a packet, or the first of its list."""
    packet: Any = mqtt5.read(bytes.fromhex(data), strict=False)[0]
    return packet.reason_codes[0] if hasattr(packet, "reason_codes") else packet.reason_code


#: Bytes of a packet, the enum, the value, the name.
CODES: list[tuple[str, type[enum.IntEnum], int, str]] = [
    ("4003000795", PubAckReasonCode, 0x95, "PACKET_TOO_LARGE"),
    ("4003000718", PubAckReasonCode, 0x18, "CONTINUE_AUTHENTICATION"),
    ("40030007c8", PubAckReasonCode, 0xC8, "UNKNOWN_0xC8"),
    ("2003008e00", ConnAckReasonCode, 0x8E, "SESSION_TAKEN_OVER"),
    ("9004000f009b", SubAckReasonCode, 0x9B, "QOS_NOT_SUPPORTED"),
    ("b004000f0001", UnsubAckReasonCode, 0x01, "GRANTED_QOS_AT_LEAST_ONCE"),
    ("e001ff", DisconnectReasonCode, 0xFF, "UNKNOWN_0xFF"),
]
each_code = pytest.mark.parametrize(("data", "codes", "number", "name"), CODES)


@each_code
def test_unlisted_code_like_a_member(data: str, codes: type[enum.IntEnum], number: int, name: str) -> None:
    code = read_code(data)
    assert isinstance(code, codes)
    assert (code.name, code.value, int(code)) == (name, number, number)
    assert code == number
    assert hash(code) == hash(number)
    assert code > 0
    assert f"{code}" == str(code) == str(number)
    assert repr(code) == f"<{codes.__name__}.{name}: 0x{number:02X}>"
    assert {number: "found"}[code] == "found"


@each_code
def test_unlisted_code_one_object(data: str, codes: type[enum.IntEnum], number: int, name: str) -> None:
    code = read_code(data)
    pickles = [pickle.loads(pickle.dumps(code, protocol)) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
    for same in (read_code(data), *pickles, copy.copy(code), copy.deepcopy(code)):
        assert same is code


@each_code
def test_unlisted_code_not_a_member(data: str, codes: type[enum.IntEnum], number: int, name: str) -> None:
    listed = list(codes)
    code = read_code(data)
    assert list(codes) == listed
    assert code not in listed
    assert name not in codes.__members__
    with pytest.raises(ValueError, match=f"{number} is not a valid {codes.__name__}"):
        codes(number)
    with pytest.raises(KeyError):
        codes[name]


def test_codes_of_different_packets_differ() -> None:
    puback, suback = read_code("4003000795"), read_code("9004000f0095")
    assert puback == suback == ReasonCode.PACKET_TOO_LARGE
    assert type(puback) is not type(suback)


def test_listed_code_is_the_member() -> None:
    """Also next to one that is not listed."""
    packet: Any = mqtt5.read(bytes.fromhex("b005000f001195"), strict=False)[0]
    assert packet.reason_codes[0] is UnsubAckReasonCode.NO_SUBSCRIPTION_EXISTED


@pytest.mark.parametrize("name", [name for name in ENUMS if name.endswith("ReasonCode") and name != "ReasonCode"])
def test_all_codes_named_alike(name: str) -> None:
    for label, member in getattr(mqtt5, name).__members__.items():
        assert ReasonCode[label] == member
