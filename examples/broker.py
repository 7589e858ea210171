# SPDX-License-Identifier: MIT
"""A small MQTT 5.0 broker: how to build on a codec that does no I/O. Usage: broker.py [--host H] [--port P]

What arrives goes into a Decoder and comes out as packets; `packet.write()` gives the bytes to send; every error ends in
one CONNACK or DISCONNECT with its reason code. Anybody may do anything, everything is in memory, sessions end with
their connection (CONNACK says so), and the time that a message waits is not taken off its expiry interval.
"""

import argparse
import asyncio
import contextlib
import signal
from dataclasses import fields, replace
from secrets import token_hex

import mqtt5
from mqtt5 import ConnAckReasonCode, DisconnectReasonCode, PubCompReasonCode

LIMITS = {"receive_max": 100, "topic_alias_max": 16, "max_packet_size": 256 * 1024}  # for clients; CONNACK tells them
MAX_IN_FLIGHT, MAX_WAITING, MAX_BACKLOG = 100, 10_000, 4 * 1024 * 1024  # unanswered and waiting messages, unsent bytes
CONNECT_TIMEOUT, LINGER, FOREVER = 10.0, 2.0, 1e9  # seconds for CONNECT to come, the last packet to go, no keep-alive


class Client(asyncio.Protocol):
    def __init__(self, clients, retained):
        self.clients, self.retained = clients, retained  # id -> Client; topic -> (message, id of its sender)
        self.id, self.will, self.closing, self.loop = None, None, False, asyncio.get_running_loop()
        self.decoder, self.max_packet_size = mqtt5.Decoder(LIMITS["max_packet_size"]), float("inf")
        self.subscriptions, self.topics = {}, {}  # pattern -> (TopicFilter, subscription id); alias -> topic
        self.received, self.waiting, self.in_flight = set(), [], set()  # ids before PUBREL; messages; unanswered ids

    def connection_made(self, transport):
        self.transport = transport
        self.pause_writing, self.resume_writing = transport.pause_reading, transport.resume_reading  # nor read
        self.timer = self.loop.call_later(CONNECT_TIMEOUT, self.close)

    def connection_lost(self, _):
        self.timer.cancel()
        if self.clients.get(self.id) is self:
            del self.clients[self.id]
        if self.will:  # at once: its delay ends with the session
            values = {f.name: getattr(self.will, f.name) for f in fields(self.will) if f.name != "will_delay_interval"}
            values |= {"payload": self.will.payload or b"", "packet_id": 1 if self.will.qos else None}
            self.publish(mqtt5.PublishPacket(**values))

    def data_received(self, data):
        try:
            self.decoder.feed(data)
            for packet in self.decoder:
                if not self.closing:
                    self.handle(packet)
        except mqtt5.DecodeError as error:
            self.close(error.connack(str(error)) if self.id is None else error.disconnect(str(error)))

    def send(self, packet):
        data = packet.write()  # what is too large for the client must be left out (3.1.2.11.4)
        if sent := len(data) <= self.max_packet_size and not (self.closing or self.transport.is_closing()):
            self.transport.write(data)
        return sent

    def refuse(self, code, text=None):
        answer = mqtt5.ConnAckPacket if self.id is None else mqtt5.DisconnectPacket
        self.close(answer(reason_code=code, reason_str=text))

    def close(self, answer=None):
        if answer:
            self.send(answer) or self.send(replace(answer, reason_str=None))
        if not self.closing:
            self.closing = True
            with contextlib.suppress(OSError):  # the client has gone
                self.transport.write_eof()  # and read on: closing on unread bytes is a reset, the packet would be lost
            self.timer.cancel()
            self.timer = self.loop.call_later(LINGER, self.transport.abort)

    def handle(self, packet):
        match packet:
            case mqtt5.ConnectPacket() if self.id is None and packet.authentication_method is not None:
                self.refuse(ConnAckReasonCode.BAD_AUTHENTICATION_METHOD)
            case mqtt5.ConnectPacket() if self.id is None:
                self.connect(packet)
            case _ if self.id is None:
                self.refuse(ConnAckReasonCode.PROTOCOL_ERROR, "the first packet must be CONNECT")
            case mqtt5.PublishPacket():
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
            case mqtt5.SubscribePacket(_, wanted) if any(each.pattern.startswith("$share/") for each in wanted):
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

    def connect(self, packet):
        assigned = None if packet.client_id else f"client-{token_hex(8)}"
        self.id, self.will = packet.client_id or assigned, packet.will
        self.patience = packet.keep_alive * 1.5 or FOREVER
        self.max_packet_size = packet.max_packet_size or self.max_packet_size
        self.max_in_flight = min(packet.receive_max, MAX_IN_FLIGHT)
        if earlier := self.clients.get(self.id):
            earlier.refuse(DisconnectReasonCode.SESSION_TAKEN_OVER)
        self.clients[self.id] = self
        told = LIMITS | {"session_expiry_interval": 0 if packet.session_expiry_interval else None}
        self.send(mqtt5.ConnAckPacket(assigned_client_id=assigned, shared_subscription_available=False, **told))

    def subscribe(self, packet):
        asking = [f for f in packet.topic_filters if f.retain_handling <= (f.pattern not in self.subscriptions)]
        self.subscriptions |= {each.pattern: (each, packet.subscription_id) for each in packet.topic_filters}
        self.send(mqtt5.SubAckPacket(packet.packet_id, [each.max_qos for each in packet.topic_filters]))
        for wanted in asking:  # retain_handling 0: always, 1: if the subscription is new, 2: never
            for message, sender in self.retained.values():
                self.offer(message, sender, [(wanted, packet.subscription_id)], retained=True)

    def receive(self, packet):
        topic = packet.topic or self.topics.get(packet.topic_alias)
        repeated = packet.qos == 2 and packet.packet_id in self.received
        if packet.topic_alias is not None and packet.topic_alias > LIMITS["topic_alias_max"]:
            self.refuse(DisconnectReasonCode.TOPIC_ALIAS_INVALID)
        elif not topic or packet.subscription_ids:
            self.refuse(DisconnectReasonCode.PROTOCOL_ERROR, "unknown topic alias, or a subscription id from a client")
        elif packet.qos and not repeated and len(self.received) == LIMITS["receive_max"]:
            self.refuse(DisconnectReasonCode.RECEIVE_MAX_EXCEEDED)
        else:
            self.topics[packet.topic_alias] = topic  # None, no alias, is never looked up without a topic
            if not repeated:
                self.publish(replace(packet, topic=topic, topic_alias=None, duplicate=False))
            self.received |= {packet.packet_id} if packet.qos == 2 else set()
            if packet.qos:
                self.send((mqtt5.PubAckPacket if packet.qos == 1 else mqtt5.PubRecPacket)(packet.packet_id))

    def publish(self, message):
        if message.retain and message.payload:
            self.retained[message.topic] = message, self.id
        elif message.retain:
            self.retained.pop(message.topic, None)
        for client in self.clients.values():
            client.offer(message, self.id, client.subscriptions.values())

    def offer(self, message, sender, subscriptions, retained=False):
        found = [each for each in subscriptions if not (each[0].no_local and sender == self.id)]
        found = [each for each in found if mqtt5.topic_matches(each[0].pattern, message.topic)]
        if found:
            qos = min(message.qos, max(wanted.max_qos for wanted, _ in found))
            retain = retained or (message.retain and any(wanted.retain_as_published for wanted, _ in found))
            changes = {"subscription_ids": [number for _, number in found if number], "packet_id": 1 if qos else None}
            self.waiting.append(replace(message, qos=qos, retain=retain, **changes))
            self.flush()
            if len(self.waiting) > MAX_WAITING or self.transport.get_write_buffer_size() > MAX_BACKLOG:
                self.refuse(DisconnectReasonCode.QUOTA_EXCEEDED)  # nobody waits for a slow client

    def flush(self):
        while self.waiting and (self.waiting[0].qos == 0 or len(self.in_flight) < self.max_in_flight):
            packet = self.waiting.pop(0)
            number = next(n for n in range(1, 65536) if n not in self.in_flight)
            if self.send(replace(packet, packet_id=number if packet.qos else None)) and packet.qos:
                self.in_flight.add(number)


async def main(host, port, say=lambda line: print(line, flush=True)):
    clients, retained = {}, {}
    server = await asyncio.get_running_loop().create_server(lambda: Client(clients, retained), host, port)
    say("listening on {}:{}".format(*server.sockets[0].getsockname()))
    try:
        await asyncio.Event().wait()  # until cancelled
    finally:
        server.close()
        for client in clients.values():
            client.refuse(DisconnectReasonCode.SERVER_SHUTTING_DOWN)
        await asyncio.sleep(0.1)  # for them to go


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A small MQTT 5.0 broker.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=1883, help="0: any free one (default: %(default)s)")
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job begins with it ignored
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        asyncio.run(main(**vars(parser.parse_args())))
    except (KeyboardInterrupt, OSError, OverflowError) as end:  # the last two: the port is taken, or there is no such
        raise SystemExit(f"broker.py: {end}" if isinstance(end, Exception) else 0) from None
