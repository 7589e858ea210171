# SPDX-License-Identifier: MIT
"""The example of a broker on asyncio streams, with the example client."""

import contextlib
import functools

import pytest
from example_peers import Wire, connected, error_of, handlers, message, payloads, with_broker

import mqtt5
from mqtt5 import (
    ConnAckPacket,
    ConnAckReasonCode,
    ConnectPacket,
    DisconnectReasonCode,
    PublishPacket,
    QoS,
    SubscribePacket,
    TopicFilter,
    UnsubAckReasonCode,
    Will,
)

with_handlers = functools.partial(with_broker, serve=handlers.main)


@with_handlers
async def test_messages_arrive_with_granted_qos(port: int) -> None:
    async with connected(port) as publisher:
        for granted in QoS:
            async with connected(port, topic_alias_max=5) as subscriber:
                assert await subscriber.subscribe(TopicFilter("a/+", max_qos=granted), "a/#") == (granted, QoS(2))
                await subscriber.unsubscribe("a/#")
                for qos in QoS:
                    acknowledgement = await publisher.publish("a/long", b"x", qos, content_type="text/plain")
                    assert type(acknowledgement) is [type(None), mqtt5.PubAckPacket, mqtt5.PubCompPacket][qos]
                    got = await message(subscriber)
                    assert (got.topic, got.payload, got.qos) == ("a/long", b"x", min(qos, granted))
                    assert got.content_type == "text/plain"
                assert subscriber.messages.empty()


@with_handlers
async def test_shared_subscription_has_one_receiver(port: int) -> None:
    async with connected(port) as one, connected(port) as two, connected(port) as third:
        for client in (one, two):
            await client.subscribe("$share/group/t")
        await third.subscribe("t", TopicFilter("end", no_local=True))
        for number in range(40):
            await third.publish("t", b"%d" % number, 2)
        for client in (one, two):
            await client.ping()
        shares = [
            [client.messages.get_nowait().payload for _ in range(client.messages.qsize())] for client in (one, two)
        ]
        assert all(shares), "each has its share"
        assert sorted(shares[0] + shares[1]) == sorted(b"%d" % number for number in range(40))
        assert [(await message(third)).payload for _ in range(40)] == [b"%d" % number for number in range(40)]
        await third.publish("end", b"not for me")
        await third.ping()
        assert third.messages.empty()


@with_handlers
async def test_receive_maximum_of_client_is_kept(port: int) -> None:
    async with connected(port) as publisher, Wire(port, ConnectPacket("wire", receive_max=2)) as wire:
        wire.send(SubscribePacket(1, [TopicFilter("t")]))
        await wire.receive()
        await wire.receive()
        for i in range(4):
            await publisher.publish("t", b"%d" % i, QoS(1 + i % 2))
        one, two = await wire.receive(), await wire.receive()
        assert (one.payload, two.payload, one.packet_id != two.packet_id) == (b"0", b"1", True)
        wire.send(mqtt5.PingReqPacket())
        assert await wire.receive() == mqtt5.PingRespPacket()  # and nothing more
        wire.send(mqtt5.PubAckPacket(one.packet_id), mqtt5.PubRecPacket(two.packet_id, reason_code=0x97))
        assert [(await wire.receive()).payload for _ in range(2)] == [b"2", b"3"]


@with_handlers
async def test_unsubscribe_ends_subscription(port: int) -> None:
    async with connected(port) as client:
        await client.subscribe("a", "end")
        yes, no = UnsubAckReasonCode.SUCCESS, UnsubAckReasonCode.NO_SUBSCRIPTION_EXISTED
        assert await client.unsubscribe("a", "b", "a") == (yes, no, no)
        await client.publish("a", b"x")
        await client.publish("end", b"end")
        assert await payloads(client, b"end") == []


@with_handlers
async def test_takeover_publishes_will_of_old_connection(port: int) -> None:
    async with connected(port) as watcher, connected(port, "same", will=Will("gone", payload=b"x", qos=1)) as old:
        await watcher.subscribe("gone")
        async with connected(port, "same") as new:
            assert (await error_of(old)).reason_code == DisconnectReasonCode.SESSION_TAKEN_OVER
            assert (await message(watcher)).payload == b"x"
            await new.ping()
        async with connected(port, "other", will=Will("gone", payload=b"y")):
            pass  # DISCONNECT discards the will
        await watcher.publish("gone", b"end")
        assert await payloads(watcher, b"end") == []


@with_handlers
async def test_keep_alive_expired_ends_connection(port: int) -> None:
    async with Wire(port, ConnectPacket("wire", keep_alive=1)) as wire:
        assert isinstance(await wire.receive(), ConnAckPacket)
        await wire.expect_end(DisconnectReasonCode.KEEP_ALIVE_TIMEOUT)


@with_handlers
async def test_packet_too_large_for_client_is_skipped(port: int) -> None:
    async with connected(port, max_packet_size=100, receive_max=1) as client, connected(port) as publisher:
        await client.subscribe("t")
        for payload in (bytes(200), bytes(200), b"end"):
            await publisher.publish("t", payload, QoS.AT_LEAST_ONCE)
        assert await payloads(client, b"end") == []


@pytest.mark.parametrize(
    ("packets", "reason_code"),
    [
        ([PublishPacket("t", b"")], ConnAckReasonCode.PROTOCOL_ERROR),
        ([ConnectPacket("c", authentication_method="m")], ConnAckReasonCode.BAD_AUTHENTICATION_METHOD),
        ([ConnectPacket("c", will=Will("t", retain=True))], ConnAckReasonCode.RETAIN_NOT_SUPPORTED),
        ([ConnectPacket("c", user_properties=[("a", "b")] * 33)], ConnAckReasonCode.QUOTA_EXCEEDED),
    ],
)
def test_connection_is_refused(packets: list[mqtt5.BasePacket], reason_code: int) -> None:
    @with_handlers
    async def conversation(port: int) -> None:
        async with Wire(port, *packets) as wire:
            await wire.expect_end(reason_code, ConnAckPacket)

    conversation()


@pytest.mark.parametrize(
    ("packet", "reason_code"),
    [
        (ConnectPacket("c"), DisconnectReasonCode.PROTOCOL_ERROR),
        (mqtt5.PingRespPacket(), DisconnectReasonCode.PROTOCOL_ERROR),
        (mqtt5.AuthPacket(reason_code=0x19, authentication_method="m"), DisconnectReasonCode.PROTOCOL_ERROR),
        (PublishPacket("t", b"", topic_alias=17), DisconnectReasonCode.TOPIC_ALIAS_INVALID),
        (PublishPacket("", b"", topic_alias=1), DisconnectReasonCode.PROTOCOL_ERROR),
        (PublishPacket("t", b"", retain=True), DisconnectReasonCode.RETAIN_NOT_SUPPORTED),
        (
            SubscribePacket(1, [TopicFilter("t")], subscription_id=1),
            DisconnectReasonCode.SUBSCRIPTION_IDS_NOT_SUPPORTED,
        ),
        (bytes.fromhex("36 06 0001 61 0001 00"), DisconnectReasonCode.MALFORMED_PACKET),
    ],
)
def test_packet_after_connect_is_refused(packet: mqtt5.BasePacket | bytes, reason_code: int) -> None:
    @with_handlers
    async def conversation(port: int) -> None:
        async with Wire(port, ConnectPacket("c")) as wire:
            assert isinstance(await wire.receive(), ConnAckPacket)
            wire.send(packet)
            await wire.expect_end(reason_code)

    conversation()


def test_unread_messages_end_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that reads nothing does not fill the broker's memory."""
    monkeypatch.setattr(handlers, "MAX_WAITING", 50)
    size, count = 100_000, 400

    @with_handlers
    async def conversation(port: int) -> None:
        async with connected(port) as publisher, Wire(port, ConnectPacket("wire")) as wire:
            wire.writer.transport.pause_reading()
            wire.send(SubscribePacket(1, [TopicFilter("t")]))
            await publisher.ping()
            for _ in range(count):
                await publisher.publish("t", bytes(size))
            await publisher.ping()
            wire.writer.transport.resume_reading()
            received = 0
            with contextlib.suppress(OSError):
                while data := await wire.reader.read(1 << 20):
                    received += len(data)
            assert received < count * size

    conversation()
