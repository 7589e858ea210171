# SPDX-License-Identifier: MIT
"""Shared by the tests of the examples: a running broker, a scripted client, and two scripted servers.

`Wire` is a client that sends only what a test tells it to, for packets that the example client does not send.
"""

import asyncio
import contextlib
import functools
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, Self

import mqtt5
from mqtt5 import ConnAckPacket, ConnectPacket, DisconnectPacket

EXAMPLES = Path(__file__).parent.parent / "examples"
sys.path.insert(0, str(EXAMPLES))
import broker  # noqa: E402
import handlers as handlers  # noqa: E402
from client import Client as Client  # noqa: E402
from client import MqttError as MqttError  # noqa: E402

HOST = "127.0.0.1"
TIMEOUT = 30.0  # a test takes this long only if something is wrong

Serve = Callable[[str, int, Callable[[str], object], ssl.SSLContext | None], Coroutine[Any, Any, None]]
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def broker_running(tls: ssl.SSLContext | None = None, serve: Serve = broker.main) -> AsyncIterator[int]:
    """Gives the broker's port; an exception that only asyncio's handler saw is a failure."""
    unhandled: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: unhandled.append(context))
    listening = loop.create_future()
    server = asyncio.create_task(serve(HOST, 0, listening.set_result, tls))
    async with asyncio.timeout(TIMEOUT):
        try:
            yield int((await listening).rpartition(":")[2])
        finally:
            server.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await server
    assert not unhandled, unhandled


def with_broker(function: Callable[[int], Awaitable[None]], serve: Serve = broker.main) -> Callable[[], None]:
    """Runs a coroutine with the port of a broker."""

    async def run() -> None:
        async with broker_running(serve=serve) as port:
            await function(port)

    @functools.wraps(function)
    def wrapper() -> None:
        asyncio.run(run())

    del wrapper.__wrapped__  # pytest would take the argument for a fixture
    return wrapper


async def program(name: str, *arguments: str) -> asyncio.subprocess.Process:
    """Starts an example."""
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, str(EXAMPLES / name), *arguments)
    return await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe)


class Wire:
    def __init__(self, port: int, *packets: mqtt5.BasePacket | bytes, tls: ssl.SSLContext | None = None) -> None:
        self.port, self.first, self.tls, self.decoder = port, packets, tls, mqtt5.Decoder()

    async def __aenter__(self) -> Self:
        self.reader, self.writer = await asyncio.open_connection(HOST, self.port, ssl=self.tls)
        self.send(*self.first)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.transport.abort()

    def send(self, *packets: mqtt5.BasePacket | bytes) -> None:
        for packet in packets:
            self.writer.write(packet if isinstance(packet, bytes) else packet.write())

    async def receive(self) -> Any:
        """The next packet; None at the end of the stream."""
        while (packet := next(self.decoder, None)) is None:
            if not (data := await asyncio.wait_for(self.reader.read(65536), TIMEOUT)):
                assert not self.decoder.buffered
                return None
            self.decoder.feed(data)
        return packet

    async def expect_end(self, reason_code: int, cls: type[mqtt5.BasePacket] = DisconnectPacket) -> None:
        packet = await self.receive()
        assert isinstance(packet, cls)
        assert packet.reason_code == reason_code  # type: ignore[attr-defined]
        assert await self.receive() is None


def connected(port: int, client_id: str = "", tls: ssl.SSLContext | None = None, **fields: Any) -> Client:
    return Client(HOST, port, ConnectPacket(client_id, clean_start=True, **fields), timeout=TIMEOUT, tls=tls)


async def message(client: Client) -> mqtt5.PublishPacket:
    return await asyncio.wait_for(client.receive(), TIMEOUT)


async def payloads(client: Client, until: bytes) -> list[bytes]:
    """The payloads that arrive before the message that the test sends last."""
    found = []
    while (payload := (await message(client)).payload) != until:
        found.append(payload)
    return found


async def error_of(client: Client) -> MqttError:
    """Why its connection ended."""
    try:
        while True:
            await message(client)
    except MqttError as error:
        return error


async def answered_by(handler: Handler, act: Callable[[int], Awaitable[None]]) -> None:
    """Runs `act` with the port of a server that is not the example broker."""
    server = await asyncio.start_server(handler, HOST, 0)
    async with asyncio.timeout(TIMEOUT):
        try:
            await act(server.sockets[0].getsockname()[1])
        finally:
            server.close()


def server_that_sends(*packets: mqtt5.BasePacket | bytes) -> tuple[Handler, bytearray]:
    """A server that sends these packets after CONNECT, and the bytes that the client sends."""
    received = bytearray()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.extend(await reader.read(65536))
        writer.write(b"".join(packet if isinstance(packet, bytes) else packet.write() for packet in packets))
        while data := await reader.read(65536):
            received.extend(data)
        writer.close()

    return handler, received


def sent_to(received: bytearray) -> list[mqtt5.Packet]:
    decoder = mqtt5.Decoder()
    decoder.feed(received)
    packets = list(decoder)
    assert not decoder.buffered
    return packets


def server_that_announces(connack: ConnAckPacket) -> tuple[Handler, bytearray]:
    """A server that answers every request, and the bytes that the client sends."""
    received = bytearray()

    def answer(packet: mqtt5.Packet) -> mqtt5.BasePacket | None:
        match packet:
            case ConnectPacket():
                return connack
            case mqtt5.PublishPacket(qos=1, packet_id=int(number)):
                return mqtt5.PubAckPacket(number)
            case mqtt5.PublishPacket(qos=2, packet_id=int(number)):
                return mqtt5.PubRecPacket(number)
            case mqtt5.PubRelPacket(number):
                return mqtt5.PubCompPacket(number)
            case mqtt5.SubscribePacket(number, filters):
                return mqtt5.SubAckPacket(number, [each.max_qos for each in filters])
            case mqtt5.PingReqPacket():
                return mqtt5.PingRespPacket()
        return None

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        decoder = mqtt5.Decoder()
        while data := await reader.read(65536):
            received.extend(data)
            decoder.feed(data)
            writer.write(b"".join(reply.write() for packet in decoder if (reply := answer(packet))))
        writer.close()

    return handler, received
