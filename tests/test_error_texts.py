# SPDX-License-Identifier: MIT
"""The whole text of one error of each kind, and that no secret is in any.

Other tests compare types, fields and reason codes; these hold the words, which are the same on both engines.
"""

from collections.abc import Callable
from typing import Any

import pytest
from samples import SECRETS, given

import mqtt5
from mqtt5 import (
    AuthPacket,
    ConnAckPacket,
    ConnectPacket,
    Decoder,
    PubAckPacket,
    PublishPacket,
    SubAckPacket,
    SubscribePacket,
    TopicFilter,
    UnsubscribePacket,
    Will,
)


def assign(packet: Any) -> None:
    packet.packet_id = 2


def delete(packet: Any) -> None:
    del packet.packet_id


def decode(limit: Any, data: bytes) -> None:
    decoder = Decoder(limit)
    decoder.feed(data)
    next(decoder)


TEXTS: list[tuple[Callable[[], Any], str]] = [
    # the call
    (lambda: PubAckPacket(), "TypeError: PubAckPacket() missing required arguments: 'packet_id'"),  # type: ignore[call-arg]
    (lambda: PubAckPacket(1, 2), "TypeError: PubAckPacket() takes 1 positional arguments but 2 were given"),  # type: ignore[call-arg]
    (lambda: PubAckPacket(1, nothing=2), "TypeError: PubAckPacket() got an unexpected keyword argument 'nothing'"),  # type: ignore[call-arg]
    (lambda: PubAckPacket(1, packet_id=2), "TypeError: PubAckPacket() got multiple values for argument 'packet_id'"),  # type: ignore[misc]
    # types
    (lambda: PublishPacket(b"t", b""), "TypeError: PublishPacket.topic must be a str, not bytes: b't'"),  # type: ignore[arg-type]
    (
        lambda: given(PublishPacket, payload="p"),
        "TypeError: PublishPacket.payload must be a bytes-like object, not str: 'p'",
    ),
    (lambda: given(PublishPacket, retain=1), "TypeError: PublishPacket.retain must be a bool, not int: 1"),
    (lambda: given(PubAckPacket, packet_id="1"), "TypeError: PubAckPacket.packet_id must be an int, not str: '1'"),
    (
        lambda: given(PubAckPacket, reason_code="x"),
        "TypeError: PubAckPacket.reason_code must be a PubAckReasonCode or its integer, not str: 'x'",
    ),
    (lambda: given(ConnectPacket, will=1), "TypeError: ConnectPacket.will must be a Will, not int: 1"),
    (
        lambda: given(UnsubscribePacket, patterns="a"),
        "TypeError: UnsubscribePacket.patterns must be a sequence or None, not str: 'a'",
    ),
    (
        lambda: given(UnsubscribePacket, patterns=["a", 1]),
        "TypeError: UnsubscribePacket.patterns[1] must be a str, not int: 1",
    ),
    (
        lambda: given(PubAckPacket, user_properties=["ab"]),
        "TypeError: PubAckPacket.user_properties[0] must be a pair of strings (name, value), not str: 'ab'",
    ),
    (lambda: mqtt5.read("x"), "TypeError: buffer must be a bytes-like object, not str: 'x'"),  # type: ignore[arg-type]
    (lambda: Decoder().feed(1), "TypeError: data must be a bytes-like object, not int: 1"),  # type: ignore[arg-type]
    (lambda: Decoder("1"), "TypeError: max_packet_size must be an int or None, not str: '1'"),  # type: ignore[arg-type]
    (lambda: mqtt5.topic_matches(1, "a"), "TypeError: pattern must be a str, not int: 1"),  # type: ignore[arg-type]
    # values
    (lambda: PubAckPacket(65536), "ValueError: PubAckPacket.packet_id=65536: must be from 1 to 65535"),
    (lambda: Decoder(0), "ValueError: max_packet_size=0: must be at least 1, or None for no limit"),
    (lambda: SubAckPacket(1, [0, 3]), "ValueError: SubAckPacket.reason_codes[1]=3: not a SubAckReasonCode"),
    (
        lambda: Will("\ud800"),
        "ValueError: Will.topic='\\ud800': a string must be well-formed Unicode [1.5.4]: surrogates not allowed",
    ),
    (
        lambda: PublishPacket("a/#", b""),
        "ValueError: PublishPacket.topic='a/#': a topic name must not be empty or contain the wildcards + and # [4.7]",
    ),
    (
        lambda: SubscribePacket(1, [TopicFilter("a"), TopicFilter("$share/n/a", no_local=True)]),
        "ValueError: TopicFilter.pattern='$share/n/a': no local must not be set on a shared subscription [3.8.3.1]",
    ),
    (
        lambda: PublishPacket("t", b"", subscription_ids=[1, 0]),
        "ValueError: PublishPacket.subscription_ids[1]=0: the value must not be 0 [2.2.2.2]",
    ),
    # bytes
    (
        lambda: mqtt5.read(bytes.fromhex("4003000105")),
        "DecodeError: PUBACK reason_code at offset 4 (05): this packet cannot have this reason code [2.4]",
    ),
    (lambda: mqtt5.read(b"\x30\x05\x00"), "IncompleteError: the packet is incomplete: 3 of 7 bytes"),
    (
        lambda: decode(10, b"\x30\x20"),
        "DecodeError: PUBLISH remaining_length at offset 1 (20): the packet is larger than the maximum packet size "
        "[2.1.4]",
    ),
    # changes
    (
        lambda: assign(PubAckPacket(1)),
        "FrozenInstanceError: cannot assign to field 'packet_id': packets are immutable, use replace()",
    ),
    (
        lambda: delete(PubAckPacket(1)),
        "FrozenInstanceError: cannot delete field 'packet_id': packets are immutable, use replace()",
    ),
]


@pytest.mark.parametrize(("call", "text"), TEXTS, ids=[text for _, text in TEXTS])
def test_error_of_each_kind_has_whole_text(call: Callable[[], Any], text: str) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011
        call()
    assert f"{caught.type.__name__}: {caught.value}" == text


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
    assert name in str(caught.value)


CONNECT = ConnectPacket("c", username="u", password=SECRET, authentication_method="m", authentication_data=SECRET)


@pytest.mark.parametrize("packet", [CONNECT, AuthPacket(authentication_method="m", authentication_data=SECRET)])
def test_error_of_changed_bytes_shows_no_secret(packet: Any) -> None:
    """Each byte in turn is changed, and the packet cut in front of each: wherever the error is, no part is shown."""
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
