# SPDX-License-Identifier: MIT
"""How fast a QoS 1 PUBLISH with 256 bytes is read, and built and written, beside PyPI's zmqtt and mqtt5 (Rust).

All run in one process, turn by turn; each round takes the best of several repetitions, and what counts is
the ratio within a round. Needs scripts/peers. It knows the public interfaces alone.
"""

import importlib.util
import os
import statistics
import sys
import timeit
from collections.abc import Callable
from pathlib import Path
from typing import Any

PEERS = Path(__file__).parent.parent / ".venv/peers"
sys.path.append(str(PEERS / "zmqtt"))

from zmqtt._internal.packets.codec import decode, encode
from zmqtt._internal.packets.publish import Publish
from zmqtt._internal.types.qos import QoS as ZQoS

import mqtt5

ROUNDS = 11
REPEAT = 7
NUMBER = 5000

TOPIC = "sensors/temp"
PAYLOAD = bytes(256)

Case = Callable[[], object]


def rust() -> Any:
    """PyPI's mqtt5 has the import name of this package: so it is loaded from its file, and kept out of the way."""
    (path,) = (PEERS / "mqtt5-rust/mqtt5").glob("mqtt5*.so")
    spec = importlib.util.spec_from_file_location("mqtt5", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def build_and_write(package: Any) -> Case:
    return lambda: package.PublishPacket(TOPIC, PAYLOAD, qos=package.QoS.AT_LEAST_ONCE, packet_id=7).write()


def zmqtt() -> bytes:
    packet = Publish(topic=TOPIC, payload=PAYLOAD, qos=ZQoS.AT_LEAST_ONCE, retain=False, dup=False, packet_id=7)
    return encode(packet, version="5.0")


def nanoseconds(function: Case) -> float:
    return min(timeit.repeat(function, number=NUMBER, repeat=REPEAT)) / NUMBER * 1e9


def main() -> None:
    other = rust()
    data = zmqtt()
    assert data == build_and_write(mqtt5)() == build_and_write(other)()
    view = memoryview(data)
    cases: dict[str, tuple[Case, Case, Case]] = {
        "read bytes": (
            lambda: mqtt5.read(data),
            lambda: decode(data, version="5.0"),
            lambda: other.read(view),  # it takes nothing else
        ),
        "read memoryview": (
            lambda: mqtt5.read(view),
            lambda: decode(view, version="5.0"),
            lambda: other.read(view),
        ),
        "build and write": (build_and_write(mqtt5), zmqtt, build_and_write(other)),
    }
    engine = sys.modules["mqtt5._engine"].name
    print(f"Python {sys.version.split()[0]}, engine {engine}, {os.cpu_count()} cores, {ROUNDS} rounds, best times;")
    print("times as fast as the peer: median of the rounds (lowest to highest)")
    print(f"{'':16} {'mqtt5':>8} {'zmqtt':>8} {'Rust':>8}   {'than zmqtt':22} than mqtt5 (Rust)")
    for name, functions in cases.items():
        rounds = [[nanoseconds(function) for function in functions] for _ in range(ROUNDS)]
        times = " ".join(f"{min(column):5.0f} ns" for column in zip(*rounds, strict=True))
        line = f"{name:16} {times}   "
        for peer in (1, 2):
            ratios = sorted(each[peer] / each[0] for each in rounds)
            line += f"{f'{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})':22} "
        print(line.rstrip())


if __name__ == "__main__":
    main()
