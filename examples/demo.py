# SPDX-License-Identifier: MIT
"""A conversation between MQTT 5.0 clients and a broker, packet by packet. Usage: demo.py [--host H --port P]

Starts broker.py on a free port, unless it is given the address of another broker, and lets clients of client.py talk to
it. Steps that the broker does not support, as its CONNACK says, are skipped. Each line shows one packet on the wire:
client, direction, the bytes in hexadecimal, and the packet that mqtt5 reads from them.
Exit status 0 if everything went as expected, 1 otherwise.
"""

import argparse
import asyncio
import os
import secrets
import signal
import sys
import textwrap
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from client import Client, MqttError

import mqtt5
from mqtt5 import ConnectPacket, DisconnectReasonCode, PublishPacket, QoS, TopicFilter, Will

WIDTH, HEX_BYTES = 110, 8
TIMEOUT = 5.0  # seconds for each step


def wrapped(text: str, **options: Any) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False, **options)


class Recorder:
    """Prints and counts packets, and what was expected of them."""

    def __init__(self) -> None:
        self.packets: Counter[str] = Counter()
        self.expected = self.missed = 0

    def step(self, text: str) -> None:
        print(f"\n{text}", flush=True)

    def expect(self, condition: object, text: str) -> None:
        self.expected += 1
        self.missed += not condition
        print(f"{'ok' if condition else 'NOT OK':>10}  {text}", flush=True)

    def tracer(self, name: str) -> Callable[[str, bytes], None]:
        """For one connection: takes bytes as they come or go, and prints a line for each packet in them."""
        buffers = {"->": bytearray(), "<-": bytearray()}

        def trace(direction: str, data: bytes) -> None:
            buffer = buffers[direction]
            buffer += data
            while buffer:
                try:
                    packet, size = mqtt5.read(buffer, strict=False)
                except mqtt5.IncompleteError:
                    return
                except mqtt5.DecodeError as error:
                    self.line(name, direction, buffer, f"not allowed: {error}")
                    buffer.clear()
                else:
                    self.packets[packet.packet_type.name] += 1
                    self.line(name, direction, buffer[:size], repr(packet))
                    del buffer[:size]

        return trace

    def line(self, name: str, direction: str, data: bytes | bytearray, text: str) -> None:
        shown = data[:HEX_BYTES].hex(" ") + (" ..." if len(data) > HEX_BYTES else "")
        head = f"{name:>7} {direction} {shown:<{3 * HEX_BYTES + 3}}  "
        print(wrapped(text, initial_indent=head, subsequent_indent=" " * len(head)), flush=True)


async def conversation(host: str, port: int, record: Recorder, own: bool) -> None:
    """`own`: it is the example broker, whose reason codes are known. Other brokers may answer errors otherwise."""
    prefix = f"mqtt5-demo/{secrets.token_hex(3)}"

    def client(name: str, packet: ConnectPacket) -> Client:
        return Client(host, port, packet, timeout=TIMEOUT, trace=record.tracer(name))

    async def message(of: Client) -> PublishPacket:
        return await asyncio.wait_for(of.receive(), TIMEOUT)

    record.step("Two clients connect. One asks the server for a client identifier, the other one leaves a will.")
    async with client("alice", ConnectPacket("", clean_start=True, keep_alive=30)) as alice:
        record.expect(alice.connack.assigned_client_id, f"alice is now {alice.connack.assigned_client_id}")
        will = Will(f"{prefix}/status", payload=b"bob is gone", qos=QoS.AT_LEAST_ONCE)
        bob = client("bob", ConnectPacket(f"bob-{secrets.token_hex(3)}", clean_start=True, will=will))
        async with bob:
            record.step("Alice subscribes with a wildcard and a subscription identifier.")
            highest = alice.connack.max_qos
            (granted,) = await alice.subscribe(TopicFilter(f"{prefix}/#"), subscription_id=17)
            record.expect(granted == highest, f"granted: QoS {granted:d}, of at most {highest}")

            for qos in [qos for qos in QoS if qos <= highest]:
                record.step(f"Bob publishes with QoS {qos}, {qos.name}.")
                payload = f"21.{qos} degrees".encode()
                await bob.publish(f"{prefix}/temperature", payload, qos, user_properties=[("unit", "C")])
                got = await message(alice)
                same = (got.payload, got.qos, got.user_properties) == (payload, qos, (("unit", "C"),))
                record.expect(same and got.subscription_ids == (17,), "alice has it, with QoS, property and identifier")

            if alice.connack.retain_available:
                record.step("Bob publishes a retained message; alice sees it once more when she subscribes again.")
                await bob.publish(f"{prefix}/place", b"roof", QoS.AT_LEAST_ONCE, retain=True)
                record.expect((await message(alice)).payload == b"roof", "alice has it as it is published")
                await alice.subscribe(TopicFilter(f"{prefix}/place", max_qos=QoS.AT_MOST_ONCE))
                got = await message(alice)
                record.expect((got.payload, got.retain) == (b"roof", True), "and again, as a retained one")
                await alice.unsubscribe(f"{prefix}/place")
                await bob.publish(f"{prefix}/place", b"", QoS.AT_LEAST_ONCE, retain=True)
                record.expect((await message(alice)).payload == b"", "bob takes it back")

            record.step("Bob's connection breaks without a DISCONNECT: the server publishes his will.")
            await bob.ping()
            await bob.abort()
            record.expect((await message(alice)).payload == b"bob is gone", "alice knows that bob is gone")

        await refused(client, record, own)

        record.step("Alice leaves.")
        record.expect(alice.messages.empty(), "no message came twice")


async def refused(client: Callable[[str, ConnectPacket], Client], record: Recorder, own: bool) -> None:
    def expect(error: MqttError | OSError, reason_code: int) -> None:
        code = error.reason_code if isinstance(error, MqttError) else None
        right = code == reason_code if own else code is None or code >= 0x80
        record.expect(right, f"the server ended it: {getattr(code, 'name', error)}")

    mallory = ConnectPacket(f"mallory-{secrets.token_hex(3)}", clean_start=True)
    for text, data, reason_code in (
        ("a PUBLISH with QoS 3", "36 06 00 01 61 00 01 00", DisconnectReasonCode.MALFORMED_PACKET),
        ("a topic that is not UTF-8", "30 05 00 02 c3 28 00", DisconnectReasonCode.MALFORMED_PACKET),
        ("topic alias 0", "30 09 00 01 61 03 23 00 00 68 69", DisconnectReasonCode.TOPIC_ALIAS_INVALID),
        ("a second CONNECT", mallory.write().hex(), DisconnectReasonCode.PROTOCOL_ERROR),
    ):
        record.step(f"Mallory sends {text}.")
        async with client("mallory", mallory) as attacker:
            attacker.trace("->", bytes.fromhex(data))
            attacker.writer.write(bytes.fromhex(data))
            try:
                await asyncio.wait_for(attacker.receive(), TIMEOUT)
                record.expect(False, "the server sends a message")
            except TimeoutError:  # RabbitMQ 4.0 takes a topic that is not UTF-8
                record.expect(not own, "the server lets it pass")
            except (MqttError, OSError) as error:
                expect(error, reason_code)

    if own:
        record.step("Mallory wants extended authentication.")
        packet = mallory.replace(authentication_method="SCRAM-SHA-1", authentication_data=b"n,,n=mallory")
        try:
            async with client("mallory", packet):
                record.expect(False, "the server accepts it")
        except MqttError as error:
            expect(error, mqtt5.ConnAckReasonCode.BAD_AUTHENTICATION_METHOD)


async def main() -> int:
    parser = argparse.ArgumentParser(description="An MQTT 5.0 conversation, packet by packet.")
    parser.add_argument("--host", default="127.0.0.1", help="of a broker (default: %(default)s)")
    parser.add_argument("--port", type=int, help="of a broker (default: the example broker is started)")
    args = parser.parse_args()
    record, port, broker = Recorder(), args.port, None
    try:
        if port is None:
            script = Path(__file__).with_name("broker.py")
            broker = await asyncio.create_subprocess_exec(
                *(sys.executable, str(script), "--host", args.host, "--port", "0"), stdout=asyncio.subprocess.PIPE
            )
            assert broker.stdout
            line = (await asyncio.wait_for(broker.stdout.readline(), TIMEOUT)).decode().strip()
            print(f"broker.py: {line}")
            port = int(line.rpartition(":")[2])
        async with asyncio.timeout(60):
            await conversation(args.host, port, record, own=broker is not None)
    except (MqttError, OSError, ValueError) as error:
        record.expect(False, f"{type(error).__name__}: {error}")
    finally:
        if broker:
            broker.terminate()
            status = await asyncio.wait_for(broker.wait(), TIMEOUT)
            record.expect(status == 0, f"broker.py ends with status {status}")
    counts = ", ".join(f"{count} {name}" for name, count in sorted(record.packets.items()))
    met = f"{record.expected - record.missed} of {record.expected} expectations met"
    record.step(wrapped(f"{record.packets.total()} packets: {counts}; {met}."))
    return 1 if record.missed else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        sys.exit(asyncio.run(main()))
    except (KeyboardInterrupt, BrokenPipeError):  # Ctrl-C, or `... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(130)
