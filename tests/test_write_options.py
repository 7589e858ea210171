# SPDX-License-Identifier: MIT
"""The size of a packet without writing it, write() with a limit, write() in parts, control characters."""

from typing import Any

import pytest
from samples import each_packet, each_packet_sample, least

import mqtt5
from mqtt5 import (
    AuthPacket,
    ConnAckPacket,
    ConnectPacket,
    DisconnectPacket,
    PacketTooLarge,
    PingReqPacket,
    PubAckPacket,
    PubCompPacket,
    PublishPacket,
    PubRecPacket,
    PubRelPacket,
    SubAckPacket,
    SubscribePacket,
    TopicFilter,
    UnsubAckPacket,
    UnsubscribePacket,
    Will,
)


@each_packet_sample
def test_packet_size_is_that_of_write(packet: Any) -> None:
    size = len(packet.write())
    assert packet.packet_size == size
    assert packet.write(max_packet_size=size) == packet.write()
    assert packet.write(max_packet_size=2**40) == packet.write(max_packet_size=None) == packet.write()
    with pytest.raises(AttributeError):
        packet.packet_size = 1


@each_packet_sample
def test_parts_joined_are_the_packet(packet: Any) -> None:
    head, payload = packet.write_parts()
    assert type(head) is type(payload) is bytes
    assert head + payload == packet.write()
    assert payload is getattr(packet, "payload", b"")


def test_parts_share_large_payload() -> None:
    payload = bytes(300_000)
    packet = PublishPacket("t", payload)
    head, body = packet.write_parts()
    assert head == bytes.fromhex("30e4a7120001740 0".replace(" ", ""))
    assert body is payload is packet.payload
    changed = PublishPacket("t", bytearray(b"abc"))
    assert changed.write_parts() == (bytes.fromhex("3007000174 00"), b"abc")


@each_packet
def test_packet_above_limit_refused(cls: Any) -> None:
    packet = least(cls)
    size = packet.packet_size
    for write in (packet.write, packet.write_parts):
        with pytest.raises(PacketTooLarge) as caught:
            write(max_packet_size=size - 1)
        assert isinstance(caught.value, mqtt5.Error)
        assert isinstance(caught.value, ValueError)
        assert (caught.value.packet_size, caught.value.max_packet_size) == (size, size - 1)
        assert str(caught.value) == f"{cls.__name__}: the packet has {size} bytes, max_packet_size is {size - 1}"


DIAGNOSTICS = {"reason_str": "why", "user_properties": [("name", "value"), ("a", "b")]}
DROPPING = [
    ConnAckPacket(reason_code=0x87, assigned_client_id="id", **DIAGNOSTICS),
    PubAckPacket(1, **DIAGNOSTICS),
    PubRecPacket(1, reason_code=0x10, **DIAGNOSTICS),
    PubRelPacket(1, **DIAGNOSTICS),
    PubCompPacket(1, reason_code=0x92, **DIAGNOSTICS),
    SubAckPacket(1, [0, 1], **DIAGNOSTICS),
    UnsubAckPacket(1, [0, 0x11], **DIAGNOSTICS),
    DisconnectPacket(reason_code=0x8B, server_reference="other", **DIAGNOSTICS),
    AuthPacket(reason_code=0x18, authentication_method="m", **DIAGNOSTICS),
]


@pytest.mark.parametrize("packet", DROPPING, ids=lambda packet: type(packet).__name__)
def test_diagnostics_dropped_to_fit(packet: Any) -> None:
    """The reason string first (3.2.2.3.9, 3.4.2.2.2 and the like), then the user properties too."""
    forms = [packet, packet.replace(reason_str=None), packet.replace(reason_str=None, user_properties=())]
    sizes = [form.packet_size for form in forms]
    assert sizes == sorted(set(sizes), reverse=True)
    for limit in range(sizes[2], sizes[0] + 2):
        written = packet.write(max_packet_size=limit)
        assert written == next(form for form, size in zip(forms, sizes, strict=True) if size <= limit).write()
        assert b"".join(packet.write_parts(max_packet_size=limit)) == written
    with pytest.raises(PacketTooLarge) as caught:
        packet.write(max_packet_size=sizes[2] - 1)
    assert (caught.value.packet_size, caught.value.max_packet_size) == (sizes[0], sizes[2] - 1)
    assert packet.packet_size == sizes[0]


@pytest.mark.parametrize(
    "packet",
    [
        PublishPacket("t", b"", user_properties=[("a", "b")]),
        ConnectPacket("c", user_properties=[("a", "b")]),
        SubscribePacket(1, [TopicFilter("f")], user_properties=[("a", "b")]),
        UnsubscribePacket(1, ["f"], user_properties=[("a", "b")]),
    ],
    ids=lambda packet: type(packet).__name__,
)
def test_user_properties_of_requests_never_dropped(packet: Any) -> None:
    with pytest.raises(PacketTooLarge):
        packet.write(max_packet_size=packet.packet_size - 1)


def test_large_packet_cut_to_fit() -> None:
    """Larger than any buffer that an engine keeps."""
    properties = [("name", "v" * 1000)] * 100
    packet = PubAckPacket(1, reason_str="r" * 60_000, user_properties=properties)
    assert packet.write(max_packet_size=110_000) == packet.replace(reason_str=None).write()
    assert packet.write(max_packet_size=100_000) == PubAckPacket(1).write()
    assert packet.write() == packet.write(max_packet_size=packet.packet_size)


CONTROLS = [
    PublishPacket("a\tb", b""),
    PublishPacket("t", b"", user_properties=[("a", "b"), ("c", "\x7f")]),
    ConnectPacket("c", will=Will("w\x9f", payload=b"")),
    ConnectPacket("c\x01"),
    SubscribePacket(1, [TopicFilter("a"), TopicFilter("b\n")]),
    UnsubscribePacket(1, ["a\x1f"]),
    DisconnectPacket(reason_str="two\nlines"),
]


@pytest.mark.parametrize("packet", CONTROLS, ids=lambda packet: type(packet).__name__)
def test_control_character_refused_if_forbidden(packet: Any) -> None:
    """1.5.4: a receiver may close the connection."""
    assert mqtt5.read(packet.write())[0] == packet
    for write in (packet.write, packet.write_parts):
        with pytest.raises(ValueError, match="control character") as caught:
            write(forbid_control_characters=True)
        assert not isinstance(caught.value, mqtt5.Error)
    data = packet.write()
    decoder = mqtt5.Decoder(forbid_control_characters=True)
    decoder.feed(data)
    for reading in (lambda: mqtt5.read(data, forbid_control_characters=True), lambda: next(decoder)):
        with pytest.raises(mqtt5.DecodeError, match="control character") as error:
            reading()
        assert error.value.reason_code == 0x81
        assert error.value.packet_size == len(data)


@each_packet_sample
def test_packet_without_control_characters_passes(packet: Any) -> None:
    assert packet.write(forbid_control_characters=True) == packet.write(forbid_control_characters=False)


def test_payload_may_hold_control_characters() -> None:
    packet = PublishPacket("t", b"\x01\n", correlation_data=b"\x00\x01")
    assert mqtt5.read(packet.write(forbid_control_characters=True), forbid_control_characters=True)[0] == packet


@pytest.mark.parametrize("name", ["write", "write_parts"])
def test_options_of_wrong_type_refused(name: str) -> None:
    write = getattr(PingReqPacket(), name)
    for wrong in ("10", 1.0, b"1", []):
        with pytest.raises(TypeError, match="max_packet_size must be an int or None"):
            write(max_packet_size=wrong)
    for number in (0, -1):
        with pytest.raises(ValueError, match="max_packet_size"):
            write(max_packet_size=number)
    for wrong in (1, None, "no"):
        with pytest.raises(TypeError, match="forbid_control_characters must be a bool"):
            write(forbid_control_characters=wrong)
    with pytest.raises(TypeError):
        write(10)
    with pytest.raises(TypeError):
        write(nothing=1)


@pytest.mark.parametrize("name", ["write", "write_parts", "packet_size"])
def test_component_is_no_packet(name: str) -> None:
    """Whatever a derived class says."""

    class Both(mqtt5.BasePacket, mqtt5.Will):
        pass

    with pytest.raises(TypeError, match=r"expected an MQTT packet, not <class '.*Both'>"):
        getattr(Both("t"), name)()
