# SPDX-License-Identifier: MIT
"""Compares with other MQTT packages from PyPI: what we write they read, and what they write is the same packet.

They are oracles, not references: a difference must be in the table of known ones, with the reason why we are right.
nox -s peers installs them below .venv/peers; without them the tests are skipped, in CI they fail.
"""

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from vectors_data import ALL

import mqtt5
from mqtt5.testing.strategies import packets

HERE = Path(__file__).parent
PEERS = Path(os.environ.get("MQTT5_PEERS") or HERE.parent / ".venv" / "peers")
DIRECTORIES = {"rust": "mqtt5-rust", "zmqtt": "zmqtt", "paho": "paho-mqtt"}


Request = dict[str, Any]


def plain(value: Any) -> Any:
    """As peer_worker.py has it."""
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (int, str)):
        return int(value) if isinstance(value, int) else value
    return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}


def sample() -> dict[bytes, mqtt5.Packet]:
    """The `ok` vectors, and as many packets made up; always the same."""
    found = {vector.data: mqtt5.read(vector.data)[0] for vector in ALL if vector.verdict == "ok"}

    @settings(
        max_examples=1000,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(packets())
    def collect(packet: mqtt5.Packet) -> None:
        data = packet.write()
        found[data] = mqtt5.read(data)[0]

    collect()
    assert len(found) > 2500
    return found


@pytest.fixture(scope="module")
def samples() -> dict[bytes, mqtt5.Packet]:
    return sample()


@pytest.fixture(scope="module")
def ask(missing: Callable[[str], None]) -> Callable[[str, list[Request]], list[Request]]:
    def answers(peer: str, requests: list[Request]) -> list[Request]:
        directory = PEERS / DIRECTORIES[peer]
        if not directory.is_dir():
            missing(f"{directory.name} is not installed: nox -s peers")
        done = subprocess.run(
            [sys.executable, "-S", str(HERE / "peer_worker.py"), peer, str(directory)],
            input="".join(json.dumps(request) + "\n" for request in requests),
            capture_output=True,
            text=True,
            check=True,
            env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        )
        found = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(found) == len(requests)
        return found

    return answers


def request(data: bytes, packet: mqtt5.Packet) -> Request:
    return {"data": data.hex(), "name": type(packet).__name__, "fields": plain(packet)}


def difference(data: bytes, packet: mqtt5.Packet, answer: Request, exact: bool) -> str:
    """Empty, or how the peer's answer differs. The order of properties has no significance (2.2.2.2)."""
    if "error" in answer:
        return f"error: {answer['error']}"
    theirs = bytes.fromhex(answer["data"])
    if theirs != data:
        try:
            again, size = mqtt5.read(theirs)
        except mqtt5.Error as error:
            return f"refused by us: {error}"
        if again != packet or size != len(theirs):
            return f"another packet: {again}"
        if len(theirs) != len(data):
            return f"{len(theirs)} bytes instead of {len(data)}"
        if exact:
            return f"other bytes: {theirs.hex()}"
    ours = plain(packet)
    found = answer.get("fields", ours)
    wrong = [name for name in ours if name not in found or found[name] != ours[name]]
    return f"other fields: { {name: found.get(name) for name in wrong} }" if wrong else ""


#: A reason, and whether it is the reason of a difference.
Known = tuple[str, Callable[[Any, bytes, str], bool]]


def compare(samples: dict[bytes, mqtt5.Packet], answers: list[Request], known: list[Known], exact: bool) -> None:
    """Every difference is a known one, and every known one is found: else it should leave the table."""
    unknown = []
    counts = {reason: 0 for reason, _ in known}
    for (data, packet), answer in zip(samples.items(), answers, strict=True):
        found = difference(data, packet, answer, exact)
        reasons = [reason for reason, applies in known if found and applies(packet, data, found)]
        for reason in reasons:
            counts[reason] += 1
        if found and not reasons:
            unknown.append(f"{data.hex():.200} {packet!r:.400}\n    {found:.400}")
    assert not unknown, "\n".join([f"{len(unknown)} unknown differences", *unknown[:10]])
    assert all(counts.values()), counts


#: What a client sends. Its acknowledgements are always a success without properties.
CLIENT = (
    mqtt5.ConnectPacket,
    mqtt5.PublishPacket,
    mqtt5.SubscribePacket,
    mqtt5.UnsubscribePacket,
    mqtt5.PingReqPacket,
    mqtt5.DisconnectPacket,
)
ACKNOWLEDGEMENTS = (mqtt5.PubAckPacket, mqtt5.PubRecPacket, mqtt5.PubRelPacket, mqtt5.PubCompPacket)

#: The same bytes for every packet.
RUST: list[Known] = []

ZMQTT: list[Known] = [
    (
        "it writes a property length of 0 after a reason code, which may be omitted (3.4.2.2.1, 3.14.2.2.1)",
        lambda packet, data, found: (
            isinstance(packet, (*ACKNOWLEDGEMENTS, mqtt5.DisconnectPacket))
            and packet.reason_code != 0
            and not packet.user_properties
            and found == f"{len(data) + 1} bytes instead of {len(data)}"
        ),
    ),
    (
        "it keeps one of several subscription identifiers (3.3.2.3.8 allows many)",
        lambda packet, data, found: (
            isinstance(packet, mqtt5.PublishPacket)
            and len(packet.subscription_ids) > 1
            and found.startswith("another packet")
        ),
    ),
]

PAHO: list[Known] = [
    (
        "it sends no password without a user name, as in MQTT 3.1.1 (3.1.2.9 allows it)",
        lambda packet, data, found: (
            isinstance(packet, mqtt5.ConnectPacket)
            and packet.username is None
            and packet.password is not None
            and found.startswith("another packet")
        ),
    ),
    (
        "it takes no maximum packet size of more than 268,435,455 (3.1.2.11.4 does not limit it)",
        lambda packet, data, found: "MaximumPacketSize" in found and (packet.max_packet_size or 0) >= 2**28,
    ),
]

PAHO_READS: list[Known] = [
    PAHO[1],
    (
        "it refuses U+FEFF, which a receiver must keep (1.5.4)",
        lambda packet, data, found: "U+FEFF" in found and b"\xef\xbb\xbf" in data,
    ),
]


def test_rust(samples: Any, ask: Any) -> None:
    answers = ask("rust", [request(data, packet) for data, packet in samples.items()])
    compare(samples, answers, RUST, exact=True)
    assert all("fields" in answer for answer in answers)


def test_zmqtt(samples: Any, ask: Any) -> None:
    answers = ask("zmqtt", [request(data, packet) for data, packet in samples.items()])
    compare(samples, answers, ZMQTT, exact=False)


def test_paho_writes_what_a_client_sends(samples: Any, ask: Any) -> None:
    chosen = {
        data: packet
        for data, packet in samples.items()
        if isinstance(packet, CLIENT) or (isinstance(packet, ACKNOWLEDGEMENTS) and len(data) == 4)
    }
    assert len(chosen) > 1000
    answers = ask("paho", [request(data, packet) for data, packet in chosen.items()])
    compare(chosen, answers, PAHO, exact=False)


#: Where the properties of the packets begin that a client receives.
PROPERTIES_AT = {
    mqtt5.ConnAckPacket: 2,
    mqtt5.SubAckPacket: 2,
    mqtt5.UnsubAckPacket: 2,
    mqtt5.PubAckPacket: 3,
    mqtt5.PubRecPacket: 3,
    mqtt5.PubRelPacket: 3,
    mqtt5.PubCompPacket: 3,
    mqtt5.DisconnectPacket: 1,
    mqtt5.AuthPacket: 1,
}


def properties(data: bytes, packet: mqtt5.Packet) -> bytes:
    """The property length and the properties; empty if the packet is too short to have any."""
    header = next(i for i in range(1, 5) if data[i] < 0x80) + 1
    body = data[header:][PROPERTIES_AT[type(packet)] :]
    if not body:
        return b""
    size = next(i for i in range(4) if body[i] < 0x80) + 1
    length = sum((byte & 0x7F) << (7 * i) for i, byte in enumerate(body[:size]))
    return body[: size + length]


def test_paho_reads_properties_of_received_packets(samples: Any, ask: Any) -> None:
    blocks = {data: properties(data, packet) for data, packet in samples.items() if type(packet) in PROPERTIES_AT}
    blocks = {data: block for data, block in blocks.items() if block}
    assert len(blocks) > 500
    answers = ask(
        "paho", [request(data, samples[data]) | {"properties": block.hex()} for data, block in blocks.items()]
    )
    different = []
    counts = {reason: 0 for reason, _ in PAHO_READS}
    for (data, block), answer in zip(blocks.items(), answers, strict=True):
        theirs = bytes.fromhex(answer.get("data", ""))
        if len(theirs) == len(block) and mqtt5.read(data.replace(block, theirs))[0] == samples[data]:
            continue  # perhaps in another order, which has no significance (2.2.2.2)
        reasons = [reason for reason, applies in PAHO_READS if applies(samples[data], data, answer.get("error", ""))]
        for reason in reasons:
            counts[reason] += 1
        if not reasons:
            different.append(f"{block.hex():.200} {answer}")
    assert not different, "\n".join([f"{len(different)} unknown differences", *different[:10]])
    assert all(counts.values()), counts
