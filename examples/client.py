# SPDX-License-Identifier: MIT
"""A small MQTT 5.0 client: how to build on a codec that does no I/O. Usage: client.py [--host H] [--port P] [--tls]

Each request becomes a packet and waits for its answer. A packet beyond a limit that CONNACK announced is a ValueError
and is not sent. A reason code of 0x80 or more is an MqttError; so is the end of the connection unless it is an OSError.
Topic aliases are automatic. Accepted is what docs/leniencies.md lists, and what mosquitto 2.0.11 sends beyond CONNECT's
limits: a byte more; with QoS 2, twice the messages and 20 more. Not included: reconnecting, extended authentication.
"""

import argparse
import asyncio
import contextlib
import itertools
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import mqtt5
from mqtt5 import ConnectPacket, DisconnectReasonCode, PubCompReasonCode, QoS, TopicFilter

P = TypeVar("P", bound=mqtt5.BasePacket)


class MqttError(Exception):
    """`packet` is the server's packet with `reason_code`; both are None if there is none."""

    def __init__(self, message: str, reason_code: int | None = None, packet: mqtt5.BasePacket | None = None) -> None:
        super().__init__(message)
        self.reason_code, self.packet = reason_code, packet


@dataclass(eq=False)
class Client:
    """`async with Client(host, port, mqtt5.ConnectPacket("me")) as client:`"""

    host: str
    port: int
    packet: ConnectPacket
    timeout: float = 10.0  # seconds for each answer
    trace: Callable[[str, bytes], None] = lambda direction, data: None  # "->" or "<-", and the bytes
    tls: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        limit = self.packet.max_packet_size and self.packet.max_packet_size + 1
        self.decoder = mqtt5.Decoder(limit, sender="server", strict=False, max_list_items=1000)
        self.aliases = mqtt5.TopicAliasReceiver(self.packet.topic_alias_max)
        self.own_aliases, self.ids = mqtt5.TopicAliasSender(0), itertools.cycle(range(1, 65536))
        self.connack = mqtt5.ConnAckPacket()  # without limits, until the server sends its own
        self.error: Exception | None = None  # why the connection has ended
        self.waiting: dict[tuple[type, int], asyncio.Future[Any]] = {}  # (class of the answer, packet id or 0)
        self.received: set[int] = set()  # ids of QoS 2 messages for which PUBREL is due
        self.messages: asyncio.Queue[mqtt5.PublishPacket | None] = asyncio.Queue()  # acknowledged; None: the end
        self.tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        connecting = asyncio.open_connection(self.host, self.port, ssl=self.tls)
        self.reader, self.writer = await asyncio.wait_for(connecting, self.timeout)
        self.tasks.append(asyncio.create_task(self._read()))
        try:
            told, asked = await self._request(self.packet, mqtt5.ConnAckPacket), self.packet
        except BaseException:
            await self.abort()
            raise
        # The server's values replace the client's (3.2.2.3.2, 3.2.2.3.7, 3.2.2.3.14).
        expiry, keep_alive = told.session_expiry_interval, told.server_keep_alive
        self.client_id = told.assigned_client_id or asked.client_id
        self.session_expiry_interval = asked.session_expiry_interval if expiry is None else expiry
        self.keep_alive = asked.keep_alive if keep_alive is None else keep_alive
        self.quota = asyncio.Semaphore(told.receive_max)  # QoS 1 and 2 messages that may be sent (4.9)
        if self.keep_alive:
            self.tasks.append(asyncio.create_task(self._keep_alive(self.keep_alive / 2)))
        return self

    async def __aexit__(self, kind: object, *_: object) -> None:  # no DISCONNECT after an exception: the will is due
        await (self.disconnect() if kind is None and self.error is None else self.abort())

    async def subscribe(self, *filters: TopicFilter | str, subscription_id: int | None = None) -> tuple[int, ...]:
        """Returns the granted QoS of each filter."""
        wanted = [TopicFilter(each) if isinstance(each, str) else each for each in filters]
        packet = mqtt5.SubscribePacket(self._next_id(), wanted, subscription_id=subscription_id)
        return (await self._request(packet, mqtt5.SubAckPacket)).reason_codes

    async def unsubscribe(self, *patterns: str) -> tuple[int, ...]:
        packet = mqtt5.UnsubscribePacket(self._next_id(), patterns)
        return (await self._request(packet, mqtt5.UnsubAckPacket)).reason_codes

    async def publish(self, topic: str, payload: bytes, qos: int = 0, **fields: Any) -> mqtt5.BasePacket | None:
        """Takes the fields of PublishPacket. Returns the last acknowledgement: None, PUBACK or PUBCOMP."""
        if qos == QoS.AT_MOST_ONCE:
            self.send(mqtt5.PublishPacket(topic, payload, **fields))
            await self.writer.drain()
            return None
        await self.quota.acquire()
        try:
            packet = mqtt5.PublishPacket(topic, payload, qos=qos, packet_id=self._next_id(), **fields)
            future = self._ask(packet, mqtt5.PubAckPacket if qos == QoS.AT_LEAST_ONCE else mqtt5.PubCompPacket)
        except BaseException:
            self.quota.release()
            raise
        future.add_done_callback(lambda _: self.quota.release())  # not after a timeout: the server still counts it
        return await self._answer(future)

    async def ping(self) -> None:
        await self._request(mqtt5.PingReqPacket(), mqtt5.PingRespPacket)

    async def receive(self) -> mqtt5.PublishPacket:
        """Returns the next message."""
        if (message := await self.messages.get()) is None:
            self.messages.put_nowait(None)
            raise self.error or MqttError("not connected")
        return message

    async def disconnect(self, reason_code: int = DisconnectReasonCode.NORMAL_DISCONNECTION, **fields: Any) -> None:
        self.send(mqtt5.DisconnectPacket(reason_code=reason_code, **fields))
        await self.abort()

    async def abort(self) -> None:
        """Closes without DISCONNECT."""
        self._end(MqttError("this client closed the connection"))
        for task in self.tasks:
            task.cancel()
        closed = asyncio.wait_for(self.writer.wait_closed(), self.timeout)  # sends what is still buffered
        await asyncio.gather(*self.tasks, closed, return_exceptions=True)

    def send(self, packet: mqtt5.BasePacket) -> None:
        """Raises ValueError, and sends nothing, if the server does not support this packet."""
        if self.error:
            raise self.error
        if unsupported := self._unsupported(packet):
            raise ValueError(f"the server does not support {unsupported}")
        limit = self.connack.max_packet_size
        data = self.own_aliases.apply(packet, max_packet_size=limit).write(max_packet_size=limit)
        self.writer.write(data)
        self.trace("->", data)

    def _unsupported(self, packet: mqtt5.BasePacket) -> str | None:
        """What the packet needs and CONNACK excludes (3.2.2.3); None if there is nothing."""
        told = self.connack
        match packet:
            case mqtt5.PublishPacket(qos=qos) if qos > told.max_qos:
                return f"QoS {qos}, only up to {told.max_qos}"
            case mqtt5.PublishPacket(retain=True) if not told.retain_available:
                return "retained messages"
            case mqtt5.SubscribePacket(subscription_id=int()) if not told.subscription_id_available:
                return "subscription identifiers"
            case mqtt5.SubscribePacket(_, filters):
                if not told.shared_subscription_available and any(mqtt5.split_shared(f.pattern)[0] for f in filters):
                    return "shared subscriptions"
                if not told.wildcard_subscription_available and any({*"+#"} & {*f.pattern} for f in filters):
                    return "wildcard subscriptions"
        return None

    def _ask(self, packet: mqtt5.BasePacket, answer: type[P]) -> asyncio.Future[P]:
        self.send(packet)
        return self.waiting.setdefault((answer, getattr(packet, "packet_id", 0)), asyncio.Future())

    async def _answer(self, future: asyncio.Future[P]) -> P:
        packet = await asyncio.wait_for(asyncio.shield(future), self.timeout)
        for code in getattr(packet, "reason_codes", [getattr(packet, "reason_code", 0)]):
            if code >= 0x80:
                reason = getattr(packet, "reason_str", None) or "no reason given"
                raise MqttError(f"{packet.packet_type.name}: {code!r}, {reason}", code, packet)
        return packet

    async def _request(self, packet: mqtt5.BasePacket, answer: type[P]) -> P:
        return await self._answer(self._ask(packet, answer))

    def _next_id(self) -> int:
        return next(number for number in self.ids if number not in {used for _, used in self.waiting})

    def _end(self, error: Exception) -> None:
        if self.error is None:
            self.error = error
            for future in self.waiting.values():
                future.set_exception(error)
                future.exception()  # no warning if the caller has given up waiting
            self.messages.put_nowait(None)
            self.writer.close()

    async def _keep_alive(self, seconds: float) -> None:
        with contextlib.suppress(MqttError, OSError):  # TimeoutError is an OSError
            while True:
                await asyncio.sleep(seconds)
                await self.ping()
        self._end(MqttError("no answer to PINGREQ"))

    async def _read(self) -> None:
        try:
            while data := await self.reader.read(65536):
                self.trace("<-", data)
                self.decoder.feed(data)
                for packet in self.decoder:
                    self._handle(packet)
            self._end(MqttError("the server closed the connection"))
        except mqtt5.DecodeError as error:
            if error.protocol is None:  # else the text says what the server speaks
                self.send(error.disconnect())
            self._end(MqttError(f"from the server: {error}", error.disconnect().reason_code))
        except Exception as error:  # of any kind: every waiting request must end
            self._end(error)

    def _handle(self, packet: mqtt5.Packet) -> None:
        match packet:
            case _ if (key := (type(packet), getattr(packet, "packet_id", 0))) in self.waiting:
                if isinstance(packet, mqtt5.ConnAckPacket):
                    self.connack, self.own_aliases = packet, mqtt5.TopicAliasSender(packet.topic_alias_max)
                self.waiting.pop(key).set_result(packet)
            case mqtt5.PubRecPacket(number) if (key := (mqtt5.PubCompPacket, number)) in self.waiting:
                if packet.reason_code < 0x80:
                    self.send(mqtt5.PubRelPacket(number))
                else:  # the last answer
                    self.waiting.pop(key).set_result(packet)
            case mqtt5.PublishPacket():
                self._message(packet)
            case mqtt5.PubRelPacket(number):
                code = PubCompReasonCode.SUCCESS if number in self.received else PubCompReasonCode.PACKET_ID_NOT_FOUND
                self.received.discard(number)
                self.send(mqtt5.PubCompPacket(number, reason_code=code))
            case mqtt5.PingRespPacket():
                pass  # two PINGREQs share the first answer
            case mqtt5.DisconnectPacket(reason_code=code, reason_str=reason):
                raise MqttError(f"DISCONNECT: {code!r}, {reason or 'no reason given'}", code, packet)
            case _:  # an answer without a request
                raise mqtt5.DecodeError(f"unexpected {packet.packet_type.name}", reason_code=0x82)

    def _message(self, packet: mqtt5.PublishPacket) -> None:
        message = self.aliases.resolve(packet)
        repeated = packet.qos == 2 and packet.packet_id in self.received
        if len(self.received) > 2 * self.packet.receive_max + 20:
            raise mqtt5.DecodeError("too many messages", reason_code=DisconnectReasonCode.RECEIVE_MAX_EXCEEDED)
        if not repeated:
            self.messages.put_nowait(message)
        if packet.packet_id is not None:  # QoS 1 or 2
            self.received |= {packet.packet_id} if packet.qos == 2 else set()
            self.send((mqtt5.PubAckPacket if packet.qos == 1 else mqtt5.PubRecPacket)(packet.packet_id))


async def main() -> None:
    parser = argparse.ArgumentParser(description="Connects, subscribes, publishes at each QoS and receives.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, help="default: 1883, with TLS 8883")
    parser.add_argument("--topic", default="mqtt5/example")
    parser.add_argument("--tls", action="store_true", help="trust the certificate authorities of the system")
    parser.add_argument("--cafile", help="use TLS and trust these certificate authorities (PEM)")
    args = parser.parse_args()
    tls = ssl.create_default_context(cafile=args.cafile) if args.tls or args.cafile else None
    port = args.port or (8883 if tls else 1883)
    async with Client(args.host, port, ConnectPacket("", clean_start=True, keep_alive=60), tls=tls) as client:
        print("connected: ", client.connack)
        print("subscribed:", await client.subscribe(args.topic))
        levels = [qos for qos in QoS if qos <= client.connack.max_qos]
        for qos in levels:
            print("published: ", await client.publish(args.topic, f"hello at QoS {qos}".encode(), qos))
        for _ in levels:
            print("received:  ", await asyncio.wait_for(client.receive(), client.timeout))


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except (MqttError, OSError, ValueError) as error:
        raise SystemExit(f"client.py: {type(error).__name__}: {error}") from None
