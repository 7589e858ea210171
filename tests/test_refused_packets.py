# SPDX-License-Identifier: MIT
"""What DecodeError tells of the refused packet: its type, size, identifier, the item; and the foreign protocol."""

import pickle
from typing import Any

import pytest

import mqtt5
from mqtt5 import ConnectPacket, DecodeError, Decoder, PacketTooLarge, PacketType, PingReqPacket, read


def refused(data: str | bytes, **options: Any) -> DecodeError:
    """The error of read() and of a Decoder, which must be alike."""
    raw = bytes.fromhex(data) if isinstance(data, str) else data
    with pytest.raises(DecodeError) as caught:
        read(raw, **options)
    decoder = Decoder(from_start=False, **options)
    decoder.feed(raw)
    with pytest.raises(DecodeError) as same:
        next(decoder)
    assert (str(same.value), vars(same.value)) == (str(caught.value), vars(caught.value))
    return caught.value


@pytest.mark.parametrize(
    ("data", "kind", "size", "packet_id", "index"),
    [
        ("4003000105", PacketType.PUBACK, 5, 1, None),
        ("9004000f0082", PacketType.SUBACK, 6, 15, 0),
        ("9006000f00008201", PacketType.SUBACK, 8, 15, 1),
        ("8203000100", PacketType.SUBSCRIBE, 5, 1, 0),
        ("a20b00070000016100032b2361", PacketType.UNSUBSCRIBE, 13, 7, 1),
        ("320700012301020041", PacketType.PUBLISH, 9, 0x0102, None),
        ("3005000123000a", PacketType.PUBLISH, 7, None, None),
        ("3008000174040b010b00", PacketType.PUBLISH, 10, None, 1),
        ("e00101", PacketType.DISCONNECT, 3, None, None),
        ("4100", PacketType.PUBACK, None, None, None),  # flags: where the next packet begins is not known
        ("3080808080", PacketType.PUBLISH, None, None, None),
        ("0000", None, None, None, None),
    ],
)
def test_error_describes_refused_packet(
    data: str, kind: PacketType | None, size: int | None, packet_id: int | None, index: int | None
) -> None:
    error = refused(data)
    assert (error.packet_type, error.packet_size, error.packet_id, error.index) == (kind, size, packet_id, index)
    assert error.packet_type is kind
    assert (error.protocol, error.protocol_level) == (None, None)


def test_index_of_list_in_will() -> None:
    properties = "2600016100016126000161" + "0001ff"
    body = f"00044d51545405040000000001630e{properties}0001770000"
    error = refused(f"10{len(body) // 2:02x}{body}")
    assert (error.field, error.index) == ("will.user_properties", 1)


def test_error_of_too_large_packet_knows_size_early() -> None:
    decoder = Decoder(max_packet_size=10)
    decoder.feed(bytes.fromhex("8220 0007"))
    with pytest.raises(DecodeError) as caught:
        next(decoder)
    error = caught.value
    assert (error.reason_code, error.packet_type, error.packet_size) == (0x95, PacketType.SUBSCRIBE, 34)
    assert error.packet_id == 7


FOREIGN = [
    ("20020001", "mqtt-3.1.1", None, "the server does not support MQTT 5.0"),
    ("20020000", "mqtt-3.1.1", None, "the server does not support MQTT 5.0"),
    ("100d00044d5154540402003c000163", "mqtt-3.1.1", 4, "the client does not use MQTT 5.0"),
    ("100f00064d514973647003020000000163", "mqtt-3.1", 3, "the client does not use MQTT 5.0"),
    ("100d00044d5154548402003c000163", "mqtt-3.1.1", 0x84, "the client does not use MQTT 5.0"),
    ("160301020001000201", "tls", None, "TLS"),
    (b"GET /mqtt HTTP/1.1\r\n", "http", None, "HTTP"),
    (b"HTTP/1.1 400 Bad Request\r\n", "http", None, "HTTP"),
    ("828effffeeddef", "websocket", None, "WebSocket"),
    (b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c", "proxy-v2", None, "PROXY protocol, version 2"),
]


@pytest.mark.parametrize(("data", "protocol", "level", "words"), FOREIGN)
def test_foreign_protocol_named(data: Any, protocol: str, level: int | None, words: str) -> None:
    error = refused(data)
    assert (error.protocol, error.protocol_level) == (protocol, level)
    assert "; this looks like " in str(error)
    assert words in str(error)


@pytest.mark.parametrize("sender", ["client", "server"])
@pytest.mark.parametrize(
    ("data", "protocol"),
    [(b"POST / HTTP/1.1\r\n", "http"), (b"PRI * HTTP/2.0\r\n", "http"), (b"PROXY TCP4 192.0.2.1 ", "proxy-v1")],
)
def test_foreign_protocol_like_pubrec_not_awaited(data: bytes, protocol: str, sender: str) -> None:
    """Their first byte is that of a PUBREC, of about 80 bytes."""
    assert refused(data, sender=sender).protocol == protocol
    decoder = Decoder(sender=sender, from_start=False)
    decoder.feed(data[:4])
    assert list(decoder) == []
    decoder.feed(data[4:5])
    with pytest.raises(DecodeError) as caught:
        list(decoder)
    assert caught.value.protocol == protocol


def test_other_version_of_mqtt_has_level_only() -> None:
    for level in (0, 6, 255):
        error = refused(f"100d00044d515454{level:02x}02003c000163")
        assert (error.reason_code, error.protocol, error.protocol_level) == (0x84, None, level or None)
    assert refused("100e00044d5154540503003c00000163").protocol_level == 5  # reserved flag


def test_protocol_only_of_first_bytes() -> None:
    foreign = bytes.fromhex("20020001")
    decoder = Decoder()
    decoder.feed(PingReqPacket().write() + foreign)
    assert next(decoder) == PingReqPacket()
    with pytest.raises(DecodeError) as caught:
        next(decoder)
    assert caught.value.protocol is None
    assert "looks like" not in str(caught.value)


def test_exceptions_constructed_and_copied_with_attributes() -> None:
    error = DecodeError(
        "text",
        index=1,
        packet_type=PacketType.PUBACK,
        packet_size=5,
        packet_id=7,
        protocol="tls",
        protocol_level=4,
    )
    too_large = PacketTooLarge("text", packet_size=5, max_packet_size=4)
    for each in (error, too_large, refused("20020001")):
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            same = pickle.loads(pickle.dumps(each, protocol))
            assert (type(same), str(same), vars(same)) == (type(each), str(each), vars(each))
    assert vars(DecodeError()) == {
        "reason_code": 0x81,
        "field": "",
        "offset": 0,
        "index": None,
        "packet_type": None,
        "packet_size": None,
        "packet_id": None,
        "protocol": None,
        "protocol_level": None,
    }
    assert PacketTooLarge.__bases__ == (mqtt5.Error, ValueError)


def test_decoder_opens_with_connect_only() -> None:
    """The stage of a connection is not changed by a refused packet."""
    decoder = Decoder(sender="client")
    decoder.feed(PingReqPacket().write() * 2 + ConnectPacket("c").write() * 2 + PingReqPacket().write())
    for _ in range(2):
        with pytest.raises(DecodeError, match="first packet"):
            next(decoder)
        decoder.skip()
    assert next(decoder) == ConnectPacket("c")
    with pytest.raises(DecodeError, match="repeated") as caught:
        next(decoder)
    assert caught.value.reason_code == 0x82
    decoder.skip()
    assert list(decoder) == [PingReqPacket()]
