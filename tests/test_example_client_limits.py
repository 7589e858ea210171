# SPDX-License-Identifier: MIT
"""The example client obeys CONNACK (3.2.2.3): a scripted server announces one limit at a time."""

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from example_peers import (
    HOST,
    TIMEOUT,
    Client,
    answered_by,
    connected,
    sent_to,
    server_that_announces,
    server_that_sends,
)

import mqtt5
from mqtt5 import (
    ConnAckPacket,
    ConnectPacket,
    DisconnectPacket,
    PacketTooLarge,
    PingReqPacket,
    PublishPacket,
    PubRelPacket,
    QoS,
    SubscribePacket,
    TopicFilter,
)

Act = Callable[[Client], Awaitable[object]]


def packets_sent(connack: ConnAckPacket, act: Act, **fields: Any) -> list[mqtt5.Packet]:
    """The packets that the client sends between CONNECT and DISCONNECT to a server with this CONNACK."""

    async def conversation(port: int) -> None:
        async with connected(port, **fields) as client:
            await act(client)

    handler, received = server_that_announces(connack)
    asyncio.run(answered_by(handler, conversation))
    first, *packets, last = sent_to(received)
    assert (type(first), last) == (ConnectPacket, DisconnectPacket())
    return packets


def publish(*args: Any, **fields: Any) -> Act:
    return lambda client: client.publish(*args, **fields)


def subscribe(*filters: Any, **fields: Any) -> Act:
    return lambda client: client.subscribe(*filters, **fields)


@pytest.mark.parametrize(
    ("connack", "beyond", "text"),
    [
        (ConnAckPacket(max_qos=0), publish("t", b"", QoS.AT_LEAST_ONCE), "QoS 1, only up to 0"),
        (ConnAckPacket(max_qos=1), publish("t", b"", QoS.EXACTLY_ONCE), "QoS 2, only up to 1"),
        (ConnAckPacket(retain_available=False), publish("t", b"", retain=True), "retained messages"),
        (ConnAckPacket(wildcard_subscription_available=False), subscribe("a", "a/+"), "wildcard subscriptions"),
        (ConnAckPacket(wildcard_subscription_available=False), subscribe("#"), "wildcard subscriptions"),
        (ConnAckPacket(wildcard_subscription_available=False), subscribe("$share/g/#"), "wildcard subscriptions"),
        (ConnAckPacket(subscription_id_available=False), subscribe("a", subscription_id=1), "identifiers"),
        (ConnAckPacket(shared_subscription_available=False), subscribe("$share/g/a"), "shared subscriptions"),
    ],
)
def test_request_beyond_limit_is_not_sent(connack: ConnAckPacket, beyond: Act, text: str) -> None:
    async def act(client: Client) -> None:
        with pytest.raises(ValueError, match=f"^the server does not support .*{text}$"):
            await beyond(client)
        await client.publish("t", b"goes on")

    assert packets_sent(connack, act) == [PublishPacket("t", b"goes on")]


@pytest.mark.parametrize(("beyond", "size"), [(publish("t", bytes(15)), 21), (subscribe("a" * 20), 28)])
def test_packet_too_large_is_not_sent(beyond: Act, size: int) -> None:
    async def act(client: Client) -> None:
        with pytest.raises(PacketTooLarge) as caught:
            await beyond(client)
        assert (caught.value.packet_size, caught.value.max_packet_size) == (size, 20)
        await client.publish("t", b"goes on")

    assert packets_sent(ConnAckPacket(max_packet_size=20), act) == [PublishPacket("t", b"goes on")]


def test_topic_aliases_are_used_as_server_allows() -> None:
    async def act(client: Client) -> None:
        for topic in ("long/1", "long/2", "long/1", "long/3", "long/2"):
            await client.publish(topic, b"")
        with pytest.raises(PacketTooLarge):
            await client.publish("long/4", bytes(100))
        await client.publish("long/3", b"")

    packets = packets_sent(ConnAckPacket(topic_alias_max=2, max_packet_size=50), act)
    sent = [(packet.topic, packet.topic_alias) for packet in packets if isinstance(packet, PublishPacket)]
    assert sent == [("long/1", 1), ("long/2", 2), ("", 1), ("long/3", 2), ("long/2", 1), ("", 2)]


@pytest.mark.parametrize(
    ("connack", "within", "packets"),
    [
        (ConnAckPacket(max_qos=0), publish("t", b"x"), [PublishPacket("t", b"x")]),
        (ConnAckPacket(max_qos=0), subscribe("a"), [SubscribePacket(1, [TopicFilter("a", max_qos=2)])]),  # 3.2.2.3.4
        (ConnAckPacket(max_qos=1), publish("t", b"x", 1), [PublishPacket("t", b"x", qos=1, packet_id=1)]),
        (ConnAckPacket(), publish("t", b"x", 2), [PublishPacket("t", b"x", qos=2, packet_id=1), PubRelPacket(1)]),
        (ConnAckPacket(), publish("t", b"x", retain=True), [PublishPacket("t", b"x", retain=True)]),
        (ConnAckPacket(topic_alias_max=2), publish("t", b"", topic_alias=2), [PublishPacket("t", b"")]),
        (ConnAckPacket(max_packet_size=20), publish("t", bytes(14)), [PublishPacket("t", bytes(14))]),
        (
            ConnAckPacket(wildcard_subscription_available=False),
            subscribe("a"),
            [SubscribePacket(1, [TopicFilter("a")])],
        ),
        (
            ConnAckPacket(shared_subscription_available=False, subscription_id_available=False),
            subscribe("share/+/$share/#"),
            [SubscribePacket(1, [TopicFilter("share/+/$share/#")])],
        ),
        (
            ConnAckPacket(),
            subscribe("$share/g/+", subscription_id=7),
            [SubscribePacket(1, [TopicFilter("$share/g/+")], subscription_id=7)],
        ),
    ],
)
def test_request_within_limit_is_sent(connack: ConnAckPacket, within: Act, packets: list[mqtt5.Packet]) -> None:
    assert packets_sent(connack, within) == packets


def test_receive_maximum_is_kept_after_timeouts() -> None:
    async def act(port: int) -> None:
        packet = ConnectPacket("c")
        async with Client(HOST, port, packet, timeout=0.2) as client:
            results = await asyncio.gather(
                client.publish("t", b"1", 1), client.publish("t", b"2", 2), return_exceptions=True
            )
            assert [type(result) for result in results] == [TimeoutError, TimeoutError]
            for qos in (1, 2):
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(client.publish("t", b"too many", qos), 0.2)
            await client.publish("t", b"QoS 0 does not count")

    handler, received = server_that_sends(ConnAckPacket(receive_max=2))
    asyncio.run(answered_by(handler, act))
    payloads = [packet.payload for packet in sent_to(received) if isinstance(packet, PublishPacket)]
    assert payloads == [b"1", b"2", b"QoS 0 does not count"]


def test_receive_maximum_is_restored_by_answers() -> None:
    async def act(client: Client) -> None:
        await asyncio.gather(*[client.publish("t", b"%d" % i, 1 + i % 2) for i in range(20)])
        with pytest.raises(ValueError, match="retained"):
            await client.publish("t", b"", 1, retain=True)
        await client.publish("t", b"20", 1)

    connack = ConnAckPacket(receive_max=1, retain_available=False)
    packets = packets_sent(connack, act)
    assert [packet.payload for packet in packets if isinstance(packet, PublishPacket)] == [b"%d" % i for i in range(21)]
    for before, after in itertools.pairwise(packets):  # each is complete before the next begins
        if isinstance(before, PublishPacket) and before.qos == 2:
            assert after == PubRelPacket(before.packet_id or 0)


@pytest.mark.parametrize(("asked", "told", "expected"), [(60, 1, True), (0, 1, True), (1, 0, False), (1, None, True)])
def test_server_keep_alive_replaces_own(asked: int, told: int | None, expected: bool) -> None:
    async def act(client: Client) -> None:
        assert client.keep_alive == (asked if told is None else told)
        await asyncio.sleep(0.8)  # PINGREQ is due after 0.5 s

    packets = packets_sent(ConnAckPacket(server_keep_alive=told), act, keep_alive=asked)
    assert (PingReqPacket() in packets) is expected


@pytest.mark.parametrize(("asked", "told", "expected"), [("", "given", "given"), ("own", None, "own")])
def test_assigned_client_id_is_used(asked: str, told: str | None, expected: str) -> None:
    async def act(client: Client) -> None:
        assert client.client_id == expected

    packets_sent(ConnAckPacket(assigned_client_id=told), act, client_id=asked)


@pytest.mark.parametrize(("told", "expected"), [(None, 100), (0, 0), (7, 7)])
def test_session_expiry_of_server_is_used(told: int | None, expected: int) -> None:
    async def act(client: Client) -> None:
        assert client.session_expiry_interval == expected

    packets_sent(ConnAckPacket(session_expiry_interval=told), act, session_expiry_interval=100)


def test_limits_hold_for_first_answers() -> None:
    """The CONNACK counts for packets that arrive with it: a PUBACK of 4 bytes is not sent."""

    async def act(port: int) -> None:
        with contextlib.suppress(ValueError):
            async with connected(port) as client:
                with pytest.raises(PacketTooLarge):
                    await asyncio.wait_for(client.ping(), TIMEOUT)

    handler, received = server_that_sends(ConnAckPacket(max_packet_size=3), PublishPacket("t", b"", qos=1, packet_id=1))
    asyncio.run(answered_by(handler, act))
    assert [type(packet) for packet in sent_to(received)] == [ConnectPacket]
