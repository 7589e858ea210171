# SPDX-License-Identifier: MIT
"""How fast a QoS 1 PUBLISH with 256 bytes is read, and built and written, beside PyPI's zmqtt.

Both run in one process, turn by turn; each round takes the best of several repetitions, and what counts is
the ratio within a round. Needs scripts/peers. It knows the public interfaces alone.
"""

import os
import statistics
import sys
import timeit
from collections.abc import Callable
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / ".venv/peers/zmqtt"))

from zmqtt._internal.packets.codec import decode, encode
from zmqtt._internal.packets.publish import Publish
from zmqtt._internal.types.qos import QoS as ZQoS

import mqtt5
from mqtt5 import PublishPacket, QoS

ROUNDS = 11
REPEAT = 7
NUMBER = 5000

TOPIC = "sensors/temp"
PAYLOAD = bytes(256)


def ours() -> bytes:
    return PublishPacket(TOPIC, PAYLOAD, qos=QoS.AT_LEAST_ONCE, packet_id=7).write()


def theirs() -> bytes:
    packet = Publish(topic=TOPIC, payload=PAYLOAD, qos=ZQoS.AT_LEAST_ONCE, retain=False, dup=False, packet_id=7)
    return encode(packet, version="5.0")


def nanoseconds(function: Callable[[], object]) -> float:
    return min(timeit.repeat(function, number=NUMBER, repeat=REPEAT)) / NUMBER * 1e9


def main() -> None:
    data = ours()
    assert data == theirs()
    view = memoryview(data)
    cases: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "read bytes": (lambda: mqtt5.read(data), lambda: decode(data, version="5.0")),
        "read memoryview": (lambda: mqtt5.read(view), lambda: decode(view, version="5.0")),
        "build and write": (ours, theirs),
    }
    engine = sys.modules["mqtt5._engine"].name
    print(f"Python {sys.version.split()[0]}, engine {engine}, {os.cpu_count()} cores, {ROUNDS} rounds")
    print(f"{'':16} {'mqtt5':>9} {'zmqtt':>9}   times as fast: median (lowest to highest)")
    for name, (mine, peer) in cases.items():
        pairs = [(nanoseconds(mine), nanoseconds(peer)) for _ in range(ROUNDS)]
        ratios = sorted(peer / mine for mine, peer in pairs)
        best = [min(column) for column in zip(*pairs, strict=True)]
        print(
            f"{name:16} {best[0]:6.0f} ns {best[1]:6.0f} ns   "
            f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        )


if __name__ == "__main__":
    main()
