# SPDX-License-Identifier: MIT
"""PyPI's aiomqtt 3.0.0a1, a client that was written for PyPI's mqtt5, runs on this package in its place.

It is used as it is installed (nox -s peers), against Debian's mosquitto broker.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from peers import HOST, WAIT, Link, peer_importable

import mqtt5
from mqtt5 import (
    ConnAckReasonCode,
    DisconnectPacket,
    PubAckPacket,
    PubCompPacket,
    PublishPacket,
    PubRecPacket,
    PubRelPacket,
    QoS,
    RetainHandling,
    SubAckPacket,
    SubAckReasonCode,
    UnsubAckPacket,
    Will,
)

USER_PROPERTIES = [("a", "b"), ("a", "c"), ("größe", "温度")]
PROPERTIES: dict[str, Any] = {
    "message_expiry_interval": 4000,
    "content_type": "text/plain",
    "response_topic": "answers",
    "correlation_data": bytes(range(256)),
    "user_properties": USER_PROPERTIES,
}


@pytest.fixture(scope="module")
def aiomqtt() -> Iterator[ModuleType]:
    with peer_importable("aiomqtt"):
        import aiomqtt

        yield aiomqtt


@pytest.fixture
def client(aiomqtt: ModuleType, broker: int) -> Callable[..., Any]:
    """Makes clients of the broker."""
    return lambda **fields: aiomqtt.Client(hostname=HOST, port=broker, **fields)


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(2 * WAIT):
            await test()

    asyncio.run(bounded())


async def take(client: Any) -> Any:
    """The next message, with the handshake of its QoS completed."""
    message = await anext(client.messages())
    assert isinstance(message, PublishPacket)
    if message.qos is QoS.AT_LEAST_ONCE:
        await client.puback(message.packet_id)
    elif message.qos is QoS.EXACTLY_ONCE:
        await client.pubrec(message.packet_id)
        release = await anext(client.messages())
        assert release == PubRelPacket(message.packet_id)
        await client.pubcomp(message.packet_id)
    return message


async def put(client: Any, topic: str, payload: bytes, qos: QoS, **fields: Any) -> None:
    """Publishes, with the handshake of the QoS completed."""
    if qos is QoS.AT_MOST_ONCE:
        assert await client.publish(topic, payload, **fields) is None
        return
    packet_id = next(client.packet_ids)
    answer = await client.publish(topic, payload, qos=qos, packet_id=packet_id, **fields)
    if qos is QoS.AT_LEAST_ONCE:
        assert answer == PubAckPacket(packet_id)
    else:
        assert answer == PubRecPacket(packet_id)
        assert await client.pubrel(packet_id) == PubCompPacket(packet_id)


def test_aiomqtt_imports_this_package(aiomqtt: ModuleType) -> None:
    assert sys.modules["aiomqtt._client"].ConnectPacket is mqtt5.ConnectPacket


def test_connect(client: Callable[..., Any], name: str) -> None:
    async def test() -> None:
        async with client(
            identifier=name,
            username="user",
            password=b"password",
            clean_start=True,
            session_expiry_interval=60,
            keep_alive=60,
            receive_max=10,
            topic_alias_max=10,
            max_packet_size=10_000,
            request_response_info=True,
            user_properties=USER_PROPERTIES,
        ) as it:
            answer = await it.connected()
            assert answer == mqtt5.ConnAckPacket(receive_max=20, topic_alias_max=10)
        async with client(identifier=name) as it:
            assert (await it.connected()).session_present is True

    run(test)


def test_refused(aiomqtt: ModuleType, client: Callable[..., Any]) -> None:
    async def test() -> None:
        with pytest.raises(aiomqtt.NegativeAckError, match="BAD_AUTHENTICATION_METHOD"):
            await client(authentication_method="SCRAM-SHA-1", authentication_data=b"x").__aenter__()

    run(test)


@pytest.mark.parametrize("qos", QoS)
def test_publish_and_subscribe(client: Callable[..., Any], name: str, qos: QoS) -> None:
    async def test() -> None:
        async with client(identifier=name) as it, client() as sender:
            answer = await it.subscribe(f"{name}/+", max_qos=qos, subscription_id=5, user_properties=USER_PROPERTIES)
            assert isinstance(answer, SubAckPacket)
            assert answer.reason_codes == (SubAckReasonCode(qos),)
            arriving = asyncio.create_task(take(it))
            await asyncio.sleep(0)  # it drops messages with QoS 0 that no task waits for
            await put(sender, f"{name}/a", b"payload", qos, **PROPERTIES)
            message = await arriving
            assert message == PublishPacket(
                f"{name}/a",
                b"payload",
                qos=qos,
                packet_id=message.packet_id,
                subscription_ids=[5],
                **{**PROPERTIES, "message_expiry_interval": message.message_expiry_interval},
            )
            assert 3900 <= message.message_expiry_interval <= 4000

    run(test)


def test_retained_and_options(client: Callable[..., Any], name: str) -> None:
    async def test() -> None:
        async with client() as it, client() as sender:
            await put(sender, name, b"kept", QoS.EXACTLY_ONCE, retain=True)
            await it.subscribe(
                name, no_local=True, retain_as_published=False, retain_handling=RetainHandling.SEND_NEVER
            )
            await it.subscribe(name, no_local=True, retain_as_published=False)
            message = await take(it)
            assert (message.payload, message.retain) == (b"kept", True)
            await put(it, name, b"own", QoS.EXACTLY_ONCE)
            await put(sender, name, b"", QoS.EXACTLY_ONCE, retain=True)
            message = await take(it)
            assert (message.payload, message.retain) == (b"", False)

    run(test)


def test_unsubscribe(aiomqtt: ModuleType, client: Callable[..., Any], name: str) -> None:
    async def test() -> None:
        async with client() as it:
            await it.subscribe(name)
            answer = await it.unsubscribe(name, user_properties=USER_PROPERTIES)
            assert isinstance(answer, UnsubAckPacket)
            assert answer.reason_codes == (mqtt5.UnsubAckReasonCode.SUCCESS,)
            with pytest.raises(aiomqtt.NegativeAckError, match="NO_SUBSCRIPTION_EXISTED"):
                await it.unsubscribe(name)

    run(test)


@pytest.mark.parametrize("lost", [False, True], ids=["clean", "with an exception"])
def test_will_and_disconnect(client: Callable[..., Any], broker: int, name: str, lost: bool) -> None:
    """Leaving the block with an exception sends DISCONNECT 0x04: publish the Will."""
    will = Will(
        name, payload=b"gone", qos=QoS.AT_LEAST_ONCE, content_type="text/plain", user_properties=USER_PROPERTIES
    )

    async def test() -> None:
        try:
            async with client(will=will):
                if lost:
                    raise LookupError
        except LookupError:
            assert lost

    with Link(broker) as witness:
        witness.connect()
        witness.subscribe(name)
        run(test)
        if lost:
            message = witness.expect(PublishPacket)
            assert message == PublishPacket(
                name,
                b"gone",
                qos=QoS.AT_LEAST_ONCE,
                packet_id=message.packet_id,
                content_type="text/plain",
                user_properties=USER_PROPERTIES,
            )
        witness.nothing_more()


def test_server_sends_what_is_malformed(aiomqtt: ModuleType, name: str) -> None:
    """aiomqtt tells malformed from incomplete by ValueError and IndexError, and answers the first with a DISCONNECT."""
    goodbye: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(mqtt5.ConnAckPacket().write() + bytes.fromhex("30 05 0001 00 00 70"))  # U+0000 in the topic
        goodbye.append(await reader.read())
        writer.close()

    async def test() -> None:
        server = await asyncio.start_server(serve, HOST, 0)
        async with server, aiomqtt.Client(hostname=HOST, port=server.sockets[0].getsockname()[1]) as it:
            assert (await it.connected()).reason_code is ConnAckReasonCode.SUCCESS
            await it.disconnected()
        while not goodbye:
            await asyncio.sleep(0.01)

    run(test)
    packet = DisconnectPacket(reason_code=mqtt5.DisconnectReasonCode.MALFORMED_PACKET)
    assert goodbye == [packet.write()]


def test_many_messages(client: Callable[..., Any], name: str) -> None:
    async def test() -> None:
        async with client() as it, client() as sender:
            await it.subscribe(name)
            for number in range(100):
                await put(sender, name, b"%d" % number, QoS.AT_LEAST_ONCE)
            assert [(await take(it)).payload for _ in range(100)] == [b"%d" % number for number in range(100)]

    run(test)
