# SPDX-License-Identifier: MIT
"""The example broker: connections, and how they end."""

import asyncio
import contextlib
import socket
import struct

import pytest
from example_peers import TIMEOUT, Wire, connected, error_of, message, payloads, with_broker

import mqtt5
from mqtt5 import (
    ConnAckPacket,
    ConnAckReasonCode,
    ConnectPacket,
    DisconnectPacket,
    DisconnectReasonCode,
    PublishPacket,
    QoS,
    SubscribePacket,
    TopicFilter,
    Will,
)


@with_broker
async def test_connack_announces_limits(port: int) -> None:
    async with connected(port, session_expiry_interval=100) as one, connected(port, "mine") as other:
        assert one.connack.assigned_client_id
        assert one.connack.session_expiry_interval == 0  # sessions end with the connection
        assert (other.connack.assigned_client_id, other.connack.session_expiry_interval) == (None, None)
        assert not one.connack.shared_subscription_available
        assert one.connack.max_packet_size
        async with connected(port) as third:
            assert third.connack.assigned_client_id != one.connack.assigned_client_id


@with_broker
async def test_ping_twice_is_answered(port: int) -> None:
    async with connected(port) as client:
        await asyncio.gather(client.ping(), client.ping())
        await client.ping()


@with_broker
async def test_will_after_reset_is_published(port: int) -> None:
    will = Will("gone", payload=b"x", qos=2, retain=True, content_type="c", will_delay_interval=60)
    async with connected(port) as watcher, Wire(port, ConnectPacket("wire", will=will)) as wire:
        await watcher.subscribe("gone")
        assert (await wire.receive()).reason_code == 0
        # A reset, which is as rude as an end can be.
        wire.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        wire.writer.transport.abort()
        got = await message(watcher)
        assert (got.payload, got.qos, got.retain, got.content_type) == (b"x", 2, True, "c")
        await watcher.subscribe("gone")
        assert (await message(watcher)).payload == b"x"  # retained


@with_broker
async def test_will_after_disconnect_depends_on_code(port: int) -> None:
    async with connected(port) as watcher:
        await watcher.subscribe("gone")
        for code, expected in ((0x00, []), (0x04, [b"x"]), (0x82, [b"x"])):
            async with Wire(port, ConnectPacket("wire", will=Will("gone", payload=b"x"))) as wire:
                wire.send(DisconnectPacket(reason_code=code))
                assert isinstance(await wire.receive(), ConnAckPacket)
                assert await wire.receive() is None
            await wire.writer.wait_closed()
            while [*expected] and (got := await message(watcher)):
                assert got.payload == expected.pop()
        await watcher.publish("gone", b"end")
        assert await payloads(watcher, b"end") == []


@with_broker
async def test_second_connection_takes_over_session(port: int) -> None:
    async with connected(port) as watcher, connected(port, "same", will=Will("gone", payload=b"x")) as old:
        await watcher.subscribe("gone")
        await old.subscribe("t")
        async with connected(port, "same") as new:
            error = await error_of(old)
            assert error.reason_code == DisconnectReasonCode.SESSION_TAKEN_OVER
            assert (await message(watcher)).payload == b"x"
            await old.abort()
            await new.subscribe("t")  # the old one's end has not removed the new one
            await watcher.publish("t", b"hello")
            assert (await message(new)).payload == b"hello"


@with_broker
async def test_keep_alive_expired_ends_connection(port: int) -> None:
    clock = asyncio.get_running_loop().time
    async with connected(port) as watcher:
        await watcher.subscribe("gone")
        packet = ConnectPacket("wire", keep_alive=1, will=Will("gone", payload=b"x"))
        async with Wire(port, packet) as wire, connected(port, keep_alive=1) as living:
            assert isinstance(await wire.receive(), ConnAckPacket)
            start = clock()
            wire.send(PublishPacket("t", b"x").write()[:4])  # some bytes are not yet a packet
            await wire.expect_end(DisconnectReasonCode.KEEP_ALIVE_TIMEOUT)
            assert clock() - start > 1.4
            assert (await message(watcher)).payload == b"x"
            await asyncio.sleep(0.5)
            await living.publish("t", b"x", QoS.AT_LEAST_ONCE)  # which has sent PINGREQs


@with_broker
async def test_receive_maximum_of_client_is_kept(port: int) -> None:
    async with connected(port) as publisher, Wire(port, ConnectPacket("wire", receive_max=2)) as wire:
        wire.send(SubscribePacket(1, [TopicFilter("t")]))
        await wire.receive()
        await wire.receive()
        for i in range(5):
            await publisher.publish("t", b"%d" % i, QoS(1 + i % 2))
        await publisher.publish("t", b"end", QoS.AT_MOST_ONCE)
        one, two = await wire.receive(), await wire.receive()
        assert (one.payload, two.payload, one.packet_id != two.packet_id) == (b"0", b"1", True)
        wire.send(mqtt5.PubAckPacket(one.packet_id))
        three = await wire.receive()
        assert three.payload == b"2"
        wire.send(mqtt5.PubRecPacket(two.packet_id))
        assert await wire.receive() == mqtt5.PubRelPacket(two.packet_id)
        wire.send(mqtt5.PubCompPacket(two.packet_id))
        four = await wire.receive()
        wire.send(mqtt5.PubAckPacket(three.packet_id), mqtt5.PubRecPacket(four.packet_id, reason_code=0x97))
        assert [(await wire.receive()).payload for _ in range(2)] == [b"4", b"end"]


@with_broker
async def test_slow_client_is_disconnected(port: int) -> None:
    size = 200_000
    async with connected(port) as publisher, connected(port) as reader, Wire(port, ConnectPacket("wire")) as wire:
        wire.writer.transport.pause_reading()
        wire.send(SubscribePacket(1, [TopicFilter("t")]))
        await reader.subscribe("t")
        for _ in range(100):
            await publisher.publish("t", bytes(size))
            assert len((await message(reader)).payload) == size
        await reader.ping()
        # The broker gave up long ago, so that it does not keep everything in memory.
        wire.writer.transport.resume_reading()
        received = 0
        with contextlib.suppress(OSError):
            while data := await asyncio.wait_for(wire.reader.read(1 << 20), TIMEOUT):
                received += len(data)
        assert received < 100 * size


@pytest.mark.parametrize(
    ("data", "reason_code"),
    [
        (mqtt5.PingReqPacket().write(), ConnAckReasonCode.PROTOCOL_ERROR),
        (PublishPacket("t", b"x").write(), ConnAckReasonCode.PROTOCOL_ERROR),
        (bytes.fromhex("10 0d 0004 4d515454 06 02 003c 00 0000"), ConnAckReasonCode.UNSUPPORTED_PROTOCOL_VERSION),
        (bytes.fromhex("10 0d 0004 4d515454 05 03 003c 00 0000"), ConnAckReasonCode.MALFORMED_PACKET),
        (b"GET / HTTP/1.1\r\n\r\n", ConnAckReasonCode.MALFORMED_PACKET),
        (bytes.fromhex("10 ff ff ff 7f"), ConnAckReasonCode.PACKET_TOO_LARGE),
        (bytes.fromhex("30 09 0001 61 03 23 0000 6869"), ConnAckReasonCode.PROTOCOL_ERROR),  # CONNACK has no 0x94
        (ConnectPacket("c", authentication_method="m").write(), ConnAckReasonCode.BAD_AUTHENTICATION_METHOD),
    ],
)
def test_first_packet_wrong_is_refused(data: bytes, reason_code: int) -> None:
    @with_broker
    async def conversation(port: int) -> None:
        async with Wire(port, data) as wire:
            await wire.expect_end(reason_code, ConnAckPacket)

    conversation()


@pytest.mark.parametrize("version", ["0004 4d515454 04", "0004 4d515454 84", "0006 4d5149736470 03"])
def test_connect_of_older_version_is_refused_in_kind(version: str) -> None:
    @with_broker
    async def conversation(port: int) -> None:
        connect = bytes.fromhex(version + "02 003c 0000")
        async with Wire(port, bytes([0x10, len(connect)]) + connect) as wire:
            assert await asyncio.wait_for(wire.reader.readexactly(4), TIMEOUT) == bytes.fromhex("20020001")
            wire.send(mqtt5.PingReqPacket())  # such a client may send on before it reads the answer
            assert await wire.receive() is None

    conversation()


@with_broker
async def test_limits_before_connect_are_small(port: int) -> None:
    large, many = Will("gone", payload=bytes(20_000)), [("name", "value")] * 100
    for fields, reason_code in (
        ({"will": large}, ConnAckReasonCode.PACKET_TOO_LARGE),
        ({"user_properties": many}, ConnAckReasonCode.QUOTA_EXCEEDED),
    ):
        async with Wire(port, ConnectPacket("c", **fields)) as wire:
            await wire.expect_end(reason_code, ConnAckPacket)
    async with connected(port) as client:
        await client.publish("t", large.payload, QoS.AT_LEAST_ONCE, user_properties=many)


@pytest.mark.parametrize(
    ("data", "reason_code"),
    [
        (ConnectPacket("c").write(), DisconnectReasonCode.PROTOCOL_ERROR),
        (bytes.fromhex("10 0d 0004 4d515454 04 02 003c 00 0000"), DisconnectReasonCode.PROTOCOL_ERROR),  # not 0x84
        (mqtt5.PingRespPacket().write(), DisconnectReasonCode.PROTOCOL_ERROR),
        (mqtt5.AuthPacket(reason_code=0x19, authentication_method="m").write(), DisconnectReasonCode.PROTOCOL_ERROR),
        (PublishPacket("t", b"", topic_alias=17).write(), DisconnectReasonCode.TOPIC_ALIAS_INVALID),
        (PublishPacket("", b"", topic_alias=1).write(), DisconnectReasonCode.PROTOCOL_ERROR),
        (bytes.fromhex("30 09 0001 61 03 23 0000 6869"), DisconnectReasonCode.TOPIC_ALIAS_INVALID),
        (PublishPacket("t", b"", subscription_ids=[1]).write(), DisconnectReasonCode.PROTOCOL_ERROR),
        (PublishPacket("t", bytes(300_000)).write(), DisconnectReasonCode.PACKET_TOO_LARGE),
        (bytes.fromhex("36 06 0001 61 0001 00"), DisconnectReasonCode.MALFORMED_PACKET),
        (
            SubscribePacket(1, [TopicFilter("$share/g/t")]).write(),
            DisconnectReasonCode.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED,
        ),
        (
            b"".join(PublishPacket("t", b"", qos=2, packet_id=i).write() for i in range(1, 102)),
            DisconnectReasonCode.RECEIVE_MAX_EXCEEDED,
        ),
    ],
)
def test_packet_after_connect_wrong_is_refused(data: bytes, reason_code: int) -> None:
    @with_broker
    async def conversation(port: int) -> None:
        async with connected(port) as watcher, Wire(port, ConnectPacket("c", will=Will("gone"))) as wire:
            await watcher.subscribe("gone")
            assert (await wire.receive()).reason_code == 0
            wire.send(data, PublishPacket("gone", b"not any more"))
            packet = await wire.receive()
            while isinstance(packet, mqtt5.PubRecPacket):
                packet = await wire.receive()
            assert (type(packet), packet.reason_code) == (DisconnectPacket, reason_code)
            assert await wire.receive() is None
            wire.writer.close()
            assert (await message(watcher)).payload == b""  # the will

    conversation()


@with_broker
async def test_reason_string_too_large_is_omitted(port: int) -> None:
    async with Wire(port, ConnectPacket("c", max_packet_size=20), bytes.fromhex("36 06 0001 61 0001 00")) as wire:
        assert isinstance(await wire.receive(), ConnAckPacket)
        assert await wire.receive() == DisconnectPacket(reason_code=DisconnectReasonCode.MALFORMED_PACKET)
