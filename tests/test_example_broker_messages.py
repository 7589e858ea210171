# SPDX-License-Identifier: MIT
"""The example broker: publish, subscribe, and retained messages."""

import asyncio
import contextlib

from example_peers import Wire, connected, message, payloads, with_broker

import mqtt5
from mqtt5 import (
    ConnAckPacket,
    ConnectPacket,
    PublishPacket,
    QoS,
    RetainHandling,
    SubscribePacket,
    TopicFilter,
    UnsubAckReasonCode,
)


@with_broker
async def test_message_of_each_qos_is_downgraded(port: int) -> None:
    async with connected(port) as publisher:
        for granted in QoS:
            async with connected(port) as subscriber:
                assert await subscriber.subscribe(TopicFilter("t", max_qos=granted)) == (granted,)
                for qos in QoS:
                    acknowledgement = await publisher.publish("t", b"x", qos, content_type="text/plain")
                    assert type(acknowledgement) is [type(None), mqtt5.PubAckPacket, mqtt5.PubCompPacket][qos]
                    got = await message(subscriber)
                    assert (got.payload, got.qos, got.content_type) == (b"x", min(qos, granted), "text/plain")
                assert subscriber.messages.empty()


@with_broker
async def test_wildcard_filters_match_topics(port: int) -> None:
    async with connected(port) as client:
        await client.subscribe("a/+/c", "x/#")
        for topic in ("a/b/c", "a/b", "a/b/c/d", "x", "x/y/z", "$SYS/x", "y", "x/end"):
            await client.publish(topic, topic.encode())
        assert await payloads(client, b"x/end") == [b"a/b/c", b"x", b"x/y/z"]


@with_broker
async def test_hash_filter_skips_dollar_topics(port: int) -> None:
    async with connected(port) as client:
        await client.subscribe("#")
        await client.publish("$internal", b"hidden")
        await client.publish("end", b"end")
        assert await payloads(client, b"end") == []


@with_broker
async def test_fifty_clients_receive_every_message(port: int) -> None:
    async with contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(connected(port)) for _ in range(50)]
        await asyncio.gather(*[client.subscribe("all") for client in clients])
        await asyncio.gather(*[c.publish("all", str(i).encode(), QoS(i % 3)) for i, c in enumerate(clients)])
        for client in clients:
            got = {(await message(client)).payload for _ in clients}
            assert got == {str(i).encode() for i in range(50)}


@with_broker
async def test_messages_of_one_qos_keep_order(port: int) -> None:
    async with connected(port) as publisher, connected(port, receive_max=3) as subscriber:
        await subscriber.subscribe("t")
        for i in range(200):
            await publisher.publish("t", b"%d" % i, QoS.EXACTLY_ONCE if i % 2 else QoS.AT_LEAST_ONCE)
        assert [(await message(subscriber)).payload for _ in range(200)] == [b"%d" % i for i in range(200)]


@with_broker
async def test_overlapping_subscriptions_give_one_copy(port: int) -> None:
    async with connected(port) as client:
        await client.subscribe(TopicFilter("a/#", max_qos=0), subscription_id=5)
        await client.subscribe(TopicFilter("a/b", max_qos=1), subscription_id=268_435_455)
        await client.subscribe("+/b")
        await client.publish("a/b", b"x", QoS.AT_LEAST_ONCE)
        got = await message(client)
        assert (set(got.subscription_ids), got.qos) == ({5, 268_435_455}, QoS.AT_LEAST_ONCE)
        await client.publish("a/c", b"end")
        assert (await message(client)).subscription_ids == (5,)


@with_broker
async def test_no_local_skips_own_messages(port: int) -> None:
    async with connected(port) as one, connected(port) as other:
        await one.subscribe(TopicFilter("t", no_local=True))
        await one.publish("t", b"own", QoS.AT_LEAST_ONCE)
        await other.publish("t", b"end", QoS.AT_LEAST_ONCE)
        assert await payloads(one, b"end") == []


@with_broker
async def test_unsubscribe_ends_subscription(port: int) -> None:
    async with connected(port) as client:
        await client.subscribe("a", "end")
        yes, no = UnsubAckReasonCode.SUCCESS, UnsubAckReasonCode.NO_SUBSCRIPTION_EXISTED
        assert await client.unsubscribe("a", "b", "a") == (yes, no, no)
        await client.publish("a", b"x")
        await client.publish("end", b"end")
        assert await payloads(client, b"end") == []


@with_broker
async def test_topic_alias_of_client_is_resolved(port: int) -> None:
    async with connected(port) as client, Wire(port, ConnectPacket("wire")) as wire:
        assert client.connack.topic_alias_max > 0
        await client.subscribe("t", "u")
        wire.send(PublishPacket("t", b"1", topic_alias=1), PublishPacket("", b"2", topic_alias=1))
        wire.send(PublishPacket("u", b"3", topic_alias=1), PublishPacket("", b"4", qos=2, packet_id=1, topic_alias=1))
        got = [await message(client) for _ in range(4)]
        assert [(each.topic, each.payload) for each in got] == [("t", b"1"), ("t", b"2"), ("u", b"3"), ("u", b"4")]
        assert {each.topic_alias for each in got} == {None}


@with_broker
async def test_qos_2_repeated_is_delivered_once(port: int) -> None:
    async with connected(port) as subscriber, Wire(port, ConnectPacket("wire")) as wire:
        await subscriber.subscribe("t")
        packet = PublishPacket("t", b"once", qos=2, packet_id=9)
        wire.send(packet, packet, mqtt5.PubRelPacket(9), mqtt5.PubRelPacket(9))
        got = [await wire.receive() for _ in range(5)]
        assert [type(each) for each in got[1:]] == 2 * [mqtt5.PubRecPacket] + 2 * [mqtt5.PubCompPacket]
        assert [each.reason_code for each in got[3:]] == [0x00, 0x92]
        wire.send(PublishPacket("t", b"end"))
        assert await payloads(subscriber, b"end") == [b"once"]


@with_broker
async def test_stream_in_single_bytes_is_read(port: int) -> None:
    stream = [ConnectPacket("slow"), SubscribePacket(1, [TopicFilter("t")]), PublishPacket("t", b"x")]
    async with Wire(port) as wire:
        for byte in b"".join(packet.write() for packet in stream):
            wire.send(bytes([byte]))
            await asyncio.sleep(0)
        got = [await wire.receive() for _ in range(3)]
        assert [type(packet) for packet in got] == [ConnAckPacket, mqtt5.SubAckPacket, PublishPacket]


@with_broker
async def test_retained_message_is_replaced_and_removed(port: int) -> None:
    async with connected(port) as client:
        await client.publish("t", b"old", retain=True)
        await client.publish("t", b"new", QoS.AT_LEAST_ONCE, retain=True, content_type="x")
        await client.publish("t", b"not kept")
        await client.subscribe("t", subscription_id=3)
        got = await message(client)
        assert (got.payload, got.retain, got.qos) == (b"new", True, QoS.AT_LEAST_ONCE)
        assert (got.content_type, got.subscription_ids) == ("x", (3,))
        await client.unsubscribe("t")
        await client.publish("t", b"", retain=True)
        await client.subscribe("t")
        await client.publish("t", b"end")
        assert await payloads(client, b"end") == []


@with_broker
async def test_retain_as_published_keeps_flag(port: int) -> None:
    for kept in (True, False):
        async with connected(port) as client:
            await client.subscribe(TopicFilter("t", retain_as_published=kept, retain_handling=2))
            await client.publish("t", b"x", retain=True)
            assert (await message(client)).retain is kept
            await client.publish("t", b"x", retain=False)
            assert (await message(client)).retain is False


@with_broker
async def test_packet_too_large_for_client_is_skipped(port: int) -> None:
    async with connected(port, max_packet_size=100) as client:
        await client.subscribe("t")
        await client.publish("t", bytes(200), QoS.AT_LEAST_ONCE)
        await client.publish("t", b"end", QoS.AT_LEAST_ONCE)
        assert await payloads(client, b"end") == []


@with_broker
async def test_retain_handling_decides_what_is_sent(port: int) -> None:
    async with connected(port) as client:
        await client.publish("t", b"kept", retain=True)
        for handling, expected in (
            (RetainHandling.SEND_NEVER, []),
            (RetainHandling.SEND_IF_SUBSCRIPTION_NOT_EXISTS, []),  # it does
            (RetainHandling.SEND_ALWAYS, [b"kept"]),
            (RetainHandling.SEND_ALWAYS, [b"kept"]),
        ):
            await client.subscribe(TopicFilter("t", retain_handling=handling))
            await client.publish("t", b"end")
            assert await payloads(client, b"end") == expected
        await client.unsubscribe("t")
        await client.subscribe(TopicFilter("t", retain_handling=RetainHandling.SEND_IF_SUBSCRIPTION_NOT_EXISTS))
        assert (await message(client)).payload == b"kept"
