# SPDX-License-Identifier: MIT
"""Bytes of memory for each byte received, in the worst packets that there are, with and without limits; both engines.

    .venv/bin/python benchmarks/amplification.py [--size BYTES]

Each packet is filled to the size with the items that cost most, and goes through a Decoder in pieces of 4 KiB, as from
a socket. tracemalloc counts what Python's allocators give: `held` is what the packet takes once it is read, `peak` the
most at any time meanwhile, its bytes in the Decoder included. `refused` is the peak when max_list_items=64 refuses it.
Small packets are measured by the thousand, all kept.

It needs nothing but the package. tests/test_amplification.py runs it with a small size.
"""

import argparse
import gc
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterable
from itertools import cycle, islice, pairwise

PIECE = 4096
LIMIT = 64


def varint(number: int) -> bytes:
    data = bytearray()
    while number > 0x7F:
        data.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*data, number])


def packet(first: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return bytes([first]) + varint(len(body)) + body


def section(items: bytes) -> bytes:
    return varint(len(items)) + items


def text(value: str) -> bytes:
    data = value.encode()
    return len(data).to_bytes(2, "big") + data


def fill(size: int, *items: bytes) -> bytes:
    """These items in turns, up to a size."""
    most = len(items) * (size // sum(map(len, items)))
    return b"".join(islice(cycle(items), most))


#: Texts of two letters, which no other object shares, and letters outside Latin-1, whose strings are the largest.
TWO = [f"{chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(26 * 26)]
WIDE = [chr(0x100 + i) for i in range(1000)]

CONNECT = b"\0\4MQTT\5"
ONE = b"\0\1"
NONE = b"\0"


def filters(size: int, texts: list[str]) -> bytes:
    return packet(0x82, ONE, NONE, fill(size, *(text(name) + b"\0" for name in texts)))


def patterns(size: int, texts: list[str]) -> bytes:
    return packet(0xA2, ONE, NONE, fill(size, *map(text, texts)))


def pairs(size: int, texts: list[str]) -> bytes:
    """A section of user properties, name and value from the texts."""
    return section(fill(size, *(b"\x26" + text(name) + text(value) for name, value in pairwise([*texts, texts[0]]))))


def publish(properties: bytes, payload: bytes = b"") -> bytes:
    return packet(0x30, text("t"), properties, payload)


def identifiers(size: int, numbers: Iterable[int]) -> bytes:
    return publish(section(fill(size, *(b"\x0b" + varint(number) for number in numbers))))


def connect(size: int) -> bytes:
    return packet(0x10, CONNECT + b"\2\0\0", pairs(size, WIDE), text("c"))


def connect_with_will(size: int) -> bytes:
    will = pairs(size, WIDE) + text("w") + text("p")
    return packet(0x10, CONNECT + b"\6\0\0" + NONE + text("c") + will)


def connect_with_names(size: int) -> bytes:
    return packet(0x10, CONNECT + b"\xc2\0\0", NONE, text("x" * min(size // 3, 65535)) * 3)


#: What the packet is full of, and the packet by its size.
CASES: dict[str, Callable[[int], bytes]] = {
    "SUBSCRIBE: filters `#`": lambda size: filters(size, ["#"]),
    "SUBSCRIBE: filters of two letters": lambda size: filters(size, TWO),
    "SUBSCRIBE: filters of a letter outside Latin-1": lambda size: filters(size, WIDE),
    "UNSUBSCRIBE: filters `#`": lambda size: patterns(size, ["#"]),
    "UNSUBSCRIBE: filters of a letter outside Latin-1": lambda size: patterns(size, WIDE),
    "PUBLISH: user properties, empty": lambda size: publish(pairs(size, [""])),
    "PUBLISH: user properties of one letter": lambda size: publish(pairs(size, ["a", "b"])),
    "PUBLISH: user properties of two letters": lambda size: publish(pairs(size, TWO)),
    "PUBLISH: user properties of a letter outside Latin-1": lambda size: publish(pairs(size, WIDE)),
    "PUBLISH: subscription identifiers of one byte": lambda size: identifiers(size, [5]),
    "PUBLISH: subscription identifiers of two bytes": lambda size: identifiers(size, range(300, 1300)),
    "PUBLISH: payload": lambda size: publish(NONE, bytes(size)),
    "SUBACK: reason codes": lambda size: packet(0x90, ONE, NONE, fill(size, b"\0", b"\1", b"\x80")),
    "CONNECT: user properties of a letter outside Latin-1": connect,
    "CONNECT: the same in its Will": connect_with_will,
    "CONNECT: password, user name, client identifier": connect_with_names,
}

#: Packets that are small, of which an application may keep many.
SMALL = {
    "PINGREQ": b"\xc0\0",
    "PUBACK": packet(0x40, b"\x12\x34"),
    "PUBLISH": publish(NONE),
    "SUBSCRIBE": filters(4, ["#"]),
    "CONNECT": packet(0x10, CONNECT + b"\2\0\0", NONE, text("")),
}


def measure(data: bytes, **limits: int) -> tuple[float, float, bool]:
    """Memory held and the most at a time, for each byte of the packet, and whether it was accepted."""
    import mqtt5

    pieces = [data[at : at + PIECE] for at in range(0, len(data), PIECE)]
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    decoder = mqtt5.Decoder(**limits)
    packets = []
    accepted = True
    for piece in pieces:
        decoder.feed(piece)
        try:
            packets += decoder
        except mqtt5.DecodeError:
            accepted = False
            break
    peak = tracemalloc.get_traced_memory()[1] - before
    del decoder
    gc.collect()
    held = tracemalloc.get_traced_memory()[0] - before
    assert not accepted or len(packets) == 1
    return held / len(data), peak / len(data), accepted


def kept(data: bytes) -> float:
    """Memory for each of many equal packets that are kept."""
    import mqtt5

    gc.collect()
    packets: list[object] = [None] * 1000
    before = tracemalloc.get_traced_memory()[0]
    for i in range(len(packets)):
        packets[i] = mqtt5.read(data)[0]
    return (tracemalloc.get_traced_memory()[0] - before) / len(packets)


def announced(size: int) -> int:
    """The memory that a Decoder takes for a packet of that size of which only the first bytes have arrived."""
    import mqtt5

    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    decoder = mqtt5.Decoder()
    decoder.feed(b"\x30" + varint(size) + text("t") + NONE + b"x")
    assert list(decoder) == []
    return tracemalloc.get_traced_memory()[0] - before


def report(size: int) -> None:
    import mqtt5

    # Filled once, so that what is made once for all (members, cached texts) does not count.
    mqtt5.read(packet(0x82, ONE, NONE, text("#") + b"\0"))
    tracemalloc.start()
    print(f"\n## The {mqtt5.engine} engine\n")
    print("| packet full of | held | peak | refused |\n|---|---|---|---|")
    for label, build in CASES.items():
        data = build(size)
        held, peak, accepted = measure(data)
        assert accepted, label
        _, refused, accepted = measure(data, max_list_items=LIMIT)
        print(f"| {label} | {held:.1f} | {peak:.1f} | {'' if accepted else f'{refused:.1f}'} |")
        del data
    print("\n| packet | bytes | memory | for each byte |\n|---|---|---|---|")
    for label, data in SMALL.items():
        memory = kept(data)
        print(f"| {label} | {len(data)} | {memory:.0f} | {memory / len(data):.1f} |")
    print(f"\nA packet of 256 MB of which 10 bytes have arrived: {announced(268_435_455)} bytes.")


def main() -> None:
    parser = argparse.ArgumentParser(description="Bytes of memory for each byte received.")
    parser.add_argument("--size", type=int, default=256 * 1024, help="of each packet, in bytes (default: 256 KiB)")
    parser.add_argument("--engine", choices=("native", "portable"), help="default: both, each in its own process")
    options = parser.parse_args()
    if options.engine is not None:
        report(options.size)
        return
    print("# Memory for each byte received")
    for engine in ("native", "portable"):
        environment = os.environ | {"MQTT5_ENGINE": engine}
        command = [sys.executable, __file__, "--engine", engine, "--size", str(options.size)]
        print(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout, end="")


if __name__ == "__main__":
    main()
