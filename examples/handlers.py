# SPDX-License-Identifier: MIT
"""A broker on asyncio streams, with a handle_...() for each packet: the way amqtt (PyPI) is built.

Usage: handlers.py [--host H] [--port P]

amqtt 0.12.1 reads and writes MQTT 3.1.1 by hand, with a file for each packet and classes for its headers and payload.
mqtt5 takes the place of these files; docs/guide.md counts their lines. What is left is below: the loop that reads, one
that sends, and what each packet does. One TopicTree holds the subscriptions of all clients, shared ones (4.8.2)
included, and a message is encoded once. There are no sessions and no retained messages, as CONNACK says.
"""

import argparse
import asyncio
import contextlib
import itertools
import signal
import ssl
from collections.abc import Callable
from functools import partial
from secrets import choice, token_hex

import mqtt5
from mqtt5 import ConnAckReasonCode, DisconnectReasonCode, PubCompReasonCode, QoS, TopicFilter, UnsubAckReasonCode

MAX_SIZE, MAX_ITEMS, FIRST_SIZE, FIRST_ITEMS = 256 * 1024, 1000, 16 * 1024, 32  # of packets and lists; of CONNECT
RECEIVE_MAX, ALIAS_MAX, MAX_WAITING = 100, 16, 10_000
TIMEOUT, LINGER = 10.0, 2.0  # seconds: until CONNECT, to send the last packet

Members = dict["Handler", TopicFilter]
Tree = mqtt5.TopicTree[tuple[bool, Members]]  # of each filter, whether it is shared, and who has it


class Goodbye(Exception):  # noqa: N818
    """Ends a connection. Its arguments are the packets to send last."""


class Handler:
    def __init__(self, clients: dict[str, "Handler"], tree: Tree, writer: asyncio.StreamWriter) -> None:
        self.clients, self.tree, self.writer, self.client_id = clients, tree, writer, ""
        self.task: asyncio.Task[None] | None = asyncio.current_task()
        self.ending = DisconnectReasonCode.SERVER_SHUTTING_DOWN
        self.patience: float | None = TIMEOUT
        self.decoder = mqtt5.Decoder(FIRST_SIZE, sender="client", max_list_items=FIRST_ITEMS)
        self.max_packet_size: int | None = None
        self.aliases = mqtt5.TopicAliasReceiver(ALIAS_MAX)
        self.will: mqtt5.Will | None = None
        self.filters: set[str] = set()
        self.received: set[int] = set()  # ids of QoS 2 messages for which PUBREL is due
        self.in_flight: set[int] = set()  # ids of messages that the client has not acknowledged
        self.waiting: asyncio.Queue[tuple[mqtt5.PublishTemplate, QoS]] = asyncio.Queue(MAX_WAITING)

    async def run(self, reader: asyncio.StreamReader) -> None:
        sending = asyncio.create_task(self.deliver())
        try:
            while data := await asyncio.wait_for(reader.read(65536), self.patience):
                self.decoder.feed(data)
                for packet in self.decoder:  # in turn, so that answers keep the order of their requests (4.6)
                    getattr(self, f"handle_{packet.packet_type.name.lower()}")(packet)
                await self.writer.drain()
        except mqtt5.DecodeError as error:
            self.send(error.disconnect(str(error)) if self.client_id else error.connack(str(error)))
        except Goodbye as goodbye:
            for answer in goodbye.args:
                self.send(answer)
        except TimeoutError:
            if self.client_id:
                self.send(mqtt5.DisconnectPacket(reason_code=DisconnectReasonCode.KEEP_ALIVE_TIMEOUT))
        except OSError:
            pass  # the client has gone
        except asyncio.CancelledError:  # by end(), or because the program ends
            if self.client_id:
                self.send(mqtt5.DisconnectPacket(reason_code=self.ending))
        finally:
            sending.cancel()
            for pattern in tuple(self.filters):
                self.unsubscribe(pattern)
            if self.clients.get(self.client_id) is self:
                del self.clients[self.client_id]
            if self.will:
                self.publish(self.will.publish(1 if self.will.qos else None))
            try:
                async with asyncio.timeout(LINGER):
                    if self.writer.can_write_eof():
                        self.writer.write_eof()
                        while await reader.read(65536):  # closing with unread bytes resets, and loses the last packet
                            pass
                    self.writer.close()
                    await self.writer.wait_closed()
            except OSError:  # TimeoutError is one
                self.writer.transport.abort()

    async def deliver(self) -> None:
        """Sends what is waiting, as fast as the client reads and acknowledges it."""
        numbers = itertools.cycle(range(1, 65536))
        with contextlib.suppress(OSError):
            while True:
                template, qos = await self.waiting.get()
                number = None
                if qos:
                    await self.quota.acquire()
                    number = next(number for number in numbers if number not in self.in_flight)
                parts = template.write_parts(packet_id=number, qos=qos, topic_alias=None)
                if self.max_packet_size is None or sum(map(len, parts)) <= self.max_packet_size:
                    self.writer.writelines(parts)
                    self.in_flight |= {number} if number else set()
                elif number:
                    self.quota.release()
                await self.writer.drain()

    def send(self, packet: mqtt5.BasePacket) -> None:
        with contextlib.suppress(mqtt5.PacketTooLarge):  # such a packet is not sent (3.1.2.11.4)
            self.writer.write(packet.write(max_packet_size=self.max_packet_size))

    def end(self, reason_code: DisconnectReasonCode) -> None:
        self.ending = reason_code
        if self.task:
            self.task.cancel()

    def handle_connect(self, packet: mqtt5.ConnectPacket) -> None:
        if packet.authentication_method is not None:
            raise Goodbye(mqtt5.ConnAckPacket(reason_code=ConnAckReasonCode.BAD_AUTHENTICATION_METHOD))
        if packet.will and packet.will.retain:
            raise Goodbye(mqtt5.ConnAckPacket(reason_code=ConnAckReasonCode.RETAIN_NOT_SUPPORTED))
        self.client_id = packet.client_id or f"client-{token_hex(8)}"
        self.will, self.patience = packet.will, packet.keep_alive * 1.5 or None
        self.max_packet_size, self.quota = packet.max_packet_size, asyncio.Semaphore(packet.receive_max)
        self.decoder.max_packet_size, self.decoder.max_list_items = MAX_SIZE, MAX_ITEMS
        if earlier := self.clients.get(self.client_id):
            earlier.end(DisconnectReasonCode.SESSION_TAKEN_OVER)
        self.clients[self.client_id] = self
        self.send(
            mqtt5.ConnAckPacket(
                assigned_client_id=None if packet.client_id else self.client_id,
                session_expiry_interval=0 if packet.session_expiry_interval else None,
                receive_max=RECEIVE_MAX,
                topic_alias_max=ALIAS_MAX,
                max_packet_size=MAX_SIZE,
                retain_available=False,
                subscription_id_available=False,
            )
        )

    def handle_publish(self, packet: mqtt5.PublishPacket) -> None:
        if packet.retain:
            raise Goodbye(mqtt5.DisconnectPacket(reason_code=DisconnectReasonCode.RETAIN_NOT_SUPPORTED))
        message = self.aliases.resolve(packet)
        repeated = packet.qos is QoS.EXACTLY_ONCE and packet.packet_id in self.received
        if packet.qos and not repeated and len(self.received) == RECEIVE_MAX:
            raise Goodbye(mqtt5.DisconnectPacket(reason_code=DisconnectReasonCode.RECEIVE_MAX_EXCEEDED))
        if not repeated:
            self.publish(message)
        if packet.qos is QoS.AT_LEAST_ONCE and packet.packet_id:
            self.send(mqtt5.PubAckPacket(packet.packet_id))
        elif packet.packet_id:
            self.received.add(packet.packet_id)
            self.send(mqtt5.PubRecPacket(packet.packet_id))

    def handle_pubrel(self, packet: mqtt5.PubRelPacket) -> None:
        known = packet.packet_id in self.received
        self.received.discard(packet.packet_id)
        code = PubCompReasonCode.SUCCESS if known else PubCompReasonCode.PACKET_ID_NOT_FOUND
        self.send(mqtt5.PubCompPacket(packet.packet_id, reason_code=code))

    def handle_pubrec(self, packet: mqtt5.PubRecPacket) -> None:
        if packet.reason_code < 0x80:
            self.send(mqtt5.PubRelPacket(packet.packet_id))
        else:
            self.handle_puback(packet)

    def handle_puback(self, packet: mqtt5.PubAckPacket | mqtt5.PubRecPacket | mqtt5.PubCompPacket) -> None:
        if packet.packet_id in self.in_flight:
            self.in_flight.remove(packet.packet_id)
            self.quota.release()

    handle_pubcomp = handle_puback

    def handle_subscribe(self, packet: mqtt5.SubscribePacket) -> None:
        if packet.subscription_id is not None:
            code = DisconnectReasonCode.SUBSCRIPTION_IDS_NOT_SUPPORTED
            raise Goodbye(mqtt5.DisconnectPacket(reason_code=code))
        for wanted in packet.topic_filters:
            self.filters.add(wanted.pattern)
            shared = mqtt5.split_shared(wanted.pattern)[0] is not None
            self.tree.setdefault(wanted.pattern, (shared, {}))[1][self] = wanted
        self.send(mqtt5.SubAckPacket(packet.packet_id, [wanted.max_qos for wanted in packet.topic_filters]))

    def handle_unsubscribe(self, packet: mqtt5.UnsubscribePacket) -> None:
        self.send(mqtt5.UnsubAckPacket(packet.packet_id, [self.unsubscribe(pattern) for pattern in packet.patterns]))

    def handle_pingreq(self, packet: mqtt5.PingReqPacket) -> None:
        self.send(mqtt5.PingRespPacket())

    def handle_disconnect(self, packet: mqtt5.DisconnectPacket) -> None:
        self.will = self.will if packet.reason_code else None
        raise Goodbye

    def handle_auth(self, packet: mqtt5.AuthPacket) -> None:
        raise Goodbye(mqtt5.DisconnectPacket(reason_code=DisconnectReasonCode.PROTOCOL_ERROR))

    def unsubscribe(self, pattern: str) -> UnsubAckReasonCode:
        if pattern not in self.filters:
            return UnsubAckReasonCode.NO_SUBSCRIPTION_EXISTED
        self.filters.remove(pattern)
        _, members = self.tree[pattern]
        del members[self]
        if not members:
            del self.tree[pattern]
        return UnsubAckReasonCode.SUCCESS

    def publish(self, packet: mqtt5.PublishPacket) -> None:
        granted: dict[Handler, QoS] = {}
        for shared, members in self.tree.match(packet.topic):
            for handler in [choice(list(members))] if shared else members:
                wanted = members[handler]
                if not (wanted.no_local and handler is self):
                    granted[handler] = max(granted.get(handler, QoS(0)), min(packet.qos, wanted.max_qos))
        template = mqtt5.PublishTemplate(packet)
        for handler, qos in granted.items():
            try:
                handler.waiting.put_nowait((template, qos))
            except asyncio.QueueFull:
                handler.end(DisconnectReasonCode.QUOTA_EXCEEDED)  # too slow


async def main(host: str, port: int, say: Callable[[str], object] = print, tls: ssl.SSLContext | None = None) -> None:
    clients: dict[str, Handler] = {}
    tree: Tree = mqtt5.TopicTree()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Handler(clients, tree, writer).run(reader)

    server = await asyncio.start_server(connected, host, port, ssl=tls)
    say("listening on {}:{}".format(*server.sockets[0].getsockname()))
    try:
        await asyncio.Event().wait()  # until cancelled, as the handlers are then
    finally:
        server.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A broker on asyncio streams.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=1883, help="0: any free one (default: %(default)s)")
    args = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job begins with it ignored
    try:
        asyncio.run(main(args.host, args.port, partial(print, flush=True)))
    except (KeyboardInterrupt, OSError, OverflowError) as end:  # OverflowError: a port above 65535
        raise SystemExit(f"handlers.py: {end}" if isinstance(end, Exception) else 0) from None
