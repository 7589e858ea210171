# SPDX-License-Identifier: MIT
"""max_packet_size, max_list_items and forbid_control_characters of read() and Decoder, and limits that change."""

from typing import Any

import pytest
from streams import PING, SENT, STREAM, fed

import mqtt5
from mqtt5 import (
    ConnectPacket,
    DecodeError,
    Decoder,
    PingReqPacket,
    PublishPacket,
    SubAckPacket,
    SubscribePacket,
    TopicFilter,
    UnsubAckPacket,
    UnsubscribePacket,
    Will,
    read,
)


def refused(data: bytes, **options: Any) -> DecodeError:
    """The error of read(), which a Decoder raises too."""
    with pytest.raises(DecodeError) as caught:
        read(data, **options)
    with pytest.raises(DecodeError) as same:
        next(fed(data, **options))
    assert (str(same.value), vars(same.value)) == (str(caught.value), vars(caught.value))
    return caught.value


PAIRS = [("a", "b")] * 3
LISTS = [
    (PublishPacket("t", b"", user_properties=PAIRS), "user_properties"),
    (PublishPacket("t", b"", subscription_ids=[1, 2, 3]), "subscription_ids"),
    (ConnectPacket("c", will=Will("w", payload=b"", user_properties=PAIRS)), "will.user_properties"),
    (SubscribePacket(1, [TopicFilter("a")] * 3), "topic_filters"),
    (SubAckPacket(1, [0, 1, 2]), "reason_codes"),
    (UnsubscribePacket(1, ["a", "b", "c"]), "patterns"),
    (UnsubAckPacket(1, [0, 0, 0]), "reason_codes"),
]


@pytest.mark.parametrize(("packet", "field"), LISTS)
def test_list_above_limit_refused(packet: Any, field: str) -> None:
    data = packet.write()
    error = refused(data, max_list_items=2)
    assert (error.reason_code, error.field, error.index) == (0x97, field, 2)
    assert (error.packet_type, error.packet_size) == (packet.packet_type, len(data))
    for limit in (3, 4, 2**70, None):
        assert read(data, max_list_items=limit) == (packet, len(data))
        assert list(fed(data, max_list_items=limit)) == [packet]


@pytest.mark.parametrize("strict", [True, False])
def test_limit_of_lists_also_of_lenient_packets(strict: bool) -> None:
    data = bytes.fromhex("9005 0001 00 0001".replace(" ", ""))  # granted QoS 0 and 1
    assert refused(data, max_list_items=1, strict=strict).reason_code == 0x97
    wrong = bytes.fromhex("9005000f008282")
    assert read(wrong, strict=False, max_list_items=2)[0].lenient
    assert refused(wrong, strict=False, max_list_items=1).reason_code == 0x97


def test_packet_size_is_of_whole_packet() -> None:
    for packet in SENT:
        data = packet.write()
        assert read(data, max_packet_size=len(data)) == (packet, len(data))
        error = refused(data, max_packet_size=len(data) - 1)
        assert (error.reason_code, error.packet_size, error.offset) == (0x95, len(data), 1)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_read_refuses_large_packet_of_any_buffer(kind: Any) -> None:
    data = PublishPacket("t", bytes(100_000)).write()
    for part in (data, data[:50_000], data[:4]):  # also before it has arrived
        with pytest.raises(DecodeError) as caught:
            read(kind(part), max_packet_size=1000)
        assert (caught.value.reason_code, caught.value.packet_size) == (0x95, len(data))


CONTROL = "\x00\x01\x1f\x7f\x80\x9f"


@pytest.mark.parametrize("character", CONTROL[1:])
@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda text: PublishPacket(f"a{text}b", b""), "topic"),
        (lambda text: PublishPacket("t", b"", user_properties=[("a", "b"), ("n", text)]), "user_properties"),
        (lambda text: ConnectPacket(text), "client_id"),
        (lambda text: ConnectPacket("c", will=Will("w", payload=b"", content_type=text)), "will.content_type"),
        (lambda text: SubscribePacket(1, [TopicFilter("a"), TopicFilter(f"{text}/#")]), "topic_filters"),
    ],
)
def test_control_character_refused_if_forbidden(character: str, make: Any, field: str) -> None:
    packet = make(character)
    data = packet.write()
    assert read(data)[0] == packet
    error = refused(data, forbid_control_characters=True)
    assert (error.reason_code, error.field) == (0x81, field)
    assert read(make("ü\u00a0~").write(), forbid_control_characters=True)[0] == make("ü\u00a0~")


@pytest.mark.parametrize("name", ["max_packet_size", "max_list_items"])
def test_limit_may_be_changed(name: str) -> None:
    decoder = Decoder()
    assert getattr(decoder, name) is None
    for limit in (1, 100, 0xFFFFFFFF, None, 7):
        setattr(decoder, name, limit)
        assert getattr(decoder, name) == limit
    for wrong, error in ((0, ValueError), (-1, ValueError), ("1", TypeError), (1.0, TypeError)):
        with pytest.raises(error, match=name):
            setattr(decoder, name, wrong)
        with pytest.raises(error, match=name):
            Decoder(**{name: wrong})
        with pytest.raises(error, match=name):
            read(PING, **{name: wrong})
    with pytest.raises(AttributeError):
        delattr(decoder, name)
    assert getattr(decoder, name) == 7


@pytest.mark.parametrize("name", ["sender", "strict", "from_start", "forbid_control_characters"])
def test_other_options_fixed(name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(Decoder(), name, None)
    for wrong in (0, 1, "", "yes", b"client"):
        with pytest.raises((TypeError, ValueError), match=name):
            Decoder(**{name: wrong})
        if name != "from_start":
            with pytest.raises((TypeError, ValueError), match=name):
                read(PING, **{name: wrong})


def test_raised_limit_applies_to_next_packet() -> None:
    """Small until the CONNECT is accepted."""
    connect, large = ConnectPacket("c").write(), PublishPacket("t", bytes(5000)).write()
    decoder = fed(connect + large, max_packet_size=100)
    assert next(decoder) == ConnectPacket("c")
    decoder.max_packet_size = None
    assert [len(packet.payload) for packet in decoder] == [5000]


@pytest.mark.parametrize("arrived", [4, 1000, 40_000, 90_000])
def test_lowered_limit_refuses_packet_that_arrives(arrived: int) -> None:
    data = PublishPacket("t", bytes(100_000)).write()
    decoder = fed(data[:arrived])
    assert list(decoder) == []
    decoder.max_packet_size = 100_000
    with pytest.raises(DecodeError) as caught:
        next(decoder)
    assert (caught.value.reason_code, caught.value.packet_size) == (0x95, len(data))


@pytest.mark.parametrize("arrived", [4, 1000, 40_000, 90_000])
def test_limit_that_still_fits_changes_nothing(arrived: int) -> None:
    data = PublishPacket("t", bytes(100_000)).write()
    decoder = fed(data[:arrived])
    for limit in (200_000, len(data), None):
        decoder.max_packet_size = limit
        decoder.max_list_items = limit
        assert list(decoder) == []
        assert decoder.buffered == arrived
    decoder.feed(data[arrived:] + STREAM)
    assert [packet.write() for packet in decoder] == [data, *(packet.write() for packet in SENT)]


@pytest.mark.parametrize("late", [True, False])
def test_large_packet_refused_however_it_was_fed(late: bool) -> None:
    """Also if so much waits that its payload would get an object of its own."""
    data = PublishPacket("t", bytes(200_000)).write()
    decoder = fed(data[:40_000], max_packet_size=None if late else 5_000)
    decoder.max_packet_size = 5_000
    decoder.feed(data[40_000:40_010])
    with pytest.raises(DecodeError) as caught:
        next(decoder)
    assert (caught.value.reason_code, caught.value.packet_size, decoder.buffered) == (0x95, len(data), 0)


def test_limit_of_lists_waits_for_whole_packet() -> None:
    """As for a packet that arrives at once; the error is the same."""
    data = PublishPacket("t", bytes(100_000), user_properties=PAIRS).write()
    decoder = fed(data[:40_000])
    assert list(decoder) == []
    decoder.max_list_items = 2
    assert list(decoder) == []
    decoder.feed(data[40_000:])
    with pytest.raises(DecodeError) as caught:
        next(decoder)
    error = refused(data, max_list_items=2)
    assert (str(caught.value), vars(caught.value)) == (str(error), vars(error))


def test_size_limit_lowered_to_complete_packet_tells_the_same() -> None:
    data = PublishPacket("t", bytes(100_000)).write()
    decoder = fed(data[:40_000])
    assert list(decoder) == []
    decoder.feed(data[40_000:])
    decoder.max_packet_size = 1000
    with pytest.raises(DecodeError) as caught:
        next(decoder)
    assert str(caught.value) == str(refused(data, max_packet_size=1000))


def test_lowered_limit_of_lists_applies_to_waiting_packet() -> None:
    data = PublishPacket("t", b"", user_properties=PAIRS).write()
    decoder = fed(data[:-1], max_list_items=3)
    assert list(decoder) == []
    decoder.max_list_items = 2
    decoder.feed(data[-1:] + PING)
    with pytest.raises(DecodeError, match="user_properties") as caught:
        next(decoder)
    assert caught.value.reason_code == 0x97
    decoder.skip()
    assert list(decoder) == [PingReqPacket()]


def test_first_of_two_wrong_options_reported() -> None:
    wrong: dict[str, Any] = {
        "max_packet_size": "1",
        "sender": 1,
        "strict": 1,
        "max_list_items": 0,
        "forbid_control_characters": None,
        "from_start": 0,
    }
    while wrong:
        first = next(iter(wrong))
        with pytest.raises((TypeError, ValueError), match=first):
            Decoder(**wrong)
        if wrong.pop("from_start") == 0 and wrong:
            with pytest.raises((TypeError, ValueError), match=first):
                read(PING, **wrong)
            wrong["from_start"] = 0
        wrong.pop(first, None)


def test_read_called_with_wrong_arguments_refused() -> None:
    for wrong in ((), (PING, True)):
        with pytest.raises(TypeError):
            read(*wrong)
    for names in ({"size": 1}, {"buffer": PING}, {"from_start": True}):
        with pytest.raises(TypeError):
            read(PING, **names)  # type: ignore[arg-type]
    assert read(buffer=PING, strict=False, sender=None) == (PingReqPacket(), 2)
    with pytest.raises(TypeError):
        Decoder(None, None)  # type: ignore[misc]
    with pytest.raises(mqtt5.IncompleteError):
        read(PING[:1], sender="client", max_packet_size=2)
