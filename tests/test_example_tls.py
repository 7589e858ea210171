# SPDX-License-Identifier: MIT
"""The example broker over TLS on loopback, with the example client and Debian's mosquitto_pub and mosquitto_sub."""

import asyncio
import shutil
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import DEVNULL, PIPE, run

import pytest
from engines import cpython
from example_peers import EXAMPLES, HOST, TIMEOUT, Wire, broker_running, connected, error_of, message

import mqtt5
from mqtt5 import ConnAckPacket, ConnectPacket, DisconnectReasonCode, PublishPacket, QoS, Will

Missing = Callable[[str], None]
REQUEST = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory, missing: Missing) -> tuple[str, str]:
    """The files of a certificate for loopback and of its key."""
    if not (openssl := shutil.which("openssl")):
        missing("the openssl program is not installed")
        raise AssertionError
    cert, key = (str(tmp_path_factory.mktemp("tls") / name) for name in ("cert.pem", "key.pem"))
    names = ("-addext", f"subjectAltName=IP:{HOST},DNS:localhost")
    run([openssl, *REQUEST.split(), *names, "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert, key


def contexts(certificate: tuple[str, str]) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(*certificate)
    return server, ssl.create_default_context(cafile=certificate[0])


def with_tls_broker(
    certificate: tuple[str, str], conversation: Callable[[int, ssl.SSLContext], Awaitable[None]]
) -> None:
    async def whole() -> None:
        server, client = contexts(certificate)
        async with broker_running(server) as port:
            await conversation(port, client)

    asyncio.run(whole())


def test_messages_over_tls_arrive(certificate: tuple[str, str]) -> None:
    async def conversation(port: int, tls: ssl.SSLContext) -> None:
        async with connected(port, tls=tls) as publisher, connected(port, tls=tls) as subscriber:
            await subscriber.subscribe("t")
            for qos in QoS:
                await publisher.publish("t", bytes(200_000), qos)
                assert (await message(subscriber)).payload == bytes(200_000)

    with_tls_broker(certificate, conversation)


@pytest.mark.parametrize(
    ("data", "reason_code"),
    [
        (bytes.fromhex("36 06 0001 61 0001 00"), DisconnectReasonCode.MALFORMED_PACKET),
        (ConnectPacket("c").write(), DisconnectReasonCode.PROTOCOL_ERROR),
        pytest.param(  # PyPy's asyncio raises at data that arrives after close_notify
            PublishPacket("t", bytes(3_000_000)).write(), DisconnectReasonCode.PACKET_TOO_LARGE, marks=cpython
        ),
    ],
)
def test_error_over_tls_ends_with_disconnect(certificate: tuple[str, str], data: bytes, reason_code: int) -> None:
    async def conversation(port: int, tls: ssl.SSLContext) -> None:
        async with connected(port, tls=tls) as watcher:
            await watcher.subscribe("gone")
            async with Wire(port, ConnectPacket("c", will=Will("gone", payload=b"x")), tls=tls) as wire:
                assert isinstance(await wire.receive(), ConnAckPacket)
                wire.send(data, PublishPacket("gone", b"not any more"))
                await wire.expect_end(reason_code)
                assert (await message(watcher)).payload == b"x"

    with_tls_broker(certificate, conversation)


def test_refused_connect_over_tls_ends_with_connack(certificate: tuple[str, str]) -> None:
    async def conversation(port: int, tls: ssl.SSLContext) -> None:
        async with Wire(port, mqtt5.PingReqPacket(), tls=tls) as wire:
            await wire.expect_end(mqtt5.ConnAckReasonCode.PROTOCOL_ERROR, ConnAckPacket)

    with_tls_broker(certificate, conversation)


def test_plain_client_of_tls_broker_is_dropped(certificate: tuple[str, str]) -> None:
    async def conversation(port: int, tls: ssl.SSLContext) -> None:
        async with Wire(port, ConnectPacket("c")) as wire:
            while await asyncio.wait_for(wire.reader.read(100), TIMEOUT):
                pass  # an alert of TLS
        async with connected(port, tls=tls) as client:
            await client.ping()

    with_tls_broker(certificate, conversation)


def test_takeover_over_tls_disconnects_first(certificate: tuple[str, str]) -> None:
    async def conversation(port: int, tls: ssl.SSLContext) -> None:
        async with connected(port, "same", tls) as first, connected(port, "same", tls) as second:
            assert (await error_of(first)).reason_code == DisconnectReasonCode.SESSION_TAKEN_OVER
            await second.ping()

    with_tls_broker(certificate, conversation)


# --- The programs


@asynccontextmanager
async def broker_program(certificate: tuple[str, str]) -> AsyncIterator[str]:
    command = (sys.executable, str(EXAMPLES / "broker.py"), "--port", "0", "--cert", certificate[0], "--key")
    process = await asyncio.create_subprocess_exec(*command, certificate[1], stdout=PIPE, stderr=PIPE)
    assert process.stdout
    try:
        async with asyncio.timeout(TIMEOUT):
            yield (await process.stdout.readline()).decode().strip().rpartition(":")[2]
            process.terminate()
            assert await process.communicate() == (b"", b"")
            assert process.returncode == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def output_of(*command: str) -> tuple[int | None, bytes, bytes]:
    process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=PIPE, stderr=PIPE)
    out, err = await asyncio.wait_for(process.communicate(), TIMEOUT)
    return process.returncode, out, err


def test_client_program_over_tls_receives_all(certificate: tuple[str, str]) -> None:
    async def conversation() -> None:
        async with broker_program(certificate) as port:
            client = (sys.executable, str(EXAMPLES / "client.py"), "--port", port)
            status, out, err = await output_of(*client, "--cafile", certificate[0])
            assert (status, err, out.count(b"received: ")) == (0, b"", 3)
            status, out, err = await output_of(*client, "--tls")  # the system does not know this certificate
            assert (status, out, err.count(b"\n")) == (1, b"", 1)
            assert b"SSLCertVerificationError" in err

    asyncio.run(conversation())


def test_broker_with_bad_certificate_prints_one_line(tmp_path: Path) -> None:
    (tmp_path / "bad.pem").write_text("not a certificate")
    for name in ("bad.pem", "absent.pem"):
        command = (sys.executable, str(EXAMPLES / "broker.py"), "--port", "0", "--cert", str(tmp_path / name))
        status, out, err = asyncio.run(output_of(*command))
        assert (status, out, err.count(b"\n"), err[:11]) == (1, b"", 1, b"broker.py: ")


def test_mosquitto_over_tls_publishes_and_receives(certificate: tuple[str, str], missing: Missing) -> None:
    publisher, subscriber = (shutil.which(f"mosquitto_{name}") or "" for name in ("pub", "sub"))
    if not (publisher and subscriber):
        missing("mosquitto_pub and mosquitto_sub are not installed: Debian's mosquitto-clients")

    async def conversation() -> None:
        async with broker_program(certificate) as port:
            common = ("-V", "5", "-h", HOST, "-p", port, "--cafile", certificate[0], "-q", "2", "-t", "t")
            sent = await output_of(publisher, *common, "-r", "-m", "over TLS")
            assert sent == (0, b"", b"")
            received = await output_of(subscriber, *common, "-C", "1", "-W", "20")  # the retained message
            assert received == (0, b"over TLS\n", b"")

    asyncio.run(conversation())
