#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Mutates the vectors and reads them, for as long as one likes: python fuzz/fuzz_read.py --seconds 600 --seed 1

Only documented exceptions may leave read() and Decoder; what is accepted must be written and read again as the same
packet; a Decoder must say the same as read(). A finding is printed as hex, and the exit status is 1.
"""

import argparse
import dataclasses
import random
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from vectors_data import ALL

import mqtt5

INTERESTING = (0, 1, 2, 0x7F, 0x80, 0xC0, 0xFF)
LONGEST = 2000


def varint(number: int) -> bytes:
    data = bytearray()
    while number > 0x7F:
        data.append(number & 0x7F | 0x80)
        number >>= 7
    data.append(number)
    return bytes(data)


def with_right_length(data: bytearray) -> bytearray:
    """The packet with the remaining length that its body has."""
    header = next((i for i in range(1, min(len(data), 5)) if data[i] < 0x80), 0) + 1
    return data[:1] + varint(len(data) - header) + data[header:]


def mutate(dice: random.Random, seeds: list[bytes]) -> bytes:
    data = bytearray(dice.choice(seeds))
    for _ in range(dice.choice((1, 1, 1, 2, 3, 8))):
        at = dice.randrange(len(data) + 1)
        kind = dice.randrange(9)
        if at < len(data) and kind <= 3:
            if kind == 0:
                data[at] ^= 1 << dice.randrange(8)
            elif kind == 1:
                data[at] = dice.choice(INTERESTING)
            elif kind == 2:
                data[at] = (data[at] + dice.choice((-1, 1))) & 0xFF
            else:
                data[at] = dice.randrange(256)
        elif kind == 4:
            del data[at : at + dice.randrange(1, 6)]
        elif kind == 5:
            data[at:at] = dice.randbytes(dice.randrange(1, 6))
        elif kind == 6:
            start = dice.randrange(len(data) + 1)
            data[at:at] = data[start : start + dice.randrange(1, 40)]
        else:
            other = dice.choice(seeds)
            start = dice.randrange(len(other) + 1)
            data[at : at + dice.randrange(20)] = other[start : start + dice.randrange(40)]
        if not data:
            data.append(0x30)
    if dice.random() < 0.8:
        data = with_right_length(data)
    return bytes(data[:LONGEST])


def require(holds: bool, what: str) -> None:
    if not holds:
        raise AssertionError(what)


def check(data: bytes) -> str:
    """The result. Any exception is a finding."""
    try:
        packet, size = mqtt5.read(data)
    except mqtt5.Error as error:
        result = check_error(data, error)
    else:
        check_packet(data, packet, size)
        result = "ok"
    check_decoder(data, result)
    return result


def check_error(data: bytes, error: mqtt5.Error) -> str:
    if isinstance(error, mqtt5.IncompleteError):
        require(error.needed > len(data), "needed")
        return "incomplete"
    require(isinstance(error, mqtt5.DecodeError), "neither incomplete nor bad")
    require(error.reason_code in (0x81, 0x82, 0x84, 0x94), "reason code")
    require(0 <= error.offset <= len(data), "offset")
    require(error.field != "", "field")
    answer = mqtt5.ConnAckPacket if data[0] >> 4 == mqtt5.PacketType.CONNECT else mqtt5.DisconnectPacket
    require(answer(reason_code=error.reason_code).write() != b"", "answer")
    return "bad"


def check_packet(data: bytes, packet: mqtt5.Packet, size: int) -> None:
    require(0 < size <= len(data), "size")
    written = packet.write()
    again, length = mqtt5.read(written)
    require(again == packet, "not equal")
    require(hash(again) == hash(packet), "hash")
    require(length == len(written), "length")
    require(again.write() == written, "written again")
    # The shortest form, but for AUTH, which is never written as F0 00.
    require(len(written) <= size or data[:2] == b"\xf0\x00", "longer")
    fields = {field.name: getattr(packet, field.name) for field in dataclasses.fields(packet)}
    require(type(packet)(**fields) == packet, "construct")


def check_decoder(data: bytes, result: str) -> None:
    """A packet before it and a cut in the middle change nothing."""
    decoder = mqtt5.Decoder()
    cut = len(data) // 2
    number = 0
    try:
        for chunk in (mqtt5.PingReqPacket().write() + data[:cut], data[cut:]):
            decoder.feed(chunk)
            for _ in decoder:
                number += 1
    except mqtt5.DecodeError:
        # Bad bytes may follow the packet.
        require(number == 1 if result == "bad" else result == "ok" and number > 1, "Decoder raises")
    else:
        require(number == 1 if result == "incomplete" else result == "ok" and number > 1, "Decoder differs")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=None, help="default: another one each time")
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(1 << 32)
    dice = random.Random(seed)
    seeds = [vector.data for vector in ALL if len(vector.data) < LONGEST]
    results: Counter[str] = Counter()
    start = time.monotonic()
    seconds = 0.0
    while seconds < arguments.seconds:
        for _ in range(200):
            data = mutate(dice, seeds)
            try:
                results[check(data)] += 1
            except Exception as error:
                print(f"finding with --seed {seed}: {type(error).__name__}: {error}\n{data.hex()}")
                return 1
        seconds = time.monotonic() - start
    number = results.total()
    summary = ", ".join(f"{count} {result}" for result, count in sorted(results.items()))
    print(f"seed {seed}: {number} executions in {seconds:.1f} s, {number / seconds:.0f} a second: {summary}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
