# SPDX-License-Identifier: MIT
"""Holds together what is said in more than one place: specification, C header, property table, classes, enums.

The tables are typed from the specification. What the codec accepts is found by reading packets made by hand, one for
each combination.
"""

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
from samples import PACKETS

import mqtt5
from mqtt5 import (
    BasePacket,
)

ROOT = Path(__file__).parent.parent


CSRC = ROOT / "csrc"


needs_sources = pytest.mark.skipif(not CSRC.exists(), reason="csrc/ is not here")


REASONED = "CONNACK PUBACK PUBREC PUBREL PUBCOMP SUBACK UNSUBACK DISCONNECT AUTH"


#: Table 2-4 of the specification: identifier, our name, type, where it is allowed.
TABLE_2_4 = [
    (0x01, "payload_format_indicator", "byte", "PUBLISH WILL"),
    (0x02, "message_expiry_interval", "u32", "PUBLISH WILL"),
    (0x03, "content_type", "string", "PUBLISH WILL"),
    (0x08, "response_topic", "string", "PUBLISH WILL"),
    (0x09, "correlation_data", "binary", "PUBLISH WILL"),
    (0x0B, "subscription_id", "varint", "PUBLISH SUBSCRIBE"),
    (0x11, "session_expiry_interval", "u32", "CONNECT CONNACK DISCONNECT"),
    (0x12, "assigned_client_id", "string", "CONNACK"),
    (0x13, "server_keep_alive", "u16", "CONNACK"),
    (0x15, "authentication_method", "string", "CONNECT CONNACK AUTH"),
    (0x16, "authentication_data", "binary", "CONNECT CONNACK AUTH"),
    (0x17, "request_problem_info", "byte", "CONNECT"),
    (0x18, "will_delay_interval", "u32", "WILL"),
    (0x19, "request_response_info", "byte", "CONNECT"),
    (0x1A, "response_info", "string", "CONNACK"),
    (0x1C, "server_reference", "string", "CONNACK DISCONNECT"),
    (0x1F, "reason_str", "string", REASONED),
    (0x21, "receive_max", "u16", "CONNECT CONNACK"),
    (0x22, "topic_alias_max", "u16", "CONNECT CONNACK"),
    (0x23, "topic_alias", "u16", "PUBLISH"),
    (0x24, "max_qos", "byte", "CONNACK"),
    (0x25, "retain_available", "byte", "CONNACK"),
    (0x26, "user_properties", "pair", f"CONNECT PUBLISH WILL SUBSCRIBE UNSUBSCRIBE {REASONED}"),
    (0x27, "max_packet_size", "u32", "CONNECT CONNACK"),
    (0x28, "wildcard_subscription_available", "byte", "CONNACK"),
    (0x29, "subscription_id_available", "byte", "CONNACK"),
    (0x2A, "shared_subscription_available", "byte", "CONNACK"),
]


#: A value of each type, and the sizes of a value that is cut off.
VALUES = {
    "byte": b"\x01",
    "u16": b"\x00\x01",
    "u32": b"\x00\x00\x00\x01",
    "varint": b"\x01",
    "string": b"\x00\x01x",
    "binary": b"\x00\x01x",
    "pair": b"\x00\x01n\x00\x01v",
}


#: First byte, and the bytes before and after the properties.
FORMS = {
    "CONNECT": (0x10, b"\x00\x04MQTT\x05\x00\x00\x00", b"\x00\x00"),
    "WILL": (0x10, b"\x00\x04MQTT\x05\x04\x00\x00\x00\x00\x00", b"\x00\x01t\x00\x00"),
    "CONNACK": (0x20, b"\x00\x00", b""),
    "PUBLISH": (0x30, b"\x00\x01t", b""),
    "PUBACK": (0x40, b"\x00\x01\x00", b""),
    "PUBREC": (0x50, b"\x00\x01\x00", b""),
    "PUBREL": (0x62, b"\x00\x01\x00", b""),
    "PUBCOMP": (0x70, b"\x00\x01\x00", b""),
    "SUBSCRIBE": (0x82, b"\x00\x01", b"\x00\x01f\x00"),
    "SUBACK": (0x90, b"\x00\x01", b"\x00"),
    "UNSUBSCRIBE": (0xA2, b"\x00\x01", b"\x00\x01f"),
    "UNSUBACK": (0xB0, b"\x00\x01", b"\x00"),
    "DISCONNECT": (0xE0, b"\x00", b""),
    "AUTH": (0xF0, b"\x00", b""),
}


#: The reason codes of each packet: the tables of sections 3.2.2.2, 3.4.2.1, ... 3.15.2.1.
REASON_CODES = {
    "CONNACK": "00 80 81 82 83 84 85 86 87 88 89 8a 8c 90 95 97 99 9a 9b 9c 9d 9f",
    "PUBACK": "00 10 80 83 87 90 91 97 99",
    "PUBREC": "00 10 80 83 87 90 91 97 99",
    "PUBREL": "00 92",
    "PUBCOMP": "00 92",
    "SUBACK": "00 01 02 80 83 87 8f 91 97 9e a1 a2",
    "UNSUBACK": "00 11 80 83 87 8f 91",
    "DISCONNECT": "00 04 80 81 82 83 87 89 8b 8d 8e 8f 90 93 94 95 96 97 98 99 9a 9b 9c 9d 9e 9f a0 a1 a2",
    "AUTH": "00 18 19",
}


CLASS_OF = {cls.packet_type.name: cls for cls in PACKETS} | {"WILL": mqtt5.Will}


def made(where: str, properties: bytes, code: int | None = None) -> bytes:
    """A packet with these properties, and perhaps another reason code."""
    first, before, after = FORMS[where]
    if code is not None:
        if after:
            after = bytes([code])
        else:
            before = before[:-1] + bytes([code])
    body = before + bytes([len(properties)]) + properties + after
    return bytes([first, len(body)]) + body


def prefixed(identifier: int, kind: str) -> bytes:
    """A property; authentication data with the method that it needs."""
    method = b"\x15\x00\x01m" if identifier == 0x16 else b""
    return method + bytes([identifier]) + VALUES[kind]


def test_properties_allowed_as_in_table_2_4() -> None:
    """All 27 properties in all places, and each identifier that is none."""
    for identifier, name, kind, allowed in TABLE_2_4:
        for where in FORMS:
            data = made(where, prefixed(identifier, kind))
            if where in allowed.split():
                packet, size = mqtt5.read(data)
                assert size == len(data)
                holder = packet.will if where == "WILL" else packet
                attribute = "subscription_ids" if (where, name) == ("PUBLISH", "subscription_id") else name
                expected: Any = {"string": "x", "binary": b"x", "pair": (("n", "v"),)}.get(kind, 1)
                assert getattr(holder, attribute) == ((1,) if attribute == "subscription_ids" else expected)
            else:
                with pytest.raises(mqtt5.DecodeError) as caught:
                    mqtt5.read(data)
                assert (where, caught.value.reason_code) == (where, 0x81)
                found = {f"{prefix}{each}" for prefix in ("", "will.") for each in (name, f"{name}s", "property_id")}
                assert caught.value.field in found or identifier == 0x16


def test_property_with_unknown_identifier_refused() -> None:
    known = {row[0] for row in TABLE_2_4}
    for where in FORMS:
        for identifier in set(range(128)) - known:
            for value in (b"", b"\x01", b"\x00\x01x"):
                with pytest.raises(mqtt5.DecodeError) as caught:
                    mqtt5.read(made(where, bytes([identifier]) + value))
                assert caught.value.reason_code == 0x81
                assert caught.value.field == ("will.property_id" if where == "WILL" else "property_id")


def test_property_repeated_refused() -> None:
    """User properties, and the subscription identifiers of a PUBLISH, may stand again."""
    for identifier, name, kind, allowed in TABLE_2_4:
        for where in allowed.split():
            data = made(where, prefixed(identifier, kind) + bytes([identifier]) + VALUES[kind])
            if name == "user_properties" or (where, name) == ("PUBLISH", "subscription_id"):
                mqtt5.read(data)
                continue
            with pytest.raises(mqtt5.DecodeError) as caught:
                mqtt5.read(data)
            assert caught.value.reason_code == 0x82
            assert caught.value.field == (f"will.{name}" if where == "WILL" else name)


def test_property_cut_off_malformed() -> None:
    """A value that is cut off is malformed at every size: so it has the size of its type."""
    for identifier, _, kind, allowed in TABLE_2_4:
        where = allowed.split()[0]
        for size in range(len(VALUES[kind])):
            with pytest.raises(mqtt5.DecodeError) as caught:
                mqtt5.read(made(where, bytes([identifier]) + VALUES[kind][:size]))
            assert caught.value.reason_code == 0x81


@needs_sources
def test_struct_members_match_property_table() -> None:
    header = (CSRC / "mqtt5.h").read_text("utf-8")
    body = header.partition("typedef struct mqtt5_properties {")[2].partition("}")[0]
    members = dict(reversed(line) for line in re.findall(r"^    (\w+) (\w+);", body, re.MULTILINE))
    assert members.pop("present") == "uint64_t"
    table = (CSRC / "mqtt5_table.h").read_text("utf-8").partition("#define MQTT5_PROPERTY_TABLE(X)")[2]
    rows = re.findall(r"X\(MQTT5_PROP_(\w+), (\w+), (\w+), (\w+),", table)
    types = {
        "BYTE": "uint8_t",
        "U16": "uint16_t",
        "U32": "uint32_t",
        "VARINT": "uint32_t",
        "VARINTS": "mqtt5_list",
        "USER_PROPERTIES": "mqtt5_list",
        "STRING": "mqtt5_view",
        "BINARY": "mqtt5_view",
    }
    assert members == {name: types[kind] for _, name, kind, _ in rows}
    assert len(rows) == len(members) == 28  # 27 properties, one of them a number here and a list there
    numbers = {name: int(value, 16) for name, value in re.findall(r"MQTT5_PROP_(\w+) = (0x\w+)", header)}
    found = {numbers[name]: member for name, member, _, _ in rows if member != "subscription_ids"}
    assert found == {row[0]: row[1] for row in TABLE_2_4}
    assert [numbers[name] for name, _, _, _ in rows] == sorted(numbers[name] for name, _, _, _ in rows)
    for name, member, _, _ in rows:
        assert member.upper() in (name, f"{name}S"), "a field is called what its member is called"


#: What the classes hold besides properties, in the order of their packets.
OTHER_FIELDS = {
    "CONNECT": "client_id username password clean_start will keep_alive",
    "WILL": "topic payload qos retain",
    "CONNACK": "session_present reason_code",
    "PUBLISH": "topic payload qos retain packet_id duplicate",
    "PUBACK": "packet_id reason_code",
    "PUBREC": "packet_id reason_code",
    "PUBREL": "packet_id reason_code",
    "PUBCOMP": "packet_id reason_code",
    "SUBSCRIBE": "packet_id topic_filters",
    "SUBACK": "packet_id reason_codes",
    "UNSUBSCRIBE": "packet_id patterns",
    "UNSUBACK": "packet_id reason_codes",
    "PINGREQ": "",
    "PINGRESP": "",
    "DISCONNECT": "reason_code",
    "AUTH": "reason_code",
}


@pytest.mark.parametrize("where", OTHER_FIELDS)
def test_fields_of_class_match_table_2_4(where: str) -> None:
    names = [field.name for field in dataclasses.fields(CLASS_OF[where])]
    properties = [name for _, name, _, allowed in TABLE_2_4 if where in allowed.split()]
    if where == "PUBLISH":
        properties[properties.index("subscription_id")] = "subscription_ids"
    assert sorted(names) == sorted(OTHER_FIELDS[where].split() + properties)
    assert len(set(names)) == len(names)


def test_packet_types_have_one_class_each() -> None:
    assert [cls.packet_type for cls in PACKETS] == list(mqtt5.PacketType)
    assert [cls.__name__.removesuffix("Packet").upper() for cls in PACKETS] == [cls.packet_type.name for cls in PACKETS]
    assert all(getattr(mqtt5, cls.__name__) is cls for cls in PACKETS)
    for cls in PACKETS:
        assert issubclass(cls, BasePacket)


def test_first_bytes_read_as_in_table_2_1() -> None:
    """All 256 first bytes: type and flags of Table 2-1 and 2-2."""
    flags = {name: first & 15 for name, (first, _, _) in FORMS.items()} | {"PINGREQ": 0, "PINGRESP": 0}
    for first in range(256):
        body = b"\x00\x01t" + b"\x00" * 20
        try:
            mqtt5.read(bytes([first, len(body)]) + body)
        except mqtt5.DecodeError as error:
            refused = error.field in ("packet_type", "flags", "qos", "duplicate")
        else:
            refused = False
        if first >> 4 == 0:
            allowed = False
        elif first >> 4 == mqtt5.PacketType.PUBLISH:
            allowed = first & 6 != 6 and (first & 6 != 0 or not first & 8)
        else:
            allowed = first & 15 == flags[mqtt5.PacketType(first >> 4).name]
        assert refused is not allowed, hex(first)


@pytest.mark.parametrize("where", REASON_CODES)
def test_reason_codes_read_as_specified(where: str) -> None:
    """The enum, and which of all 256 codes the codec reads, against the specification's table."""
    allowed = [int(code, 16) for code in REASON_CODES[where].split()]
    name = CLASS_OF[where].__name__.removesuffix("Packet") + "ReasonCode"
    members = getattr(mqtt5, name)
    assert [int(member) for member in members] == allowed
    properties = b"\x15\x00\x01m" if where == "AUTH" else b""
    for code in range(256):
        data = made(where, properties, code)
        if code in allowed:
            packet, _ = mqtt5.read(data)
            found = packet.reason_codes[0] if where.endswith("SUBACK") else packet.reason_code
            assert found is members(code)
        else:
            with pytest.raises(mqtt5.DecodeError) as caught:
                mqtt5.read(data)
            assert caught.value.reason_code == 0x82
            assert caught.value.field in ("reason_code", "reason_codes")
            with pytest.raises(ValueError, match="not a valid"):
                members(code)


def test_subscription_options_read_as_specified() -> None:
    """All 256 subscription options: 3.8.3.1."""
    for options in range(256):
        data = b"\x82\x07\x00\x01\x00\x00\x01f" + bytes([options])
        qos, retain_handling = options & 3, options >> 4 & 3
        if qos < 3 and retain_handling < 3 and options < 0x40:
            topic_filter = mqtt5.read(data)[0].topic_filters[0]
            assert topic_filter.max_qos is mqtt5.QoS(qos)
            assert topic_filter.retain_handling is mqtt5.RetainHandling(retain_handling)
            assert topic_filter.no_local is bool(options & 4)
            assert topic_filter.retain_as_published is bool(options & 8)
        else:
            with pytest.raises(mqtt5.DecodeError):
                mqtt5.read(data)


def test_connect_flags_read_as_specified() -> None:
    """All 256: 3.1.2.3."""
    for flags in range(256):
        payload = b"\x00\x01c"
        payload += b"\x00\x00\x01w\x00\x01p" if flags & 4 else b""
        payload += b"\x00\x01u" if flags & 0x80 else b""
        payload += b"\x00\x01s" if flags & 0x40 else b""
        body = b"\x00\x04MQTT\x05" + bytes([flags]) + b"\x00\x00\x00" + payload
        data = bytes([0x10, len(body)]) + body
        if flags & 1 or flags & 0x18 == 0x18 or (not flags & 4 and flags & 0x38):
            with pytest.raises(mqtt5.DecodeError) as caught:
                mqtt5.read(data)
            assert caught.value.reason_code == 0x81
            continue
        packet, _ = mqtt5.read(data)
        will = mqtt5.Will("w", payload=b"p", qos=flags >> 3 & 3, retain=bool(flags & 0x20)) if flags & 4 else None
        assert packet == mqtt5.ConnectPacket(
            "c",
            clean_start=bool(flags & 2),
            username="u" if flags & 0x80 else None,
            password=b"s" if flags & 0x40 else None,
            will=will,
        )
        assert packet.write() == data
