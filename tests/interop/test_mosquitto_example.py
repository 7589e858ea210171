# SPDX-License-Identifier: MIT
"""Packets of this package in a conversation with Debian's mosquitto broker, 2.0: the example client.

Most use a plain socket (peers.Link): what goes out is what write() gives, what comes in is read by a Decoder.
Each test states where mosquitto differs from the specification.
"""

import asyncio
import importlib.util
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import ModuleType

import pytest
from conversation import MESSAGE, USER_PROPERTIES, MakeLink, content, receive
from peers import HOST, ROOT, WAIT, Link, mosquitto

from mqtt5 import (
    ConnAckReasonCode,
    ConnectPacket,
    PubAckPacket,
    PubCompPacket,
    PublishPacket,
    QoS,
    SubAckReasonCode,
    TopicFilter,
    UnsubAckReasonCode,
    Will,
)

EXAMPLE = ROOT / "examples" / "client.py"


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("example_client", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(2 * WAIT):
            await test()

    asyncio.run(bounded())


@pytest.mark.parametrize("qos", QoS)
def test_example_client(example: ModuleType, broker: int, name: str, qos: QoS) -> None:
    async def test() -> None:
        connect = ConnectPacket(name, clean_start=True, keep_alive=60, receive_max=5, user_properties=USER_PROPERTIES)
        async with example.Client(HOST, broker, connect) as it:
            assert it.connack.receive_max == 20
            granted = await it.subscribe(f"{name}/+", TopicFilter(f"{name}/b/#", max_qos=1), subscription_id=128)
            assert granted == (SubAckReasonCode(2), SubAckReasonCode(1))
            for number in range(50):
                answer = await it.publish(f"{name}/a", b"%d" % number, qos, **MESSAGE)
                assert type(answer) is (type(None), PubAckPacket, PubCompPacket)[qos]
            for number in range(50):
                arrived = await it.receive()
                expected = PublishPacket(f"{name}/a", b"%d" % number, qos=qos, packet_id=1 if qos else None, **MESSAGE)
                assert content(arrived) == content(expected)
                assert arrived.subscription_ids == (128,)
            await it.ping()
            codes = await it.unsubscribe(f"{name}/+", "other")
            assert codes == (UnsubAckReasonCode.SUCCESS, UnsubAckReasonCode.NO_SUBSCRIPTION_EXISTED)
            await it.publish(f"{name}/a", b"", qos)
            await it.ping()
            assert it.messages.empty()

    run(test)


def test_example_client_at_the_same_time(example: ModuleType, broker: int, name: str) -> None:
    """More messages at once than the server's Receive Maximum of 20."""

    async def test() -> None:
        async with example.Client(HOST, broker, ConnectPacket(name, clean_start=True)) as it:
            await it.subscribe(name)
            await asyncio.gather(*(it.publish(name, b"%d" % number, number % 3) for number in range(300)))
            arrived = [(await it.receive()).payload for _ in range(300)]
        assert sorted(arrived) == sorted(b"%d" % number for number in range(300))

    run(test)


def test_example_client_shares_a_subscription(example: ModuleType, broker: int, name: str) -> None:
    async def test() -> None:
        clients = [example.Client(HOST, broker, ConnectPacket("", clean_start=True)) for _ in range(2)]
        async with clients[0], clients[1]:
            for client in clients:
                await client.subscribe(f"$share/group/{name}")
            for number in range(20):
                await clients[0].publish(name, b"%d" % number, 2)
            for client in clients:
                await client.ping()
            shares = [
                [client.messages.get_nowait().payload for _ in range(client.messages.qsize())] for client in clients
            ]
        assert all(shares), "every member has its share"
        assert sorted(shares[0] + shares[1]) == sorted(b"%d" % number for number in range(20))

    run(test)


@pytest.mark.parametrize("lost", [False, True])
def test_will_of_the_example_client(example: ModuleType, broker: int, link: MakeLink, name: str, lost: bool) -> None:
    will = Will(name, payload=b"gone", qos=QoS.AT_LEAST_ONCE, **MESSAGE)
    witness = link()
    witness.subscribe(name)

    async def test() -> None:
        async with example.Client(HOST, broker, ConnectPacket("", clean_start=True, will=will)) as it:
            if lost:
                await it.abort()

    run(test)
    if lost:
        assert content(receive(witness)) == content(will)
    witness.nothing_more()


def test_example_client_is_refused(example: ModuleType, broker: int) -> None:
    async def test() -> None:
        connect = ConnectPacket("", clean_start=True, authentication_method="SCRAM-SHA-1")
        with pytest.raises(example.MqttError) as error:
            await example.Client(HOST, broker, connect).__aenter__()
        assert error.value.reason_code is ConnAckReasonCode.BAD_AUTHENTICATION_METHOD

    run(test)


def test_example_client_as_a_program(broker: int, name: str) -> None:
    command = [sys.executable, str(EXAMPLE), "--host", HOST, "--port", str(broker), "--topic", name]
    done = subprocess.run(command, capture_output=True, timeout=2 * WAIT, check=False, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("hello at QoS") == 3


def test_example_client_tolerates_twice_the_receive_maximum(example: ModuleType, broker: int, name: str) -> None:
    """mosquitto 2.0.11 begins to send the next QoS 2 message with PUBREL, not after PUBCOMP (4.9)."""

    async def test() -> None:
        connect = ConnectPacket(name, clean_start=True, receive_max=2)
        sender = example.Client(HOST, broker, ConnectPacket("", clean_start=True))
        async with example.Client(HOST, broker, connect) as it, sender:
            await it.subscribe(name)
            await asyncio.gather(*(sender.publish(name, b"%d" % number, 2) for number in range(50)))
            assert sorted([int((await it.receive()).payload) for _ in range(50)]) == list(range(50))
            await it.ping()

    run(test)


def test_example_client_tolerates_resumed_session(example: ModuleType, broker: int, name: str) -> None:
    """mosquitto 2.0.11 sends again all that is in flight, whatever the new Receive Maximum is."""

    async def test() -> None:
        connect = ConnectPacket(name, clean_start=True, session_expiry_interval=60)
        sender = example.Client(HOST, broker, ConnectPacket("", clean_start=True))
        async with sender:
            with Link(broker) as link:  # acknowledges nothing
                link.connect(name, session_expiry_interval=60)
                link.subscribe(name)
                for number in range(20):
                    await sender.publish(name, b"%d" % number, 2)
                for _ in range(20):
                    link.expect(PublishPacket)
            async with example.Client(HOST, broker, connect.replace(clean_start=False, receive_max=1)) as it:
                assert [int((await it.receive()).payload) for _ in range(20)] == list(range(20))
                await it.ping()

    run(test)


def test_example_client_tolerates_one_byte_more(example: ModuleType, broker: int, name: str) -> None:
    """mosquitto 2.0.11 sends 301 bytes to a client with a Maximum Packet Size of 300."""

    async def test() -> None:
        connect = ConnectPacket(name, clean_start=True, max_packet_size=300)
        async with example.Client(HOST, broker, connect) as it:
            await it.subscribe(name)
            message = PublishPacket(name, b"")
            payload = bytes(301 - message.replace(payload=bytes(200)).packet_size + 200)
            await it.publish(name, payload)
            assert (await it.receive()).packet_size == 301

    run(test)


def test_example_client_reports_message_too_large(example: ModuleType, tmp_path: Path, name: str) -> None:
    """mosquitto 2.0.11 answers with PUBACK 0x95, a code that PUBACK does not have: only this message has failed."""

    async def test(port: int) -> None:
        async with example.Client(HOST, port, ConnectPacket(name, clean_start=True)) as it:
            with pytest.raises(example.MqttError) as error:
                await it.publish(name, bytes(200), 1)
            assert (error.value.reason_code, error.value.reason_code.name) == (0x95, "PACKET_TOO_LARGE")
            assert await it.publish(name, b"small", 1)

    settings = "message_size_limit 100\nmax_queued_messages 1000"  # with 0, it closes the connection too
    with mosquitto(tmp_path, settings) as port:
        run(lambda: test(port))
