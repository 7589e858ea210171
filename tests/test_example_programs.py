# SPDX-License-Identifier: MIT
"""The examples as programs: what they print and how they end."""

import asyncio
import signal
import socket
import struct

import pytest
from example_peers import EXAMPLES, HOST, TIMEOUT, Wire, connected, error_of, program, with_broker

from mqtt5 import ConnectPacket, DisconnectReasonCode


@pytest.mark.parametrize(
    ("name", "number"),
    [("broker.py", signal.SIGTERM), ("broker.py", signal.SIGINT), ("handlers.py", signal.SIGINT)],
)
def test_broker_after_signal_ends_quietly(name: str, number: int) -> None:
    async def conversation() -> None:
        process = await program(name, "--port", "0")
        try:
            assert process.stdout
            line = (await process.stdout.readline()).decode()
            assert line.startswith(f"listening on {HOST}:")
            port = int(line.rpartition(":")[2])
            for packets in ([], [ConnectPacket("a")], [b"\x00"], [ConnectPacket("b"), b"\x30"]):
                async with Wire(port, *packets) as wire:  # each vanishes with a reset
                    linger = struct.pack("ii", 1, 0)
                    wire.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            example = await program("client.py", "--port", str(port))
            out, err = await example.communicate()
            assert (example.returncode, err, out.count(b"received: ")) == (0, b"", 3)
            async with connected(port) as client:
                process.send_signal(number)
                assert (await error_of(client)).reason_code == DisconnectReasonCode.SERVER_SHUTTING_DOWN
        except BaseException:
            process.kill()
            raise
        assert await process.communicate() == (b"", b"")
        assert process.returncode == 0

    asyncio.run(asyncio.wait_for(conversation(), TIMEOUT))


def test_client_without_server_prints_one_line() -> None:
    async def conversation() -> None:
        with socket.socket() as unused:
            unused.bind((HOST, 0))
            process = await program("client.py", "--port", str(unused.getsockname()[1]))
            out, err = await process.communicate()
        assert (process.returncode, out, err.count(b"\n")) == (1, b"", 1)
        assert b"ConnectionRefusedError" in err

    asyncio.run(asyncio.wait_for(conversation(), TIMEOUT))


@pytest.mark.parametrize("name", ["broker.py", "handlers.py"])
def test_broker_with_used_port_prints_one_line(name: str) -> None:
    @with_broker
    async def conversation(port: int) -> None:
        process = await program(name, "--port", str(port))
        out, err = await process.communicate()
        assert (process.returncode, out, err.count(b"\n")) == (1, b"", 1)
        assert err.startswith(f"{name}: ".encode())

    conversation()


def test_demo_meets_every_expectation() -> None:
    async def conversation() -> None:
        process = await program("demo.py")
        out, err = await process.communicate()
        lines = out.decode().splitlines()
        assert (process.returncode, err, "NOT OK" in out.decode()) == (0, b"", False)
        assert "16 of 16 expectations met." in lines[-1]
        assert max(len(line) for line in lines) <= 120

    asyncio.run(asyncio.wait_for(conversation(), TIMEOUT))


def test_demo_with_given_port_uses_it() -> None:
    @with_broker
    async def conversation(port: int) -> None:
        process = await program("demo.py", "--host", HOST, "--port", str(port))
        out, err = await process.communicate()
        assert (process.returncode, err, b"14 of 14 expectations met." in out) == (0, b"", True)

    conversation()


def test_examples_stay_short() -> None:
    for name in ("broker.py", "client.py", "demo.py", "handlers.py"):
        assert len((EXAMPLES / name).read_text().splitlines()) < 270
