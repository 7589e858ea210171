# SPDX-License-Identifier: MIT
"""Each rule that a constructor can break is refused by it, and by read() where bytes can break it too."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rules import ANSWERS, BROKEN, NOT_ARGUMENTS
from samples import FILTER, given

import mqtt5
from mqtt5 import (
    AuthPacket,
    ConnAckPacket,
    ConnectPacket,
    DisconnectPacket,
    PubAckPacket,
    PublishPacket,
    SubscribePacket,
    TopicFilter,
    Will,
)


def test_rules_of_c_library_are_all_tested() -> None:
    header = Path(__file__).parent.parent / "csrc" / "mqtt5.h"
    if not header.exists():
        pytest.skip("csrc/ is not here")
    body = header.read_text("utf-8").partition("typedef enum mqtt5_status {")[2].partition("}")[0]
    statuses = set(re.findall(r"\bMQTT5_(?:ERR_)?(\w+),", body))
    assert len(statuses) > 30
    assert BROKEN.keys() | NOT_ARGUMENTS == statuses
    assert not BROKEN.keys() & NOT_ARGUMENTS
    assert ANSWERS.keys() <= BROKEN.keys()


@pytest.mark.parametrize("status", BROKEN)
def test_rule_broken_by_argument_or_bytes_refused(status: str) -> None:
    for cls, fields, data in BROKEN[status]:
        *_, (name, value) = fields.items()
        with pytest.raises(ValueError, match=name) as caught:
            given(cls, **fields)
        text = str(caught.value)
        assert type(caught.value) is ValueError, fields
        if isinstance(value, list) and value:
            assert text.startswith(f"{cls.__name__}.{name}[{len(value) - 1}]="), text
        else:
            assert text.startswith(f"{cls.__name__}.{name}="), text
        if isinstance(value, (int, str)) and len(repr(value)) < 40:
            assert repr(value) in text, text
        if data is None:
            continue
        with pytest.raises(mqtt5.DecodeError) as found:
            mqtt5.read(bytes.fromhex(data.replace(" ", "")))
        error = found.value
        assert error.reason_code == ANSWERS.get(status, 0x81), (fields, data)
        blamed = {Will: f"will.{name}", TopicFilter: "topic_filters"}.get(cls, name)
        assert error.field == blamed, (fields, data)


@pytest.mark.parametrize(
    "make",
    [
        lambda: PublishPacket("", b"", topic_alias=1),
        lambda: PublishPacket("t", b"", payload_format_indicator=1),
        lambda: PublishPacket("\ufeffa\x01\uffff\U0010ffff b", b""),
        lambda: PublishPacket("/", b""),
        lambda: PublishPacket("$share/n/f", b""),
        lambda: TopicFilter("$share/n/f"),
        lambda: TopicFilter("$share/n//"),
        lambda: TopicFilter("$share/n/#"),
        lambda: TopicFilter("$sharex/"),
        lambda: TopicFilter("$share"),
        lambda: TopicFilter("$SHARE//a", no_local=True),
        lambda: ConnectPacket(""),
        lambda: ConnectPacket("", clean_start=False, session_expiry_interval=0),
        lambda: ConnectPacket("", password=b""),
        lambda: ConnectPacket("", username=""),
        lambda: ConnectPacket("", authentication_method=""),
        lambda: ConnAckPacket(authentication_data=b"d"),
        lambda: ConnAckPacket(session_present=True, reason_code=0x87),
        lambda: ConnAckPacket(assigned_client_id=""),
        lambda: AuthPacket(),
        lambda: AuthPacket(reason_str="no method with success"),
        lambda: DisconnectPacket(session_expiry_interval=0),
        lambda: PublishPacket("x" * 65535, b""),
        lambda: Will("x" * 65535, payload=bytes(65535), correlation_data=bytes(65535)),
        lambda: PubAckPacket(65535, reason_str="ä" * 32767 + "x"),
        lambda: SubscribePacket(1, [FILTER] * 1000),
    ],
)
def test_values_at_limits_accepted(make: Callable[[], Any]) -> None:
    packet = make()
    if isinstance(packet, Will):
        packet = ConnectPacket("", will=packet)
    elif isinstance(packet, TopicFilter):
        packet = SubscribePacket(1, [packet])
    data = packet.write()
    assert mqtt5.read(data) == (packet, len(data))
