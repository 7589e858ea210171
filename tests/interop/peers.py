# SPDX-License-Identifier: MIT
"""Shared by the interoperability tests: finding and running other programs, and a blocking MQTT connection.

A program that is missing skips the test, on CI (CI=true) it fails. Every wait ends after WAIT seconds. All network is
on 127.0.0.1. `Link` knows bytes and packets; sessions, acknowledgements and the like are the tests' own business.
"""

import os
import select
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import pytest

import mqtt5

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
WAIT = 10.0

_T = TypeVar("_T")


def missing(what: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing, and on CI it must not be")
    pytest.skip(f"{what} is missing")


def program(name: str, package: str) -> str:
    """The path of a program; /usr/sbin, where Debian has its brokers, is not in everybody's PATH."""
    path = shutil.which(name) or shutil.which(name, path="/usr/local/sbin:/usr/sbin:/sbin")
    return path or missing(f"the program {name} (Debian package {package})")


def peer_library(name: str) -> Path:
    """The directory of a library that nox -s peers installed for the tests."""
    path = ROOT / ".venv" / "peers" / name
    return path if path.is_dir() else missing(f"the library {name} (nox -s peers)")


@contextmanager
def peer_importable(name: str) -> Iterator[None]:
    """Lets the block import such a library."""
    path = str(peer_library(name))
    sys.path.append(path)
    try:
        yield
    finally:
        sys.path.remove(path)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def until(ready: Callable[[], _T], what: str) -> _T:
    """Asks again and again until the answer is true."""
    end = time.monotonic() + WAIT
    while not (answer := ready()):
        assert time.monotonic() < end, f"waited {WAIT} s in vain: {what}"
        time.sleep(0.01)
    return answer


def stop(process: subprocess.Popen[Any]) -> None:
    """Ends a process that the caller has started."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(WAIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(WAIT)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def line_of(process: subprocess.Popen[bytes]) -> str:
    """The next line that a program prints, waited for. Its output must not be buffered."""
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], WAIT)
    assert ready, "the program prints nothing"
    return process.stdout.readline().decode().rstrip("\n")


def start_broker() -> tuple[subprocess.Popen[bytes], int]:
    """Starts the example broker. Returns its process, which the caller stops, and its port."""
    command = [sys.executable, str(ROOT / "examples" / "broker.py"), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0)
    said, _, port = line_of(process).rpartition(":")
    assert said == f"listening on {HOST}"
    return process, int(port)


MOSQUITTO = """
allow_anonymous true
persistence false
log_dest none
sys_interval 0
set_tcp_nodelay true
max_queued_messages 0
"""


@contextmanager
def mosquitto(folder: Path, settings: str = "") -> Iterator[int]:
    """Runs the mosquitto broker while the block runs; the block gets its port."""
    path = program("mosquitto", "mosquitto")
    for _ in range(5):  # another process may take the port between its choice and its use
        port = free_port()
        # Started by root it would become another user, who cannot read the folder.
        user = "user root\n" if hasattr(os, "geteuid") and os.geteuid() == 0 else ""
        config = folder / "mosquitto.conf"
        config.write_text(f"listener {port} {HOST}\n{user}{MOSQUITTO}{settings}\n", encoding="utf-8")
        process = subprocess.Popen(
            [path, "-c", str(config)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        try:
            until(lambda p=process, n=port: p.poll() is not None or listens(n), "mosquitto listens")
            if process.poll() is not None:
                continue
            yield port
            assert process.poll() is None, f"mosquitto has died: {process.communicate()[1]!r}"
            return
        finally:
            stop(process)
    pytest.fail("mosquitto does not start")


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((HOST, port)) == 0


class Link:
    """A TCP connection that sends packets, or bytes as they are, and receives packets. It waits, and WAIT at most."""

    def __init__(self, port: int, max_packet_size: int | None = None) -> None:
        self.socket = socket.create_connection((HOST, port), WAIT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.decoder = mqtt5.Decoder(max_packet_size, sender="server")

    def __enter__(self) -> "Link":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, *packets: Any) -> None:
        self.socket.sendall(b"".join(p if isinstance(p, bytes) else p.write() for p in packets))

    def receive(self) -> Any:
        """The next packet, None when the other side has closed the connection."""
        end = time.monotonic() + WAIT
        while (packet := next(self.decoder, None)) is None:
            self.socket.settimeout(max(end - time.monotonic(), 0.001))
            try:
                data = self.socket.recv(1 << 16)
            except ConnectionResetError:
                data = b""
            if not data:
                assert not self.decoder.buffered, "the connection has ended within a packet"
                return None
            self.decoder.feed(data)
        return packet

    def everything(self) -> bytes:
        """The raw bytes that arrive until the other side closes the connection."""
        self.socket.settimeout(WAIT)
        parts = []
        while data := self.socket.recv(1 << 16):
            parts.append(data)
        return b"".join(parts)

    def expect(self, cls: type[_T]) -> _T:
        packet = self.receive()
        assert isinstance(packet, cls), packet
        return packet

    def connect(self, client_id: str = "", **fields: Any) -> mqtt5.ConnAckPacket:
        """Sends CONNECT with a new session, unless asked for the old one, and waits for the server's consent."""
        self.send(mqtt5.ConnectPacket(client_id, **{"clean_start": True, **fields}))
        answer = self.expect(mqtt5.ConnAckPacket)
        assert answer.reason_code is mqtt5.ConnAckReasonCode.SUCCESS, answer
        return answer

    def subscribe(self, *filters: str | mqtt5.TopicFilter, **fields: Any) -> mqtt5.SubAckPacket:
        wanted = [mqtt5.TopicFilter(f) if isinstance(f, str) else f for f in filters]
        self.send(mqtt5.SubscribePacket(0x0A0B, wanted, **fields))
        answer = self.expect(mqtt5.SubAckPacket)
        assert answer.packet_id == 0x0A0B
        return answer

    def nothing_more(self) -> None:
        """Fails if the other side has sent anything: it answers a PINGREQ after what it had to say before."""
        self.send(mqtt5.PingReqPacket())
        self.expect(mqtt5.PingRespPacket)

    def close(self) -> None:
        """Closes the connection without a word."""
        self.socket.close()
