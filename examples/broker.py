# SPDX-License-Identifier: MIT
"""A small MQTT 5.0 broker: how to build on a codec that does no I/O.

Usage: broker.py [--host H] [--port P] [--cert FILE --key FILE]

A Decoder turns the bytes that arrive into packets, `packet.write()` turns packets into bytes to send. A message is
encoded once for all subscribers. Every error ends in one CONNACK or DISCONNECT with its reason code. Every client may
do everything, and everything is in memory. Sessions end with their connection, as CONNACK says. The time that a message
waits is not taken off its expiry interval.
"""

import argparse
import asyncio
import contextlib
import signal
import ssl
from collections.abc import Callable, Iterable
from functools import partial
from secrets import token_hex
from typing import Any

import mqtt5
from mqtt5 import ConnAckReasonCode, DisconnectReasonCode, PubCompReasonCode, PublishPacket, TopicFilter

MAX_SIZE, MAX_ITEMS, FIRST_SIZE, FIRST_ITEMS = 256 * 1024, 1000, 16 * 1024, 32  # of packets and lists; of CONNECT
LIMITS: dict[str, Any] = {"receive_max": 100, "topic_alias_max": 16, "max_packet_size": MAX_SIZE}  # in CONNACK
MAX_IN_FLIGHT, MAX_WAITING, MAX_BACKLOG = 100, 10_000, 4 * 1024 * 1024  # unanswered and waiting messages, unsent bytes
CONNECT_TIMEOUT, LINGER, FOREVER = 10.0, 2.0, 1e9  # seconds: until CONNECT, to send the last packet, no keep-alive
OLD_LEVELS = (3, 4, 0x83, 0x84)  # MQTT 3.1 and 3.1.1; a bridge adds 0x80
OLD_CONNACK = bytes.fromhex("20020001")  # its answer: this version is not supported

Subscription = tuple[TopicFilter, int | None]  # with its subscription identifier
Message = tuple[PublishPacket, mqtt5.PublishTemplate, str]  # with the client id of its sender


class Client(asyncio.Protocol):
    transport: asyncio.Transport

    def __init__(self, clients: dict[str, "Client"], retained: dict[str, Message]) -> None:
        self.clients, self.retained, self.closing, self.loop = clients, retained, False, asyncio.get_running_loop()
        self.id = ""  # until CONNECT
        self.will: mqtt5.Will | None = None
        self.decoder = mqtt5.Decoder(FIRST_SIZE, sender="client", max_list_items=FIRST_ITEMS)
        self.max_packet_size: int | None = None
        self.aliases = mqtt5.TopicAliasReceiver(LIMITS["topic_alias_max"])
        self.subscriptions: mqtt5.TopicTree[Subscription] = mqtt5.TopicTree()
        self.received: set[int] = set()  # ids of QoS 2 messages for which PUBREL is due
        self.waiting: list[tuple[mqtt5.PublishTemplate, dict[str, Any]]] = []  # and what differs for this client
        self.in_flight: set[int] = set()  # ids of messages that the client has not acknowledged

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.timer = self.loop.call_later(CONNECT_TIMEOUT, self.close)

    def pause_writing(self) -> None:  # reads no requests while their answers do not get through
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        self.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self.timer.cancel()
        if self.clients.get(self.id) is self:
            del self.clients[self.id]
        if self.will:  # at once: its delay ends with the session
            self.publish(self.will.publish(1 if self.will.qos else None))

    def data_received(self, data: bytes) -> None:
        try:
            if not self.closing:
                self.decoder.feed(data)
            while not self.closing and (packet := next(self.decoder, None)):
                self.handle(packet)
        except mqtt5.DecodeError as error:
            if error.protocol_level in OLD_LEVELS and not self.id:
                self.transport.write(OLD_CONNACK)  # this client does not read the CONNACK of MQTT 5.0
                self.close()
            else:
                self.close(error.disconnect(str(error)) if self.id else error.connack(str(error)))

    def send(self, packet: mqtt5.BasePacket) -> None:
        with contextlib.suppress(mqtt5.PacketTooLarge):  # not sent if it is too large for the client (3.1.2.11.4)
            data = packet.write(max_packet_size=self.max_packet_size)
            if not (self.closing or self.transport.is_closing()):
                self.transport.write(data)

    def refuse(self, code: int, text: str | None = None) -> None:
        answer = mqtt5.DisconnectPacket if self.id else mqtt5.ConnAckPacket
        self.close(answer(reason_code=code, reason_str=text))

    def close(self, answer: mqtt5.ConnAckPacket | mqtt5.DisconnectPacket | None = None) -> None:
        if answer:
            self.send(answer)
        if not self.closing:
            self.closing = True
            if self.transport.can_write_eof():
                with contextlib.suppress(OSError):  # the client has gone
                    self.transport.write_eof()  # reads on: closing with unread bytes resets, and loses the last packet
            else:
                self.transport.close()  # TLS cannot end one direction; what is buffered is sent first
            self.timer.cancel()
            self.timer = self.loop.call_later(LINGER, self.transport.abort)

    def handle(self, packet: mqtt5.Packet) -> None:
        match packet:
            case mqtt5.ConnectPacket() if packet.authentication_method is not None:
                self.refuse(ConnAckReasonCode.BAD_AUTHENTICATION_METHOD)
            case mqtt5.ConnectPacket():
                self.connect(packet)
            case PublishPacket():
                self.receive(packet)
            case mqtt5.PubRelPacket(number):
                code = PubCompReasonCode.SUCCESS if number in self.received else PubCompReasonCode.PACKET_ID_NOT_FOUND
                self.received.discard(number)
                self.send(mqtt5.PubCompPacket(number, reason_code=code))
            case mqtt5.PubRecPacket(number) if packet.reason_code < 0x80:
                self.send(mqtt5.PubRelPacket(number))
            case mqtt5.PubAckPacket(number) | mqtt5.PubRecPacket(number) | mqtt5.PubCompPacket(number):
                self.in_flight.discard(number)
                self.flush()
            case mqtt5.SubscribePacket(_, wanted) if any(mqtt5.split_shared(each.pattern)[0] for each in wanted):
                self.refuse(DisconnectReasonCode.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED)
            case mqtt5.SubscribePacket():
                self.subscribe(packet)
            case mqtt5.UnsubscribePacket(number, patterns):
                codes = [0x00 if self.subscriptions.pop(pattern, None) else 0x11 for pattern in patterns]
                self.send(mqtt5.UnsubAckPacket(number, codes))  # 0x11: No subscription existed
            case mqtt5.PingReqPacket():
                self.send(mqtt5.PingRespPacket())
            case mqtt5.DisconnectPacket():
                self.will = self.will if packet.reason_code else None
                self.close()
            case _:
                self.refuse(DisconnectReasonCode.PROTOCOL_ERROR, f"unexpected {packet.packet_type.name}")
        if not self.closing:
            self.timer.cancel()
            self.timer = self.loop.call_later(self.patience, self.refuse, DisconnectReasonCode.KEEP_ALIVE_TIMEOUT)

    def connect(self, packet: mqtt5.ConnectPacket) -> None:
        assigned = None if packet.client_id else f"client-{token_hex(8)}"
        self.id, self.will = packet.client_id or assigned or "", packet.will
        self.decoder.max_packet_size, self.decoder.max_list_items = MAX_SIZE, MAX_ITEMS
        self.patience = packet.keep_alive * 1.5 or FOREVER
        self.max_packet_size = packet.max_packet_size
        self.max_in_flight = min(packet.receive_max, MAX_IN_FLIGHT)
        if earlier := self.clients.get(self.id):
            earlier.refuse(DisconnectReasonCode.SESSION_TAKEN_OVER)
        self.clients[self.id] = self
        expiry = 0 if packet.session_expiry_interval else None
        told = mqtt5.ConnAckPacket(assigned_client_id=assigned, session_expiry_interval=expiry, **LIMITS)
        self.send(told.replace(shared_subscription_available=False))

    def subscribe(self, packet: mqtt5.SubscribePacket) -> None:
        asking = [f for f in packet.topic_filters if f.retain_handling <= (f.pattern not in self.subscriptions)]
        self.subscriptions.update({each.pattern: (each, packet.subscription_id) for each in packet.topic_filters})
        self.send(mqtt5.SubAckPacket(packet.packet_id, [each.max_qos for each in packet.topic_filters]))
        for wanted in asking:  # retain_handling 0: always, 1: if the subscription is new, 2: never
            for topic, message in self.retained.items():
                if mqtt5.topic_matches(wanted.pattern, topic):
                    self.offer(message, [(wanted, packet.subscription_id)], retained=True)

    def receive(self, packet: PublishPacket) -> None:
        message = self.aliases.resolve(packet)
        repeated = packet.qos == 2 and packet.packet_id in self.received
        if packet.qos and not repeated and len(self.received) == LIMITS["receive_max"]:
            self.refuse(DisconnectReasonCode.RECEIVE_MAX_EXCEEDED)
        else:
            if not repeated:
                self.publish(message)
            if packet.packet_id is not None:  # QoS 1 or 2
                self.received |= {packet.packet_id} if packet.qos == 2 else set()
                self.send((mqtt5.PubAckPacket if packet.qos == 1 else mqtt5.PubRecPacket)(packet.packet_id))

    def publish(self, packet: PublishPacket) -> None:
        message = packet, mqtt5.PublishTemplate(packet), self.id  # encoded once, for all
        if packet.retain and packet.payload:
            self.retained[packet.topic] = message
        elif packet.retain:
            self.retained.pop(packet.topic, None)
        for client in self.clients.values():
            client.offer(message, client.subscriptions.match(packet.topic))

    def offer(self, message: Message, subscriptions: Iterable[Subscription], retained: bool = False) -> None:
        packet, template, sender = message
        if found := [each for each in subscriptions if not (each[0].no_local and sender == self.id)]:
            qos = min(packet.qos, max(wanted.max_qos for wanted, _ in found))
            retain = retained or (packet.retain and any(wanted.retain_as_published for wanted, _ in found))
            numbers = [number for _, number in found if number]
            self.waiting.append((template, {"qos": qos, "retain": retain, "subscription_ids": numbers}))
            self.flush()
            if len(self.waiting) > MAX_WAITING or self.transport.get_write_buffer_size() > MAX_BACKLOG:
                self.refuse(DisconnectReasonCode.QUOTA_EXCEEDED)  # too slow

    def flush(self) -> None:
        while self.waiting and (not self.waiting[0][1]["qos"] or len(self.in_flight) < self.max_in_flight):
            template, delivery = self.waiting.pop(0)
            number = next(n for n in range(1, 65536) if n not in self.in_flight) if delivery["qos"] else None
            parts = template.write_parts(packet_id=number, topic_alias=None, **delivery)
            fits = self.max_packet_size is None or sum(map(len, parts)) <= self.max_packet_size
            if fits and not (self.closing or self.transport.is_closing()):
                self.transport.writelines(parts)
                self.in_flight |= {number} if number else set()


async def main(host: str, port: int, say: Callable[[str], object] = print, tls: ssl.SSLContext | None = None) -> None:
    clients: dict[str, Client] = {}
    connect = partial(Client, clients, {})
    timeout = CONNECT_TIMEOUT if tls else None
    loop = asyncio.get_running_loop()
    server = await loop.create_server(connect, host, port, ssl=tls, ssl_handshake_timeout=timeout)
    say("listening on {}:{}".format(*server.sockets[0].getsockname()))
    try:
        await asyncio.Event().wait()  # until cancelled
    finally:
        server.close()
        for client in clients.values():
            client.refuse(DisconnectReasonCode.SERVER_SHUTTING_DOWN)
        await asyncio.sleep(0.1)  # for the last packets to leave


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A small MQTT 5.0 broker.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, help="0: any free one (default: 1883, with TLS 8883)")
    parser.add_argument("--cert", metavar="FILE", help="certificate chain (PEM); turns TLS on")
    parser.add_argument("--key", metavar="FILE", help="private key (PEM), if it is not in the same file")
    args = parser.parse_args()
    if args.key and not args.cert:
        parser.error("--key needs --cert")
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job begins with it ignored
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH) if args.cert else None
        if tls:
            tls.load_cert_chain(args.cert, args.key)
        port = (8883 if tls else 1883) if args.port is None else args.port
        asyncio.run(main(args.host, port, partial(print, flush=True), tls))
    except (KeyboardInterrupt, OSError, OverflowError) as end:  # OverflowError: a port above 65535
        raise SystemExit(f"broker.py: {end}" if isinstance(end, Exception) else 0) from None
