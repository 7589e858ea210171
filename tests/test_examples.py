# SPDX-License-Identifier: MIT
"""The example broker and client, talking over the loopback interface, and the demonstration made of them.

`Wire` is a client that says only what a test tells it to: for what the example client does not do.
"""

import asyncio
import contextlib
import functools
import signal
import socket
import struct
import sys
from pathlib import Path

import pytest

import mqtt5
from mqtt5 import (
    ConnAckPacket,
    ConnAckReasonCode,
    ConnectPacket,
    DisconnectPacket,
    DisconnectReasonCode,
    PublishPacket,
    QoS,
    RetainHandling,
    SubscribePacket,
    TopicFilter,
    UnsubAckReasonCode,
    Will,
)

EXAMPLES = Path(__file__).parent.parent / "examples"
sys.path.insert(0, str(EXAMPLES))
import broker as broker_module  # noqa: E402
from client import Client, MqttError  # noqa: E402

HOST = "127.0.0.1"
TIMEOUT = 30.0  # no test comes near it unless something is wrong


def with_broker(function):
    """Runs a coroutine with the port of a broker; an exception that asyncio had to swallow is a failure."""

    async def run():
        unhandled = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: unhandled.append(context))
        listening = loop.create_future()
        server = asyncio.create_task(broker_module.main(HOST, 0, listening.set_result))
        async with asyncio.timeout(TIMEOUT):
            port = int((await listening).rpartition(":")[2])
            try:
                await function(port)
            finally:
                server.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await server
        assert not unhandled

    @functools.wraps(function)
    def wrapper():
        asyncio.run(run())

    del wrapper.__wrapped__  # or else pytest sees the argument
    return wrapper


class Wire:
    def __init__(self, port, *packets):
        self.port, self.first, self.decoder = port, packets, mqtt5.Decoder()

    async def __aenter__(self):
        self.reader, self.writer = await asyncio.open_connection(HOST, self.port)
        self.send(*self.first)
        return self

    async def __aexit__(self, *_):
        self.writer.transport.abort()

    def send(self, *packets):
        for packet in packets:
            self.writer.write(packet if isinstance(packet, bytes) else packet.write())

    async def receive(self):
        """The next packet; None at the end of the stream."""
        while (packet := next(self.decoder, None)) is None:
            if not (data := await asyncio.wait_for(self.reader.read(65536), TIMEOUT)):
                assert not self.decoder.buffered
                return None
            self.decoder.feed(data)
        return packet

    async def expect_end(self, reason_code, cls=DisconnectPacket):
        packet = await self.receive()
        assert isinstance(packet, cls)
        assert packet.reason_code == reason_code
        assert await self.receive() is None


def connected(port, client_id="", **fields):
    return Client(HOST, port, ConnectPacket(client_id, clean_start=True, **fields), timeout=TIMEOUT)


async def message(client):
    return await asyncio.wait_for(client.receive(), TIMEOUT)


async def payloads(client, until):
    """What arrives up to a message that the test sends last."""
    found = []
    while (payload := (await message(client)).payload) != until:
        found.append(payload)
    return found


async def error_of(client):
    """Why its connection ended."""
    try:
        while True:
            await message(client)
    except MqttError as error:
        return error


# --- Publish and subscribe


@with_broker
async def test_every_qos_is_forwarded_at_the_lower_of_both(port):
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
async def test_wildcards(port):
    async with connected(port) as client:
        await client.subscribe("a/+/c", "x/#")
        for topic in ("a/b/c", "a/b", "a/b/c/d", "x", "x/y/z", "$SYS/x", "y", "x/end"):
            await client.publish(topic, topic.encode())
        assert await payloads(client, b"x/end") == [b"a/b/c", b"x", b"x/y/z"]


@with_broker
async def test_hash_does_not_match_dollar_topics(port):
    async with connected(port) as client:
        await client.subscribe("#")
        await client.publish("$internal", b"hidden")
        await client.publish("end", b"end")
        assert await payloads(client, b"end") == []


@with_broker
async def test_many_clients(port):
    async with contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(connected(port)) for _ in range(50)]
        await asyncio.gather(*[client.subscribe("all") for client in clients])
        await asyncio.gather(*[c.publish("all", str(i).encode(), QoS(i % 3)) for i, c in enumerate(clients)])
        for client in clients:
            got = {(await message(client)).payload for _ in clients}
            assert got == {str(i).encode() for i in range(50)}


@with_broker
async def test_messages_of_one_qos_stay_in_order(port):
    async with connected(port) as publisher, connected(port, receive_max=3) as subscriber:
        await subscriber.subscribe("t")
        for i in range(200):
            await publisher.publish("t", b"%d" % i, QoS.EXACTLY_ONCE if i % 2 else QoS.AT_LEAST_ONCE)
        assert [(await message(subscriber)).payload for _ in range(200)] == [b"%d" % i for i in range(200)]


@with_broker
async def test_subscription_ids_and_one_copy_for_overlapping_subscriptions(port):
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
async def test_no_local(port):
    async with connected(port) as one, connected(port) as other:
        await one.subscribe(TopicFilter("t", no_local=True))
        await one.publish("t", b"own", QoS.AT_LEAST_ONCE)
        await other.publish("t", b"end", QoS.AT_LEAST_ONCE)
        assert await payloads(one, b"end") == []


@with_broker
async def test_unsubscribe(port):
    async with connected(port) as client:
        await client.subscribe("a", "end")
        yes, no = UnsubAckReasonCode.SUCCESS, UnsubAckReasonCode.NO_SUBSCRIPTION_EXISTED
        assert await client.unsubscribe("a", "b", "a") == (yes, no, no)
        await client.publish("a", b"x")
        await client.publish("end", b"end")
        assert await payloads(client, b"end") == []


@with_broker
async def test_a_topic_alias_from_a_client(port):
    async with connected(port) as client:
        assert client.connack.topic_alias_max > 0
        await client.subscribe("t", "u")
        await client.publish("t", b"1", topic_alias=1)
        await client.publish("", b"2", topic_alias=1)
        await client.publish("u", b"3", topic_alias=1)
        await client.publish("", b"4", QoS.EXACTLY_ONCE, topic_alias=1)
        got = [await message(client) for _ in range(4)]
        assert [(each.topic, each.payload) for each in got] == [("t", b"1"), ("t", b"2"), ("u", b"3"), ("u", b"4")]
        assert {each.topic_alias for each in got} == {None}


@with_broker
async def test_qos_2_is_delivered_once(port):
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
async def test_a_stream_in_single_bytes(port):
    stream = [ConnectPacket("slow"), SubscribePacket(1, [TopicFilter("t")]), PublishPacket("t", b"x")]
    async with Wire(port) as wire:
        for byte in b"".join(packet.write() for packet in stream):
            wire.send(bytes([byte]))
            await asyncio.sleep(0)
        got = [await wire.receive() for _ in range(3)]
        assert [type(packet) for packet in got] == [ConnAckPacket, mqtt5.SubAckPacket, PublishPacket]


# --- Retained messages


@with_broker
async def test_a_retained_message_is_kept_replaced_and_removed(port):
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
async def test_retain_as_published(port):
    for kept in (True, False):
        async with connected(port) as client:
            await client.subscribe(TopicFilter("t", retain_as_published=kept, retain_handling=2))
            await client.publish("t", b"x", retain=True)
            assert (await message(client)).retain is kept
            await client.publish("t", b"x", retain=False)
            assert (await message(client)).retain is False


@with_broker
async def test_retain_handling(port):
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


# --- Connections


@with_broker
async def test_what_connack_says(port):
    async with connected(port, session_expiry_interval=100) as one, connected(port, "mine") as other:
        assert one.connack.assigned_client_id
        assert one.connack.session_expiry_interval == 0  # sessions end with the connection
        assert (other.connack.assigned_client_id, other.connack.session_expiry_interval) == (None, None)
        assert not one.connack.shared_subscription_available
        assert one.connack.max_packet_size
        async with connected(port) as third:
            assert third.connack.assigned_client_id != one.connack.assigned_client_id


@with_broker
async def test_ping(port):
    async with connected(port) as client:
        await asyncio.gather(client.ping(), client.ping())
        await client.ping()


@with_broker
async def test_will_of_a_client_that_vanishes(port):
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
async def test_will_and_disconnect(port):
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
async def test_session_takeover(port):
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
async def test_keep_alive(port):
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
async def test_the_client_limits_messages_in_flight(port):
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
async def test_the_client_limits_the_size_of_packets(port):
    async with connected(port, max_packet_size=100) as client:
        await client.subscribe("t")
        await client.publish("t", bytes(200), QoS.AT_LEAST_ONCE)
        await client.publish("t", b"end", QoS.AT_LEAST_ONCE)
        assert await payloads(client, b"end") == []


@with_broker
async def test_who_does_not_read_does_not_block_others(port):
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


# --- Errors


@pytest.mark.parametrize(
    ("data", "reason_code"),
    [
        (mqtt5.PingReqPacket().write(), ConnAckReasonCode.PROTOCOL_ERROR),
        (PublishPacket("t", b"x").write(), ConnAckReasonCode.PROTOCOL_ERROR),
        (bytes.fromhex("10 0d 0004 4d515454 04 02 003c 00 0000"), ConnAckReasonCode.UNSUPPORTED_PROTOCOL_VERSION),
        (bytes.fromhex("10 0d 0004 4d515454 05 03 003c 00 0000"), ConnAckReasonCode.MALFORMED_PACKET),
        (b"GET / HTTP/1.1\r\n\r\n", ConnAckReasonCode.MALFORMED_PACKET),
        (bytes.fromhex("10 ff ff ff 7f"), ConnAckReasonCode.PACKET_TOO_LARGE),
        (bytes.fromhex("30 09 0001 61 03 23 0000 6869"), ConnAckReasonCode.PROTOCOL_ERROR),  # CONNACK has no 0x94
        (ConnectPacket("c", authentication_method="m").write(), ConnAckReasonCode.BAD_AUTHENTICATION_METHOD),
    ],
)
def test_refused_before_connect(data, reason_code):
    @with_broker
    async def conversation(port):
        async with Wire(port, data) as wire:
            await wire.expect_end(reason_code, ConnAckPacket)

    conversation()


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
def test_refused_after_connect(data, reason_code):
    @with_broker
    async def conversation(port):
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
async def test_a_reason_string_is_left_out_if_the_packet_would_be_too_large(port):
    async with Wire(port, ConnectPacket("c", max_packet_size=20), bytes.fromhex("36 06 0001 61 0001 00")) as wire:
        assert isinstance(await wire.receive(), ConnAckPacket)
        assert await wire.receive() == DisconnectPacket(reason_code=DisconnectReasonCode.MALFORMED_PACKET)


# --- The client


async def answered_by(handler, act):
    """Lets a client meet a server that is not the example broker."""
    server = await asyncio.start_server(handler, HOST, 0)
    async with asyncio.timeout(TIMEOUT):
        try:
            return await act(server.sockets[0].getsockname()[1])
        finally:
            server.close()


def server_that_sends(*packets):
    """After CONNECT; it returns everything that the client sent."""
    received = bytearray()

    async def handler(reader, writer):
        received.extend(await reader.read(65536))
        writer.write(b"".join(packet if isinstance(packet, bytes) else packet.write() for packet in packets))
        while data := await reader.read(65536):
            received.extend(data)
        writer.close()

    return handler, received


@pytest.mark.parametrize(
    ("packet", "reason_code"),
    [
        (bytes.fromhex("30 05 0002 c328 00"), DisconnectReasonCode.MALFORMED_PACKET),
        (bytes.fromhex("10 0d 0004 4d515454 04 02 003c 00 0000"), DisconnectReasonCode.PROTOCOL_ERROR),
        (mqtt5.PingReqPacket(), DisconnectReasonCode.PROTOCOL_ERROR),
        (ConnAckPacket(), DisconnectReasonCode.PROTOCOL_ERROR),
        (mqtt5.PubAckPacket(1), DisconnectReasonCode.PROTOCOL_ERROR),
        (PublishPacket("t", b"", topic_alias=1), DisconnectReasonCode.TOPIC_ALIAS_INVALID),
        (PublishPacket("t", bytes(1000)), DisconnectReasonCode.PACKET_TOO_LARGE),
    ],
)
def test_the_client_answers_errors_of_the_server(packet, reason_code):
    async def act(port):
        async with connected(port, max_packet_size=500) as client:
            assert (await error_of(client)).reason_code == reason_code
            with pytest.raises(MqttError):
                await client.publish("t", b"too late")

    handler, received = server_that_sends(ConnAckPacket(), packet)
    asyncio.run(answered_by(handler, act))
    decoder = mqtt5.Decoder()
    decoder.feed(received)
    assert list(decoder)[1:] == [DisconnectPacket(reason_code=reason_code)]


def test_the_client_reports_a_refusal():
    async def act(port):
        with pytest.raises(MqttError) as caught:
            await connected(port).__aenter__()
        assert caught.value.reason_code == ConnAckReasonCode.NOT_AUTHORIZED
        assert caught.value.packet.reason_str == "no"

    handler, _ = server_that_sends(ConnAckPacket(reason_code=ConnAckReasonCode.NOT_AUTHORIZED, reason_str="no"))
    asyncio.run(answered_by(handler, act))


def test_the_client_reports_a_disconnect_to_all_who_wait():
    async def act(port):
        async with connected(port) as client:
            results = await asyncio.gather(
                client.publish("t", b"x", QoS.AT_LEAST_ONCE),
                client.subscribe("t"),
                client.ping(),
                client.receive(),
                return_exceptions=True,
            )
            assert [result.reason_code for result in results] == 4 * [DisconnectReasonCode.SERVER_BUSY]

    async def handler(reader, writer):
        await reader.read(65536)
        writer.write(ConnAckPacket().write())
        await reader.read(65536)
        writer.write(DisconnectPacket(reason_code=DisconnectReasonCode.SERVER_BUSY).write())
        writer.close()

    asyncio.run(answered_by(handler, act))


def test_the_client_gives_up_on_a_silent_server():
    async def act(port):
        with pytest.raises(TimeoutError):
            await Client(HOST, port, ConnectPacket("c"), timeout=0.1).__aenter__()

    asyncio.run(answered_by(server_that_sends()[0], act))


def test_the_client_keeps_to_the_limits_of_the_server():
    async def act(port):
        async with connected(port) as client:
            with pytest.raises(ValueError, match="the server takes 50"):
                await client.publish("t", bytes(50))
            waiting = [asyncio.create_task(client.publish("t", b"x", QoS.AT_LEAST_ONCE)) for _ in range(5)]
            await asyncio.sleep(0.1)
            for task in waiting:
                task.cancel()

    handler, received = server_that_sends(ConnAckPacket(receive_max=2, max_packet_size=50))
    asyncio.run(answered_by(handler, act))
    decoder = mqtt5.Decoder()
    decoder.feed(received)
    assert [type(packet) for packet in decoder][1:] == [PublishPacket, PublishPacket, DisconnectPacket]


def test_nobody_listens():
    with socket.socket() as unused:
        unused.bind((HOST, 0))
        with pytest.raises(ConnectionRefusedError):
            asyncio.run(connected(unused.getsockname()[1]).__aenter__())


# --- The programs


async def program(name, *arguments):
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, str(EXAMPLES / name), *arguments)
    return await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_broker_ends_quietly(number):
    async def conversation():
        process = await program("broker.py", "--port", "0")
        try:
            line = (await process.stdout.readline()).decode()
            assert line.startswith(f"listening on {HOST}:")
            port = int(line.rpartition(":")[2])
            for packets in ([], [ConnectPacket("a")], [b"\x00"], [ConnectPacket("b"), b"\x30"]):
                async with Wire(port, *packets) as wire:  # each vanishes with a reset
                    linger = struct.pack("ii", 1, 0)
                    wire.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            example = await program("client.py", "--port", str(port))
            out, err = await example.communicate()
            assert (example.returncode, err, out.count(b"received: ")) == (0, b"", 3)
            async with connected(port) as client:
                process.send_signal(number)
                assert (await error_of(client)).reason_code == DisconnectReasonCode.SERVER_SHUTTING_DOWN
        except BaseException:
            process.kill()
            raise
        assert await process.communicate() == (b"", b"")
        assert process.returncode == 0

    asyncio.run(asyncio.wait_for(conversation(), TIMEOUT))


def test_the_client_says_what_is_wrong():
    async def conversation():
        with socket.socket() as unused:
            unused.bind((HOST, 0))
            process = await program("client.py", "--port", str(unused.getsockname()[1]))
            out, err = await process.communicate()
        assert (process.returncode, out, err.count(b"\n")) == (1, b"", 1)
        assert b"ConnectionRefusedError" in err

    asyncio.run(asyncio.wait_for(conversation(), TIMEOUT))


def test_demo():
    async def conversation():
        process = await program("demo.py")
        out, err = await process.communicate()
        lines = out.decode().splitlines()
        assert (process.returncode, err, "NOT OK" in out.decode()) == (0, b"", False)
        assert "16 of 16 expectations met." in lines[-1]
        assert max(len(line) for line in lines) <= 120

    asyncio.run(asyncio.wait_for(conversation(), TIMEOUT))


def test_demo_with_another_broker():
    @with_broker
    async def conversation(port):
        process = await program("demo.py", "--host", HOST, "--port", str(port))
        out, err = await process.communicate()
        assert (process.returncode, err, b"14 of 14 expectations met." in out) == (0, b"", True)

    conversation()


def test_the_examples_are_short():
    for name in ("broker.py", "client.py"):
        assert len((EXAMPLES / name).read_text().splitlines()) < 200
