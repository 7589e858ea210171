# SPDX-License-Identifier: MIT
"""Reading with strict=False: what is tolerated, what the packet then shows, and that it stays lenient.

docs/leniencies.md lists the leniencies. They never apply to a new packet.
"""

import copy
import pickle
from typing import Any

import pytest

from mqtt5 import (
    ConnAckPacket,
    ConnectPacket,
    DecodeError,
    Decoder,
    DisconnectPacket,
    PubAckPacket,
    PublishPacket,
    PublishTemplate,
    QoS,
    SubAckPacket,
    TopicFilter,
    UnsubAckPacket,
    Will,
    read,
)


def connect_with_will(properties: str) -> str:
    """A CONNECT whose Will has these properties, the topic "w" and no payload."""
    body = f"00044d5154540504000000000163{len(properties) // 2:02x}{properties}0001770000"
    return f"10{len(body) // 2:02x}{body}"


#: Bytes, the class and fields that they show, and the bytes that are written again (None: the same).
CASES: dict[str, tuple[str, type[Any], dict[str, Any], str | None]] = {
    "reason code of another packet": ("4003000795", PubAckPacket, {"packet_id": 7, "reason_code": 0x95}, None),
    "reason code below 0x80 of another packet": ("4003000711", PubAckPacket, {"reason_code": 0x11}, None),
    "undefined reason code": ("e001c8", DisconnectPacket, {"reason_code": 0xC8}, None),
    "undefined reason code of CONNACK": ("200300ff00", ConnAckPacket, {"reason_code": 0xFF}, None),
    "reason code in a list": ("9004000f0082", SubAckPacket, {"packet_id": 15, "reason_codes": (0x82,)}, None),
    "reason code after a listed one": ("b005000f001195", UnsubAckPacket, {"reason_codes": (0x11, 0x95)}, None),
    "payload format indicator": ("3006000174020102", PublishPacket, {"payload_format_indicator": 2}, None),
    "empty response topic": ("300700017403080000", PublishPacket, {"response_topic": ""}, None),
    "wildcard in response topic": ("30080001740408000123", PublishPacket, {"response_topic": "#"}, None),
    "will delay interval in PUBLISH": ("300900017405180000000a", PublishPacket, {"topic": "t"}, "300400017400"),
    "maximum QoS of 2": ("20050000022402", ConnAckPacket, {"max_qos": QoS.EXACTLY_ONCE}, "2003000000"),
    "payload format indicator of a Will": (connect_with_will("0103"), ConnectPacket, {"client_id": "c"}, None),
    "empty response topic of a Will": (connect_with_will("080000"), ConnectPacket, {"client_id": "c"}, None),
}
each_case = pytest.mark.parametrize(("data", "cls", "fields", "written"), CASES.values(), ids=CASES)

PUBACK = "4003000795"
PUBLISH = "3006000174020102"
CONNECT = connect_with_will("0103")


def lenient(data: str) -> Any:
    return read(bytes.fromhex(data), strict=False)[0]


def decoded(data: str, **options: Any) -> list[Any]:
    decoder = Decoder(**options)
    decoder.feed(bytes.fromhex(data))
    return list(decoder)


@each_case
def test_leniency_refused_by_strict(data: str, cls: type[Any], fields: dict[str, Any], written: str | None) -> None:
    for options in ({}, {"strict": True}):
        with pytest.raises(DecodeError):
            read(bytes.fromhex(data), **options)
        with pytest.raises(DecodeError):
            decoded(data, **options)


@each_case
def test_leniency_read_and_written(data: str, cls: type[Any], fields: dict[str, Any], written: str | None) -> None:
    packet, size = read(bytes.fromhex(data), strict=False)
    assert (type(packet), size, packet.lenient) == (cls, len(data) // 2, True)
    assert {name: getattr(packet, name) for name in fields} == fields
    assert decoded(data * 2, strict=False) == [packet, packet]
    assert packet.write() == bytes.fromhex(written or data)
    assert b"".join(packet.write_parts()) == packet.write()
    assert packet.packet_size == len(packet.write())


@each_case
def test_leniency_kept_by_copies(data: str, cls: type[Any], fields: dict[str, Any], written: str | None) -> None:
    packet = lenient(data)
    pickles = [pickle.loads(pickle.dumps(packet, protocol)) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
    for same in (*pickles, copy.copy(packet), copy.deepcopy(packet), packet.replace(), packet.__replace__()):
        assert same == packet
        assert hash(same) == hash(packet)
        assert same.lenient
        assert same.write() == packet.write()
        assert repr(same) == repr(packet)


@each_case
def test_leniency_not_for_new_packet(data: str, cls: type[Any], fields: dict[str, Any], written: str | None) -> None:
    packet = lenient(data)
    values = {name: getattr(packet, name) for name in cls.__annotations__}
    if written:  # what was tolerated is dropped
        assert cls(**values) == packet
        return
    with pytest.raises(ValueError, match=cls.__name__):
        cls(**values)


def test_strict_packet_not_lenient() -> None:
    for packet in (PubAckPacket(1), Will("t"), TopicFilter("f"), *decoded(PubAckPacket(1).write().hex(), strict=False)):
        assert packet.lenient is False
        with pytest.raises(AttributeError):
            packet.lenient = True  # type: ignore[misc]


def test_leniency_not_compared() -> None:
    packet = lenient(CASES["will delay interval in PUBLISH"][0])
    assert packet == PublishPacket("t", b"")
    assert hash(packet) == hash(PublishPacket("t", b""))
    assert PublishPacket("t", b"") == packet


def test_lenient_packet_replaced_within_leniencies() -> None:
    packet = lenient(PUBACK)
    changed = packet.replace(reason_code=0xC8, packet_id=9)
    assert changed.lenient
    assert (changed.reason_code.name, changed.write().hex()) == ("UNKNOWN_0xC8", "40030009c8")
    assert packet.replace(reason_code=0x10).lenient
    for changes in ({"reason_code": 0x7F}, {"reason_code": 0x100}, {"packet_id": 0}, {"reason_str": "\0"}):
        with pytest.raises(ValueError, match=f"PubAckPacket.{next(iter(changes))}="):
            packet.replace(**changes)
    with pytest.raises(TypeError, match="unexpected keyword argument 'nothing'"):
        packet.replace(nothing=1)
    publish = lenient(PUBLISH)
    assert publish.replace(payload_format_indicator=255, response_topic="+").lenient
    for changes in ({"topic": "#"}, {"qos": 3}, {"qos": 1}, {"payload_format_indicator": 256}):
        with pytest.raises(ValueError, match="PublishPacket"):
            publish.replace(**changes)


def test_strict_packet_not_replaced_leniently() -> None:
    code, will = lenient(PUBACK).reason_code, lenient(CONNECT).will
    for call in (
        lambda: PubAckPacket(1).replace(reason_code=code),
        lambda: PubAckPacket(1, reason_code=code),
        lambda: ConnectPacket("c").replace(will=will),
        lambda: ConnectPacket("c", will=will),
    ):
        with pytest.raises(ValueError, match=r"reason_code|will"):
            call()


def test_will_lenient_only_if_needed() -> None:
    connect = lenient(CONNECT)
    assert (connect.will.lenient, connect.will.payload_format_indicator) == (True, 3)
    assert connect.replace(will=Will("t")).will.lenient is False
    with pytest.raises(ValueError, match="payload_format_indicator"):
        Will("w", payload_format_indicator=3)
    same = pickle.loads(pickle.dumps(connect.will))
    assert (same, same.lenient) == (connect.will, True)
    assert connect.will.replace(topic="other").lenient
    assert connect.will.replace(topic="other") != connect.will


def test_will_published_leniently() -> None:
    packet = lenient(CONNECT).will.publish()
    assert (packet.lenient, packet.payload_format_indicator) == (True, 3)
    assert packet.write().hex() == "3006000177020103"


def test_template_of_lenient_packet_lenient() -> None:
    packet = lenient(PUBLISH)
    template = PublishTemplate(packet)
    assert template.write(qos=1, packet_id=5) == packet.replace(qos=1, packet_id=5).write()
    assert b"".join(template.write_parts()) == packet.write()
    with pytest.raises(ValueError, match=r"PublishPacket\.packet_id=None"):
        template.write(qos=1)


@pytest.mark.parametrize(
    "data",
    [
        "400300077f",  # neither a code of MQTT nor a failure
        "2003000100",  # no failure
        "4003000095",  # packet identifier 0
        "30050001230070",  # a wildcard in the topic
        "30080001740408000100",  # U+0000 in the response topic
        "300e0001740a180000000a180000000a",  # Will Delay Interval twice
        "3009000174051100000001",  # a property of other packets
        "9003000f00",  # no reason codes
    ],
)
def test_other_faults_refused_leniently(data: str) -> None:
    with pytest.raises(DecodeError):
        read(bytes.fromhex(data), strict=False)


@pytest.mark.parametrize("wrong", [0, 1, None, "yes"])
def test_strict_of_wrong_type_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match="strict must be a bool"):
        read(b"\xc0\x00", strict=wrong)
    with pytest.raises(TypeError, match="strict must be a bool"):
        Decoder(strict=wrong)
