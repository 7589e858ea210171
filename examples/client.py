# SPDX-License-Identifier: MIT
"""A small MQTT 5.0 client: how to build on a codec that does no I/O. Usage: client.py [--host H] [--port P] [--topic T]

Each request becomes a packet and waits for its answer. A reason code of 0x80 or more is an MqttError, and so is the
end of the connection if no OSError is. No reconnecting, no extended authentication, no topic alias from the server.
"""

import argparse
import asyncio
import contextlib
import itertools

import mqtt5
from mqtt5 import DisconnectReasonCode, PubCompReasonCode, QoS


class MqttError(Exception):
    """`reason_code` is None if nobody gave one; `packet` is the one that the server sent."""

    def __init__(self, message, reason_code=None, packet=None):
        super().__init__(message)
        self.reason_code, self.packet = reason_code, packet


class Client:
    """`async with Client(host, port, mqtt5.ConnectPacket("me")) as client:`"""

    def __init__(self, host, port, packet, timeout=10.0, trace=lambda direction, data: None):
        self.host, self.port, self.packet, self.timeout, self.trace = host, port, packet, timeout, trace
        self.decoder, self.ids = mqtt5.Decoder(packet.max_packet_size), itertools.cycle(range(1, 65536))
        self.connack, self.error = None, None  # error: why there is no connection any more
        self.waiting = {}  # (class of the answer, packet id or 0) -> Future
        self.received = set()  # ids of QoS 2 messages for which PUBREL is due
        self.messages, self.tasks = asyncio.Queue(), []  # messages: acknowledged, not yet received

    async def __aenter__(self):
        self.reader, self.writer = await asyncio.wait_for(asyncio.open_connection(self.host, self.port), self.timeout)
        self.tasks.append(asyncio.create_task(self._read()))
        try:
            self.connack = await self._request(self.packet, mqtt5.ConnAckPacket)
        except BaseException:
            await self.abort()
            raise
        self.room = asyncio.Semaphore(self.connack.receive_max)
        interval = self.packet.keep_alive if self.connack.server_keep_alive is None else self.connack.server_keep_alive
        if interval:
            self.tasks.append(asyncio.create_task(self._keep_alive(interval)))
        return self

    async def __aexit__(self, kind, *_):  # after an exception without DISCONNECT, so that the will is published
        await (self.disconnect() if kind is None and self.error is None else self.abort())

    async def subscribe(self, *filters, subscription_id=None):
        """Takes TopicFilters or patterns; gives the granted QoS of each."""
        filters = [mqtt5.TopicFilter(each) if isinstance(each, str) else each for each in filters]
        packet = mqtt5.SubscribePacket(self._next_id(), filters, subscription_id=subscription_id)
        return (await self._request(packet, mqtt5.SubAckPacket)).reason_codes

    async def unsubscribe(self, *patterns):
        packet = mqtt5.UnsubscribePacket(self._next_id(), patterns)
        return (await self._request(packet, mqtt5.UnsubAckPacket)).reason_codes

    async def publish(self, topic, payload, qos=QoS.AT_MOST_ONCE, **fields):
        """Takes the fields of PublishPacket; gives the last acknowledgement: none, PUBACK or PUBCOMP."""
        if qos == QoS.AT_MOST_ONCE:
            self.send(mqtt5.PublishPacket(topic, payload, **fields))
            return await self.writer.drain()
        async with self.room:  # for no more at a time than the server's Receive Maximum
            packet = mqtt5.PublishPacket(topic, payload, qos=qos, packet_id=self._next_id(), **fields)
            if qos == QoS.AT_LEAST_ONCE:
                return await self._request(packet, mqtt5.PubAckPacket)
            await self._request(packet, mqtt5.PubRecPacket)
            return await self._request(mqtt5.PubRelPacket(packet.packet_id), mqtt5.PubCompPacket)

    async def ping(self):
        await self._request(mqtt5.PingReqPacket(), mqtt5.PingRespPacket)

    async def receive(self):
        """The next message, a PublishPacket."""
        if (message := await self.messages.get()) is None:
            self.messages.put_nowait(None)
            raise self.error
        return message

    async def disconnect(self, reason_code=DisconnectReasonCode.NORMAL_DISCONNECTION, **fields):
        self.send(mqtt5.DisconnectPacket(reason_code=reason_code, **fields))
        await self.abort()

    async def abort(self):
        """Closes without a word."""
        self._end(MqttError("this client closed the connection"))
        for task in self.tasks:
            task.cancel()
        closed = asyncio.wait_for(self.writer.wait_closed(), self.timeout)  # which sends what is left
        await asyncio.gather(*self.tasks, closed, return_exceptions=True)

    def send(self, packet):
        if self.error:
            raise self.error
        data = packet.write()
        if self.connack and len(data) > (self.connack.max_packet_size or len(data)):
            raise ValueError(f"{len(data)} bytes: the server takes {self.connack.max_packet_size}")
        self.writer.write(data)
        self.trace("->", data)

    async def _request(self, packet, answer):
        self.send(packet)
        future = self.waiting.setdefault((answer, getattr(packet, "packet_id", 0)), asyncio.Future())
        packet = await asyncio.wait_for(asyncio.shield(future), self.timeout)
        for code in getattr(packet, "reason_codes", [getattr(packet, "reason_code", 0)]):
            if code >= 0x80:
                raise MqttError(f"{packet.packet_type.name}: {code!r}", code, packet)
        return packet

    def _next_id(self):
        return next(number for number in self.ids if number not in {used for _, used in self.waiting})

    def _end(self, error):
        if self.error is None:
            self.error = error
            for future in self.waiting.values():
                future.set_exception(error)
                future.exception()  # perhaps nobody waits any more
            self.messages.put_nowait(None)
            self.writer.close()

    async def _keep_alive(self, seconds):
        with contextlib.suppress(MqttError, OSError):  # TimeoutError is an OSError
            while True:
                await asyncio.sleep(seconds / 2)
                await self.ping()
        self._end(MqttError("no answer to PINGREQ"))

    async def _read(self):
        try:
            while data := await self.reader.read(65536):
                self.trace("<-", data)
                self.decoder.feed(data)
                for packet in self.decoder:
                    self._handle(packet)
            self._end(MqttError("the server closed the connection"))
        except mqtt5.DecodeError as error:
            answer = error.disconnect()
            self.send(answer)
            self._end(MqttError(f"from the server: {error}", answer.reason_code))
        except Exception as error:  # whatever it is, nobody must wait for ever
            self._end(error)

    def _handle(self, packet):
        match packet:
            case _ if (key := (type(packet), getattr(packet, "packet_id", 0))) in self.waiting:
                self.waiting.pop(key).set_result(packet)
            case mqtt5.PublishPacket():
                self._message(packet)
            case mqtt5.PubRelPacket(number):
                code = PubCompReasonCode.SUCCESS if number in self.received else PubCompReasonCode.PACKET_ID_NOT_FOUND
                self.received.discard(number)
                self.send(mqtt5.PubCompPacket(number, reason_code=code))
            case mqtt5.PingRespPacket():
                pass  # one answered two
            case mqtt5.DisconnectPacket(reason_code=code, reason_str=reason):
                raise MqttError(f"DISCONNECT: {code!r}, {reason}", code, packet)
            case _:  # what a server does not send, or an answer without a question
                raise mqtt5.DecodeError(f"unexpected {packet.packet_type.name}", reason_code=0x82)

    def _message(self, packet):
        repeated = packet.qos == 2 and packet.packet_id in self.received
        if packet.topic_alias is not None:
            raise mqtt5.DecodeError("a topic alias", reason_code=DisconnectReasonCode.TOPIC_ALIAS_INVALID)
        if packet.qos and not repeated and len(self.received) == self.packet.receive_max:
            raise mqtt5.DecodeError("too many messages", reason_code=DisconnectReasonCode.RECEIVE_MAX_EXCEEDED)
        if not repeated:
            self.messages.put_nowait(packet)
        if packet.qos == 2:
            self.received.add(packet.packet_id)
        if packet.qos:
            self.send((mqtt5.PubAckPacket if packet.qos == 1 else mqtt5.PubRecPacket)(packet.packet_id))


async def main():
    parser = argparse.ArgumentParser(description="Connects, subscribes, publishes at each QoS and receives.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=1883)
    parser.add_argument("--topic", default="mqtt5/example")
    args = parser.parse_args()
    async with Client(args.host, args.port, mqtt5.ConnectPacket("", clean_start=True, keep_alive=60)) as client:
        print("connected: ", client.connack)
        print("subscribed:", await client.subscribe(args.topic))
        for qos in QoS:
            print("published: ", await client.publish(args.topic, f"hello at QoS {qos}".encode(), qos))
        for _ in QoS:
            print("received:  ", await asyncio.wait_for(client.receive(), client.timeout))


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except (MqttError, OSError) as error:
        raise SystemExit(f"client.py: {type(error).__name__}: {error}") from None
