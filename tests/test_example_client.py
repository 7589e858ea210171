# SPDX-License-Identifier: MIT
"""The example client with servers that refuse, break the rules, or do not answer."""

import asyncio
import socket

import pytest
from example_peers import HOST, Client, MqttError, answered_by, connected, error_of, sent_to, server_that_sends

import mqtt5
from mqtt5 import (
    ConnAckPacket,
    ConnAckReasonCode,
    ConnectPacket,
    DisconnectPacket,
    DisconnectReasonCode,
    PublishPacket,
    QoS,
)


@pytest.mark.parametrize(
    ("packet", "reason_code"),
    [
        (bytes.fromhex("30 05 0002 c328 00"), DisconnectReasonCode.MALFORMED_PACKET),
        (bytes.fromhex("10 0d 0004 4d515454 04 02 003c 00 0000"), DisconnectReasonCode.PROTOCOL_ERROR),
        (mqtt5.PingReqPacket(), DisconnectReasonCode.PROTOCOL_ERROR),  # only clients send these
        (mqtt5.DisconnectPacket(session_expiry_interval=1), DisconnectReasonCode.PROTOCOL_ERROR),
        (ConnAckPacket(), DisconnectReasonCode.PROTOCOL_ERROR),
        (mqtt5.PubAckPacket(1), DisconnectReasonCode.PROTOCOL_ERROR),
        (PublishPacket("t", b"", topic_alias=1), DisconnectReasonCode.TOPIC_ALIAS_INVALID),
        (PublishPacket("t", bytes(1000)), DisconnectReasonCode.PACKET_TOO_LARGE),
    ],
)
def test_server_error_is_answered(packet: mqtt5.BasePacket | bytes, reason_code: int) -> None:
    async def act(port: int) -> None:
        async with connected(port, max_packet_size=500) as client:
            assert (await error_of(client)).reason_code == reason_code
            with pytest.raises(MqttError):
                await client.publish("t", b"too late")

    handler, received = server_that_sends(ConnAckPacket(), packet)
    asyncio.run(answered_by(handler, act))
    assert sent_to(received)[1:] == [DisconnectPacket(reason_code=reason_code)]


def test_refused_connection_is_reported() -> None:
    async def act(port: int) -> None:
        with pytest.raises(MqttError) as caught:
            await connected(port).__aenter__()
        assert caught.value.reason_code == ConnAckReasonCode.NOT_AUTHORIZED
        assert caught.value.packet.reason_str == "no"

    handler, _ = server_that_sends(ConnAckPacket(reason_code=ConnAckReasonCode.NOT_AUTHORIZED, reason_str="no"))
    asyncio.run(answered_by(handler, act))


def test_disconnect_ends_all_waiting_requests() -> None:
    async def act(port: int) -> None:
        async with connected(port) as client:
            results = await asyncio.gather(
                client.publish("t", b"x", QoS.AT_LEAST_ONCE),
                client.subscribe("t"),
                client.ping(),
                client.receive(),
                return_exceptions=True,
            )
            assert [result.reason_code for result in results] == 4 * [DisconnectReasonCode.SERVER_BUSY]

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(ConnAckPacket().write())
        await reader.read(65536)
        writer.write(DisconnectPacket(reason_code=DisconnectReasonCode.SERVER_BUSY).write())
        writer.close()

    asyncio.run(answered_by(handler, act))


def test_silent_server_times_out() -> None:
    async def act(port: int) -> None:
        with pytest.raises(TimeoutError):
            await Client(HOST, port, ConnectPacket("c"), timeout=0.1).__aenter__()

    asyncio.run(answered_by(server_that_sends()[0], act))


def test_closed_port_raises_connection_refused() -> None:
    with socket.socket() as unused:
        unused.bind((HOST, 0))
        with pytest.raises(ConnectionRefusedError):
            asyncio.run(connected(unused.getsockname()[1]).__aenter__())


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (bytes.fromhex("20020001"), "looks like MQTT 3.1.1: the server does not support MQTT 5.0"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "looks like HTTP"),
    ],
)
def test_server_without_mqtt5_is_named(answer: bytes, text: str) -> None:
    async def act(port: int) -> None:
        with pytest.raises(MqttError, match=text):
            await connected(port).__aenter__()

    handler, received = server_that_sends(answer)
    asyncio.run(answered_by(handler, act))
    assert [type(packet) for packet in sent_to(received)] == [ConnectPacket]  # no DISCONNECT


def test_topic_alias_of_server_is_resolved() -> None:
    messages = [PublishPacket("t", b"1", topic_alias=5), PublishPacket("", b"2", topic_alias=5)]

    async def act(port: int) -> None:
        async with connected(port, topic_alias_max=5) as client:
            assert [await client.receive() for _ in messages] == [PublishPacket("t", b"1"), PublishPacket("t", b"2")]

    asyncio.run(answered_by(server_that_sends(ConnAckPacket(), *messages)[0], act))


@pytest.mark.parametrize(("count", "ended"), [(24, False), (25, False), (26, True)])
def test_receive_maximum_is_tolerant_of_servers(count: int, ended: bool) -> None:
    """Twice 2 and 20 more, and the next one."""
    messages = [PublishPacket("t", b"", qos=2, packet_id=number) for number in range(1, count + 1)]

    async def act(port: int) -> None:
        async with connected(port, receive_max=2) as client:
            for _ in messages[:25]:
                await client.receive()
            if ended:
                assert (await error_of(client)).reason_code == DisconnectReasonCode.RECEIVE_MAX_EXCEEDED

    asyncio.run(answered_by(server_that_sends(ConnAckPacket(), *messages)[0], act))
