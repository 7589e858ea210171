#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Mutates the vectors and reads them, for as long as one likes: python fuzz/fuzz_read.py --seconds 600 --seed 1

Only documented exceptions may leave read() and Decoder; what is accepted must be written and read again as the same
packet; a Decoder must say the same as read(). With options: lenient reading accepts whatever strict reading accepts,
with the same result; a sender, a limit or forbidden control characters refuse more, and exactly what they should;
skip() finds the packets that reading each by itself finds. A finding is printed as hex, and the exit status is 1.
"""

import argparse
import dataclasses
import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from option_vectors import OPTION_FILES
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


# ------------------------------------------------------------------ options


def verdict(data: bytes, **options: Any) -> tuple[str, Any]:
    """What read() says: "ok" with packet and size, "incomplete" with the needed size, or "bad" with the error."""
    try:
        return "ok", mqtt5.read(data, **options)
    except mqtt5.IncompleteError as error:
        return "incomplete", error.needed
    except mqtt5.DecodeError as error:
        require(error.packet_size is None or error.packet_size >= 2, "packet size")
        require(error.packet_id is None or 0 < error.packet_id <= 65535, "packet identifier")
        require(error.packet_type == (data[0] >> 4 or None), "packet type")
        return "bad", error


def check_options(dice: random.Random, data: bytes) -> None:
    """One of the options, against the verdict without it."""
    dice.choice((check_lenient, check_sender, check_size, check_items, check_controls))(dice, data)


def check_lenient(dice: random.Random, data: bytes) -> None:
    plain, found = verdict(data)
    lenient, result = verdict(data, strict=False)
    if plain != "bad":
        require(lenient == plain, "lenient refuses")
        require(plain == "incomplete" or (result == found and not result[0].lenient), "lenient differs")
        return
    require(lenient != "incomplete", "lenient waits")
    if lenient == "bad":
        require(result.packet_size == found.packet_size, "lenient loses the size")
        return
    packet, size = result
    require(packet.lenient, "lenient unsaid")
    written = packet.write()
    require(len(written) <= size, "lenient longer")
    again, length = mqtt5.read(written, strict=False)
    require(again == packet and length == len(written) and again.write() == written, "lenient written again")
    require(packet.replace() == packet and packet.replace().lenient, "lenient replaced")
    if again.lenient:  # nothing was dropped that made it so
        require(verdict(written)[0] == "bad", "lenient though valid")


def check_sender(dice: random.Random, data: bytes) -> None:
    options = {"strict": dice.random() < 0.7}
    plain, found = verdict(data, **options)
    results = [verdict(data, sender=side, **options) for side in ("client", "server")]
    for side, result in results:
        require(side == "bad" or (side, result) == (plain, found), "a sender makes it laxer")
        require(side != "bad" or plain != "bad" or result.packet_size == found.packet_size, "a sender loses the size")
    if plain == "ok":
        require(any(side == "ok" for side, _ in results) or is_mixed(found[0]), "neither side may send it")


def is_mixed(packet: Any) -> bool:
    """A packet with properties or a code of one side, and others of the other: a DISCONNECT only."""
    return packet.packet_type == mqtt5.PacketType.DISCONNECT


def check_size(dice: random.Random, data: bytes) -> None:
    plain, found = verdict(data)
    whole = found[1] if plain == "ok" else dice.randrange(2, 40)
    for limit in (whole - 1, whole, whole + 1):
        limited, result = verdict(data, max_packet_size=limit)
        if limited == "bad" and result.reason_code == 0x95:
            require(result.packet_size > limit, "refused for its size")
            require(plain == "bad" or plain == "incomplete" or found[1] > limit, "a limit refuses too much")
        else:
            require(limited == plain and (plain == "bad" or result == found), "a limit changes the verdict")
            require(plain != "ok" or found[1] <= limit, "a limit refuses too little")


def lists(packet: Any) -> list[tuple[Any, ...]]:
    """The lists of a packet, those of its Will included."""
    values = [getattr(packet, field.name) for field in dataclasses.fields(packet)]
    found = [value for value in values if isinstance(value, tuple)]
    will = getattr(packet, "will", None)
    return found + (lists(will) if will is not None else [])


def check_items(dice: random.Random, data: bytes) -> None:
    limit = dice.choice((1, 1, 2, 3, 10))
    plain, found = verdict(data)
    limited, result = verdict(data, max_list_items=limit)
    if plain == "ok" and any(len(items) > limit for items in lists(found[0])):
        require(limited == "bad" and result.reason_code == 0x97 and result.index == limit, "too many items")
    else:
        require(limited == plain and (plain == "bad" or result == found), "items: another verdict")


def strings(value: Any) -> list[str]:
    """Every string in a packet."""
    if isinstance(value, str):
        return [value]
    if dataclasses.is_dataclass(value):
        return [text for field in dataclasses.fields(value) for text in strings(getattr(value, field.name))]
    return [text for item in value for text in strings(item)] if isinstance(value, tuple) else []


def check_controls(dice: random.Random, data: bytes) -> None:
    plain, found = verdict(data)
    limited, result = verdict(data, forbid_control_characters=True)
    if plain == "ok" and any(c < " " or "\x7f" <= c <= "\x9f" for text in strings(found[0]) for c in text):
        require(
            limited == "bad" and result.reason_code == 0x81 and result.packet_size == found[1], "control characters"
        )
    else:
        require(limited == plain and (plain == "bad" or result == found), "control characters: another verdict")


def check_skip(dice: random.Random, packets: list[bytes]) -> None:
    """A stream with bad packets, in pieces: the Decoder finds those that reading each by itself finds."""
    data = b"".join(packets)
    options = dice.choice(({}, {"strict": False}, {"max_list_items": 1}, {"max_packet_size": 20}, {"sender": "client"}))
    expected, at, is_open = [], 0, False
    while at < len(data):
        kind, result = verdict(data[at:], **options)
        if kind == "incomplete" or (kind == "bad" and result.packet_size is None):
            break
        again = is_open and "sender" in options and data[at] >> 4 == mqtt5.PacketType.CONNECT  # a second one is refused
        if kind == "ok" and not again:
            expected.append(result[0])
            is_open = True
        at += result[1] if kind == "ok" else result.packet_size
    decoder = mqtt5.Decoder(from_start=False, **options)
    found: list[mqtt5.Packet] = []
    start = 0
    while start < len(data):
        size = dice.choice((1, 3, 17, len(data)))
        decoder.feed(data[start : start + size])
        start += size
        if not drain(decoder, found):
            break
    require(found == expected, f"skip: {len(found)} packets instead of {len(expected)}")


def drain(decoder: mqtt5.Decoder, found: list[mqtt5.Packet]) -> bool:
    """Takes what there is, past each error; False if the end of a bad packet is unknown."""
    while True:
        try:
            found.extend(decoder)
        except mqtt5.DecodeError as error:
            if error.packet_size is None:
                return False
            decoder.skip()
        else:
            return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=None, help="default: another one each time")
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(1 << 32)
    dice = random.Random(seed)
    with_options = [vector for vectors in OPTION_FILES.values() for vector in vectors]
    seeds = list({vector.data: None for vector in [*ALL, *with_options] if len(vector.data) < LONGEST})
    results: Counter[str] = Counter()
    start = time.monotonic()
    seconds = 0.0
    while seconds < arguments.seconds:
        recent: list[bytes] = []
        for _ in range(200):
            data = mutate(dice, seeds)
            recent = [*recent[-4:], data]
            try:
                results[check(data)] += 1
                check_options(dice, data)
                if dice.random() < 0.3:
                    check_skip(dice, recent)
            except Exception as error:
                print(f"finding with --seed {seed}: {type(error).__name__}: {error}\n{data.hex()}")
                print("after " + " ".join(each.hex() for each in recent[:-1]), file=sys.stderr)
                return 1
        seconds = time.monotonic() - start
    number = results.total()
    summary = ", ".join(f"{count} {result}" for result, count in sorted(results.items()))
    print(f"seed {seed}: {number} executions in {seconds:.1f} s, {number / seconds:.0f} a second: {summary}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
