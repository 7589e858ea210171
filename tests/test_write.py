# SPDX-License-Identifier: MIT
"""write() and read() of whole packets: the smallest, the largest, and all fields."""

from typing import Any

import pytest
from samples import each_packet, each_packet_sample, least

import mqtt5
from mqtt5 import (
    ConnAckPacket,
    ConnectPacket,
    DisconnectPacket,
    PingReqPacket,
    PubAckPacket,
    PublishPacket,
    SubAckPacket,
    SubscribePacket,
    TopicFilter,
    UnsubscribePacket,
    Will,
)


@each_packet_sample
def test_write_of_full_packet_read_again(packet: Any) -> None:
    data = packet.write()
    assert type(data) is bytes
    assert mqtt5.read(data) == (packet, len(data))
    assert mqtt5.read(data)[0].write() == data


@each_packet
def test_write_of_least_packet_shortest(cls: Any) -> None:
    packet = least(cls)
    data = packet.write()
    assert data == bytes.fromhex(LEAST[cls.__name__])
    assert mqtt5.read(data) == (packet, len(data))


LEAST = {
    "ConnectPacket": "10 0e 0004 4d515454 05 00 0000 00 0001 63",
    "ConnAckPacket": "20 03 00 00 00",
    "PublishPacket": "30 04 0001 74 00",
    "PubAckPacket": "40 02 0001",
    "PubRecPacket": "50 02 0001",
    "PubRelPacket": "62 02 0001",
    "PubCompPacket": "70 02 0001",
    "SubscribePacket": "82 07 0001 00 0001 66 0a",
    "SubAckPacket": "90 04 0001 00 87",
    "UnsubscribePacket": "a2 06 0001 00 0001 66",
    "UnsubAckPacket": "b0 04 0001 00 00",
    "PingReqPacket": "c0 00",
    "PingRespPacket": "d0 00",
    "DisconnectPacket": "e0 00",
    "AuthPacket": "f0 02 00 00",
}


def test_write_with_arguments_refused() -> None:
    with pytest.raises(TypeError):
        PingReqPacket().write(1)
    with pytest.raises(TypeError):
        PingReqPacket().write(buffer=bytearray())
    assert PubAckPacket.write(PubAckPacket(1)) == PubAckPacket(1).write()
    for wrong in (None, 1, b"", Will("t")):
        with pytest.raises((TypeError, AttributeError)):
            PubAckPacket.write(wrong)


def test_will_without_payload_read_as_empty() -> None:
    packet, _ = mqtt5.read(ConnectPacket("c", will=Will("w")).write())
    assert packet == ConnectPacket("c", will=Will("w", payload=b""))


def test_empty_value_differs_from_absent() -> None:
    for packet in (
        ConnectPacket("", username="", password=b"", authentication_method="", authentication_data=b""),
        ConnAckPacket(session_expiry_interval=0, server_keep_alive=0, reason_str="", authentication_data=b""),
        PublishPacket("t", b"", message_expiry_interval=0, content_type="", correlation_data=b""),
        DisconnectPacket(session_expiry_interval=0, server_reference="", reason_str=""),
        PubAckPacket(1, reason_str=""),
    ):
        again, _ = mqtt5.read(packet.write())
        assert again == packet
        assert again != least(type(packet))


def test_long_values_read_again() -> None:
    for packet in (
        PublishPacket("t", bytes(range(256)) * 10_000),
        PublishPacket("t" * 65535, b"", content_type="c" * 65535, correlation_data=bytes(65535)),
        PublishPacket("t", b"", user_properties=[("n" * 1000, "ü" * 1000)] * 500),
        PublishPacket("t", b"x", user_properties=[("", "")] * 20_000),
        PublishPacket("t", b"", subscription_ids=range(1, 50_000)),
        SubscribePacket(1, [TopicFilter(f"{i}/" + "x" * 300) for i in range(2000)]),
        UnsubscribePacket(1, ["\U0001f600" * 16383] * 30),
        SubAckPacket(1, [0x80] * 100_000),
        ConnectPacket("c" * 65535, username="u" * 65535, password=bytes(65535), will=Will("w", payload=bytes(65535))),
    ):
        data = packet.write()
        assert mqtt5.read(data) == (packet, len(data))
        assert mqtt5.read(bytearray(data) + b"\0") == (packet, len(data))


@pytest.mark.slow
def test_packet_beyond_mqtt_limit_refused() -> None:
    """The largest remaining length is 268,435,455; topic and properties of this packet take four bytes of it."""
    payload = bytes(268_435_455 - 4)
    data = PublishPacket("t", payload).write()
    assert len(data) == 5 + 268_435_455
    packet, size = mqtt5.read(data)
    assert size == len(data)
    assert packet.payload == payload
    del data, packet
    packet = PublishPacket("t", payload + b"x")
    for limit in (None, 2**40):
        with pytest.raises(mqtt5.PacketTooLarge, match=r"has 268435461 bytes, MQTT allows 268435460 \[2") as caught:
            packet.write(max_packet_size=limit)
        assert (caught.value.packet_size, caught.value.max_packet_size) == (268_435_461, 268_435_460)
    with pytest.raises(mqtt5.PacketTooLarge):
        packet.write_parts()
    assert packet.packet_size == 268_435_461
    with pytest.raises(mqtt5.PacketTooLarge):
        mqtt5.PublishTemplate(packet)
    del payload, packet, caught
    with pytest.raises(ValueError, match="payload"):  # larger than any packet
        PublishPacket("t", bytes(268_435_456))


@pytest.mark.parametrize("component", [mqtt5.Will, mqtt5.TopicFilter])
def test_component_derived_from_packet_too_not_written(component: Any) -> None:
    mixed = type("Mixed", (component, mqtt5.BasePacket), {})("t")
    for call in (mixed.write, mixed.write_parts, lambda: mixed.packet_size, lambda: mixed.write(max_packet_size=9)):
        with pytest.raises((TypeError, ValueError), match="packet"):
            call()
