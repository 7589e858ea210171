# SPDX-License-Identifier: MIT
"""Will.publish(): the PUBLISH that a server sends when the Will is due."""

from typing import Any

import pytest
from samples import MESSAGE

import mqtt5
from mqtt5 import PublishPacket, QoS, Will


def test_will_published_with_all_but_delay() -> None:
    will = Will(
        "größe", payload=b"\0gone\xff", qos=QoS.EXACTLY_ONCE, retain=True, will_delay_interval=70_000, **MESSAGE
    )
    packet = will.publish(7)
    assert packet == PublishPacket("größe", b"\0gone\xff", qos=2, retain=True, packet_id=7, **MESSAGE)
    assert mqtt5.read(packet.write())[0] == packet
    assert packet.qos is QoS.EXACTLY_ONCE
    assert packet.lenient is False


@pytest.mark.parametrize("payload", [None, b""])
def test_will_without_payload_published_empty(payload: Any) -> None:
    assert Will("t", payload=payload).publish() == PublishPacket("t", b"")


def test_packet_id_checked_by_packet() -> None:
    with pytest.raises(ValueError, match=r"PublishPacket\.packet_id=None"):
        Will("t", qos=1).publish()
    with pytest.raises(ValueError, match=r"PublishPacket\.packet_id=5"):
        Will("t").publish(5)
    with pytest.raises(ValueError, match=r"PublishPacket\.packet_id=0"):
        Will("t", qos=1).publish(packet_id=0)
    with pytest.raises(TypeError, match=r"PublishPacket\.packet_id must be an int"):
        Will("t").publish("5")  # type: ignore[arg-type]


def test_derived_will_published_as_plain_packet() -> None:
    class Last(Will):
        def __getnewargs_ex__(self) -> Any:
            return ("changed",), {}

    packet = Last("t", payload=b"p", will_delay_interval=1).publish()
    assert (type(packet), packet) == (PublishPacket, PublishPacket("t", b"p"))
